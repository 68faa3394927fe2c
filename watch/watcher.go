package watch

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/authbench/authbench/targets"
)

// Watcher sees what one mock receives: it is the targets.Stage of that mock, lets everything go on as the contract says, and
// keeps what happened in a log. It is safe for concurrent use.
type Watcher struct {
	vendor targets.Vendor
	log    *Log
	count  atomic.Int64

	started chan struct{} // closed once what stands below is known
	mock    *targets.Mock
	veil    *veil
	ahead   time.Duration // of the server's clock, at the start
	hint    []string
}

// New returns the watcher for a mock of the vendor that is yet to be started.
func New(v targets.Vendor, log *Log) *Watcher {
	return &Watcher{vendor: v, log: log, started: make(chan struct{})}
}

// Started tells the watcher its mock, once; requests wait until then, since nobody knows before what is to be masked. The
// hint is what the page says to type while nothing has arrived, line by line.
func (w *Watcher) Started(m *targets.Mock, hint ...string) {
	w.mock, w.hint = m, hint
	w.veil = newVeil(w.vendor.MockTarget(m, targets.System()).Secrets())
	if m.Steered != nil {
		w.ahead = w.offset()
	}
	close(w.started)
}

// offset is how far the server's clock is ahead of this machine's. A busy machine may pause between the two, so it looks
// again when that took long.
func (w *Watcher) offset() (ahead time.Duration) {
	for range 5 {
		before := time.Now()
		ahead = w.mock.Steered.Now().Sub(before)
		if time.Since(before) < 5*time.Millisecond {
			break
		}
	}
	return ahead.Round(time.Millisecond)
}

// Arrived numbers the request and lets it go on.
func (w *Watcher) Arrived(ctx context.Context, a *targets.Arrival) targets.Cue {
	select {
	case <-w.started:
	case <-ctx.Done():
	}
	a.Number = int(w.count.Add(1))
	return targets.Cue{}
}

// Judged keeps what became of the request.
func (w *Watcher) Judged(a *targets.Arrival) {
	select {
	case <-w.started:
		w.log.add(w.event(a))
	default: // the mock ended before it was known
	}
}

func (w *Watcher) event(a *targets.Arrival) Event {
	facts := map[string]string{}
	for name, value := range a.Facts {
		if value != "" {
			facts[w.veil.text(name)] = w.veil.text(value)
		}
	}
	return Event{
		Vendor: w.vendor.Name, Number: a.Number, At: a.At, Method: w.veil.words(a.Method), URI: w.veil.words(a.URI),
		Outcome: a.Outcome, Status: a.Status, Reason: w.veil.text(a.Reason), Why: w.veil.text(a.Why), Right: w.veil.text(a.Right),
		Facts: facts, Sent: w.veil.request(a),
	}
}
