package client

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ParamNonce is the name of the query parameter that every write needs (GES-11).
const ParamNonce = "nonce"

// maxSlurp is how many bytes of a denial are read so that its connection can serve again.
const maxSlurp = 4 << 10

// Transport sends calls with the session token of Session by Base, POST and PUT also with a nonce (GES-11); those it sends
// in the order of their nonces, a token's next write when the reply to the one before has begun (GESC-07). It is safe for
// concurrent use.
//
// A call answered by 403 is repeated once with a new session (GESC-03), if its body can be sent again: it has none or has
// GetBody, as http.NewRequest provides it for buffers and strings. If it is denied again, or cannot be repeated, the caller
// gets the reply of 403 (GESC-04). Nothing else is ever repeated: not a write that was rejected (GESC-10), not a write whose
// outcome is unknown. When no session can be opened the error is an *OpenError.
//
// A request that is not for Session's base URL or below, such as after a redirect to another host, is sent as it is: without
// token and nonce.
type Transport struct {
	Session *Session          // needed
	Base    http.RoundTripper // nil means http.DefaultTransport
}

// RoundTrip sends copies of the request; the request itself is left as it is. A query parameter nonce that it has is
// replaced when it is a write, all others are kept as they are. The reply's Request is the one sent last; see Sent.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	s := t.Session
	if !s.place.holds(req.URL) {
		return t.base().RoundTrip(req)
	}
	c := s.begin(req.Context(), req.Method == http.MethodPost || req.Method == http.MethodPut)
	resp, l, err := t.attempt(c, req, req.Body)
	if err != nil || resp.StatusCode != http.StatusForbidden {
		return resp, err
	}
	plain := req.Body == nil || req.Body == http.NoBody
	if c.opened == maxOpenings || (!plain && req.GetBody == nil) {
		s.lost(l)
		return resp, nil
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxSlurp)
	resp.Body.Close()
	body := req.Body
	if !plain {
		if body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	resp, l, err = t.attempt(c, req, body)
	if err == nil && resp.StatusCode == http.StatusForbidden {
		s.lost(l)
	}
	return resp, err
}

// attempt sends a call once, and says with which token.
func (t *Transport) attempt(c *call, req *http.Request, body io.ReadCloser) (*http.Response, *lease, error) {
	take := t.Session.lease
	if c.write {
		take = t.Session.writeLease
	}
	l, err := take(c)
	if err != nil {
		if body != nil {
			body.Close()
		}
		if l == nil { // it was not the turn that did not come
			t.Session.lost(nil)
		}
		return nil, l, err
	}
	nonce := int64(0)
	if c.write {
		// The turn ends after settle: the next write is not to be sent with a token that this one found denied.
		defer l.pass()
		nonce = t.Session.nextNonce()
	}
	resp, err := t.send(req, body, l.token, nonce)
	if err == nil {
		t.Session.settle(c, l, resp.StatusCode)
	}
	return resp, l, err
}

// send sends a copy of the request with a token and, unless it is 0, a nonce.
func (t *Transport) send(req *http.Request, body io.ReadCloser, token Token, nonce int64) (*http.Response, error) {
	sent := req.Clone(req.Context())
	sent.Body = body
	if sent.Header == nil {
		sent.Header = http.Header{}
	}
	sent.Header.Set("Authorization", "Bearer "+string(token))
	if nonce != 0 {
		sent.URL.RawQuery = withNonce(sent.URL.RawQuery, nonce)
	}
	resp, err := t.base().RoundTrip(sent)
	if err == nil && resp.Request == nil {
		resp.Request = sent
	}
	return resp, err
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

// withNonce returns a raw query with the nonce at its end, in place of any that it has; the rest is kept byte for byte.
func withNonce(rawQuery string, nonce int64) string {
	var kept []string
	for part := range strings.SplitSeq(rawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); rawQuery != "" && (err != nil || plain != ParamNonce) {
			kept = append(kept, part)
		}
	}
	return strings.Join(append(kept, ParamNonce+"="+strconv.FormatInt(nonce, 10)), "&")
}

// Replay sends a copy of the request once by Base, with a token and a nonce as they are given, or without nonce if it is 0:
// to find out what a server does with those that are spent. It takes no turn, renews nothing and counts nothing. A request
// that is not for Session's base URL or below is an error.
func (t *Transport) Replay(req *http.Request, token Token, nonce int64) (*http.Response, error) {
	if !t.Session.place.holds(req.URL) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("gestix: %s is not below the session's base URL: it does not get the token", req.URL.Redacted())
	}
	return t.send(req, req.Body, token, nonce)
}

// Sent returns the token and the nonce that the call behind a Transport's reply was sent with last; "" and 0 stand for none.
func Sent(resp *http.Response) (Token, int64) {
	if resp.Request == nil {
		return "", 0
	}
	token, _ := strings.CutPrefix(resp.Request.Header.Get("Authorization"), "Bearer ")
	nonce, _ := strconv.ParseInt(resp.Request.URL.Query().Get(ParamNonce), 10, 64)
	return Token(token), nonce
}
