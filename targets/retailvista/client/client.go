// Package client calls RetailVista's Retail3000 services, with the API token that the gateway wants in an HTTP header and the
// Retail3000AuthenticateToken that the services want in the SOAP header.
//
// A program needs a Client:
//
//	c := &client.Client{
//		URL:      "https://retailvista.example/grs",
//		APIToken: "47ddedc5-6967-4da0-a849-1b441286f665",
//		Token:    client.AuthenticateToken{Username: "ana", Password: "secret", CompanyNumber: "12", StoreNumber: "3"},
//	}
//	answer, err := c.Do(ctx, client.Call{Operation: "ValidateUser"})
//	...
//	if !answer.LoginSuccessful() {
//
// The gateway says nothing at all to a call without API token (RTV-02), and gives a reason to one whose token it does not
// like (RTV-05, RTV-06). Do tells the two apart: *SilenceError and *DeniedError. A refusal of Retail3000's behind the gateway
// is a *FaultError, or an Answer whose Result says so.
//
// Programs that have a SOAP toolkit of their own need a Transport, which adds the header to requests. Those that send bytes
// in their own way need Call.Envelope and ParseAnswer.
//
// The ids in the comments are clauses of the contract: RTV- what a server promises, RTVC- what a client does.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
)

// DefaultPath is where the service that validates users is, below the base URL.
const DefaultPath = "/securitycomponents.asmx"

// The most that a client may ask for.
const (
	MaxTimeout = 30 * time.Second // RTVC-04
	MaxTries   = 3                // RTVC-05
)

const (
	defaultTimeout = 10 * time.Second
	defaultPause   = 500 * time.Millisecond
)

// Client makes calls. It is safe for concurrent use as long as its fields are not changed, and meant to be shared. It never
// prints its secrets.
type Client struct {
	// URL is the base URL, such as https://retailvista.example/grs, without user, query and fragment.
	URL string
	// Path of the service below URL, unescaped; "" means DefaultPath.
	Path string
	// APIToken opens the gateway: a GUID, sent as it is in the HTTP header ApiToken of every call (RTVC-01) and nowhere else
	// (RTVC-03).
	APIToken string
	// Token goes into the SOAP header of every call that has no token of its own (RTVC-02). Username, Password,
	// CompanyNumber and StoreNumber are needed (RTV-11).
	Token AuthenticateToken
	// HTTP carries the requests; nil means http.DefaultTransport. As it is no http.Client, redirects are not followed.
	HTTP http.RoundTripper
	// Timeout is how long Do may take with all its tries and pauses (RTVC-04); 0 means 10 seconds, MaxTimeout is the most.
	Timeout time.Duration
	// Tries is how often a call that meets silence or a failing network is sent at most (RTVC-05); 0 means MaxTries, which is
	// the most. A call whose reply was lost may have been carried out: use 1 for what must not happen twice.
	Tries int
	// Pause is how long Do waits before the second try; it waits twice as long before the third. 0 means half a second.
	Pause time.Duration
	// Wait waits for a duration, or until the context's end, which it returns as an error; nil means by a timer.
	Wait func(ctx context.Context, d time.Duration) error
}

// Format keeps the secrets out of every %v, %s and %#v.
func (Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, "retailvista client") }

// MarshalText keeps the secrets out of JSON and of logs. It never fails.
func (Client) MarshalText() ([]byte, error) { return []byte("retailvista client"), nil }

// plan is a call that is ready to be sent as often as it takes.
type plan struct {
	call    Call // with token
	url     string
	header  http.Header
	body    []byte
	send    http.RoundTripper
	timeout time.Duration
	late    error // the cause of the context's end after timeout
	tries   int
	pause   time.Duration
	wait    func(context.Context, time.Duration) error
	// secrets returns what no error may show, the longest first. It is made when it is first needed.
	secrets func() []string
}

