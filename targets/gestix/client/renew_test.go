package client_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/gestix/client"
)

// GESC-01, GESC-02, GESC-05: one session serves many calls, and the API token goes to /helo alone.
func TestOneSessionServesManyCalls(t *testing.T) {
	g := newGestix(t)
	hc, s := g.connect(t, client.Options{})
	if _, helos := g.seen(); helos != 0 {
		t.Errorf("%d openings before the first call", helos)
	}
	for range 5 {
		statuses, errs := together(10, hc, "GET", g.base()+"/customers")
		expectAll(t, 200, statuses, errs)
	}
	calls, helos := g.seen()
	if len(calls) != 50 || helos != 1 {
		t.Errorf("%d calls and %d openings, want 50 and 1", len(calls), helos)
	}
	for _, a := range calls {
		if a.bearer != "session-marked-1" || a.target != account+"/customers" {
			t.Errorf("%s was called with %q", a.target, a.bearer)
		}
	}
	if want := (client.Life{Name: "single-flight", Opened: 1}); s.Life() != want {
		t.Errorf("life %+v, want %+v", s.Life(), want)
	}
}

// GESC-03, GESC-08: a call that meets an expired session is repeated with a new one, its body included.
func TestACallIsRepeatedWithANewSession(t *testing.T) {
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		g := newGestix(t)
		hc, _ := g.connect(t, client.Options{})
		expect(t, 200, hc, "GET", g.base()+"/status")
		g.expire()
		want := 200
		if method == "POST" || method == "PUT" {
			want = 201
		}
		if status, err := call(hc, method, g.base()+"/customers?a=1", "the body"); err != nil || status != want {
			t.Errorf("%s: %d, error %v", method, status, err)
		}
		calls, helos := g.seen()
		if len(calls) != 3 || helos != 2 {
			t.Fatalf("%s: %d calls and %d openings, want 3 and 2", method, len(calls), helos)
		}
		first, second := calls[1], calls[2]
		if first.body != "the body" || second.body != "the body" || second.bearer != "session-marked-2" {
			t.Errorf("%s was repeated as %+v", method, second)
		}
		if want == 201 && second.nonce <= first.nonce {
			t.Errorf("%s: nonce %d after %d", method, second.nonce, first.nonce)
		}
		if want == 200 && strings.Contains(second.target, "nonce") {
			t.Errorf("%s has a nonce: %s", method, second.target)
		}
	}
}

// GESC-04: a call that is denied again gives up, after two openings at most, and the caller sees the denial.
func TestACallDeniedAgainIsGivenUp(t *testing.T) {
	for _, renewal := range client.Renewals() {
		g := newGestix(t)
		g.arrived = func(*http.Request) { g.expire() }
		hc, s := g.connect(t, client.Options{Renewal: renewal, Lifetime: time.Hour})
		for n := 1; n <= 2; n++ {
			expect(t, 403, hc, "POST", g.base()+"/customers")
			if calls, helos := g.seen(); len(calls) != 2*n || helos > 2*n {
				t.Errorf("%s: %d calls and %d openings after %d", renewal, len(calls), helos, n)
			}
		}
		if l := s.Life(); l.Denied != 2 || l.Lost != 2 || l.Writes != 4 {
			t.Errorf("life %+v", l)
		}
	}
}

// bodyOnce is a body that cannot be sent again, and counts how often it is closed.
type bodyOnce struct {
	*strings.Reader
	closed atomic.Int32
}

func (b *bodyOnce) Close() error { b.closed.Add(1); return nil }

func postOnce(ctx context.Context, url string) (*http.Request, *bodyOnce) {
	body := &bodyOnce{Reader: strings.NewReader("once")}
	req, err := http.NewRequestWithContext(ctx, "POST", url, body)
	if err != nil {
		panic(err)
	}
	return req, body
}

func TestABodyThatCannotBeSentAgain(t *testing.T) {
	for _, renewal := range client.Renewals() {
		g := newGestix(t)
		hc, s := g.connect(t, client.Options{Renewal: renewal, Lifetime: time.Hour})
		expect(t, 200, hc, "GET", g.base()+"/customers")
		g.expire()
		req, body := postOnce(t.Context(), g.base()+"/customers")
		resp, err := hc.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if calls, helos := g.seen(); resp.StatusCode != 403 || len(calls) != 2 || helos != 1 || body.closed.Load() == 0 {
			t.Errorf("%s: %d after %d calls and %d openings, body closed %d times", renewal, resp.StatusCode, len(calls), helos, body.closed.Load())
		}
		// The next call does not fall for the same token, though it could not be repeated either.
		req, _ = postOnce(t.Context(), g.base()+"/customers")
		if resp, err = hc.Do(req); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if calls, helos := g.seen(); resp.StatusCode != 201 || len(calls) != 3 || helos != 2 {
			t.Errorf("%s: then %d after %d calls and %d openings", renewal, resp.StatusCode, len(calls), helos)
		}
		if l := s.Life(); l.Denied != 1 || l.Lost != 1 || l.Refreshes != 1 {
			t.Errorf("life %+v", l)
		}
	}
}

