package watch

import (
	"context"
	"slices"
	"sync"
)

// Kept is how many requests a Log keeps; the oldest go first.
const Kept = 1000

// Log is the last requests of all mocks that are watched, in the order in which they were judged. Any number of readers
// may follow it, each at its own speed: none holds up a mock. It is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	events  []Event
	last    int           // how many there were; the number of the newest
	changed chan struct{} // closed at the next change
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{changed: make(chan struct{})} }

func (l *Log) add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) == 2*Kept { // half of it moves now and then, instead of all of it each time
		l.events = append(l.events[:0:0], l.events[Kept:]...)
	}
	l.events = append(l.events, e)
	l.last++
	l.wake()
}

// wake lets every reader look again. The caller holds l.mu.
func (l *Log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// touch lets every reader look again although no request has come.
func (l *Log) touch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake()
}

// since returns the events after the given one that are kept, the number of the newest, and a channel that is closed at the
// next change. A number that is none of this log's means all.
func (l *Log) since(after int) (events []Event, last int, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after < 0 || after > l.last {
		after = 0
	}
	n := min(l.last-after, len(l.events), Kept)
	return slices.Clone(l.events[len(l.events)-n:]), l.last, l.changed
}

// Follow tells every event from the first on, as it comes, until the context ends and all has been told, or tell returns an
// error, which is passed on. Lost is how many were dropped before the one that is told, since the reader was too slow.
func (l *Log) Follow(ctx context.Context, tell func(e Event, lost int) error) error {
	for after := 0; ; {
		events, last, changed := l.since(after)
		lost := last - after - len(events)
		for _, e := range events {
			if err := tell(e, lost); err != nil {
				return err
			}
			lost = 0
		}
		if after = last; len(events) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}
