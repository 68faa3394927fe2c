package load

import (
	"math"
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

// fate is what became of a request that was handed out.
type fate int

const (
	unsent   fate = iota // the run was interrupted before it was sent
	unsigned             // Sign returned an error
	cut                  // sent, and cut off by the interruption
	answered             // sent, and answered or failed
)

// sample is one request that was handed out. The times count from the beginning of the schedule.
type sample struct {
	seq             uint64
	op              int
	fate            fate
	due, sent, done time.Duration
	signing         time.Duration
	status          int    // of a complete reply, else 0
	kind            string // of the error, "" for the reply that the contract asks for
	failure         error  // of Sign
	witness         *record.Exchange
}

// samples adds requests up. It is safe for concurrent use. Its size does not depend on the number of requests.
type samples struct {
	plan     schedule
	sent     atomic.Int64
	lastSent atomic.Int64 // nanoseconds since the beginning

	mu      sync.Mutex
	sealed  bool
	ops     []record.OperationResult
	signing record.Signing
	all     *hdrhistogram.Histogram // response times of the whole run, for Progress
	done    int
	errors  int
	// failedSigning counts the errors of Sign and keeps the first.
	failedSigning int
	signFailure   error
	seconds       *seconds
}

func newSamples(plan schedule, names []string) *samples {
	s := &samples{plan: plan, all: coarse(), seconds: newSeconds(plan)}
	for _, name := range names {
		s.ops = append(s.ops, record.OperationResult{
			Name: name, Status: map[int]int{}, Errors: map[string]int{}, Response: fine(), Service: fine(),
		})
	}
	return s
}

// sending counts a request at the moment it is sent.
func (s *samples) sending(at time.Duration) {
	s.sent.Add(1)
	for last := s.lastSent.Load(); int64(at) > last; last = s.lastSent.Load() {
		if s.lastSent.CompareAndSwap(last, int64(at)) {
			return
		}
	}
}

// add counts a request that has come to its end. Each request is added once. After seal nothing is added any more.
func (s *samples) add(x *sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return
	}
	op := &s.ops[x.op]
	switch x.fate {
	case unsent:
		s.seconds.settle(x.seq)
		return
	case unsigned:
		s.seconds.settle(x.seq)
		op.Errors[kindSign]++
		s.errors++
		if s.failedSigning++; s.signFailure == nil {
			s.signFailure = x.failure
		}
		return
	}
	s.signing.Signatures++
	s.signing.Total += x.signing
	if x.fate == cut {
		s.seconds.settle(x.seq)
		return
	}
	s.measure(op, x)
}

func (s *samples) measure(op *record.OperationResult, x *sample) {
	response, service := x.done-x.due, x.done-x.sent
	observe(op.Response, response)
	observe(op.Service, service)
	observe(s.all, response)
	s.seconds.sample(x.seq, response, x.kind != "")
	s.done++
	op.Requests++
	if x.status != 0 {
		op.Status[x.status]++
	}
	if x.kind == "" {
		op.Succeeded++
		return
	}
	s.errors++
	op.Errors[x.kind]++
	if x.kind == kindDenied {
		op.Denied++
	}
	if x.witness != nil && op.Witness == nil {
		op.Witness = x.witness
	}
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

// seal ends the counting and hands out what was counted, with a series of at least n seconds: nothing that is still under
// way changes it any more.
func (s *samples) seal(n int) ([]record.OperationResult, []record.Second) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
	return s.ops, s.seconds.finish(n)
}