func (c *Client) plan(call Call) (*plan, error) {
	if call.Token == nil {
		call.Token = &c.Token
	}
	p := &plan{call: call, send: c.HTTP, timeout: c.Timeout, tries: c.Tries, pause: c.Pause, wait: c.Wait}
	p.secrets = sync.OnceValue(func() []string { return forms(c.APIToken, call) })
	if err := p.limits(); err != nil {
		return nil, err
	}
	if err := checkAPIToken(c.APIToken); err != nil {
		return nil, err
	}
	if t := call.Token; t.Username == "" || t.Password == "" || t.CompanyNumber == "" || t.StoreNumber == "" {
		return nil, errors.New("retailvista: the token is incomplete: give Username, Password, CompanyNumber and StoreNumber")
	}
	action := call.SOAPAction()
	if strings.ContainsFunc(action, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		return nil, fmt.Errorf("retailvista: no header SOAPAction can carry %.100q: use other characters in Namespace and Operation", action)
	}
	var err error
	if p.url, err = endpoint(c.URL, c.Path); err != nil {
		return nil, err
	}
	if p.body, err = call.Envelope(); err != nil {
		return nil, err
	}
	p.header = http.Header{
		"Content-Type": {"text/xml; charset=utf-8"},
		"SOAPAction":   {`"` + action + `"`},
		HeaderAPIToken: {c.APIToken},
	}
	return p, nil
}

// limits puts defaults in place of zeros.
func (p *plan) limits() error {
	switch {
	case p.timeout < 0 || p.timeout > MaxTimeout:
		return fmt.Errorf("retailvista: a call cannot take %s: use a Timeout above zero, and of %s at most", p.timeout, MaxTimeout)
	case p.tries < 0 || p.tries > MaxTries:
		return fmt.Errorf("retailvista: a call cannot be tried %d times: use Tries from 1 to %d", p.tries, MaxTries)
	case p.pause < 0 || p.pause > MaxTimeout:
		return fmt.Errorf("retailvista: a pause cannot take %s: use a Pause above zero, and of %s at most", p.pause, MaxTimeout)
	}
	if p.timeout == 0 {
		p.timeout = defaultTimeout
	}
	if p.tries == 0 {
		p.tries = MaxTries
	}
	if p.pause == 0 {
		p.pause = defaultPause
	}
	if p.wait == nil {
		p.wait = wait
	}
	if p.send == nil {
		p.send = http.DefaultTransport
	}
	p.late = fmt.Errorf("it took longer than %s", p.timeout)
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func checkAPIToken(token string) error {
	if token == "" {
		return errors.New("retailvista: there is no API token: set APIToken to the GUID that the vendor's support desk gave")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("retailvista: the API token has a character that no header can carry: leave out spaces and line ends")
	}
	return nil
}

const baseForm = "use http:// or https://, a host and a path such as /grs"

// parseBase reads a base URL. Its errors do not show a password.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil {
		// The error of url.Parse shows the whole text.
		return nil, errors.New("retailvista: the base URL cannot be read: " + baseForm)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("retailvista: the base URL of %s has a user, a query or a fragment: leave it out", u.Host)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, fmt.Errorf("retailvista: the base URL is %q: %s", u.String(), baseForm)
	}
	return u, nil
}

func endpoint(base, path string) (string, error) {
	u, err := parseBase(base)
	if err != nil {
		return "", err
	}
	if path == "" {
		path = DefaultPath
	}
	if path[0] != '/' {
		return "", fmt.Errorf("retailvista: the path is %q: begin it with a slash", path)
	}
	u.RawPath = u.EscapedPath() + (&url.URL{Path: path}).EscapedPath()
	u.Path += path
	return u.String(), nil
}

// below says whether a URL is the base or below it. A redirect may lead out of it: to another host, from https to http.
func below(base, u *url.URL) bool {
	if u.Scheme != base.Scheme || !strings.EqualFold(u.Hostname(), base.Hostname()) || port(u) != port(base) {
		return false
	}
	rest, ok := strings.CutPrefix(cleanPath(u), strings.TrimRight(cleanPath(base), "/"))
	return ok && (rest == "" || rest[0] == '/')
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
