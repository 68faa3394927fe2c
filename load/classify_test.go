package load

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// hijack ends the connection of a request in a way that net/http's server does not offer.
func hijack(end func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		end(conn)
		_ = conn.Close()
	}
}

func write(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

func TestErrorsByKind(t *testing.T) {
	var landed atomic.Int64
	for _, c := range []struct {
		kind    string
		handler http.HandlerFunc
	}{
		{kindClosed, hijack(func(net.Conn) {})},
		{kindClosed, hijack(write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))},
		{kindReset, hijack(func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) })},
		{kindOther, hijack(write("garbage\r\n\r\n"))},
		{kindRedirect, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				landed.Add(1)
			}
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}},
	} {
		checkKind(t, c.kind, serve(t, c.handler), Options{Timeout: deadline})
	}
	if landed.Load() != 0 {
		t.Errorf("%d redirects were followed", landed.Load())
	}
}

// checkKind runs five requests, all of which have to fail in the given way.
func checkKind(t *testing.T, kind string, target targets.Target, opt Options) record.OperationResult {
	t.Helper()
	opt.Rate, opt.Duration = 500, 10*time.Millisecond
	r := mustRun(t, t.Context(), target, []request{get("read", target.URL+"/")}, opt, standard())
	op := r.Operations[0]
	if op.Requests != 5 || op.Succeeded != 0 || op.Errors[kind] != 5 || op.Broken != 0 || op.Response.TotalCount() != 5 {
		t.Errorf("%d requests, %d succeeded, %d denied, errors %v, want 5 of kind %q", op.Requests, op.Succeeded, op.Broken, op.Errors, kind)
	}
	if len(r.Warnings) == 0 || !strings.Contains(strings.Join(r.Warnings, "\n"), "none of 5 requests succeeded") {
		t.Errorf("%s: warnings %q", kind, r.Warnings)
	}
	return op
}

// The timeouts are exact in TestTimeoutCountsFromSending; this is about what net/http makes of one, before the reply and in
// the middle of it. One request, due at once: how late the machine is does not matter.
func TestTimeoutOfARealConnection(t *testing.T) {
	for name, beginning := range map[string]func(http.ResponseWriter){
		"no reply": func(http.ResponseWriter) {},
		"half a reply": func(w http.ResponseWriter) {
			fmt.Fprint(w, "{")
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := serve(t, func(w http.ResponseWriter, r *http.Request) {
				beginning(w)
				<-r.Context().Done()
			})
			opt := Options{Rate: 1.0 / 3600, Duration: time.Hour, Timeout: 500 * time.Millisecond}
			op := mustRun(t, t.Context(), target, []request{get("read", target.URL)}, opt, standard()).Operations[0]
			if op.Requests != 1 || op.Errors[kindTimeout] != 1 || len(op.Status) > 0 {
				t.Errorf("%d requests, errors %v, status %v", op.Requests, op.Errors, op.Status)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Nobody listens on the port that the connection came from, and while it lives nobody else gets it: the port of a
	// listener that was closed could be another program's by now.
	target := local
	target.URL = "http://" + conn.LocalAddr().String()
	checkKind(t, kindRefused, target, Options{Timeout: deadline})
}

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("the target was asked in %s", r.Proto)
		}
		fmt.Fprint(w, "{}")
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	target := local
	target.URL = s.URL
	checkKind(t, kindTLS, target, Options{Timeout: deadline})

	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	plain.URL = strings.Replace(plain.URL, "http://", "https://", 1)
	checkKind(t, kindTLS, plain, Options{Timeout: deadline})

	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	opt := Options{Rate: 500, Duration: 10 * time.Millisecond, TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	if op := mustRun(t, t.Context(), target, []request{get("read", s.URL)}, opt, standard()).Operations[0]; op.Succeeded != 5 {
		t.Errorf("with its authority %d of 5 succeeded, errors %v", op.Succeeded, op.Errors)
	}
}

func TestKindOfFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind string
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "x", IsNotFound: true}}, kindDNS},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "x", IsTimeout: true}}, kindDNS},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), kindTimeout},
		{errTimeout, kindTimeout},
		{errors.New("http: server closed idle connection"), kindClosed},
		{errors.New("remote error: tls: handshake failure"), kindTLS},
		{x509.UnknownAuthorityError{}, kindTLS},
		{errors.New("something else"), kindOther},
	} {
		if got := kindOfFailure(c.err); got != c.kind {
			t.Errorf("%v is of kind %q, want %q", c.err, got, c.kind)
		}
	}
}
