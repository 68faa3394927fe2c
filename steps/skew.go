package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// skew is what the run knows of the target's clock. It is safe for concurrent use.
type skew struct {
	mu   sync.Mutex
	last *reading // nil: not asked yet
}

// reading is one look at the target's clock.
type reading struct {
	ahead time.Duration // of ours
	trip  time.Duration // how long the look took
	err   error         // why the clock is not known
}

// forget says that the target's clock was moved by other means than the scenario's own.
func (s *skew) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = nil
}

// targetNow is the target's clock as far as it is known: ours, the skew, and what the scenario itself has moved.
func (w *world) targetNow() time.Time {
	return w.target.Clock.Now().Add(w.reading().ahead + w.moved)
}

// reading tells how the target's clock stood before the scenario moved it. It is read once, and again after a reset: from the
// control endpoint, which shows the clock itself, else from the Date header of a reply, which shows whole seconds.
func (w *world) reading() reading {
	s := &w.session.skew
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		look := w.lookAtDate
		if w.target.Control != "" {
			look = w.lookAtControl
		}
		r := look()
		r.ahead -= w.moved
		s.last = &r
	}
	return *s.last
}

// maxTrip is the longest look that tells the time well enough to judge a window with 15 s to spare, and maxExactTrip the
// longest that tells it to the second.
const (
	maxTrip      = 10 * time.Second
	maxExactTrip = time.Second
)

// clockKnown leaves a scenario untested that rests on the target's clock where that is not known.
func (w *world) clockKnown() error {
	if err := w.reading().err; err != nil {
		return w.untested("%v", err)
	}
	return nil
}

// clockExact is the same for a scenario that needs to know it to the second.
func (w *world) clockExact() error {
	if w.target.Control == "" || w.reading().trip > maxExactTrip {
		return w.untested("a control endpoint that tells the clock within a second")
	}
	return w.clockKnown()
}

func (w *world) lookAtControl() (r reading) {
	before := w.target.Clock.Now()
	var shown time.Time
	err := w.within(func(ctx context.Context) (err error) {
		shown, err = targets.NewControl(w.target.Control).Now(ctx)
		return err
	})
	if err != nil {
		return reading{err: fmt.Errorf("a control endpoint that tells the time: %w", err)}
	}
	return readingOf(shown, before, w.target.Clock.Now())
}

func (w *world) lookAtDate() reading {
	if err := w.ready(); err != nil { // before the clock is read: a wait is no trip
		return reading{err: err}
	}
	before := w.target.Clock.Now()
	x, err := w.exchange(wire.Request{Method: "GET", Target: requestTarget(w.target, w.target.Paths["read"])})
	after := w.target.Clock.Now()
	if err != nil {
		return reading{err: err}
	}
	if x.Reply == nil {
		return reading{err: &noReply{mendable(x.Err)}}
	}
	shown, err := dateOf(x.Reply.Header)
	if err != nil {
		return reading{err: err}
	}
	r := readingOf(shown, before, after)
	if r.ahead.Abs() <= time.Second {
		r.ahead = 0 // no more than the header's own resolution
	}
	r.ahead = r.ahead.Round(time.Second)
	return r
}

// noReply says that the first call of all got no reply.
type noReply struct{ cause error }

func (e *noReply) Error() string { return "a reply to tell the time by: " + e.cause.Error() }

// dateOf is the middle of the second that a reply names. A cache adds to its Date how old the reply has become.
func dateOf(header http.Header) (time.Time, error) {
	shown, err := time.Parse(time.RFC1123, header.Get("Date"))
	if err != nil {
		return shown, errors.New("a Date header in the target's replies")
	}
	age, _ := strconv.ParseUint(header.Get("Age"), 10, 31) // without one it is fresh
	return shown.Add(time.Duration(age)*time.Second + 500*time.Millisecond), nil
}

// readingOf takes the time shown to be that of the middle of the look.
func readingOf(shown, before, after time.Time) reading {
	trip := after.Sub(before)
	if trip > maxTrip {
		return reading{err: fmt.Errorf("replies within %s to tell the target's clock by", maxTrip)}
	}
	return reading{ahead: shown.Sub(before.Add(trip / 2)), trip: trip}
}

// clockNote says how the target's clock stands to ours. The error is why no call can be made at all.
func (w *world) clockNote() (string, error) {
	r := w.reading()
	var silent *noReply
	switch {
	case errors.As(r.err, &silent):
		return "", silent.cause
	case r.err != nil:
		return "the target's clock is not known, and taken to be ours: that needs " + r.err.Error(), nil
	case r.ahead < -time.Second:
		return fmt.Sprintf("the target's clock is %.0f s behind ours, which is made up for", -r.ahead.Seconds()), nil
	case r.ahead > time.Second:
		return fmt.Sprintf("the target's clock is %.0f s ahead of ours, which is made up for", r.ahead.Seconds()), nil
	}
	return "the target's clock agrees with ours", nil
}
