package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/targets/gestix/client"
)

// GESC-06: nonces are strictly greater each time, though the clock stands still or goes back, and in a new session.
func TestNoncesGrow(t *testing.T) {
	for _, begun := range []time.Time{time.UnixMilli(1732412345678), time.Unix(-5, 0)} {
		var behind atomic.Int64
		now := func() time.Time { return begun.Add(-time.Duration(behind.Load())) }
		g := newGestix(t)
		hc, _ := g.connect(t, client.Options{Now: now})
		for i := range 6 {
			behind.Store(int64(max(0, i-2)) * int64(time.Hour))
			if i == 4 {
				g.expire()
			}
			expect(t, 201, hc, []string{"POST", "PUT"}[i%2], g.base()+"/customers?b=2&nonce=7&%6eonce=8&a=%20&a")
		}
		calls, _ := g.seen()
		last := int64(0)
		for _, a := range calls {
			if a.nonce <= last {
				t.Errorf("nonce %d after %d", a.nonce, last)
			}
			last = a.nonce
			if want := account + "/customers?b=2&a=%20&a&nonce="; !strings.HasPrefix(a.target, want) {
				t.Errorf("sent to %s, want %s...", a.target, want)
			}
		}
		if len(calls) != 7 {
			t.Errorf("%d calls, want 7", len(calls))
		}
	}
}

// GESC-07: twenty writes at once arrive in the order of their nonces, on as many connections, as no write waits for the
// body of another's reply.
func TestWritesKeepTheirOrder(t *testing.T) {
	const n = 20
	g := newGestix(t)
	g.decided = barrier(n)
	hc, s := g.connect(t, client.Options{})
	tr := hc.Transport.(*client.Transport)
	conns, under := tr.Base, atomic.Int32{}
	tr.Base = trip(func(r *http.Request) (*http.Response, error) {
		defer under.Add(-1)
		if under.Add(1) > 1 {
			t.Error("a write was sent before the one before was decided")
		}
		return conns.RoundTrip(r)
	})
	statuses, errs := together(n, hc, "POST", g.base()+"/customers")
	expectAll(t, 201, statuses, errs)
	calls, helos := g.seen()
	from := map[string]bool{}
	for i, a := range calls {
		from[a.from] = true
		if i > 0 && a.nonce <= calls[i-1].nonce {
			t.Errorf("nonce %d after %d", a.nonce, calls[i-1].nonce)
		}
	}
	if len(calls) != n || helos != 1 || len(from) != n {
		t.Errorf("%d calls on %d connections and %d openings, want %d, %d and 1", len(calls), len(from), helos, n, n)
	}
	if l := s.Life(); l.Writes != n || l.Disordered != 0 {
		t.Errorf("life %+v", l)
	}
}

// GESC-07, GESC-08: of writes that meet an expired session in their queue only the first is denied; each is written once.
func TestWritesMeetAnExpiredSession(t *testing.T) {
	const n = 20
	for _, renewal := range client.Renewals() {
		g := newGestix(t)
		hc, s := g.connect(t, client.Options{Renewal: renewal, Lifetime: time.Hour})
		expect(t, 201, hc, "PUT", g.base()+"/customers")
		g.expire()
		statuses, errs := together(n, hc, "POST", g.base()+"/customers")
		expectAll(t, 201, statuses, errs)
		calls, helos := g.seen()
		written := map[string]int{}
		for _, a := range calls[1:] {
			if a.status == 201 {
				written[a.body]++
			}
		}
		if len(written) != n || s.Life().Disordered != 0 {
			t.Errorf("%s: %d of %d written: %v, life %+v", renewal, len(written), n, written, s.Life())
		}
		for body, times := range written {
			if times != 1 {
				t.Errorf("%s: %q was written %d times", renewal, body, times)
			}
		}
		if renewal != client.Naive && (len(calls) != n+2 || helos != 2) {
			t.Errorf("%s: %d calls and %d openings, want %d and 2", renewal, len(calls), helos, n+2)
		}
	}
}

// Reads do not wait for a write that the server has not decided.
func TestReadsWaitForNoWrite(t *testing.T) {
	g := newGestix(t)
	held, release := make(chan struct{}), make(chan struct{})
	g.arrived = func(r *http.Request) {
		if r.Method == "POST" {
			held <- struct{}{}
			<-release
		}
	}
	hc, _ := g.connect(t, client.Options{})
	wrote := make(chan int)
	go func() {
		status, _ := call(hc, "POST", g.base()+"/customers", "")
		wrote <- status
	}()
	within(t, held)
	statuses, errs := together(5, hc, "GET", g.base()+"/customers")
	expectAll(t, 200, statuses, errs)
	close(release)
	if status := within(t, wrote); status != 201 {
		t.Errorf("the write ended with %d", status)
	}
}

