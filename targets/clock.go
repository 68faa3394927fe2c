package targets

import (
	"context"
	"sync"
	"time"
)

// A Clock tells the time and waits for it to pass. Every rule about time is judged against one of these, so that a test
// can hold the time still. Implementations are safe for concurrent use.
type Clock interface {
	Now() time.Time
	// Wait returns nil once d has passed, or the context's error if that comes first.
	Wait(ctx context.Context, d time.Duration) error
}

// System is the machine's own clock.
func System() Clock { return systemClock{} }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Manual is a clock that stands still until it is told to move: waiting on it moves it at once.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that stands at t.
func NewManual(t time.Time) *Manual { return &Manual{now: t} }

// Now is the time the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Wait moves the clock by d and returns, unless the context has ended.
func (m *Manual) Wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	return nil
}