// GESC-09: a hundred calls that meet an expired session together open one.
func TestManyDeniedTogetherOpenOneSession(t *testing.T) {
	const n = 100
	for _, c := range []struct {
		renewal client.Renewal
		helos   int
	}{{client.SingleFlight, 2}, {client.Proactive, 2}, {client.Naive, 1 + n}} {
		g := newGestix(t)
		hc, s := g.connect(t, client.Options{Renewal: c.renewal, Lifetime: time.Hour})
		expect(t, 200, hc, "GET", g.base()+"/customers")
		g.expire()
		g.arrived = barrier(n)
		statuses, errs := together(n, hc, "GET", g.base()+"/customers")
		expectAll(t, 200, statuses, errs)
		if calls, helos := g.seen(); len(calls) != 1+2*n || helos != c.helos {
			t.Errorf("%s: %d calls and %d openings, want %d and %d", c.renewal, len(calls), helos, 1+2*n, c.helos)
		}
		l := s.Life()
		l.RecoverMean, l.RecoverMax = 0, 0
		if want := (client.Life{Name: string(c.renewal), Opened: c.helos, Refreshes: c.helos - 1, Expiries: 1, Denied: n}); l != want {
			t.Errorf("life %+v, want %+v", l, want)
		}
	}
}

// A refresh that fails is told to all who are denied, though their denials arrive one after the other; the next call tries
// anew.
func TestAFailedRefreshIsNoStorm(t *testing.T) {
	const n = 30
	g := newGestix(t)
	hc, s := g.connect(t, client.Options{})
	expect(t, 200, hc, "GET", g.base()+"/customers")
	g.expire()
	g.arrived = barrier(n)
	var down atomic.Bool
	down.Store(true)
	g.opening = func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return down.Load()
	}
	_, errs := together(n, hc, "GET", g.base()+"/customers")
	for i, err := range errs {
		var oe *client.OpenError
		if !errors.As(err, &oe) || oe.Status != http.StatusServiceUnavailable {
			t.Errorf("call %d: error %v, want an OpenError with status 503", i, err)
		}
	}
	if _, helos := g.seen(); helos != 2 {
		t.Errorf("%d openings, want 2", helos)
	}
	if l := s.Life(); l.Denied != n || l.Lost != n || l.Opened != 1 || l.Expiries != 1 {
		t.Errorf("life %+v", l)
	}
	if _, err := call(hc, "GET", g.base()+"/customers", ""); err == nil {
		t.Error("the next call has no error while /helo is down")
	}
	down.Store(false)
	expect(t, 200, hc, "GET", g.base()+"/customers")
	if _, helos := g.seen(); helos != 4 {
		t.Errorf("%d openings, want 4", helos)
	}
}

// The same, one after the other: a denial that comes after the refresh has failed begins no other, a call that does so does.
func TestALateDenialSharesTheFailure(t *testing.T) {
	onStage(t, client.Options{}, func(x *stage) {
		x.send(0, "a", "b")
		x.down = true
		x.answer(1, "a", 403)
		x.answer(2, "b", 403)
		if a, okA := x.ended["a"]; a != 0 || !okA || x.ended["b"] != 0 || x.asked != 2 {
			x.Errorf("the calls ended with %v after %d openings, want errors and 2", x.ended, x.asked)
		}
		x.down = false
		x.send(3, "c")
		x.answer(3, "c", 200)
		if x.ended["c"] != 200 || x.asked != 3 {
			x.Errorf("the next call ended with %d after %d openings, want 200 and 3", x.ended["c"], x.asked)
		}
	})
}

// A careless client goes on with the token that it has until it has another.
func TestNaiveKeepsADeniedToken(t *testing.T) {
	onStage(t, client.Options{Renewal: client.Naive}, func(x *stage) {
		x.send(0, "a")
		x.down = true
		x.answer(1, "a", 403)
		x.send(2, "b")
		if x.tokens["b"] != "session-marked-1" || x.asked != 2 {
			x.Errorf("b was sent with %q after %d openings", string(x.tokens["b"]), x.asked)
		}
		x.answer(3, "b", 200)
	})
}

