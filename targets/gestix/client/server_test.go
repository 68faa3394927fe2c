package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/gestix/client"
)

const (
	account  = "/api/1234/v4.0.0"
	apiToken = "api-marked"
	deadline = 20 * time.Second // of an event: only a broken test waits for it
)

// arrival is a call as the server saw it, and what it answered.
type arrival struct {
	method, target, bearer, body, from string
	nonce                              int64
	status                             int
}

// gestix is as much of the vendor as these tests need.
type gestix struct {
	*httptest.Server
	// Hooks, set before the first request. opening answers /helo itself when it returns true; arrived is called before a
	// call is decided, decided when its reply's headers have been sent and before its body.
	opening          func(http.ResponseWriter, *http.Request) bool
	arrived, decided func(*http.Request)

	mu     sync.Mutex
	helos  int
	tokens int
	alive  map[string]bool
	marks  map[string]int64 // the highest nonce of each token
	calls  []arrival        // those decided, in order
}

func newGestix(t *testing.T) *gestix {
	g := &gestix{alive: map[string]bool{}, marks: map[string]int64{}}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *gestix) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == account+"/helo" {
		g.helo(w, r)
		return
	}
	if g.arrived != nil {
		g.arrived(r)
	}
	body, _ := io.ReadAll(r.Body)
	a := arrival{method: r.Method, target: r.URL.RequestURI(), body: string(body), from: r.RemoteAddr}
	a.bearer, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a.nonce, _ = strconv.ParseInt(r.URL.Query().Get("nonce"), 10, 64)
	a.status = g.decide(a)
	w.WriteHeader(a.status)
	_ = http.NewResponseController(w).Flush()
	if g.decided != nil {
		g.decided(r)
	}
	fmt.Fprint(w, `{"timestamp":"2026-01-01T00:00:00Z"}`)
}

func (g *gestix) helo(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.helos++
	g.mu.Unlock()
	if g.opening != nil && g.opening(w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+apiToken {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tokens++
	token := fmt.Sprint("session-marked-", g.tokens)
	g.alive[token] = true
	_ = json.NewEncoder(w).Encode(map[string]string{"xa-token": token})
}

func (g *gestix) decide(a arrival) (status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer func() { a.status = status; g.calls = append(g.calls, a) }()
	write := a.method == http.MethodPost || a.method == http.MethodPut
	switch {
	case !g.alive[a.bearer]:
		return http.StatusForbidden
	case !write:
		return http.StatusOK
	case a.nonce <= g.marks[a.bearer]:
		return http.StatusBadRequest
	}
	g.marks[a.bearer] = a.nonce
	return http.StatusCreated
}

// expire ends all sessions.
func (g *gestix) expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.alive)
}

// seen returns the calls decided and the number of requests to /helo so far.
func (g *gestix) seen() ([]arrival, int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]arrival(nil), g.calls...), g.helos
}

func (g *gestix) base() string { return g.URL + account }

// connect returns a session at the server, and a client that uses it on connections of its own.
func (g *gestix) connect(t *testing.T, opt client.Options) (*http.Client, *client.Session) {
	t.Helper()
	conns := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(conns.CloseIdleConnections)
	if opt.Base == nil {
		opt.Base = conns
	}
	s, err := client.NewSession(g.base(), client.Credentials{APIToken: apiToken}, opt)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &client.Transport{Session: s, Base: conns}}, s
}

// call makes a call to its end and returns the status of the reply.
func call(hc *http.Client, method, url, body string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	resp, err := hc.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// expect makes a call that has to be answered by the status.
func expect(t *testing.T, want int, hc *http.Client, method, url string) {
	t.Helper()
	if got, err := call(hc, method, url, ""); err != nil || got != want {
		t.Fatalf("%s %s: %d, error %v; want %d", method, url, got, err, want)
	}
}

// together makes n calls at once and returns their statuses and errors.
func together(n int, hc *http.Client, method, url string) ([]int, []error) {
	statuses, errs := make([]int, n), make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { statuses[i], errs[i] = call(hc, method, url, fmt.Sprint("body ", i)) })
	}
	wait.Wait()
	return statuses, errs
}

func expectAll(t *testing.T, want int, statuses []int, errs []error) {
	t.Helper()
	for i, status := range statuses {
		if errs[i] != nil || status != want {
			t.Errorf("call %d: %d, error %v; want %d", i, status, errs[i], want)
		}
	}
}

// within returns what the channel brings, or ends the test.
func within[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(deadline):
		t.Fatal("what was waited for did not happen")
		panic("unreachable")
	}
}

// barrier returns a function that holds its callers until the n-th is there, and none after that.
func barrier(n int) func(*http.Request) {
	var mu sync.Mutex
	open := make(chan struct{})
	return func(r *http.Request) {
		mu.Lock()
		if n--; n == 0 {
			close(open)
		}
		mu.Unlock()
		select {
		case <-open:
		case <-r.Context().Done():
		}
	}
}

// trip is a RoundTripper.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// opener answers every opening with a new token.
func opener() trip {
	var mu sync.Mutex
	n := 0
	return func(*http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return reply(200, fmt.Sprintf(`{"xa-token":"session-marked-%d"}`, n)), nil
	}
}
