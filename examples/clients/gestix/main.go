// Command gestix is a small client of Gestix for authbench to judge. It does what AUTHBENCH_ACTION says and exits 0 when
// all of it succeeded, 127 when it does not know how to do that, and 1 otherwise.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/authbench/authbench/targets/gestix/client"
)

const (
	exitFailed      = 1
	exitUnsupported = 127

	replyTimeout = 10 * time.Second // until a reply begins
	timeout      = time.Minute      // of one call, together with its wait for the writes before it
	maxReply     = 1 << 20          // bytes
)

func main() { os.Exit(run(context.Background(), os.Getenv, os.Stderr)) }

func run(ctx context.Context, env func(string) string, stderr io.Writer) int {
	kind, times := parts(env("AUTHBENCH_ACTION"))
	act := map[string]func(*gestix, context.Context) error{"read": (*gestix).read, "write": (*gestix).write, "update": (*gestix).update}[kind]
	if act == nil || times < 1 {
		fmt.Fprintln(stderr, "AUTHBENCH_ACTION is none that this client knows: read, write, update, reads:N or writes:N")
		return exitUnsupported
	}
	g, err := newGestix(ctx, env)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	errs := make([]error, times)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = act(g, ctx) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	return 0
}

// parts reads an action: what is to be done, and how often at once, which is 0 for what is no action.
func parts(action string) (kind string, times int) {
	kind, number, many := strings.Cut(action, ":")
	if !many {
		return kind, 1
	}
	times, _ = strconv.Atoi(number)
	kind, plural := strings.CutSuffix(kind, "s")
	if !plural || kind == "update" {
		times = 0
	}
	return kind, times
}

// gestix makes calls, all in one session: it opens, renews and numbers (GESC-01..GESC-10).
type gestix struct {
	customers string // URL
	http      *http.Client
}

// newGestix opens the session before any call is made, so that a denial is met once, and not by each call (GESC-05).
func newGestix(ctx context.Context, env func(string) string) (*gestix, error) {
	credentials := client.Credentials{APIToken: env("GESTIX_API_TOKEN")}
	if credentials.APIToken == "" {
		credentials = client.Credentials{Username: env("GESTIX_USERNAME"), Password: env("GESTIX_PASSWORD")}
	}
	// Each call has a connection of its own: a write that is sent on one which the server has just closed is lost, and must
	// not be repeated.
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.DisableKeepAlives = true
	wire.ResponseHeaderTimeout = replyTimeout
	base := strings.TrimRight(env("AUTHBENCH_URL"), "/")
	session, err := client.NewSession(base, credentials, client.Options{Base: wire})
	if err != nil {
		return nil, err
	}
	if _, err := session.Token(ctx); err != nil {
		return nil, err
	}
	// A redirect is no success, and not followed.
	hc := &http.Client{Transport: &client.Transport{Session: session, Base: wire}, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &gestix{customers: base + "/customers", http: hc}, nil
}

func (g *gestix) read(ctx context.Context) error {
	_, err := g.call(ctx, http.MethodGet, g.customers, nil)
	return err
}

func (g *gestix) write(ctx context.Context) error {
	_, err := g.create(ctx)
	return err
}

// update changes a customer that it has made: no list has to be understood to find one.
func (g *gestix) update(ctx context.Context) error {
	reply, err := g.create(ctx)
	if err != nil {
		return err
	}
	var made struct{ ID any } // a number or a text
	numbers := json.NewDecoder(bytes.NewReader(reply))
	numbers.UseNumber()
	if err := numbers.Decode(&made); err != nil || made.ID == nil {
		return errors.New("POST /customers was answered without the id of what was made")
	}
	_, err = g.call(ctx, http.MethodPut, g.customers+"?id="+url.QueryEscape(fmt.Sprint(made.ID)), map[string]string{"name": "changed"})
	return err
}

// create makes a customer with a code that no other has.
func (g *gestix) create(ctx context.Context) ([]byte, error) {
	code := "authbench-" + rand.Text()
	return g.call(ctx, http.MethodPost, g.customers, map[string]string{"code": code, "name": code})
}

// call returns the body of the reply. The transport below it adds token and nonce, and repeats a call once after 403.
func (g *gestix) call(ctx context.Context, method, url string, fields map[string]string) ([]byte, error) {
	var body io.Reader
	if fields != nil {
		text, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := g.http.Do(req)
	if err != nil {
		return nil, err // without credentials, as the client package takes care
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s /customers was answered by %d", method, resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxReply))
}