// GESC-04: a write that has opened two sessions, though it was sent with the second one only, opens no third.
func TestAtMostTwoOpeningsForACall(t *testing.T) {
	onStage(t, client.Options{Renewal: client.Proactive, Lifetime: 100 * time.Second}, func(x *stage) {
		x.begin("POST", "first", http.NoBody)
		x.now = x.begun.Add(80 * time.Second)
		x.begin("POST", "second", http.NoBody) // renews, and waits for its turn
		_, once := postOnce(t.Context(), "http://gestix.example/")
		x.begin("DELETE", "third", once)
		x.answer(81, "third", 403) // the second session is gone as well
		x.answer(82, "first", 201)
		if x.tokens["second"] != "session-marked-3" || x.asked != 3 {
			x.Errorf("the write was sent with %q after %d openings", string(x.tokens["second"]), x.asked)
		}
		x.answer(83, "second", 403)
		if x.ended["second"] != 403 || x.asked != 3 {
			x.Errorf("the write ended with %d after %d openings, want 403 and 3", x.ended["second"], x.asked)
		}
	})
}

// The call that begins a refresh may end before it: the refresh goes on for those who come after.
func TestARefreshOutlivesTheCallThatBeganIt(t *testing.T) {
	g := newGestix(t)
	hc, s := g.connect(t, client.Options{})
	expect(t, 200, hc, "GET", g.base()+"/customers")
	g.expire()
	asked, answer := make(chan struct{}, 10), make(chan struct{})
	g.opening = func(http.ResponseWriter, *http.Request) bool { asked <- struct{}{}; <-answer; return false }
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "GET", g.base()+"/customers", nil)
		_, err := hc.Do(req)
		ended <- err
	}()
	within(t, asked)
	gone := errors.New("gone")
	cancel(gone)
	if err := within(t, ended); !errors.Is(err, gone) {
		t.Errorf("error %v, want the cause of the context's end", err)
	}
	go func() {
		_, err := call(hc, "GET", g.base()+"/customers", "")
		ended <- err
	}()
	close(answer)
	if err := within(t, ended); err != nil {
		t.Error(err)
	}
	if _, helos := g.seen(); helos != 2 {
		t.Errorf("%d openings, want 2", helos)
	}
	if l := s.Life(); l.Lost != 1 || l.Refreshes != 1 {
		t.Errorf("life %+v", l)
	}
}

// A call whose token has been replaced while it was on its way takes the new one, without another opening.
func TestALateDenialTakesTheNewSession(t *testing.T) {
	g := newGestix(t)
	held, release := make(chan struct{}), make(chan struct{})
	g.arrived = func(r *http.Request) {
		if r.URL.Path == account+"/slow" && r.Header.Get("Authorization") == "Bearer session-marked-1" {
			held <- struct{}{}
			<-release
		}
	}
	hc, _ := g.connect(t, client.Options{})
	expect(t, 200, hc, "GET", g.base()+"/customers")
	g.expire()
	slow := make(chan int)
	go func() {
		status, _ := call(hc, "GET", g.base()+"/slow", "")
		slow <- status
	}()
	within(t, held)
	expect(t, 200, hc, "GET", g.base()+"/customers")
	close(release)
	if status := within(t, slow); status != 200 {
		t.Errorf("the slow call ended with %d", status)
	}
	if _, helos := g.seen(); helos != 2 {
		t.Errorf("%d openings, want 2", helos)
	}
}

// Proactive renewal goes on behind the calls; one that fails is not tried again at once; and a token that has outlived its
// time is not used.
func TestProactiveRenewal(t *testing.T) {
	opt := client.Options{Renewal: client.Proactive, Lifetime: 100 * time.Second, Fraction: 0.6}
	onStage(t, opt, func(x *stage) {
		for _, step := range []struct {
			second int
			down   bool
			token  client.Token
			asked  int
		}{
			{0, false, "session-marked-1", 1},
			{59, false, "session-marked-1", 1},
			{60, false, "session-marked-1", 2}, // renewed behind this call
			{61, false, "session-marked-2", 2},
			{119, false, "session-marked-2", 2},
			{120, true, "session-marked-2", 3},  // fails
			{129, true, "session-marked-2", 3},  // a quarter of 40 s has not gone by
			{130, false, "session-marked-2", 4}, // succeeds: token 3 lives from 130 to 230
			{131, false, "session-marked-3", 4},
			{229, true, "session-marked-3", 5}, // fails, and token 3 ends
			{231, false, "session-marked-4", 6},
		} {
			x.down = step.down
			x.send(step.second, "a")
			x.answer(step.second, "a", 200)
			if x.tokens["a"] != step.token || x.asked != step.asked {
				t.Errorf("second %d: %q after %d openings, want %q after %d", step.second, string(x.tokens["a"]), x.asked,
					string(step.token), step.asked)
			}
		}
		want := client.Life{Name: "proactive", Opened: 4, Refreshes: 3, Expiries: 3}
		if x.session.Life() != want {
			t.Errorf("life %+v, want %+v", x.session.Life(), want)
		}
	})
}
