package steps

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// worldAt is a world whose target is at a URL.
func worldAt(t *testing.T, url string, timeout, left time.Duration) *world {
	t.Helper()
	peer, err := wire.NewPeer(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		ctx: t.Context(), session: &session{}, target: targets.Target{URL: url, Clock: targets.NewManual(time.Unix(1_800_000_000, 0))},
		peer: peer, timeout: timeout, left: left, salts: &salts{},
	}
}

// A hang says something of the target only when it had the whole of the time.
func TestAHangThatHadNotTheWholeTime(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const short = 150 * time.Millisecond
	for _, c := range []struct {
		timeout time.Duration
		errored bool
	}{{short, false}, {short * 5 / 4, true}, {time.Hour, true}} {
		w := worldAt(t, "http://"+l.Addr().String(), c.timeout, short)
		err := w.send(wire.Request{Method: "GET", Target: "/"})
		if (err != nil) != c.errored || w.last.End != wire.Open || c.errored && !strings.Contains(w.finding.Reason, "took longer than") {
			t.Errorf("%s left of %s: %v %q", short, c.timeout, err, w.finding.Reason)
		}
	}
}

func TestAnUnknownAuthorityIsMendable(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshakes that fail here are meant to
	server.StartTLS()
	defer server.Close()
	w := worldAt(t, server.URL, time.Minute, time.Minute)
	if err := w.send(wire.Request{Method: "GET", Target: "/"}); err == nil || w.finding.Verdict != record.Errored ||
		!strings.HasSuffix(w.finding.Reason, ": set tls: {ca: FILE}") {
		t.Errorf("%v: %q", err, w.finding.Reason)
	}
	if _, err := worldAt(t, server.URL, time.Minute, time.Minute).clockNote(); err == nil || !strings.HasSuffix(err.Error(), ": set tls: {ca: FILE}") {
		t.Errorf("before the first scenario: %v", err)
	}
}

// The turn that was waited for is used once, and the next request keeps its distance from when this one went out.
func TestATurnIsTakenBeforeTheRequest(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	w := worldAt(t, server.URL, time.Minute, time.Minute)
	w.target.Allow.Rate = 0.1
	clock, began := w.target.Clock, w.target.Clock.Now()
	at := func(step string, want time.Duration, err error) {
		t.Helper()
		if got := clock.Now().Sub(began); got != want || err != nil {
			t.Errorf("%s: after %s, want %s, %v", step, got, want, err)
		}
	}
	get := func() error { return w.send(wire.Request{Method: "GET", Target: "/"}) }
	at("the first turn", 0, w.ready())
	at("the same turn", 0, w.ready())
	at("something else takes its time", 25*time.Second, clock.Wait(t.Context(), 25*time.Second))
	at("the request", 25*time.Second, get())
	at("the next request", 35*time.Second, get())
	at("the turn after it", 45*time.Second, w.ready())
	at("its request", 45*time.Second, get())
}

// No report shows what may be a hash, whoever made it; 64 zeros are nobody's.
func TestReportsShowNoHash(t *testing.T) {
	hash, zeros := strings.Repeat("0123456789abcdef", 4), strings.Repeat("0", 64)
	w := worldAt(t, "http://127.0.0.1:1", time.Minute, time.Minute)
	w.last = &wire.Exchange{End: wire.Replied, Sent: []byte("GET /?apihash=" + zeros + " HTTP/1.1\r\n\r\n"), Reply: &wire.Reply{
		Status: 403, Head: "HTTP/1.1 403 " + strings.ToUpper(hash) + "\r\nX-Example: " + hash, Interim: "HTTP/1.1 103 x\r\nX: " + hash + "\r\n\r\n",
		Body: []byte(`{"next":"?apihash=` + hash + `0"}`),
	}}
	w.observed("a form: %s", hash)
	_ = w.broken("a denial", "HTTP/1.1 403 "+hash)
	x := w.finding.Exchange
	shown := x.Request + x.Response + w.finding.Actual + strings.Join(w.finding.Observed, "")
	if strings.Contains(strings.ToLower(shown), hash) {
		t.Errorf("shown: %s", shown)
	}
	if !strings.Contains(x.Request, zeros) || strings.Count(shown, "<hash>") != 6 {
		t.Errorf("shown: %s", shown)
	}
}

// A control endpoint is believed to have moved a clock when the clock says so.
func TestAClockThatDoesNotMove(t *testing.T) {
	for _, c := range []struct {
		moves   time.Duration // of each hour that is asked for
		errored bool
	}{{time.Hour, false}, {time.Hour + time.Second, false}, {0, true}, {2 * time.Hour, true}} {
		clock := &heldClock{Manual: targets.NewManual(time.Unix(1_800_000_000, 0)), moves: c.moves}
		server := httptest.NewServer(targets.ControlHandler(clock))
		w := worldAt(t, "http://127.0.0.1:1", time.Minute, time.Minute)
		w.target.Control = server.URL
		err := w.steer(time.Hour)
		server.Close()
		if (err != nil) != c.errored || c.errored && (w.finding.Verdict != record.Errored || w.moved != 0) {
			t.Errorf("moved by %s: %v, %q", c.moves, err, w.finding.Reason)
		}
	}
}

// heldClock is a control endpoint that moves its clock as it likes.
type heldClock struct {
	*targets.Manual
	moves time.Duration
}

func (c *heldClock) Advance(time.Duration) { _ = c.Wait(context.Background(), c.moves) }
func (c *heldClock) Reset()                {}
func (c *heldClock) Revoke(string) error   { return errors.New("nothing to revoke") }
func (c *heldClock) Log() any              { return nil }
func (c *heldClock) State() any            { return nil }
func (c *heldClock) Recreate(string) (targets.Credentials, error) {
	return nil, errors.New("nothing to recreate")
}
