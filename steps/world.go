package steps

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// session is what a run knows of its target and all its scenarios share. It is safe for concurrent use.
type session struct {
	mu    sync.Mutex
	known map[string]func() (any, error)
	next  time.Time // when the next request may be sent, by the target's clock object

	skew  skew
	marks marks

	opened  bool // a plain good call was accepted before the first scenario
	denials int  // in a row, of a shared target
}

// know finds something out once for the whole run.
func (s *session) know(what string, find func() (any, error)) (any, error) {
	s.mu.Lock()
	once := s.known[what]
	if once == nil {
		if s.known == nil {
			s.known = map[string]func() (any, error){}
		}
		once = sync.OnceValues(find)
		s.known[what] = once
	}
	s.mu.Unlock()
	return once()
}

// turns waits until the rate that the target's owner agreed to allows so many more requests at once.
func (s *session) turns(ctx context.Context, t targets.Target, n int) error {
	if t.Allow.Rate <= 0 {
		return nil
	}
	s.mu.Lock()
	now := t.Clock.Now()
	if s.next.Before(now) {
		s.next = now
	}
	wait := s.next.Sub(now) + interval(t, n-1)
	s.next = s.next.Add(interval(t, n))
	s.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	return t.Clock.Wait(ctx, wait)
}

// interval is how long the agreed rate wants for so many requests.
func interval(t targets.Target, n int) time.Duration {
	return time.Duration(float64(n) * float64(time.Second) / t.Allow.Rate)
}

// late says that a request goes out only now, some time after its turn: the next one keeps its distance from this.
func (s *session) late(t targets.Target) {
	if t.Allow.Rate <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := t.Clock.Now().Add(interval(t, 1)); s.next.Before(next) {
		s.next = next
	}
}

// world is what one scenario lives in: a target, what was sent to it, and what was found. It belongs to one goroutine.
type world struct {
	name    string          // of the scenario
	ctx     context.Context // of the whole run; its end is an interruption
	session *session
	target  targets.Target
	peer    *wire.Peer
	timeout time.Duration // for the scenario, the waiting for the agreed rate left out
	left    time.Duration // of it
	salts   *salts
	moved   time.Duration // how far the scenario has moved the target's clock
	steered bool          // the target has to be reset
	turn    bool          // the agreed rate allows the next request at once

	// mistrust is asked before a denial is taken for a breach: it ends the scenario if denials say nothing now. It may be nil.
	mistrust func() error

	requests int
	last     *wire.Exchange
	hidden   []hidden // what a report must not show, beside the credentials
	finding  record.Scenario

	masked      *wire.Mask
	maskedCount int // how many of the hidden values it knows

	vendor any    // the vocabulary's own state
	bench  *bench // where a client is judged, else nil
}

// hidden is a value that a report shows by its name alone.
type hidden struct{ name, value string }

// hide keeps values out of every report.
func (w *world) hide(name string, values ...string) {
	for _, v := range values {
		w.hidden = append(w.hidden, hidden{name, v})
	}
}

// errDecided ends a scenario whose finding is written down already.
var errDecided = errors.New("decided")

// broken writes down that the contract was broken.
func (w *world) broken(expected, actual string) error {
	w.finding.Verdict, w.finding.Expected, w.finding.Actual = record.Failed, expected, veiled(actual)
	w.finding.Exchange = w.evidence()
	return errDecided
}

// judged writes down that the contract was broken, unless the check is good.
func (w *world) judged(c check) error {
	if c.ok {
		return nil
	}
	if w.mistrust != nil && w.last != nil && judgeDenied(*w.last).ok {
		if err := w.mistrust(); err != nil {
			return err
		}
	}
	return w.broken(c.expected, c.actual)
}

// untested writes down that the target gives no means to test the scenario.
func (w *world) untested(format string, args ...any) error {
	w.finding.Verdict, w.finding.Reason = record.Skipped, veiled("needs "+fmt.Sprintf(format, args...))
	return godog.ErrSkip
}

// lack turns the finding that something is untested into what it needs, so that other scenarios can say so too; it passes on
// any other error.
func (w *world) lack(err error) (string, error) {
	if !errors.Is(err, godog.ErrSkip) {
		return "", err
	}
	needs := strings.TrimPrefix(w.finding.Reason, "needs ")
	w.finding.Verdict, w.finding.Reason = record.NotRun, ""
	return needs, nil
}

// errored writes down that the harness or the network broke.
func (w *world) errored(err error) error {
	w.finding.Verdict, w.finding.Reason = record.Errored, veiled(err.Error())
	return errDecided
}

// observed writes down what the target does where the contract leaves it open.
func (w *world) observed(format string, args ...any) {
	w.finding.Observed = append(w.finding.Observed, veiled(fmt.Sprintf(format, args...)))
}

// within does something in what is left of the scenario's time.
func (w *world) within(do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(w.ctx, w.left)
	defer cancel()
	began := time.Now()
	err := do(ctx)
	w.left -= time.Since(began)
	return err
}

