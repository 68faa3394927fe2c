package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/authbench/authbench/reports/record"
)

// seconds keeps the course of a run by the second in which a request was due. A second has a histogram of its own only
// while one of its requests is still to be settled. Requests are handed out in order, so every open second but the newest
// has a request under way, and there are never more open ones than workers, plus one.
type seconds struct {
	plan   schedule
	open   map[int]*second
	free   []*second
	series []record.Second
}

// second is a second that is not over.
type second struct {
	left      uint64 // requests due in it that are not settled
	requests  int
	errors    int
	responses *hdrhistogram.Histogram
}

func newSeconds(plan schedule) *seconds { return &seconds{plan: plan, open: map[int]*second{}} }

// sample counts a request that was sent and came to its end, and settles it.
func (s *seconds) sample(seq uint64, response time.Duration, failed bool) {
	at := s.plan.second(seq)
	sec := s.at(at)
	sec.requests++
	if failed {
		sec.errors++
	}
	observe(sec.responses, response)
	s.release(at, sec)
}

// settle takes a request off the open ones that gave no sample.
func (s *seconds) settle(seq uint64) {
	at := s.plan.second(seq)
	s.release(at, s.at(at))
}

func (s *seconds) at(at int) *second {
	if sec := s.open[at]; sec != nil {
		return sec
	}
	var sec *second
	if n := len(s.free); n > 0 {
		sec, s.free = s.free[n-1], s.free[:n-1]
	} else {
		sec = &second{responses: coarse()}
	}
	sec.left = s.plan.first(at+1) - s.plan.first(at)
	s.open[at] = sec
	return sec
}

func (s *seconds) release(at int, sec *second) {
	if sec.left--; sec.left == 0 {
		s.fold(at, sec)
	}
}

// fold turns a second into its line of the series and keeps its histogram for another.
func (s *seconds) fold(at int, sec *second) {
	s.extend(at + 1)
	s.series[at].Requests, s.series[at].Errors = sec.requests, sec.errors
	if sec.requests > 0 {
		s.series[at].P99 = time.Duration(sec.responses.ValueAtQuantile(99))
	}
	delete(s.open, at)
	sec.responses.Reset()
	sec.requests, sec.errors = 0, 0
	s.free = append(s.free, sec)
}

// extend makes the series at least n seconds long; one in which nothing was due has a line too.
func (s *seconds) extend(n int) {
	for len(s.series) < n {
		s.series = append(s.series, record.Second{T: len(s.series) + 1})
	}
}

// finish folds what is still open and returns the series, at least n seconds long.
func (s *seconds) finish(n int) []record.Second {
	for at, sec := range s.open {
		s.fold(at, sec)
	}
	s.extend(n)
	return s.series
}
