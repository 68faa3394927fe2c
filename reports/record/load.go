package record

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Load is one load run.
type Load struct {
	Version   string
	Profile   string
	Target    Target
	Started   time.Time
	Requested Offered
	Achieved  Achieved
	// Operations in the order of the profile, and after them the requests that were sent beside them (Weight 0).
	Operations []OperationResult
	// Breaches are what broke the contract: the first one of each operation, and after them what was found after the last
	// call. The calls are counted in OperationResult.Broken.
	Breaches []Breach
	Signing  Signing
	// Sessions tells the life of the sessions, an entry for each way to renew them; nil without sessions.
	Sessions []SessionLife
	Series   []Second
	// Thresholds are what the run had to meet, in the order in which they were given.
	Thresholds []Threshold
	// Stopped says that the run was ended before its time because a threshold was missed; nil otherwise.
	Stopped *Stop
	// Interrupted says that the run was ended before its time by whoever began it.
	Interrupted bool
	// Invalid says in one line why the times of this run are not those of the load that was asked for, so that it meets and
	// misses no threshold; "" if they are.
	Invalid  string
	Warnings []string
}

// Offered is the load that was asked for.
type Offered struct {
	Rate     float64 // requests per second
	Duration time.Duration
}

// Achieved is the load that came about.
type Achieved struct {
	Rate     float64 // requests sent per second
	Duration time.Duration
	Requests int
}

// OperationResult is what happened to one kind of call, or to the requests of one kind that were sent beside the calls, such
// as those that open sessions. Times are recorded in nanoseconds.
type OperationResult struct {
	Name string
	// Weight is the operation's share of the calls. It is 0 for requests beside the calls, which are part of neither the
	// offered nor the achieved load.
	Weight      int
	Requests    int            // calls that were answered or failed; one that took several requests counts once
	Succeeded   int            // calls with the reply that the contract asks for
	Broken      int            // calls with a reply that the contract forbids
	Connections int            // those that a request had for itself, as a call has that may meet silence
	Status      map[int]int    // last replies by status
	Errors      map[string]int // calls without the reply that the contract asks for, by kind; those never sent included
	// Response counts from the moment a call was due to its end, Service from the moment its last request was sent to the
	// last byte of the reply.
	Response *hdrhistogram.Histogram
	Service  *hdrhistogram.Histogram
}

// Breach is a reply that the contract forbids.
type Breach struct {
	Operation string // that met it; "" if it was found after the last call
	Message   string
	Witness   *Exchange // the exchange that shows it; nil if no single one does
}

// SessionLife is what became of the sessions that one way to renew them kept.
type SessionLife struct {
	Name string // of the way; "" where there is only one
	// Opened counts the sessions opened, Refreshes those of them that replaced one that had expired or was about to, and
	// Expiries the times that this was needed: one refresh for each is the ideal.
	Opened, Refreshes, Expiries int
	// Denied counts the calls denied before a new session was there, Lost those that failed for good for want of one.
	Denied, Lost int
	// RecoverMean and RecoverMax tell how long it took from the first call denied to the first one that succeeded after it;
	// 0 if there was none.
	RecoverMean, RecoverMax time.Duration
	// Writes counts writes sent, Disordered those of them that were rejected for their nonce.
	Writes, Disordered int
}

// LoadSummary counts the calls of a load run.
type LoadSummary struct {
	Requests  int // calls that were answered or failed
	Succeeded int
	Broken    int // calls that met a reply that the contract forbids
	Unsent    int // calls that could not be made ready
}

// Early says that the run was ended before its time.
func (l Load) Early() bool { return l.Interrupted || l.Stopped != nil }

// Tally adds the calls of a run up. Requests beside them are no calls.
func (l Load) Tally() LoadSummary {
	var sum LoadSummary
	for _, op := range l.Operations {
		if op.Weight == 0 {
			continue
		}
		sum.Requests += op.Requests
		sum.Succeeded += op.Succeeded
		sum.Broken += op.Broken
		// Calls that were never sent are the only errors that are no requests.
		sum.Unsent += op.Failed() - (op.Requests - op.Succeeded)
	}
	return sum
}

// Failed is the number of errors of all kinds.
func (op OperationResult) Failed() int {
	n := 0
	for _, e := range op.Errors {
		n += e
	}
	return n
}

// Signing is what it took to make calls ready until their first request could be sent: signing it, and waiting for a session
// where there was none.
type Signing struct {
	Signatures int
	Total      time.Duration
}

// Mean is the mean time of one call.
func (s Signing) Mean() time.Duration {
	if s.Signatures == 0 {
		return 0
	}
	return s.Total / time.Duration(s.Signatures)
}

// Second is one second of a run, by the moment that a request was due.
type Second struct {
	T        int // 1 is the first second
	Requests int
	Errors   int
	P99      time.Duration // of the response time
}
