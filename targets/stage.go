package targets

import (
	"context"
	"net/http"
	"time"
)

// The ways in which a request to a mock can end.
const (
	OutcomeAccepted = "accepted"
	OutcomeDenied   = "denied"
	OutcomeSilence  = "silence"
)

// Arrival is one request as a mock received it, and what became of it. It holds what was sent, secrets included: whoever
// shows it masks it. What stands below Facts is empty until the mock has judged.
type Arrival struct {
	Number      int       // counted from 1, in the order of arrival
	At          time.Time // by the machine's clock
	Conn        string    // the caller's address and port: the same for all requests of one connection
	Method, URI string    // the URI is the request target as it was sent
	Header      http.Header
	Body        []byte
	// Facts are what the mock knows of the request by itself, such as the credential that it carries. Never a secret.
	Facts map[string]string

	Outcome string // accepted, denied or silence
	Status  int    // of the reply; 0 for silence
	Cued    bool   // the stage said what was answered, not the mock
	Reason  string // in a few words, "" when accepted
	Why     string // what is wrong and which mistake its author has probably made; masked
	Right   string // the request that would have been right, secrets as their names in angle brackets; "" when it was
	Wrote   string // the id of the record that was made or changed, "" when none was
	Gave    string // the session token that the reply hands out, "" when it hands out none

	// Before is how many requests had arrived when this one was judged: those with a greater number were sent after it, those
	// with a number in between may have been under way together with it. The stage counts it.
	Before int
}

// Cue is what a mock does with one request in place of what the contract says. The zero value lets it go on.
type Cue struct {
	Reply   *CuedReply
	Silence string // closed, reset or open: not one byte is answered
	Close   bool   // the connection ends in order after the reply, whoever makes it
}

// CuedReply is what a mock answers on cue.
type CuedReply struct {
	Status int
	Header map[string]string
	Type   string // Content-Type, "" for none
	Body   string
}

// Stage sees every request that a mock receives. Its methods are called from many goroutines at once, and by a mock that
// holds no lock meanwhile, so that they may steer it.
type Stage interface {
	// Arrived is called once a request has been read, before it is judged. It gives the request its number, may wait, which
	// makes the reply slow, and says what is to be done. The context ends with the mock, or with the caller's connection.
	Arrived(context.Context, *Arrival) Cue
	// Judged is called once it is known what becomes of the request, before anything is answered.
	Judged(*Arrival)
}

// Faulty is a Controlled server whose faults can be switched while it runs.
type Faulty interface {
	// Faults are the names of those that are on, in the order of their names.
	Faults() []string
	// SetFault switches one; the error says that there is none of that name.
	SetFault(name string, on bool) error
}

// SessionEnder is a Controlled server that has sessions.
type SessionEnder interface {
	// EndSessions ends every open session before its time and returns how many there were.
	EndSessions() int
}
