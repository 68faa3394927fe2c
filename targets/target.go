// Package targets holds what a scenario or a load profile may ask of any vendor: a target with its credentials, a clock,
// a control endpoint, the faults that a mock can be given, and the configuration file that names all of these.
package targets

import (
	"context"
	"fmt"
	"io"
	"maps"
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
	Allow       Allow
	TLS         TLS
	Control     string // base URL of the control endpoint, "" for a black box
	Deviations  []Deviation
	Clock       Clock // the asking side's clock; the target's own may differ by its skew
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
}

// Mock is a running mock server with its control endpoint.
type Mock struct {
	URL         string
	Control     string
	Credentials Credentials
	Paths       map[string]string // where they differ from the vendor's defaults
	// Close ends both listeners and every open connection.
	Close func() error
}

// Entry describes one key that a vendor's targets take in the configuration.
type Entry struct {
	Name     string
	Help     string
	Default  string
	Values   []string // the only values allowed; nil means any
	Required bool
}

// Operation is one kind of call that a load profile makes. Sign and Judge are safe for concurrent use.
type Operation struct {
	Name   string
	Method string
	URL    string
	// Sign makes a request ready to send by adding the credentials. What it takes is counted as signing, never as the
	// target's time.
	Sign func(*http.Request) error
	// Judge returns nil for a reply that the contract asks for, else what is wrong with it.
	Judge func(status int) error
}

// Profile is a load profile of a vendor.
type Profile struct {
	Name       string
	Help       string
	Operations func(Target) ([]Operation, error)
}

// SignedRequest is one request that is ready to be sent by any HTTP client.
type SignedRequest struct {
	Method string
	URL    string
	Header http.Header
}

// Vendor is all that the house knows of one vendor.
type Vendor struct {
	Name        string
	Title       string
	Home        string // base URL of the vendor's production server
	Credentials []Entry
	Settings    []Entry
	Paths       []Entry
	Faults      []Fault
	Profiles    []Profile
	// StartMock serves the vendor's mock until Close.
	StartMock func(MockOptions) (*Mock, error)
	// Sign returns a signed request for the path, as of now.
	Sign func(ctx context.Context, t Target, path string, now time.Time) (SignedRequest, error)
}

// MockTarget describes a running mock as a target.
func (v Vendor) MockTarget(m *Mock, clock Clock) Target {
	t := Target{
		Name: "mock", Vendor: v.Name, Kind: KindMock, URL: m.URL, Control: m.Control,
		Credentials: m.Credentials, Settings: map[string]string{}, Paths: map[string]string{}, Clock: clock,
		Allow: Allow{Writes: true, Load: true},
	}
	for _, e := range v.Settings {
		t.Settings[e.Name] = e.Default
	}
	for _, e := range v.Paths {
		t.Paths[e.Name] = e.Default
	}
	maps.Copy(t.Paths, m.Paths)
	return t
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
