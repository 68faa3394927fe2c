package load

import (
	"testing"
	"time"
)

// The seconds that are open are bounded by the workers, not by the length of the run.
func TestSecondsAreFolded(t *testing.T) {
	plan := newSchedule(10, time.Hour)
	s := newSeconds(plan)
	for k := range plan.total {
		if k == 3 { // a request of the first second that comes last
			continue
		}
		s.sample(k, time.Duration(k)*time.Microsecond, k%10 == 0)
		if len(s.open) > 2 {
			t.Fatalf("%d seconds are open after request %d", len(s.open), k)
		}
	}
	s.settle(3)
	series := s.finish(3600)
	if len(s.open) != 0 || len(s.free) > 2 || len(series) != 3600 {
		t.Errorf("%d open, %d free, %d in the series", len(s.open), len(s.free), len(series))
	}
	if series[0].Requests != 9 || series[1].Requests != 10 || series[1].Errors != 1 {
		t.Errorf("series begins %+v", series[:2])
	}
}

func TestNoSampleIsLost(t *testing.T) {
	h := fine()
	for _, d := range []time.Duration{-time.Second, 0, time.Nanosecond, time.Microsecond, time.Second, 10 * time.Minute, 100 * time.Hour} {
		observe(h, d)
	}
	if h.TotalCount() != 7 || !around(h.Max(), 10*time.Minute) {
		t.Errorf("%d of 7 samples, max %v", h.TotalCount(), time.Duration(h.Max()))
	}
}
