package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// maxReply is how many bytes of a reply to /helo or /auth are read at most, maxWords how many of its code or message are
	// kept.
	maxReply = 64 << 10
	maxWords = 300
)

// OpenError says why no session could be opened. It holds no credentials: where the server or the network repeats them they
// are replaced by three asterisks.
type OpenError struct {
	Call string // "GET /helo" or "POST /auth"
	// Status is the status of the reply, 0 when there was none.
	Status int
	// Code and Message are those of the server's error object (GES-20), "" where it sent none. They are the server's own
	// words, cut to 300 bytes each.
	Code, Message string
	// Err is what is wrong beside the status: the network's failure, or what a reply of 200 lacks; nil for a plain denial.
	Err error
}

func (e *OpenError) Error() string {
	text := "gestix: " + e.Call
	if e.Status == 0 {
		return fmt.Sprintf("%s failed: %v", text, e.Err)
	}
	text += fmt.Sprintf(" was answered by %d", e.Status)
	if e.Code != "" {
		text += fmt.Sprintf(" with code %q", e.Code)
	}
	if e.Message != "" {
		text += fmt.Sprintf(" and message %q", e.Message)
	}
	if e.Err != nil {
		text += fmt.Sprintf(", but %v", e.Err)
	}
	return text
}

// Unwrap returns Err.
func (e *OpenError) Unwrap() error { return e.Err }

// door is where sessions are opened. It is immutable and safe for concurrent use.
type door struct {
	call    string
	request *http.Request // copied for each opening
	send    http.RoundTripper
	masker  *strings.Replacer
}

func newDoor(base *url.URL, c Credentials, send http.RoundTripper) (*door, error) {
	user := c.Username != "" || c.Password != ""
	switch {
	case c.APIToken != "" && user:
		return nil, errors.New("gestix: the credentials are of both kinds: give an API token, or a username and a password")
	case c.APIToken == "" && (c.Username == "" || c.Password == ""):
		return nil, errors.New("gestix: the credentials are incomplete: give an API token, or a username and a password")
	case c.APIToken != "" && !fitsHeader(c.APIToken):
		return nil, errors.New("gestix: the API token has a character that no header can carry: leave out spaces and line ends")
	}
	d := &door{send: send, masker: newMasker(c)}
	at := *base
	method, end := http.MethodGet, "/helo"
	if user {
		method, end = http.MethodPost, "/auth"
		at.RawQuery = "username=" + escape(c.Username) + "&password=" + escape(c.Password)
	}
	at.Path += end
	if at.RawPath != "" {
		at.RawPath += end
	}
	d.call = method + " " + end
	d.request = &http.Request{Method: method, URL: &at, Host: at.Host, Header: http.Header{},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if !user {
		d.request.Header.Set("Authorization", "Bearer "+c.APIToken)
	}
	return d, nil
}

// escape writes a space as %20: a server may read the + of a query as itself.
func escape(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }

// open opens a session. Its error is an *OpenError. A redirect is not followed: it would take the credentials elsewhere
// (GESC-02), and the URL with the password into a Referer.
func (d *door) open(ctx context.Context) (Token, error) {
	resp, err := d.send.RoundTrip(d.request.Clone(ctx))
	if err != nil {
		return "", d.fail(ctx, 0, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return "", d.fail(ctx, resp.StatusCode, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", d.denial(resp.StatusCode, body)
	}
	token, err := tokenOf(body)
	if err != nil {
		return "", d.fail(ctx, resp.StatusCode, err)
	}
	return token, nil
}

func tokenOf(body []byte) (Token, error) {
	if len(body) > maxReply {
		return "", fmt.Errorf("its body is longer than %d bytes", maxReply)
	}
	// A map, as a struct would take the name in any case.
	var reply map[string]json.RawMessage
	if json.Unmarshal(body, &reply) != nil {
		return "", errors.New("its body is no JSON object")
	}
	var token *string
	if json.Unmarshal(reply["xa-token"], &token) != nil || token == nil || *token == "" {
		return "", errors.New("its body has no xa-token that is a non-empty string")
	}
	if !fitsHeader(*token) {
		return "", errors.New("its xa-token has a character that no header can carry")
	}
	return Token(*token), nil
}

func fitsHeader(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (d *door) denial(status int, body []byte) error {
	var object struct{ Code, Message string }
	// What cannot be read stays empty: the status says enough.
	_ = json.Unmarshal(body, &object)
	return &OpenError{Call: d.call, Status: status, Code: d.words(object.Code), Message: d.words(object.Message)}
}

func (d *door) words(text string) string {
	text = d.masker.Replace(text)
	return strings.ToValidUTF8(text[:min(len(text), maxWords)], "")
}

func (d *door) fail(ctx context.Context, status int, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx) // names the time-out
	}
	if text := d.masker.Replace(err.Error()); text != err.Error() {
		err = &maskedError{text, err}
	}
	return &OpenError{Call: d.call, Status: status, Err: err}
}

// maskedError stands for an error that shows credentials, such as an *url.Error. It cannot be unwrapped, only asked.
type maskedError struct {
	text string
	err  error
}

func (m *maskedError) Error() string        { return m.text }
func (m *maskedError) Is(target error) bool { return errors.Is(m.err, target) }

// newMasker returns what replaces the credentials, written in the ways that they are met in URLs and texts. Longer ones are
// replaced first: a username may be the beginning of a password.
func newMasker(c Credentials) *strings.Replacer {
	var forms []string
	for _, value := range []string{c.APIToken, c.Username, c.Password} {
		if value != "" {
			forms = append(forms, value, escape(value), url.QueryEscape(value), url.PathEscape(value))
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, "***")
	}
	return strings.NewReplacer(pairs...)
}
