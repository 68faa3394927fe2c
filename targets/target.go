// Package targets holds what a scenario or a load profile may ask of any vendor: a target with its credentials, a clock,
// a control endpoint, the faults that a mock can be given, and the configuration file that names all of these.
package targets

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"
)

// Kind tells a mock of ours, whose state each scenario has for itself, from a server that others use too.
type Kind string

// The kinds of target.
const (
	KindMock Kind = "mock"
	KindLive Kind = "live"
)

// Credentials are the secrets of a target by the names that the configuration uses. The value never prints itself.
type Credentials map[string]string

// Format keeps the values out of every %v, %s and %#v.
func (c Credentials) Format(f fmt.State, _ rune) {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(f, "credentials(%s)", strings.Join(names, ", "))
}

// Allow is what the owner of a target that is not on loopback has agreed to.
type Allow struct {
	Writes bool
	Load   bool
	// Rate is the most requests per second; 0 means that no limit was agreed.
	Rate float64
}

// TLS says how a target's certificate is checked.
type TLS struct {
	CA       string // a PEM file of authorities to trust beside the system's
	PEM      string // what the file holds, once it was read
	Insecure bool   // no check at all
}

// Target is one server whose contract can be judged. It is read-only once made and safe for concurrent use.
type Target struct {
	Name        string
	Vendor      string
	Kind        Kind
	URL         string // base URL; the paths below are appended to it
	Credentials Credentials
	Settings    map[string]string // the vendor's own keys, such as hash_order, defaults filled in
	Paths       map[string]string // by name, such as read; defaults filled in
	Bodies      map[string]string // of writes, by name, such as create; defaults filled in
	Allow       Allow
	TLS         TLS
	Control     string // base URL of the control endpoint, "" for a black box
	Deviations  []Deviation
	Clock       Clock // the asking side's clock; the target's own may differ by its skew

	public []string // names of credentials that are no secrets
}

// Secrets are the credentials that no output may show.
func (t Target) Secrets() Credentials {
	secrets := maps.Clone(t.Credentials)
	for _, name := range t.public {
		delete(secrets, name)
	}
	return secrets
}

// Fault is one way in which a mock can be wrong on purpose.
type Fault struct {
	Name    string
	Summary string
	// Breaks lists every clause that the fault is known to break, the one it was made for first. The suite has to find
	// exactly these.
	Breaks []string
}

// MockOptions says how a mock is started.
type MockOptions struct {
	Addr   string   // host:port to listen on; "" means 127.0.0.1:0
	Seed   uint64   // 0 is the plain mock; any other number draws legal variations
	Faults []string // names out of the vendor's list
	Clock  Clock    // nil means the machine's clock
	Log    io.Writer
	// SessionLifetime is how long a session is good, for a vendor that has sessions; 0 means the mock's own default.
	SessionLifetime time.Duration
	// Silence is how a mock that may stay silent does so: closed, reset or open; "" leaves it to the mock and its seed.
	Silence string

	// What follows is for mocks that clients are judged with.

	// Stage sees every request, and may say what becomes of it; nil when nobody watches.
	Stage Stage
	// Listen wraps the listener that callers connect to; nil leaves it as it is.
	Listen func(net.Listener) net.Listener
	// Credentials are values in place of those that the mock would draw, by configuration name.
	Credentials Credentials
	// TrueClock keeps the seed from drawing a clock that is wrong.
	TrueClock bool
	// AnyBody says that a write needs no particular body, and an update no particular record: what a client under test
	// writes is not part of any contract.
	AnyBody bool
}

// Mock is a running mock server with its control endpoint.
type Mock struct {
	URL         string
	Control     string
	Credentials Credentials
	Paths       map[string]string // where they differ from the vendor's defaults
	Settings    map[string]string // likewise
	// Steered is the server itself: what its control endpoint does, without the endpoint.
	Steered Controlled
	// Close ends both listeners and every open connection.
	Close func() error
}

// Entry describes one key that a vendor's targets take in the configuration.
type Entry struct {
	Name     string
	Help     string
	Default  string
	Values   []string           // the only values allowed; nil means any
	Check    func(string) error // says what is wrong with a value and how to write it; nil takes any
	Required bool
	Public   bool // a credential that is no secret, such as a store number: reports show it
}

// SignedRequest is one request that is ready to be sent by any HTTP client.
type SignedRequest struct {
	Method string
	URL    string
	Header http.Header
	Body   string
	Note   string // a remark for the user, or ""
}

// Refusal says why a target did not give what a request needs, such as a session.
type Refusal struct{ Reason error }

func (r *Refusal) Error() string { return r.Reason.Error() }

// Unwrap returns the reason.
func (r *Refusal) Unwrap() error { return r.Reason }

// Vendor is all that the house knows of one vendor.
type Vendor struct {
	Name        string
	Title       string
	Home        string // base URL of the vendor's production server; "" where there is none for all
	Example     string // what a base URL looks like
	Credentials []Entry
	Settings    []Entry
	Paths       []Entry
	Bodies      []Entry
	Faults      []Fault
	Mistakes    []Fault // of the vendor's small client, each named for what it does wrong
	Profiles    []Profile
	// StartMock serves the vendor's mock until Close.
	StartMock func(MockOptions) (*Mock, error)
	// Sign returns a signed request for the path, as of now. Where that takes a session, it is opened by send;
	// a *Refusal says why there is none.
	Sign func(ctx context.Context, t Target, send http.RoundTripper, path string, now time.Time) (SignedRequest, error)
	// SignBench makes what `authbench sign bench` measures, for messages of so many bytes; nil for a vendor whose requests
	// carry no hash. The error says which lengths there are.
	SignBench func(bytes int) (SignBench, error)
	// RunClient is a small client program of the vendor, right or with one mistake, that is told what to do as any program
	// under test is. It returns the exit code.
	RunClient func(ctx context.Context, p ClientProgram) int
}

// ClientProgram is what a client program gets from its process.
type ClientProgram struct {
	Mistake        string // the name of one; "" for the right client
	Env            func(string) string
	Stdout, Stderr io.Writer
}

// MockTarget describes a running mock as a target.
func (v Vendor) MockTarget(m *Mock, clock Clock) Target {
	t := Target{
		Name: "mock", Vendor: v.Name, Kind: KindMock, URL: m.URL, Control: m.Control,
		Credentials: m.Credentials, Settings: defaults(v.Settings), Paths: defaults(v.Paths), Bodies: defaults(v.Bodies), Clock: clock,
		Allow: Allow{Writes: true, Load: true},
	}
	for _, e := range v.Credentials {
		if e.Public {
			t.public = append(t.public, e.Name)
		}
	}
	maps.Copy(t.Settings, m.Settings)
	maps.Copy(t.Paths, m.Paths)
	return t
}

func defaults(entries []Entry) map[string]string {
	values := map[string]string{}
	for _, e := range entries {
		values[e.Name] = e.Default
	}
	return values
}

// CheckFaults returns an error that names the first fault the vendor's mock does not have, and the nearest that it has.
func (v Vendor) CheckFaults(names []string) error {
	known := make([]string, len(v.Faults))
	for i, f := range v.Faults {
		known[i] = f.Name
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the mock of %s has no fault %q%s: authbench mock %s --list-faults shows all",
				v.Name, name, DidYouMean(name, known), v.Name)
		}
	}
	return nil
}
