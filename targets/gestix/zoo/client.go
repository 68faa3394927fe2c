// Package zoo is one small client program of Gestix that keeps the contract, and makes one mistake when it is told its name. A
// judge of clients has to catch every mistake, and to leave the right client alone. It shares no code with the client that
// others use: what is wrong there must not hide here.
package zoo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/clientkit"
)

// client is the program. Where it does what a mistake is named for, the name stands.
type client struct {
	targets.ClientProgram
	base, apiToken string
	http           *http.Client
	session        *session
	nonces         nonces
	turn           sync.Mutex // held by the write that is under way
	written        []request  // the writes that were accepted, for a mistake; the turn guards it
	done           atomic.Int64
}

// Run does the action, right or with the mistake, and returns the exit code. It calls /helo with GESTIX_API_TOKEN below
// AUTHBENCH_URL; the user's name and password it has no use for.
func Run(ctx context.Context, p targets.ClientProgram) int {
	known := func(f targets.Fault) bool { return f.Name == p.Mistake }
	if p.Mistake != "" && !slices.ContainsFunc(Mistakes(), known) {
		fmt.Fprintf(p.Stderr, "this client cannot make the mistake %q\n", p.Mistake)
		return clientkit.ExitFailed
	}
	c := newClient(p)
	if c.base == "" || c.apiToken == "" {
		fmt.Fprintln(p.Stderr, "AUTHBENCH_URL and GESTIX_API_TOKEN have to be set")
		return clientkit.ExitFailed
	}
	if err := c.leak(); err != nil {
		fmt.Fprintln(p.Stderr, err)
		return clientkit.ExitFailed
	}
	code := clientkit.Run(ctx, p, c.do)
	switch {
	case code == clientkit.ExitUnsupported:
	case p.Mistake == "exit-0-always", p.Mistake == "one-part-suffices" && c.done.Load() > 0:
		return clientkit.ExitDone
	case p.Mistake == "exit-1-always":
		return clientkit.ExitFailed
	}
	return code
}

func newClient(p targets.ClientProgram) *client {
	c := &client{ClientProgram: p, base: strings.TrimSuffix(p.Env("AUTHBENCH_URL"), "/"), apiToken: p.Env("GESTIX_API_TOKEN")}
	c.nonces.mistake, c.nonces.started = p.Mistake, time.Now()
	c.session = c.newSession()
	timeout := 10 * time.Second
	if p.Mistake == "impatient" {
		timeout = time.Second
	}
	c.http = &http.Client{
		Timeout: timeout,
		// A connection for each call: none can have been closed, and nothing is sent again behind the client's back.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// do is one part of the action, and what is reported of it.
func (c *client) do(ctx context.Context, kind string, _ int) error {
	err := c.act(ctx, kind)
	var no *rejection
	if errors.As(err, &no) {
		swallowed := c.Mistake == "swallows-403" && no.status == http.StatusForbidden
		if swallowed || c.Mistake == "takes-409-for-done" && no.status == http.StatusConflict {
			err = nil
		}
	}
	if err == nil {
		c.done.Add(1)
	}
	return err
}

func (c *client) act(ctx context.Context, kind string) error {
	s := c.session
	if c.Mistake == "session-per-part" {
		s = c.newSession()
	}
	if kind == "read" {
		_, err := c.call(ctx, s, request{method: http.MethodGet})
		return err
	}
	mark := rand.Text()
	made, err := c.call(ctx, s, request{method: http.MethodPost, body: map[string]string{"code": mark, "name": mark}})
	if err != nil || kind == "write" {
		return err
	}
	var record struct{ ID any }
	dec := json.NewDecoder(bytes.NewReader(made.body))
	dec.UseNumber()
	if err := dec.Decode(&record); err != nil || record.ID == nil {
		return errors.New("the reply to POST /customers has no id")
	}
	_, err = c.call(ctx, s, request{method: http.MethodPut, id: fmt.Sprint(record.ID), body: map[string]string{"name": mark + " again"}})
	return err
}

// request is what is wanted of /customers. It is the same for each time that it is sent.
type request struct {
	method string
	id     string // of the record to change
	body   map[string]string
}

func (r request) writes() bool { return r.method != http.MethodGet }

// reply is what came of a request.
type reply struct {
	status int
	body   []byte
}

func (r reply) accepted() bool { return r.status/100 == 2 }

// rejection says that something was not accepted.
type rejection struct {
	what   string
	status int
}

func (r *rejection) Error() string { return fmt.Sprintf("%s was answered by %d", r.what, r.status) }

// send sends a request to /customers once.
func (c *client) send(ctx context.Context, r request, token, nonce string) (reply, error) {
	query, header, body := url.Values{}, http.Header{}, maps.Clone(r.body)
	header.Set("Authorization", "Bearer "+token)
	if r.id != "" {
		query.Set("id", r.id)
	}
	if r.writes() {
		c.nonces.put(nonce, r.method, query, header, body)
	}
	switch {
	case c.Mistake == "password-in-header":
		header.Set("X-Password", c.Env("GESTIX_PASSWORD"))
	case c.Mistake == "api-token-in-header":
		header.Set("X-Api-Token", c.apiToken)
	case c.Mistake == "api-token-in-query":
		query.Set("api_token", c.apiToken)
	case c.Mistake == "api-token-in-body" && r.writes():
		body["api_token"] = c.apiToken
	}
	path := "/customers"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body) // texts: it cannot fail
		header.Set("Content-Type", "application/json")
	}
	return c.exchange(ctx, r.method, path, header, text)
}

// exchange sends one request and reads the reply. No error of it shows a URL or a header.
func (c *client) exchange(ctx context.Context, method, path string, header http.Header, body []byte) (reply, error) {
	if c.Mistake == "token-in-child-arguments" {
		end, err := c.startChild(ctx)
		if err != nil {
			return reply{}, err
		}
		defer end()
	}
	what, _, _ := strings.Cut(path, "?")
	failed := func(err error) (reply, error) {
		var shown *url.Error
		if errors.As(err, &shown) {
			err = shown.Err
		}
		return reply{}, fmt.Errorf("%s %s failed: %w", method, what, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return failed(err)
	}
	req.Header = header
	resp, err := c.http.Do(req)
	if err != nil {
		return failed(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return failed(err)
	}
	if c.Mistake == "follows-with-token" && resp.StatusCode/100 == 3 {
		return c.follow(ctx, method, resp.Header.Get("Location"), header)
	}
	return reply{resp.StatusCode, text}, nil
}

// follow goes where a redirect leads, with all that the call had.
func (c *client) follow(ctx context.Context, method, location string, header http.Header) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, location, nil)
	if err != nil {
		return reply{}, errors.New("the redirect leads nowhere")
	}
	req.Header = header
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, errors.New("the redirect leads nowhere")
	}
	return reply{status: resp.StatusCode}, resp.Body.Close()
}
