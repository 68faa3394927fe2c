package load

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/authbench/authbench/reports/record"
)

// The range of the histograms. What lies outside is counted at the end of the range, never dropped.
const (
	shortest = time.Microsecond
	longest  = 10 * time.Minute
)

// fine is a histogram for a result, exact to 0.1 %; coarse one for the course of a run, exact to 1 % and a seventh of the
// size. Both take nanoseconds.
func fine() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(shortest), int64(longest), 3)
}

func coarse() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(shortest), int64(longest), 2)
}

func observe(h *hdrhistogram.Histogram, d time.Duration) {
	// Within the range RecordValue has no error.
	_ = h.RecordValue(int64(min(max(d, shortest), longest)))
}

// fate is what became of a call that was handed out.
type fate int

const (
	unsent   fate = iota // the run was interrupted before it was sent
	unready              // its first request could not be made ready
	cut                  // sent, and cut off by the interruption
	answered             // sent, and answered or failed
)

// sample is one call that was handed out, or one request beside the calls. The times of a call count from the beginning of
// the schedule, those of a request beside from its own beginning.
type sample struct {
	seq     uint64
	row     *tally
	fate    fate
	due     time.Duration
	sent    time.Duration // of the last request
	done    time.Duration // of the last request: the last byte of the reply, or its failure
	ended   time.Duration // of the call: done, or later if it waited in vain for something else
	signing time.Duration // until the first request was sent
	status  int           // of the last reply, if it is complete, else 0
	kind    string        // of the error, "" for the reply that the contract asks for
	fresh   int           // connections that its requests had for themselves
	broken  bool          // the contract was broken
	breach  *record.Breach
	failure error // why it could not be made ready
}

// tally is what a row of the result adds up to.
type tally struct {
	record.OperationResult
	breach *record.Breach // the first one
}

func newTally(name string, weight int) *tally {
	return &tally{OperationResult: record.OperationResult{
		Name: name, Weight: weight, Status: map[int]int{}, Errors: map[string]int{}, Response: fine(), Service: fine(),
	}}
}

// samples adds calls up. It is safe for concurrent use. Its size does not depend on the number of calls.
type samples struct {
	plan     schedule
	sent     atomic.Int64
	lastSent atomic.Int64 // nanoseconds since the beginning

	mu      sync.Mutex
	sealed  bool
	ops     []*tally
	asides  []*tally // of requests beside the calls
	signing record.Signing
	all     *hdrhistogram.Histogram // response times of the whole run, for Progress
	done    int
	errors  int
	// unready counts the calls that could not be made ready, and keeps the first reason.
	unready     int
	unreadiness error
	seconds     *seconds
}

func newSamples(plan schedule) *samples {
	return &samples{plan: plan, all: coarse(), seconds: newSeconds(plan)}
}

func named(rows []*tally, name string) *tally {
	for _, row := range rows {
		if row.Name == name {
			return row
		}
	}
	return nil
}

// operation adds the row of an operation.
func (s *samples) operation(name string, weight int) (*tally, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if named(s.ops, name) != nil || named(s.asides, name) != nil {
		return nil, fmt.Errorf("it has two rows called %s", name)
	}
	row := newTally(name, weight)
	s.ops = append(s.ops, row)
	return row, nil
}

// aside is the row of requests beside the calls that has the name, or nil if it is an operation's.
func (s *samples) aside(name string) *tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	if named(s.ops, name) != nil {
		return nil
	}
	row := named(s.asides, name)
	if row == nil {
		row = newTally(name, 0)
		s.asides = append(s.asides, row)
	}
	return row
}

// sending counts a call at the moment its first request is sent.
func (s *samples) sending(at time.Duration) {
	s.sent.Add(1)
	for last := s.lastSent.Load(); int64(at) > last; last = s.lastSent.Load() {
		if s.lastSent.CompareAndSwap(last, int64(at)) {
			return
		}
	}
}

// add counts a call that has come to its end. Each is added once. After seal nothing is added any more.
func (s *samples) add(x *sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return
	}
	switch x.fate {
	case unsent:
		s.seconds.settle(x.seq)
		return
	case unready:
		s.seconds.settle(x.seq)
		x.row.Errors[kindUnsent]++
		s.errors++
		if s.unready++; s.unreadiness == nil {
			s.unreadiness = x.failure
		}
		return
	}
	s.signing.Signatures++
	s.signing.Total += x.signing
	if x.fate == cut {
		s.seconds.settle(x.seq)
		return
	}
	response := x.row.measure(x)
	observe(s.all, response)
	s.seconds.sample(x.seq, response, x.kind != "")
	s.done++
	if x.kind != "" {
		s.errors++
	}
}

// addAside counts a request beside the calls, as add does a call. One that was cut off counts nowhere.
func (s *samples) addAside(x *sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sealed && x.kind != kindCut {
		x.row.measure(x)
	}
}

// measure adds to a row and returns the response time.
func (t *tally) measure(x *sample) time.Duration {
	response := x.ended - x.due
	observe(t.Response, response)
	observe(t.Service, x.done-x.sent)
	t.Requests++
	t.Connections += x.fresh
	if x.status != 0 {
		t.Status[x.status]++
	}
	if x.kind == "" {
		t.Succeeded++
		return response
	}
	t.Errors[x.kind]++
	if x.broken {
		t.Broken++
	}
	if t.breach == nil {
		t.breach = x.breach
	}
	return response
}

// achieved is the load that came about until now. The time of sending reaches from the moment the first request was due to
// the moment the last one was sent, plus one interval, as the last request has an interval of its own too: 6000 requests of
// which the last is sent on time at 29.995 s took 30 s, which makes 200/s.
func (s *samples) achieved() record.Achieved {
	n := s.sent.Load()
	if n == 0 {
		return record.Achieved{}
	}
	interval := time.Duration(math.Round(1e9 / s.plan.rate))
	took := time.Duration(s.lastSent.Load()) + interval
	return record.Achieved{Rate: float64(n) / took.Seconds(), Duration: took, Requests: int(n)}
}

// progress is how far the run has come; the caller adds what the clock says.
func (s *samples) progress() Progress {
	a := s.achieved()
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Progress{Sent: a.Requests, Done: s.done, Errors: s.errors, AchievedRate: a.Rate}
	if s.done > 0 {
		p.P99 = time.Duration(s.all.ValueAtQuantile(99))
	}
	return p
}

// rows are the operations, and after them the requests beside the calls. s.mu is held.
func (s *samples) rows() (rows []record.OperationResult) {
	for _, row := range slices.Concat(s.ops, s.asides) {
		rows = append(rows, row.OperationResult)
	}
	return rows
}

// view shows the rows to a function, during which nothing is added to them.
func (s *samples) view(look func(rows []record.OperationResult)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look(s.rows())
}

// lags says that fewer calls were made than had fallen due in the whole seconds that are over. s.mu is held.
func (s *samples) lags(elapsed time.Duration) bool {
	due := s.plan.first(int(elapsed / time.Second))
	return float64(s.sent.Load())+float64(s.unready) < enough*float64(due)
}

// seal ends the counting and hands out what was counted, with a series of at least n seconds: nothing that is still under
// way changes it any more. The breaches are the first ones of the operations.
func (s *samples) seal(n int) (rows []record.OperationResult, breaches []record.Breach, series []record.Second) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
	for _, row := range s.ops {
		if row.breach != nil {
			row.breach.Operation = row.Name
			breaches = append(breaches, *row.breach)
		}
	}
	return s.rows(), breaches, s.seconds.finish(n)
}
