package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

	skew skew
}

// skew is how far the target's clock is ahead of ours.
type skew struct {
	once  sync.Once
	ahead time.Duration
	err   error // why it is not known
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

// turn waits until the rate that the target's owner agreed to allows one more request.
func (s *session) turn(ctx context.Context, t targets.Target) error {
	if t.Allow.Rate <= 0 {
		return nil
	}
	s.mu.Lock()
	now := t.Clock.Now()
	if s.next.Before(now) {
		s.next = now
	}
	wait := s.next.Sub(now)
	s.next = s.next.Add(time.Duration(float64(time.Second) / t.Allow.Rate))
	s.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	return t.Clock.Wait(ctx, wait)
}

// world is what one scenario lives in: a target, what was sent to it, and what was found. It belongs to one goroutine.
type world struct {
	ctx     context.Context // of the whole run; its end is an interruption
	session *session
	target  targets.Target
	peer    *wire.Peer
	timeout time.Duration // for the scenario, the waiting for the agreed rate left out
	left    time.Duration // of it
	salts   *salts
	moved   time.Duration // how far the scenario has moved the target's clock
	steered bool          // the target has to be reset

	requests int
	last     *wire.Exchange
	hashes   []string // values that a report must not show, beside the credentials
	finding  record.Scenario

	masked       *wire.Mask
	maskedHashes int // how many of the hashes it knows

	vendor any // the vocabulary's own state
}

// errDecided ends a scenario whose finding is written down already.
var errDecided = errors.New("decided")

// broken writes down that the contract was broken.
func (w *world) broken(expected, actual string) error {
	w.finding.Verdict, w.finding.Expected, w.finding.Actual = record.Failed, expected, actual
	w.finding.Exchange = w.evidence()
	return errDecided
}

// untested writes down that the target gives no means to test the scenario.
func (w *world) untested(format string, args ...any) error {
	w.finding.Verdict, w.finding.Reason = record.Skipped, "needs "+fmt.Sprintf(format, args...)
	return godog.ErrSkip
}

// errored writes down that the harness or the network broke.
func (w *world) errored(err error) error {
	w.finding.Verdict, w.finding.Reason = record.Errored, err.Error()
	return errDecided
}

// observed writes down what the target does where the contract leaves it open.
func (w *world) observed(format string, args ...any) {
	w.finding.Observed = append(w.finding.Observed, fmt.Sprintf(format, args...))
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

// exchange waits for the agreed rate and makes one exchange.
func (w *world) exchange(r wire.Request) (x wire.Exchange, err error) {
	if err := w.session.turn(w.ctx, w.target); err != nil {
		return x, w.ended(err)
	}
	w.requests++
	err = w.within(func(ctx context.Context) error {
		x = w.peer.Do(ctx, r)
		return nil
	})
	return x, err
}

// send makes one exchange and keeps it as the last. What says nothing about the contract ends the scenario as errored: no
// connection, an interruption, a target that asks to be called less often, and time that earlier exchanges used up.
func (w *world) send(r wire.Request) error {
	short := w.left < w.timeout/2
	x, err := w.exchange(r)
	if err != nil {
		return w.errored(err)
	}
	w.last = &x
	switch {
	case x.End == wire.NotSent, x.End == wire.Refused, x.End == wire.Unreachable, x.End == wire.TLSFailed:
		return w.errored(x.Err)
	case x.Reply == nil && w.ctx.Err() != nil:
		return w.errored(w.ended(w.ctx.Err()))
	case x.Reply == nil && w.left <= 0 && short:
		return w.errored(w.ended(context.DeadlineExceeded))
	case x.Reply != nil && x.Reply.Status == http.StatusTooManyRequests:
		return w.errored(errors.New("the target asks to be called less often (429): set allow.rate lower"))
	}
	return nil
}

// ended says in words why the scenario is over before its end.
func (w *world) ended(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the scenario took longer than %s: give it more with --timeout", w.timeout)
	}
	return errors.New("interrupted")
}

// targetNow is the target's clock as far as it is known: ours, the skew, and what the scenario itself has moved.
func (w *world) targetNow() time.Time {
	ahead, _ := w.skew()
	return w.target.Clock.Now().Add(ahead + w.moved)
}

// skew estimates once a run how far the target's clock is ahead of ours, from the Date header of a reply, which shows whole
// seconds. The error says why it is not known.
func (w *world) skew() (time.Duration, error) {
	s := &w.session.skew
	s.once.Do(func() { s.ahead, s.err = w.estimateSkew() })
	return s.ahead, s.err
}

// maxTrip is the longest exchange whose Date header still tells the time well enough to judge a window with 15 s to spare.
const maxTrip = 10 * time.Second

func (w *world) estimateSkew() (time.Duration, error) {
	if err := w.session.turn(w.ctx, w.target); err != nil { // before the clock is read: a wait is no trip
		return 0, w.ended(err)
	}
	before := w.target.Clock.Now()
	var x wire.Exchange
	w.requests++
	err := w.within(func(ctx context.Context) error {
		x = w.peer.Do(ctx, wire.Request{Method: "GET", Target: requestTarget(w.target, w.target.Paths["read"])})
		return nil
	})
	after := w.target.Clock.Now()
	if err != nil {
		return 0, err
	}
	if x.Reply == nil {
		return 0, &noReply{x.Err}
	}
	return skewFrom(x.Reply.Header.Get("Date"), before, after)
}

// noReply says that the first call of all got no reply.
type noReply struct{ cause error }

func (e *noReply) Error() string { return "a reply to tell the time by: " + e.cause.Error() }

// skewFrom takes the middle of the exchange and the middle of the second that the Date header names.
func skewFrom(date string, before, after time.Time) (time.Duration, error) {
	shown, err := time.Parse(time.RFC1123, date)
	if err != nil {
		return 0, errors.New("a Date header in the target's replies")
	}
	if after.Sub(before) > maxTrip {
		return 0, fmt.Errorf("replies within %s to tell the target's clock by", maxTrip)
	}
	middle := before.Add(after.Sub(before) / 2)
	ahead := shown.Add(500 * time.Millisecond).Sub(middle)
	if ahead.Abs() <= time.Second {
		return 0, nil // no more than the header's own resolution
	}
	return ahead.Round(time.Second), nil
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

// steer moves the target's clock.
func (w *world) steer(d time.Duration) error {
	control, err := w.control("to move the clock")
	if err != nil {
		return err
	}
	if err := w.within(func(ctx context.Context) error { return control.Advance(ctx, d) }); err != nil {
		return w.errored(err)
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

// salts hands out salts that no call of the run has used with the same key, because a server may refuse a hash the second
// time (GIL-19), unless it is known to take one again. It is safe for concurrent use.
type salts struct {
	mu       sync.Mutex
	reusable bool
	used     map[string]bool
}

// take returns the first unused second at base, base+step, base+2*step...
func (s *salts) take(key string, base, step int64) int64 {
	for !s.free(key, base) {
		base += step
	}
	return base
}

// reuse says that the server takes a hash again.
func (s *salts) reuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reusable = true
}

// free takes exactly this second, or says that it was used.
func (s *salts) free(key string, at int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = map[string]bool{}
	}
	id := fmt.Sprintf("%s %d", key, at)
	used := s.used[id] && !s.reusable
	s.used[id] = true
	return !used
}
