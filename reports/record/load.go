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
	// Operations in the order of the profile.
	Operations []OperationResult
	Signing    Signing
	Series     []Second
	// Interrupted says that the run was ended before its time.
	Interrupted bool
	Warnings    []string
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

// OperationResult is what happened to one kind of call. Times are recorded in nanoseconds.
type OperationResult struct {
	Name      string
	Requests  int
	Succeeded int            // replies that the contract asks for
	Denied    int            // replies that the contract forbids: the contract was broken under load
	Status    map[int]int    // replies by status
	Errors    map[string]int // requests without the reply that the contract asks for, by kind
	// Response counts from the moment a request was due, Service from the moment it was sent, both until the last byte.
	Response *hdrhistogram.Histogram
	Service  *hdrhistogram.Histogram
	Witness  *Exchange // the first exchange that broke the contract
}

// Signing is what making the credentials cost, outside every latency.
type Signing struct {
	Signatures int
	Total      time.Duration
}

// Mean is the mean cost of one signature.
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
