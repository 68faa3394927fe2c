package targets

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Profile is a load profile of a vendor.
type Profile struct {
	Name string
	Help string
	// Refresh lists the ways in which the profile can renew its sessions, the default first; nil when it keeps none.
	Refresh []string
	// Mix are the kinds of call that the profile mixes, in percent, as they are without --mix; nil when it makes one kind.
	Mix []Share
	// Writes says that the profile changes data at the target.
	Writes bool
	// Start makes the profile ready to be driven against a target; nothing needs to be sent yet. The error says what the
	// target lacks.
	Start func(Target, Drive) (Workload, error)
}

// Drive is what a load run gives to a profile.
type Drive struct {
	// Wire sends requests to the target and measures them.
	Wire Wire
	// Sessions is how many sessions the profile may keep at once, at least 1.
	Sessions int
	// Refresh are the ways to renew sessions that are to be compared, out of the profile's own; at least one where the
	// profile has any.
	Refresh []string
	// Mix is how many calls of each kind are to be made, out of the profile's own.
	Mix []Share
}

// Share is one kind of call in a mix.
type Share struct {
	Kind    string
	Percent int
}

// Wire carries the requests of a load run and measures each. It is safe for concurrent use. It sends to the target's scheme
// and host only, follows no redirect, and bounds each request by the time-out of the run. A reply that it returns is read to
// its end already. Its body holds the first 16 KiB; where there was more, reading it ends with io.ErrUnexpectedEOF.
type Wire interface {
	// RoundTrip sends a request of an operation, on a connection of its own if the request's Close is set. The request has to carry the context that the operation was given, or one
	// derived from it. The requests of one call are sent one after the other, and none once Do has returned; the body of a
	// reply is good until then.
	http.RoundTripper
	// Beside carries requests that no operation waits for by name, such as the opening of a session: they are measured in
	// a row of their own, and have no part in the times of the calls that wait for them but as waiting. Their context may
	// be any, so one that many callers share can outlive the first of them. Rows are few and fixed; each has a name that no
	// operation has.
	Beside(row string) http.RoundTripper
}

// Workload is a profile at work on one target.
type Workload struct {
	// Operations are called in turn, each as often as its weight says.
	Operations []Operation
	// Sessions tells the life of the sessions so far, an entry for each way to renew them; nil when the profile keeps none.
	// It is safe for concurrent use.
	Sessions func() []SessionLife
	// Finish is called once after the last operation has ended, unless it is nil, with what sends requests unmeasured and
	// as long as ctx lasts: three times the time-out of a request, or a second after an interruption. A body may be 64 MiB
	// long. It returns remarks on what could not be checked, and a *Breach for a contract that turns out to be broken.
	Finish func(ctx context.Context, send http.RoundTripper) (remarks []string, err error)
}

// Operation is one kind of call that a workload makes.
type Operation struct {
	Name string
	// Weight is the operation's share of the calls, which are spread evenly; 0 counts as 1.
	Weight int
	// Do makes one call and judges its reply: nil for what the contract asks for, a *Breach for what it forbids, another
	// error for a call that came to nothing. Its time until the first request is sent counts as signing, never as the
	// target's. A call without any request is an error, whatever Do returns. Do is safe for concurrent use, and returns
	// soon after its context has ended.
	Do func(context.Context) error
}

// Breach is a reply that the contract forbids: one is enough to fail a run.
type Breach struct{ Message string }

func (b *Breach) Error() string { return b.Message }

// Breached returns a *Breach.
func Breached(format string, args ...any) error { return &Breach{fmt.Sprintf(format, args...)} }

// SessionLife is what became of the sessions that one way to renew them kept.
type SessionLife struct {
	Name string // of the way, such as single-flight; "" where there is only one
	// Opened counts the sessions opened, Refreshes those of them that replaced one that had expired or was about to, and
	// Expiries the times that this was needed: one refresh for each is the ideal.
	Opened, Refreshes, Expiries int
	// Denied counts the calls denied (403) before a new session was there, Lost those that failed for good for want of one.
	Denied, Lost int
	// RecoverMean and RecoverMax tell how long it took from the first call denied to the first one that succeeded after it.
	RecoverMean, RecoverMax time.Duration
	// Writes counts writes sent, Disordered those of them that were rejected for their nonce.
	Writes, Disordered int
}