// GESC-07: a write that waits for its turn heeds its context, is not sent then, and leaves the order as it was.
func TestWaitingForTheTurnCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var nonces []int64 // the turn guards it
		s, err := client.NewSession("http://gestix.example"+account, client.Credentials{APIToken: apiToken}, client.Options{Base: opener()})
		if err != nil {
			t.Fatal(err)
		}
		tr := &client.Transport{Session: s, Base: trip(func(r *http.Request) (*http.Response, error) {
			<-release
			resp := reply(201, "")
			resp.Request = r
			_, nonce := client.Sent(resp)
			nonces = append(nonces, nonce)
			return resp, nil
		})}
		ctxs := [3]context.Context{t.Context(), nil, t.Context()}
		var cancel context.CancelCauseFunc
		ctxs[1], cancel = context.WithCancelCause(t.Context())
		var errs [3]error
		var bodies [3]*bodyOnce
		var wait sync.WaitGroup
		for i := range 3 {
			wait.Go(func() {
				var req *http.Request
				req, bodies[i] = postOnce(ctxs[i], "http://gestix.example"+account+"/customers")
				_, errs[i] = tr.RoundTrip(req)
			})
			synctest.Wait() // until it is on its way, or waits for its turn
		}
		gone := errors.New("gone")
		cancel(gone)
		synctest.Wait()
		if errs[1] != gone || bodies[1].closed.Load() == 0 {
			t.Errorf("error %v, body closed %d times; want the cause of the context's end, and once", errs[1], bodies[1].closed.Load())
		}
		close(release)
		wait.Wait()
		if errs[0] != nil || errs[2] != nil || len(nonces) != 2 || nonces[1] <= nonces[0] {
			t.Errorf("errors %v, nonces %v", errs, nonces)
		}
		if l := s.Life(); l.Writes != 2 || l.Lost != 0 {
			t.Errorf("life %+v", l)
		}
	})
}

// GESC-10: a write that is rejected is not repeated, nor is one whose outcome is unknown, and both give their turn on.
func TestARejectedWriteIsNotRepeated(t *testing.T) {
	lost := errors.New("connection lost")
	sent := 0
	var next func() (*http.Response, error)
	s, err := client.NewSession("http://gestix.example"+account, client.Credentials{APIToken: apiToken}, client.Options{Base: opener()})
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: &client.Transport{Session: s, Base: trip(func(r *http.Request) (*http.Response, error) {
		sent++
		if r.Body != nil {
			r.Body.Close()
		}
		return next()
	})}}
	for _, status := range []int{400, 409, 401, 500, 0} {
		next = func() (*http.Response, error) { return reply(status, `{"code":"INVALID_ARGUMENT"}`), nil }
		if status == 0 {
			next = func() (*http.Response, error) { return nil, lost }
		}
		got, err := call(hc, "POST", "http://gestix.example"+account+"/customers", "body")
		if got != status || (status == 0) != errors.Is(err, lost) {
			t.Errorf("%d came back as %d, error %v", status, got, err)
		}
	}
	if _, err := call(hc, "GET", "http://gestix.example"+account+"/customers", ""); !errors.Is(err, lost) {
		t.Error(err)
	}
	next = func() (*http.Response, error) { return reply(400, ""), nil }
	expect(t, 400, hc, "GET", "http://gestix.example"+account+"/customers") // and no write is disordered by it
	want := client.Life{Name: "single-flight", Opened: 1, Writes: 5, Disordered: 2}
	if s.Life() != want || sent != 7 {
		t.Errorf("%d sent, life %+v, want %+v", sent, s.Life(), want)
	}
}

