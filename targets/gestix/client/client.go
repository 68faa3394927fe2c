// Package client keeps sessions at Gestix: it opens them with an API token or with a user's name and password, puts the
// session token on every call and a nonce on every write, and renews a session that has expired.
//
// A program that talks to Gestix needs a Session and a Transport:
//
//	base := "https://gestix.example/api/1234/v4.0.0"
//	session, err := client.NewSession(base, client.Credentials{APIToken: token}, client.Options{})
//	...
//	hc := &http.Client{Transport: &client.Transport{Session: session}}
//	resp, err := hc.Get(base + "/customers")
//
// One Session serves a whole program: it is opened by the first call, shared by all goroutines, and renewed once when many
// calls meet its end together (GESC-05, GESC-09).
//
// The ids in the comments are clauses of the contract: GES- what a server promises, GESC- what a client does.
package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// Credentials open sessions: APIToken alone by GET /helo (GES-01), or Username and Password by POST /auth (GES-04). They
// never print their values.
type Credentials struct{ APIToken, Username, Password string }

// Format keeps the values out of every %v, %s and %#v.
func (Credentials) Format(f fmt.State, _ rune) { fmt.Fprint(f, "gestix credentials") }

// MarshalText keeps the values out of JSON and of logs. It never fails.
func (Credentials) MarshalText() ([]byte, error) { return []byte("gestix credentials"), nil }

// Token is a session token (xa-token). It never prints its value, which is string(token).
type Token string

// Format keeps the value out of every %v, %s and %#v.
func (Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, "gestix session token") }

// MarshalText keeps the value out of JSON and of logs. It never fails.
func (Token) MarshalText() ([]byte, error) { return []byte("gestix session token"), nil }

// Renewal is a way to renew sessions.
type Renewal string

// The ways to renew. All of them put writes in the order of their nonces.
const (
	// SingleFlight opens one session for all calls that need a new one.
	SingleFlight Renewal = "single-flight"
	// Naive has every call that is denied, or that begins before there is a session, open one of its own: what careless
	// clients do. It is there to be compared with.
	Naive Renewal = "naive"
	// Proactive is SingleFlight, and renews while the session still holds, so that ideally no call is denied. It needs
	// Options.Lifetime.
	Proactive Renewal = "proactive"
)

// Renewals lists the ways to renew, the default first.
func Renewals() []Renewal { return []Renewal{SingleFlight, Naive, Proactive} }

// Options are what NewSession can do without.
type Options struct {
	// Renewal is SingleFlight when empty.
	Renewal Renewal
	// Lifetime is how long the server lets a session token live, counted from the moment that it was asked for. Proactive
	// needs it; the other ways never look at it.
	Lifetime time.Duration
	// Fraction of Lifetime after which Proactive renews, above 0 and below 1; 0 means 0.8.
	Fraction float64
	// OpenTimeout is how long the opening of a session may take; 0 means 30 seconds.
	OpenTimeout time.Duration
	// Base carries the requests that open sessions, and no others; nil means http.DefaultTransport.
	Base http.RoundTripper
	// Now is the clock for Lifetime, for nonces and for the times in Life; nil means time.Now. It is called from many
	// goroutines.
	Now func() time.Time
}

func (o Options) complete() (Options, error) {
	switch o.Renewal {
	case "":
		o.Renewal = SingleFlight
	case SingleFlight, Naive, Proactive:
	default:
		return o, fmt.Errorf("gestix: %q is no way to renew: use %s, %s or %s", string(o.Renewal), SingleFlight, Naive, Proactive)
	}
	if o.Fraction == 0 {
		o.Fraction = 0.8
	}
	if o.OpenTimeout == 0 {
		o.OpenTimeout = 30 * time.Second
	}
	if o.OpenTimeout < 0 {
		return o, fmt.Errorf("gestix: an opening cannot take %s: use a time above zero", o.OpenTimeout)
	}
	if o.Renewal == Proactive && o.Lifetime <= 0 {
		return o, errors.New("gestix: proactive renewal needs the lifetime of a session token")
	}
	if !(o.Fraction > 0 && o.Fraction < 1) { // NaN is refused too
		return o, fmt.Errorf("gestix: %v of the lifetime is no time to renew: use a fraction between 0 and 1", o.Fraction)
	}
	if o.Base == nil {
		o.Base = http.DefaultTransport
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// place is the part of the web that gets the session token: an account's base URL and all below it.
type place struct{ scheme, host, port, path string }

const baseForm = "use http:// or https://, a host and /api/{account}/v4.0.0"

func newPlace(base string) (*url.URL, place, error) {
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil {
		// The error of url.Parse shows the whole text, which may hold a password.
		return nil, place{}, errors.New("gestix: the base URL cannot be read: " + baseForm)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, place{}, fmt.Errorf("gestix: the base URL is %q: %s", u.Redacted(), baseForm)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, place{}, fmt.Errorf("gestix: the base URL of %s has a user, a query or a fragment: leave it out", u.Host)
	}
	return u, place{u.Scheme, strings.ToLower(u.Hostname()), port(u), strings.TrimRight(cleanPath(u), "/")}, nil
}

// holds says whether a URL is in the place. A redirect may lead out of it: to another host, from https to http, to another
// account.
func (p place) holds(u *url.URL) bool {
	if u.Scheme != p.scheme || !strings.EqualFold(u.Hostname(), p.host) || port(u) != p.port {
		return false
	}
	below, ok := strings.CutPrefix(cleanPath(u), p.path)
	return ok && (below == "" || below[0] == '/')
}

// cleanPath resolves "..", which a server may resolve as well.
func cleanPath(u *url.URL) string { return path.Clean("/" + u.Path) }

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
