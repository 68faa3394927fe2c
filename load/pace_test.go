package load

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestScheduleOffersRateTimesDuration(t *testing.T) {
	for _, c := range []struct {
		rate     float64
		duration time.Duration
		total    uint64
		last     time.Duration
	}{
		{200, 30 * time.Second, 6000, 29995 * time.Millisecond},
		{0.5, 30 * time.Second, 15, 28 * time.Second},
		{1.0 / 3, 9 * time.Second, 3, 6 * time.Second},
		{1.1, 10 * time.Second, 11, 9090909091},
		{3, 500 * time.Millisecond, 2, 333333333},
		{1, 100 * time.Millisecond, 0, 0},
		{1e6, time.Second, 1e6, 999999 * time.Microsecond},
	} {
		s := newSchedule(c.rate, c.duration)
		if s.total != c.total {
			t.Errorf("%g/s for %v offers %d requests, want %d", c.rate, c.duration, s.total, c.total)
		}
		if c.total > 0 && s.due(s.total-1) != c.last {
			t.Errorf("%g/s for %v: the last is due at %v, want %v", c.rate, c.duration, s.due(s.total-1), c.last)
		}
		if s.total > 0 && s.due(s.total-1) >= c.duration {
			t.Errorf("%g/s for %v: the last is due at %v, after the end", c.rate, c.duration, s.due(s.total-1))
		}
	}
}

// Every request belongs to exactly one second, and first agrees with due about which.
func TestScheduleDividesRequestsIntoSeconds(t *testing.T) {
	for _, rate := range []float64{0.1, 0.3, 0.5, 1, 1.1, 3, 7, 9.7, 33.3, 100, 1000.0 / 3, 999.9} {
		s := newSchedule(rate, 40*time.Second)
		var count uint64
		for second := range 40 {
			from, to := s.first(second), s.first(second+1)
			for k := from; k < to; k++ {
				if s.second(k) != second {
					t.Fatalf("%g/s: request %d is due at %v, not in second %d", rate, k, s.due(k), second)
				}
			}
			count += to - from
		}
		if count != s.total {
			t.Errorf("%g/s: the seconds hold %d requests of %d", rate, count, s.total)
		}
	}
}

func TestScheduleNext(t *testing.T) {
	s := newSchedule(100, time.Second)
	s.latest = 3 * time.Second
	for _, c := range []struct {
		name    string
		elapsed time.Duration
		hits    uint64
		wait    time.Duration
		stop    bool
	}{
		{"the first is due at once", 0, 0, 0, false},
		{"early", 12 * time.Millisecond, 2, 8 * time.Millisecond, false},
		{"on time", 20 * time.Millisecond, 2, 0, false},
		{"late: no waiting to catch up", 500 * time.Millisecond, 2, 0, false},
		{"late after the end of the duration", 2900 * time.Millisecond, 50, 0, false},
		{"too late", 3100 * time.Millisecond, 50, 0, true},
		{"all offered", 999 * time.Millisecond, 100, 0, true},
	} {
		if wait, stop := s.next(c.elapsed, c.hits); wait != c.wait || stop != c.stop {
			t.Errorf("%s: next(%v, %d) = %v, %v, want %v, %v", c.name, c.elapsed, c.hits, wait, stop, c.wait, c.stop)
		}
	}
}

func TestPacerWaitsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var began time.Time
		p := &pacer{ctx: t.Context(), schedule: newSchedule(4, time.Second), begin: func(at time.Time) { began = at }}
		pause(100 * time.Millisecond) // what vegeta did between the start of its clock and the first question
		var hits uint64
		for {
			wait, stop := p.Pace(time.Since(start), hits)
			if wait != 0 {
				t.Fatalf("Pace leaves %v of waiting to vegeta, whose sleep cannot be interrupted", wait)
			}
			if stop {
				break
			}
			due := time.Duration(hits) * 250 * time.Millisecond
			if hits == 0 {
				due = 100 * time.Millisecond
			}
			if at := time.Since(start); at != due {
				t.Errorf("request %d was offered at %v, want %v", hits, at, due)
			}
			hits++
		}
		if !began.Equal(start) {
			t.Errorf("the schedule began %v after vegeta's clock", began.Sub(start))
		}
		if hits != 4 {
			t.Errorf("%d requests were offered, want 4", hits)
		}
		if p.Rate(0) != 4 {
			t.Errorf("Rate = %v, want 4", p.Rate(0))
		}
	})
}

func TestPacerStopsAtOnceWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &pacer{ctx: ctx, schedule: newSchedule(0.01, time.Hour), begin: func(time.Time) {}}
		time.AfterFunc(7*time.Second, cancel)
		start := time.Now()
		if _, stop := p.Pace(0, 0); stop {
			t.Fatal("the first request was not offered")
		}
		if _, stop := p.Pace(0, 1); !stop || time.Since(start) != 7*time.Second {
			t.Errorf("Pace returned stop %v after %v, want true after 7s", stop, time.Since(start))
		}
		if _, stop := p.Pace(0, 0); !stop {
			t.Error("Pace offers a request after the cancellation")
		}
	})
}
