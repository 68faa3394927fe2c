package load

import (
	"context"
	"math"
	"time"
)

// schedule says when each request of a run is due. It is pure: no clock, no state.
type schedule struct {
	rate  float64 // requests per second
	total uint64  // requests in the run, numbered from 0
	// latest is the time since the beginning after which nothing more is offered. It lies beyond the last due time, so
	// that a run which fell behind still sends what is due, and yet ends.
	latest time.Duration
}

func newSchedule(rate float64, duration time.Duration) schedule {
	return schedule{rate: rate, total: uint64(math.Round(rate * duration.Seconds())), latest: math.MaxInt64}
}

// due is when request k is due, since the beginning. It is rounded, not cut: 11 requests at 1.1/s are due within 10 s, and
// the next falls into the next second whatever the floating point makes of 11/1.1.
func (s schedule) due(k uint64) time.Duration {
	return time.Duration(math.Round(float64(k) / s.rate * 1e9))
}

// second is the second, from 0, in which request k is due.
func (s schedule) second(k uint64) int { return int(s.due(k) / time.Second) }

// first is the number of the first request due in the given second or later, at most total.
func (s schedule) first(second int) uint64 {
	at := time.Duration(second) * time.Second
	k := uint64(math.Ceil(float64(second) * s.rate))
	// The product can be off by one request from what due says, and due is what counts.
	for k > 0 && s.due(k-1) >= at {
		k--
	}
	for k < s.total && s.due(k) < at {
		k++
	}
	return min(k, s.total)
}

// next says how long to wait at the given time since the beginning until the next request, hits having been offered, or
// that the run is over.
func (s schedule) next(elapsed time.Duration, hits uint64) (wait time.Duration, stop bool) {
	if hits >= s.total || elapsed > s.latest {
		return 0, true
	}
	return max(0, s.due(hits)-elapsed), false
}

// pacer is a vegeta.Pacer that waits by itself: vegeta would sleep, and its sleep cannot be interrupted. Pace is called by
// one goroutine of vegeta's.
type pacer struct {
	ctx      context.Context // ends the pacing at once
	schedule schedule
	// begin is told, before the first request, when the schedule began.
	begin func(time.Time)
	begun bool
	timer *time.Timer
}

// Pace waits until the next request is due and returns 0, or true when there is none.
func (p *pacer) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	if !p.begun {
		p.begun = true
		p.begin(time.Now().Add(-elapsed))
	}
	if p.ctx.Err() != nil {
		return 0, true
	}
	wait, stop := p.schedule.next(elapsed, hits)
	if stop || wait == 0 {
		return 0, stop
	}
	if p.timer == nil {
		p.timer = time.NewTimer(wait)
	} else {
		p.timer.Reset(wait)
	}
	select {
	case <-p.timer.C:
		return 0, false
	case <-p.ctx.Done():
		p.timer.Stop()
		return 0, true
	}
}

// Rate is the rate at any time, in requests per second.
func (p *pacer) Rate(time.Duration) float64 { return p.schedule.rate }
