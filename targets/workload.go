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
	// Writes says that the profile changes data at the target.
	Writes bool
	// Start makes the profile ready to be driven against a target. The error says what the target lacks.
	Start func(Target, Drive) (Workload, error)
}

// Drive is what a load run gives to a profile.
type Drive struct {
	// Wire sends requests to the target and measures them. A request of an operation has to carry the context that the
	// operation was given.
	Wire Wire
	// Sessions is how many sessions the profile may keep at once, at least 1.
	Sessions int
	// Refresh are the ways to renew sessions that are to be compared, out of the profile's own; at least one where the
	// profile has any.
	Refresh []string
}

// Wire carries the requests of a load run and measures each. It is safe for concurrent use. A reply that it returns is read
// to its end already; its body holds the first 16 KiB.
type Wire interface {
	http.RoundTripper
	// Beside carries requests that no operation waits for by name, such as the opening of a session: they are measured in
	// a row of their own.
	Beside(row string) http.RoundTripper
}

// Workload is a profile at work on one target.
type Workload struct {
	// Operations are called in turn, each as often as its weight says.
	Operations []Operation
	// Sessions tells the life of the sessions so far, an entry for each way to renew them; nil when the profile keeps none.
	// It is safe for concurrent use.
	Sessions func() []SessionLife
	// Finish is called once after the last operation has ended, unless it is nil, with what sends requests unmeasured. It
	// returns remarks on what could not be checked, and a *Breach for a contract that turns out to be broken.
	Finish func(ctx context.Context, send http.RoundTripper) (remarks []string, err error)
}

// Operation is one kind of call that a workload makes.
type Operation struct {
	Name string
	// Weight is the operation's share of the calls; 0 counts as 1.
	Weight int
	// Do makes one call and judges its reply: nil for what the contract asks for, a *Breach for what it forbids, another
	// error for a call that came to nothing. Its time until the first request is sent counts as signing, never as the
	// target's. It is safe for concurrent use.
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