// ready waits until the agreed rate allows another request. The next exchange then goes out at once: what ages, such as a
// salt, is made after this.
func (w *world) ready() error {
	if w.turn {
		return nil
	}
	if err := w.session.turns(w.ctx, w.target, 1); err != nil {
		return w.ended(err)
	}
	w.turn = true
	return nil
}

// exchange waits for the agreed rate and makes one exchange.
func (w *world) exchange(r wire.Request) (x wire.Exchange, err error) {
	if err := w.ready(); err != nil {
		return x, err
	}
	w.turn = false
	w.session.late(w.target)
	w.requests++
	err = w.within(func(ctx context.Context) error {
		x = w.peer.Do(ctx, r)
		return nil
	})
	return x, err
}

// send makes one exchange and keeps it as the last. What says nothing about the contract ends the scenario as errored: no
// connection, an interruption, a target that asks to be called less often, and a hang that had not the whole of the time,
// because earlier exchanges had used some of it up.
func (w *world) send(r wire.Request) error {
	whole := w.left >= w.timeout*9/10
	x, err := w.exchange(r)
	if err != nil {
		return w.errored(err)
	}
	w.last = &x
	switch {
	case x.Reply == nil && w.ctx.Err() != nil:
		return w.errored(w.ended(w.ctx.Err()))
	case x.End == wire.NotSent, x.End == wire.Refused, x.End == wire.Unreachable, x.End == wire.TLSFailed:
		return w.errored(mendable(x.Err))
	case x.Reply == nil && w.left <= 0 && !whole:
		return w.errored(w.ended(context.DeadlineExceeded))
	case x.Reply != nil && x.Reply.Status == http.StatusTooManyRequests:
		return w.errored(errSlower)
	}
	return nil
}

// mendable adds to why there is no connection what the configuration can do about it.
func mendable(err error) error {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%w: set tls: {ca: FILE}", err)
	}
	return err
}

var errSlower = errors.New("the target asks to be called less often (429): set allow.rate lower")

// ended says in words why the scenario is over before its end.
func (w *world) ended(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the scenario took longer than %s: give it more with --timeout", w.timeout)
	}
	return errors.New("interrupted")
}

// unfit says why a good call got no reply that can be judged.
func (w *world) unfit() error {
	x := w.last
	switch {
	case x == nil:
		return fmt.Errorf("no call could be made: %s", w.finding.Reason)
	case x.Reply == nil:
		return fmt.Errorf("a good call got no whole reply: %v", x.Err)
	case x.Reply.Status/100 == 3:
		return fmt.Errorf("a good call is redirected to %q: put the final address into url", x.Reply.Header.Get("Location"))
	}
	return fmt.Errorf("a good call is answered by %s: nothing can be told apart", strings.TrimSpace(x.Reply.Line))
}

// because is the reason that an errored call wrote down, else the error itself.
func (w *world) because(err error) error {
	if w.finding.Reason != "" {
		return errors.New(w.finding.Reason)
	}
	return err
}

// pass lets time pass for the target: by its control endpoint, else by waiting where the deadline allows it.
func (w *world) pass(d time.Duration) error {
	if w.target.Control != "" {
		return w.steer(d)
	}
	if w.left < d {
		return w.untested("a control endpoint to move the clock, or --timeout %s to wait", (d + time.Minute).Round(time.Minute))
	}
	return w.wait(d)
}

// wait lets time pass by waiting for it.
func (w *world) wait(d time.Duration) error {
	err := w.within(func(ctx context.Context) error { return w.target.Clock.Wait(ctx, d) })
	if err != nil {
		return w.errored(w.ended(err))
	}
	return nil
}

// maxDrift is how far a clock may be from where it was moved: it runs on, and may show whole seconds alone.
const maxDrift = 2 * time.Second

// steer moves the target's clock, and sees that it moved.
func (w *world) steer(d time.Duration) error {
	control, err := w.control("to move the clock")
	if err != nil {
		return err
	}
	var shown time.Duration
	err = w.within(func(ctx context.Context) error {
		before, err := control.Now(ctx)
		if err != nil {
			return err
		}
		began := w.target.Clock.Now()
		if err := control.Advance(ctx, d); err != nil {
			return err
		}
		after, err := control.Now(ctx)
		shown = after.Sub(before) - w.target.Clock.Now().Sub(began)
		return err
	})
	if err != nil {
		return w.errored(err)
	}
	if (shown - d).Abs() > maxDrift {
		return w.errored(fmt.Errorf("the control endpoint was told to move the clock by %s, and the clock moved by %s",
			d, shown.Round(time.Second)))
	}
	w.moved += d
	return nil
}

// control returns the control endpoint, or leaves the scenario untested.
func (w *world) control(purpose string) (*targets.Control, error) {
	if w.target.Control == "" {
		return nil, w.untested("a control endpoint %s", purpose)
	}
	w.steered = true
	return targets.NewControl(w.target.Control), nil
}
