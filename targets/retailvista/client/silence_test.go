package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/targets/retailvista/client"
)

// RTVC-04, RTVC-05: silence in each of its forms ends in an error that says which it was, after so many tries.
func TestSilence(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*net.TCPConn) bool
		end   client.End
		tries int
		want  string
	}{
		{"closed", closes, client.Closed, 3, "met silence in 3 tries: the connection was closed without a byte"},
		{"reset", resets, client.Reset, 3, "met silence in 3 tries: the connection was reset without a byte"},
		{"open", holds, client.Open, 1, "met silence in 1 try: nothing came within 1s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, always(c.do))
			cl, p := newClient(t, g.URL)
			cl.Timeout, cl.Pause = time.Second, 50*time.Millisecond
			if c.end != client.Open {
				cl.Timeout, cl.Pause = 0, 0
			}
			answer, err := cl.Do(t.Context(), validate)
			var silence *client.SilenceError
			if !errors.As(err, &silence) || silence.End != c.end || silence.Tries != c.tries || silence.Operation != "ValidateUser" ||
				silence.Err == nil || !strings.Contains(err.Error(), c.want) || answer != (client.Answer{}) {
				t.Errorf("%+v, error %#v (%v)", answer, silence, err)
			}
			if n := len(g.requests()); n != c.tries {
				t.Errorf("%d requests, want %d", n, c.tries)
			}
			if want := []time.Duration{500 * time.Millisecond, time.Second}[:c.tries-1]; !slices.Equal(p.list, want) {
				t.Errorf("pauses %v, want %v", p.list, want)
			}
		})
	}
}

// Whoever closes before the request has come is silent too. Which of the two ends is seen is a matter of time.
func TestSilenceOfOneWhoDoesNotListen(t *testing.T) {
	for name, end := range map[string]func(*net.TCPConn){
		"closed": func(conn *net.TCPConn) { conn.Close() },
		"reset":  func(conn *net.TCPConn) { _ = conn.SetLinger(0); conn.Close() },
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				end(conn.(*net.TCPConn))
			}
		}()
		cl, _ := newClient(t, "http://"+listener.Addr().String())
		for range 50 {
			_, err := cl.Do(t.Context(), validate)
			var silence *client.SilenceError
			if !errors.As(err, &silence) || (silence.End != client.Closed && silence.End != client.Reset) || silence.Tries != 3 {
				t.Fatalf("%s: error %#v", name, err)
			}
		}
	}
}

// One byte is not silence, and a call that got one is not repeated.
func TestOneByteIsNoSilence(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*net.TCPConn) bool
		want string
	}{
		{"a byte", says("H", closes), "got a reply that is no whole HTTP reply: "},
		{"a byte, then a reset", says("H", resets), "got a reply that is no whole HTTP reply: "},
		{"a byte, then nothing", says("H", holds), "got a reply that is no whole HTTP reply: it took longer than 1s"},
		{"100 Continue", says("HTTP/1.1 100 Continue\r\n\r\n", closes), "got a reply that is no whole HTTP reply: "},
		{"100 Continue, then nothing", says("HTTP/1.1 100 Continue\r\n\r\n", holds), "got a reply that is no whole HTTP reply: it took longer than 1s"},
		{"headers", says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", closes), "got a reply with status 200 that broke off: unexpected EOF"},
		{"headers, then nothing", says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", holds), "got a reply with status 200 that broke off: it took longer than 1s"},
		{"no HTTP", says("SSH-2.0 "+apiToken+"\x1b[31m"+strings.Repeat("x", 1000)+"\r\n\r\n", closes), `malformed HTTP status code "***`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, always(c.do))
			cl, p := newClient(t, g.URL)
			cl.Timeout = time.Second
			answer, err := cl.Do(t.Context(), validate)
			var reply *client.ReplyError
			if !errors.As(err, &reply) || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 500 || answer != (client.Answer{}) {
				t.Errorf("%+v, error %#v: %v", answer, err, err)
			}
			if n := len(g.requests()); n != 1 || len(p.list) > 0 {
				t.Errorf("%d requests, pauses %v", n, p.list)
			}
		})
	}
}

// A good reply after silence is the answer; a denial after silence ends the tries.
func TestTriesEndWithAReply(t *testing.T) {
	good := says(result("ValidateUser", "LoginSuccessful"), keeps)
	g := newGateway(t, func(n int, conn *net.TCPConn) bool {
		return []func(*net.TCPConn) bool{closes, resets, good, good, closes, says("HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n", closes)}[n-1](conn)
	})
	cl, p := newClient(t, g.URL)
	cl.Pause = 2 * time.Second
	for range 2 {
		if answer, err := cl.Do(t.Context(), validate); err != nil || !answer.LoginSuccessful() {
			t.Fatalf("%+v, error %v", answer, err)
		}
	}
	var denied *client.DeniedError
	if _, err := cl.Do(t.Context(), validate); !errors.As(err, &denied) {
		t.Errorf("error %v", err)
	}
	if want := []time.Duration{2 * time.Second, 4 * time.Second, 2 * time.Second}; !slices.Equal(p.list, want) {
		t.Errorf("pauses %v, want %v", p.list, want)
	}
	requests := g.requests()
	for _, request := range requests {
		if request != requests[0] {
			t.Errorf("tried again as\n%s\nafter\n%s", request, requests[0])
		}
	}
	if len(requests) != 6 {
		t.Errorf("%d requests", len(requests))
	}
}

