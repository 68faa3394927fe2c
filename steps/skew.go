package steps

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

// skew is how far the target's clock is ahead of ours.
type skew struct {
	once  sync.Once
	ahead time.Duration
	err   error // why it is not known
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
	if err := w.session.turns(w.ctx, w.target, 1); err != nil { // before the clock is read: a wait is no trip
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

// clockNote says how the target's clock stands to ours. The error is why no call can be made at all.
func (w *world) clockNote() (string, error) {
	ahead, err := w.skew()
	var silent *noReply
	switch {
	case errors.As(err, &silent):
		return "", silent.cause
	case err != nil:
		return "the target's clock is not known, and taken to be ours: that needs " + err.Error(), nil
	case ahead < 0:
		return fmt.Sprintf("the target's clock is %.0f s behind ours, which is made up for", -ahead.Seconds()), nil
	case ahead > 0:
		return fmt.Sprintf("the target's clock is %.0f s ahead of ours, which is made up for", ahead.Seconds()), nil
	}
	return "the target's clock agrees with ours", nil
}
