package mockkit_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

// director is a stage that does as the test says.
type director struct {
	mu     sync.Mutex
	number int
	cue    func(context.Context, *targets.Arrival) targets.Cue
	judged chan targets.Arrival
}

func directed(cue func(context.Context, *targets.Arrival) targets.Cue) *director {
	return &director{cue: cue, judged: make(chan targets.Arrival, 100)}
}

func (d *director) Arrived(ctx context.Context, a *targets.Arrival) targets.Cue {
	d.mu.Lock()
	d.number++
	a.Number = d.number
	d.mu.Unlock()
	return d.cue(ctx, a)
}

func (d *director) Judged(a *targets.Arrival) { d.judged <- *a }

// next is what was judged next.
func (d *director) next(t *testing.T) targets.Arrival {
	t.Helper()
	select {
	case a := <-d.judged:
		return a
	case <-time.After(patience):
		t.Fatal("nothing was judged")
	}
	panic("unreachable")
}

// house serves a mock that says yes, on a stage.
func house(t *testing.T, d *director, around func(net.Listener) net.Listener) *mockkit.Server {
	t.Helper()
	scene := mockkit.Scene{
		Stage: d,
		Facts: func(_ *http.Request, body []byte) map[string]string {
			return map[string]string{"size": fmt.Sprint(len(body))}
		},
		Judge: func(_ *http.Request, _ []byte, a *targets.Arrival) func(http.ResponseWriter) {
			a.Outcome, a.Status = targets.OutcomeAccepted, 200
			return func(w http.ResponseWriter) { fmt.Fprint(w, "yes") }
		},
		Now: func() time.Time { return time.Unix(1_764_000_000, 0) },
	}
	listener, err := mockkit.Listen(targets.MockOptions{Listen: around})
	if err != nil {
		t.Fatal(err)
	}
	s := mockkit.ServeOn(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		scene.Serve(w, r, body)
	}))
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// call sends the plainest request on a connection of its own.
func call(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, "POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\nhi"); err != nil {
		t.Fatal(err)
	}
	return c
}

// answered reads one reply.
func answered(t *testing.T, c net.Conn) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func always(cue targets.Cue) func(context.Context, *targets.Arrival) targets.Cue {
	return func(context.Context, *targets.Arrival) targets.Cue { return cue }
}

func TestAnArrivalTellsWhatWasSent(t *testing.T) {
	d := directed(always(targets.Cue{}))
	c := call(t, house(t, d, nil).Addr)
	a := d.next(t)
	if a.Number != 1 || a.Conn != c.LocalAddr().String() || a.Method != "POST" || a.URI != "/a?b=c" || a.Header.Get("X-Own") != "1" ||
		string(a.Body) != "hi" || a.Facts["size"] != "2" || time.Since(a.At) > time.Minute {
		t.Errorf("%+v", a)
	}
	if a.Cued || a.Outcome != targets.OutcomeAccepted || a.Status != 200 {
		t.Errorf("judged as %+v", a)
	}
	if resp, body := answered(t, c); resp.StatusCode != 200 || body != "yes" {
		t.Errorf("%s %q", resp.Status, body)
	}
}

// Requests are judged as the stage lets go of them, whatever the order in which they came.
func TestTheStageOrdersTheRequests(t *testing.T) {
	const requests = 5
	var held [requests]chan struct{}
	for i := range held {
		held[i] = make(chan struct{})
	}
	arrived := make(chan int, requests)
	d := directed(func(_ context.Context, a *targets.Arrival) targets.Cue {
		arrived <- a.Number
		<-held[a.Number-1]
		return targets.Cue{}
	})
	addr := house(t, d, nil).Addr
	for i := range requests {
		call(t, addr)
		if n := <-arrived; n != i+1 {
			t.Fatalf("request %d is number %d", i+1, n)
		}
	}
	for i := requests - 1; i >= 0; i-- {
		close(held[i])
		if a := d.next(t); a.Number != i+1 {
			t.Errorf("%d was judged, %d was let go", a.Number, i+1)
		}
	}
}

func TestACuedReplyTakesThePlaceOfTheMocks(t *testing.T) {
	for status, want := range map[int]string{201: targets.OutcomeAccepted, 303: targets.OutcomeAccepted, 409: targets.OutcomeDenied, 503: targets.OutcomeDenied} {
		d := directed(always(targets.Cue{Reply: &targets.CuedReply{
			Status: status, Header: map[string]string{"Retry-After": "1"}, Type: "text/plain", Body: "on cue",
		}}))
		c := call(t, house(t, d, nil).Addr)
		if a := d.next(t); !a.Cued || a.Outcome != want || a.Status != status || (a.Reason == "") != (want == targets.OutcomeAccepted) {
			t.Errorf("%d: %+v", status, a)
		}
		resp, body := answered(t, c)
		if resp.StatusCode != status || body != "on cue" || resp.Header.Get("Retry-After") != "1" || resp.Header.Get("Content-Type") != "text/plain" ||
			resp.Header.Get("Date") != "Mon, 24 Nov 2025 16:00:00 GMT" || resp.Close {
			t.Errorf("%d: %s %v %q", status, resp.Status, resp.Header, body)
		}
	}
}