func TestNetworkFails(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	cl, p := newClient(t, "http://"+listener.Addr().String())
	for tries := 1; tries <= 3; tries++ {
		cl.Tries, p.list = tries, nil
		_, err = cl.Do(t.Context(), validate)
		var network *client.NetworkError
		if !errors.As(err, &network) || network.Tries != tries || !errors.Is(err, syscall.ECONNREFUSED) || len(p.list) != tries-1 {
			t.Errorf("%d tries: pauses %v, error %v", tries, p.list, err)
		}
	}
}

// A server that does not get as far as a connection, such as by a handshake that fails, was not asked.
func TestFailedHandshakeIsNoSilence(t *testing.T) {
	for name, do := range map[string]func(*net.TCPConn) bool{"closed": closes, "open": holds} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 10000))
				do(conn.(*net.TCPConn))
				conn.Close()
			}
		}()
		cl, _ := newClient(t, "https://"+listener.Addr().String())
		cl.Timeout, cl.Pause = time.Second, time.Millisecond
		var network *client.NetworkError
		if _, err := cl.Do(t.Context(), validate); !errors.As(err, &network) {
			t.Errorf("%s: error %#v", name, err)
		}
	}
}

// Of errors that a RoundTripper of another kind may bring. None of them shows a secret.
func TestFailuresOfAnotherRoundTripper(t *testing.T) {
	lost := errors.New("lost")
	for _, c := range []struct {
		err  error
		want string
		is   error
	}{
		{lost, "retailvista: ValidateUser failed in 1 try: lost", lost},
		{fmt.Errorf("with ApiToken %s: %w", apiToken, lost), "retailvista: ValidateUser failed in 1 try: with ApiToken ***: lost", lost},
		{errors.New("a\r\nb\x1b" + strings.Repeat("c", 1000)), "retailvista: ValidateUser failed in 1 try: a b" + strings.Repeat("c", 297), nil},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "met silence in 1 try: the connection was reset", syscall.ECONNRESET},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, "met silence in 1 try: the connection was reset", syscall.EPIPE},
		{&net.OpError{Op: "read", Err: syscall.ECONNABORTED}, "met silence in 1 try: the connection was reset", syscall.ECONNABORTED},
		// It is net/http's, when the peer has closed before the request is on its way; it has no name there.
		{errors.New("http: server closed idle connection"), "met silence in 1 try: the connection was closed", nil},
		{fmt.Errorf("post: %w", io.EOF), "met silence in 1 try: the connection was closed", io.EOF},
	} {
		cl, _ := newClient(t, "http://retailvista.example")
		cl.Tries, cl.HTTP = 1, trip(func(*http.Request) (*http.Response, error) { return nil, c.err })
		_, err := cl.Do(t.Context(), validate)
		if err == nil || !strings.Contains(err.Error(), c.want) || (c.is != nil && !errors.Is(err, c.is)) {
			t.Errorf("error %v, want %s", err, c.want)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, apiToken) {
			t.Error(text)
		}
	}
}

// patient never answers, but heeds the context.
var patient = trip(func(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
})

// RTVC-04: whatever happens, a call ends within its timeout.
func TestCallsEndInTime(t *testing.T) {
	fail := trip(func(*http.Request) (*http.Response, error) { return nil, errors.New("lost") })
	for _, c := range []struct {
		name           string
		http           trip
		timeout, pause time.Duration
		ends           time.Duration
		want           string
	}{
		{"default", patient, 0, 0, 10 * time.Second, "nothing came within 10s"},
		{"longest", patient, 30 * time.Second, 0, 30 * time.Second, "nothing came within 30s"},
		{"pauses", fail, 0, 0, 1500 * time.Millisecond, "in 3 tries: lost"},
		{"long pauses", fail, 10 * time.Second, 4 * time.Second, 4 * time.Second, "in 2 tries: lost"},
		{"too long a pause", fail, 10 * time.Second, 10 * time.Second, 0, "in 1 try: lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl := &client.Client{URL: "http://x", APIToken: apiToken, Token: rightToken, HTTP: c.http, Timeout: c.timeout, Pause: c.pause}
				begun := time.Now()
				_, err := cl.Do(t.Context(), validate)
				if took := time.Since(begun); took != c.ends || err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("after %s: error %v; want %s and %q", took, err, c.ends, c.want)
				}
				var silence *client.SilenceError
				if errors.As(err, &silence) && silence.Err.Error() != fmt.Sprintf("it took longer than %s", c.ends) {
					t.Errorf("the network said: %v", silence.Err)
				}
			})
		})
	}
}

// The end of the context is the call's end, while it is sent and while it waits.
func TestContextEnds(t *testing.T) {
	enough := errors.New("enough")
	fail := trip(func(*http.Request) (*http.Response, error) { return nil, errors.New("lost") })
	sent := trip(func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, errors.New("sent") })
	for _, c := range []struct {
		name  string
		http  trip
		tries int
		ends  time.Duration
	}{
		{"before", sent, 0, 0}, {"under way", patient, 0, time.Second}, {"in the last try", patient, 1, time.Second},
		{"in a pause", fail, 0, 700 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl := &client.Client{URL: "http://x", APIToken: apiToken, Token: rightToken, HTTP: c.http, Tries: c.tries}
				ctx, cancel := context.WithCancelCause(t.Context())
				if c.ends == 0 {
					cancel(enough)
				}
				begun := time.Now()
				time.AfterFunc(c.ends, func() { cancel(enough) })
				_, err := cl.Do(ctx, validate)
				if took := time.Since(begun); took != c.ends || !errors.Is(err, enough) || err.Error() != "retailvista: ValidateUser was given up: enough" {
					t.Errorf("after %s: error %v", took, err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		cl := &client.Client{URL: "http://x", APIToken: apiToken, Token: rightToken, HTTP: patient}
		if _, err := cl.Do(ctx, validate); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
