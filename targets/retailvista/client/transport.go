package client

import (
	"fmt"
	"net/http"
	"strings"
)

// Transport adds the header ApiToken to the requests of another SOAP toolkit (RTVC-01), if they are for URL or below. All
// others, such as those after a redirect to another host, are sent as they are. It repeats nothing and reads no reply. It is
// safe for concurrent use and never prints its secret.
type Transport struct {
	APIToken string            // needed
	URL      string            // the base URL, needed; see Client.URL
	Base     http.RoundTripper // sends the requests; nil means http.DefaultTransport
}

// Format keeps the secret out of every %v, %s and %#v.
func (Transport) Format(f fmt.State, _ rune) { fmt.Fprint(f, "retailvista transport") }

// MarshalText keeps the secret out of JSON and of logs. It never fails.
func (Transport) MarshalText() ([]byte, error) { return []byte("retailvista transport"), nil }

// RoundTrip sends a copy of the request, with one header ApiToken in place of any that it has (RTV-15); the request itself is
// left as it is. An APIToken or a URL that cannot be used is an error, and nothing is sent.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	base, err := parseBase(t.URL)
	if err == nil {
		err = checkAPIToken(t.APIToken)
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	if below(base, req.URL) {
		req = req.Clone(req.Context())
		for name := range req.Header {
			if strings.EqualFold(name, HeaderAPIToken) {
				delete(req.Header, name)
			}
		}
		if req.Header == nil {
			req.Header = http.Header{}
		}
		req.Header[HeaderAPIToken] = []string{t.APIToken}
	}
	if t.Base == nil {
		return http.DefaultTransport.RoundTrip(req)
	}
	return t.Base.RoundTrip(req)
}