func TestTheConnectionEndsOnCue(t *testing.T) {
	for name, cue := range map[string]targets.Cue{
		"after the mock's reply":  {Close: true},
		"after what was answered": {Close: true, Reply: &targets.CuedReply{Status: 200}},
	} {
		c := call(t, house(t, directed(always(cue)), nil).Addr)
		text, err := io.ReadAll(c)
		if err != nil || !strings.Contains(string(text), "\r\nConnection: close\r\n") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// Not one byte comes back, and the connection ends as the cue says.
func TestSilence(t *testing.T) {
	silent := func(t *testing.T, how string) (net.Conn, *mockkit.Server) {
		d := directed(always(targets.Cue{Silence: how}))
		s := house(t, d, nil)
		c := call(t, s.Addr)
		if a := d.next(t); !a.Cued || a.Outcome != targets.OutcomeSilence || a.Status != 0 {
			t.Errorf("%+v", a)
		}
		return c, s
	}
	t.Run("closed", func(t *testing.T) {
		c, _ := silent(t, mockkit.SilenceClosed)
		if text, err := io.ReadAll(c); err != nil || len(text) > 0 {
			t.Errorf("%q, %v", text, err)
		}
	})
	t.Run("reset", func(t *testing.T) {
		c, _ := silent(t, mockkit.SilenceReset)
		if text, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) || len(text) > 0 {
			t.Errorf("%q, %v", text, err)
		}
	})
	for name, end := range map[string]func(net.Conn, *mockkit.Server) error{
		"open until the peer leaves":     func(c net.Conn, _ *mockkit.Server) error { return c.(*net.TCPConn).CloseWrite() },
		"open until the server is ended": func(_ net.Conn, s *mockkit.Server) error { return s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c, s := silent(t, mockkit.SilenceOpen)
			_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("%d bytes, %v", n, err)
			}
			_ = c.SetReadDeadline(time.Now().Add(patience))
			if err := end(c, s); err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(c); err != nil || len(text) > 0 {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

// around is a connection inside another one.
type around struct{ net.Conn }

func (a around) NetConn() net.Conn { return a.Conn }

type aroundAll struct{ net.Listener }

func (l aroundAll) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return around{c}, err
}

func TestSilenceReachesTheConnectionBelow(t *testing.T) {
	wrap := func(l net.Listener) net.Listener { return aroundAll{aroundAll{l}} }
	c := call(t, house(t, directed(always(targets.Cue{Silence: mockkit.SilenceReset})), wrap).Addr)
	if text, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) || len(text) > 0 {
		t.Errorf("reset: %q, %v", text, err)
	}
	c = call(t, house(t, directed(always(targets.Cue{Silence: mockkit.SilenceClosed})), wrap).Addr)
	if text, err := io.ReadAll(c); err != nil || len(text) > 0 {
		t.Errorf("closed: %q, %v", text, err)
	}
}

// counted counts the bytes that come.
type counted struct {
	net.Conn
	bytes int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes += n
	return n, err
}

// TLS does not say goodbye either.
func TestSilenceUnderTLS(t *testing.T) {
	lender := httptest.NewUnstartedServer(nil)
	lender.StartTLS()
	defer lender.Close()
	conf := &tls.Config{Certificates: lender.TLS.Certificates, MaxVersion: tls.VersionTLS12} // no tickets after the handshake
	wrap := func(l net.Listener) net.Listener { return tls.NewListener(l, conf) }
	raw, err := net.Dial("tcp", house(t, directed(always(targets.Cue{Silence: mockkit.SilenceClosed})), wrap).Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	_ = raw.SetDeadline(time.Now().Add(patience))
	below := &counted{Conn: raw}
	c := tls.Client(below, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a certificate of the test
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	before := below.bytes
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(c); err != nil || len(text) > 0 || below.bytes != before {
		t.Errorf("%q and %d bytes of TLS, %v", text, below.bytes-before, err)
	}
}

// Whoever waits on the stage goes on when the caller leaves, and when the server ends; the request is judged all the same.
func TestTheWaitOnTheStageEnds(t *testing.T) {
	for name, end := range map[string]func(net.Conn, *mockkit.Server) error{
		"the caller leaves":   func(c net.Conn, _ *mockkit.Server) error { return c.Close() },
		"the server is ended": func(_ net.Conn, s *mockkit.Server) error { return s.Close() },
	} {
		arrived := make(chan struct{})
		d := directed(func(ctx context.Context, _ *targets.Arrival) targets.Cue {
			close(arrived)
			<-ctx.Done()
			return targets.Cue{}
		})
		s := house(t, d, nil)
		c := call(t, s.Addr)
		<-arrived
		if err := end(c, s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if a := d.next(t); a.Outcome != targets.OutcomeAccepted {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestCredentialsThatAMockDoesNotHave(t *testing.T) {
	has := targets.Credentials{"public_key": "p", "private_key": "s"}
	if err := mockkit.CheckCredentials(targets.Credentials{"public_key": "q"}, has); err != nil {
		t.Error(err)
	}
	err := mockkit.CheckCredentials(targets.Credentials{"pubic_key": "q"}, has)
	if err == nil || !strings.Contains(err.Error(), `did you mean "public_key"?`) {
		t.Errorf("%v", err)
	}
}