// GESC-02: what is not below the base URL gets neither token nor nonce, also after a redirect.
func TestNoTokenElsewhere(t *testing.T) {
	var got []*http.Request
	var bodies []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, bodies = append(got, r), append(bodies, string(body))
	}))
	defer other.Close()
	front := http.NewServeMux()
	front.HandleFunc(account+"/helo", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"xa-token":"session-marked"}`) })
	front.HandleFunc(account+"/away", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer session-marked" {
			t.Errorf("%s came with %q", r.URL, r.Header.Get("Authorization"))
		}
		http.Redirect(w, r, other.URL+account+"/landed", http.StatusTemporaryRedirect)
	})
	front.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { got, bodies = append(got, r), append(bodies, "body") })
	server := httptest.NewServer(front)
	defer server.Close()
	s, err := client.NewSession(server.URL+account, client.Credentials{APIToken: apiToken}, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: &client.Transport{Session: s}}
	for _, url := range []string{
		server.URL + account + "/away",
		other.URL + account + "/customers",
		server.URL + "/api/1235/v4.0.0/customers",
		server.URL + account + "x/customers",
		strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + account + "/away2",
	} {
		if status, err := call(hc, "POST", url, "body"); status != 200 || err != nil {
			t.Errorf("%s: %d, error %v", url, status, err)
		}
	}
	for i, r := range got {
		if r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" || bodies[i] != "body" {
			t.Errorf("%s%s got Authorization %q, body %q", r.Host, r.URL, r.Header.Get("Authorization"), bodies[i])
		}
	}
	if len(got) != 5 {
		t.Errorf("%d requests arrived elsewhere, want 5", len(got))
	}
}

func TestWhereTheTokenGoes(t *testing.T) {
	s, err := client.NewSession("https://gestix.example"+account, client.Credentials{APIToken: apiToken}, client.Options{Base: opener()})
	if err != nil {
		t.Fatal(err)
	}
	// This Base does not say in its replies what was sent; the Transport does.
	var sent string
	tr := &client.Transport{Session: s, Base: trip(func(r *http.Request) (*http.Response, error) {
		sent = r.Header.Get("Authorization")
		return reply(200, ""), nil
	})}
	for url, want := range map[string]bool{
		"https://gestix.example" + account:                              true,
		"https://gestix.example" + account + "/":                        true,
		"HTTPS://GESTIX.example:443" + account + "/a//b/../c":           true,
		"http://gestix.example" + account + "/customers":                false,
		"http://gestix.example:443" + account + "/customers":            false,
		"https://gestix.example:8443" + account + "/customers":          false,
		"https://gestix.example.org" + account + "/customers":           false,
		"https://gestix.example" + account + "1/customers":              false,
		"https://gestix.example" + account + "/../../1235/v4.0.0/x":     false,
		"https://gestix.example" + account + "/%2e%2e/%2e%2e/1235/v4/x": false,
		"https://gestix.example/":                                       false,
		"https://gestix.example":                                        false,
	} {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if token, _ := client.Sent(resp); (token != "") != want || (sent != "") != want {
			t.Errorf("%s was sent %q, and by the reply %q; want a token: %v", url, sent, string(token), want)
		}
	}
}

// The request is the caller's (http.RoundTripper), its body is closed whatever happens.
func TestTheRequestIsLeftAsItIs(t *testing.T) {
	g := newGestix(t)
	hc, s := g.connect(t, client.Options{})
	url := g.base() + "/customers?nonce=1&a=b"
	req, body := postOnce(t.Context(), url)
	req.Header.Set("Authorization", "mine")
	resp, err := hc.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if req.URL.String() != url || len(req.Header) != 1 || req.Header.Get("Authorization") != "mine" || req.Body != body || body.closed.Load() == 0 {
		t.Errorf("the caller's request is now %s %v, its body closed %d times", req.URL, req.Header, body.closed.Load())
	}
	token, nonce := client.Sent(resp)
	if calls, _ := g.seen(); token != "session-marked-1" || nonce != calls[0].nonce || nonce == 0 {
		t.Errorf("sent with %q and %d, arrived %+v", string(token), nonce, calls[0])
	}

	down := errors.New("down")
	s, _ = client.NewSession(g.base(), client.Credentials{APIToken: apiToken},
		client.Options{Base: trip(func(*http.Request) (*http.Response, error) { return nil, down })})
	req, body = postOnce(t.Context(), url)
	if _, err := (&client.Transport{Session: s}).RoundTrip(req); !errors.Is(err, down) || body.closed.Load() == 0 {
		t.Errorf("error %v, body closed %d times", err, body.closed.Load())
	}
	req, body = postOnce(t.Context(), "http://127.0.0.1/elsewhere")
	if _, err := (&client.Transport{Session: s}).Replay(req, "t", 1); err == nil || !strings.Contains(err.Error(), "not below") || body.closed.Load() == 0 {
		t.Errorf("error %v, body closed %d times", err, body.closed.Load())
	}
}

// A probe sends what is spent as it is, and moves nothing in the session.
func TestReplay(t *testing.T) {
	g := newGestix(t)
	hc, s := g.connect(t, client.Options{})
	expect(t, 201, hc, "POST", g.base()+"/customers")
	before := s.Life()
	calls, _ := g.seen()
	old := client.Token(calls[0].bearer)
	tr := hc.Transport.(*client.Transport)
	replay := func(nonce int64, want int) {
		t.Helper()
		req, _ := http.NewRequest("POST", g.base()+"/customers?a=1", strings.NewReader("again"))
		resp, err := tr.Replay(req, old, nonce)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		calls, _ := g.seen()
		if last := calls[len(calls)-1]; resp.StatusCode != want || last.nonce != nonce || last.bearer != string(old) || last.body != "again" {
			t.Errorf("%d for %+v, want %d with nonce %d", resp.StatusCode, last, want, nonce)
		}
	}
	replay(calls[0].nonce, 400)
	replay(0, 400)
	replay(-3, 400)
	g.expire()
	replay(calls[0].nonce+1, 403)
	if now, err := s.Token(t.Context()); now != old || err != nil || s.Life() != before {
		t.Errorf("the session went on to life %+v, error %v", s.Life(), err)
	}
}
