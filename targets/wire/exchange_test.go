package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

// talk serves one connection after the other on loopback: it reads a request's head and hands the connection over.
func talk(t *testing.T, say func(net.Conn, string)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var head strings.Builder
				for r := bufio.NewReader(conn); !strings.HasSuffix(head.String(), "\r\n\r\n"); {
					b, err := r.ReadByte()
					if err != nil {
						return
					}
					head.WriteByte(b)
				}
				say(conn, head.String())
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func do(t *testing.T, base string, timeout time.Duration, r wire.Request) wire.Exchange {
	t.Helper()
	peer, err := wire.NewPeer(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return peer.Do(ctx, r)
}

const long = 30 * time.Second

func TestTheRequestGoesOutAsItIsWritten(t *testing.T) {
	for _, target := range []string{"/a/../b", "//a", "/a/%2e%2e/b", "/%75sers?x=%2B&x=+&y", "/a?apisalt=1&apisalt=2"} {
		got := make(chan string, 1)
		base := talk(t, func(c net.Conn, head string) {
			got <- head
			fmt.Fprint(c, "HTTP/1.1 204 No Content\r\n\r\n")
		})
		x := do(t, base, long, wire.Request{Method: "GET", Target: target, Header: []wire.Field{{Name: "x-Odd-CASE", Value: "v"}}})
		if x.End != wire.Replied || x.Reply.Status != 204 {
			t.Fatalf("%s: %s %v", target, x.End, x.Err)
		}
		head := <-got
		if !strings.HasPrefix(head, "GET "+target+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(base, "http://")+"\r\nx-Odd-CASE: v\r\n") {
			t.Errorf("the server read %q", head)
		}
		if string(x.Sent) != head {
			t.Errorf("the record says %q, the server read %q", x.Sent, head)
		}
	}
}

// Every way in which an exchange can end has a name of its own.
func TestHowAnExchangeEnds(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	for _, c := range []struct {
		name    string
		say     func(net.Conn, string)
		timeout time.Duration
		want    wire.End
		text    string
	}{
		{"a whole reply", func(c net.Conn, _ string) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }, long, wire.Replied, ""},
		{"a reply until the end of the connection", func(c net.Conn, _ string) { fmt.Fprint(c, "HTTP/1.0 200 OK\r\n\r\nok") }, long, wire.Replied, ""},
		{"chunks", func(c net.Conn, _ string) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n")
		}, long, wire.Replied, ""},
		{"interim replies first", func(c net.Conn, _ string) {
			fmt.Fprint(c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}, long, wire.Replied, ""},
		{"closed at once", func(net.Conn, string) {}, long, wire.Closed, "closed without a reply"},
		{"reset", func(c net.Conn, _ string) { _ = c.(*net.TCPConn).SetLinger(0) }, long, wire.Reset, "reset without a reply"},
		{"nothing at all", func(net.Conn, string) { <-hold }, 50 * time.Millisecond, wire.Open, "not one byte"},
		{"half a status line", func(c net.Conn, _ string) { fmt.Fprint(c, "HTTP/1.1 2") }, long, wire.Partial, "not a whole HTTP reply"},
		{"garbage", func(c net.Conn, _ string) { fmt.Fprint(c, "\x00\x01\x02 garbage\r\n\r\n") }, long, wire.Partial, "not a whole HTTP reply"},
		{"a body cut short", func(c net.Conn, _ string) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok") }, long, wire.Partial, "not whole"},
		{"a body that stalls", func(c net.Conn, _ string) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
			<-hold
		}, 50 * time.Millisecond, wire.Partial, "not whole when the time was over"},
		{"an endless head", func(c net.Conn, _ string) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n")
			for range 1 << 20 {
				if _, err := fmt.Fprint(c, "X: y\r\n"); err != nil {
					return
				}
			}
		}, long, wire.Partial, "head of the reply is endless"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := do(t, talk(t, c.say), c.timeout, wire.Request{Method: "GET", Target: "/"})
			if x.End != c.want {
				t.Fatalf("ended %s (%v), want %s", x.End, x.Err, c.want)
			}
			if (x.Reply != nil) != (c.want == wire.Replied) || (x.Err == nil) != (c.want == wire.Replied) {
				t.Errorf("reply %v, error %v", x.Reply, x.Err)
			}
			if c.want == wire.Replied && (x.Reply.Status != 200 || string(x.Reply.Body) != "ok") {
				t.Errorf("status %d, body %q", x.Reply.Status, x.Reply.Body)
			}
			if x.Err != nil && !strings.Contains(x.Err.Error(), c.text) {
				t.Errorf("says %q, want %q", x.Err, c.text)
			}
		})
	}
}

// A long body is cut, and one without an end is no whole reply, however it is framed.
func TestALongBodyIsCutAndAnEndlessOneIsNoReply(t *testing.T) {
	block := strings.Repeat("x", 1<<16)
	send := func(c net.Conn, head, frame string, blocks int) {
		fmt.Fprint(c, head+"\r\n")
		for i := 0; i != blocks; i++ {
			if _, err := fmt.Fprintf(c, frame, block); err != nil {
				return
			}
		}
		if strings.Contains(frame, "\r\n") {
			fmt.Fprint(c, "0\r\n\r\n")
		}
	}
	const plain, chunked, forever = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", -1
	for _, c := range []struct {
		name, head, frame string
		blocks            int
		want              wire.End
		cut               bool
	}{
		{"of 1 MiB", plain, "%s", 16, wire.Replied, false},
		{"of 2 MiB", plain, "%s", 32, wire.Replied, true},
		{"of 2 MiB in chunks", chunked, "10000\r\n%s\r\n", 32, wire.Replied, true},
		{"without an end", plain, "%s", forever, wire.Partial, false},
		{"without an end, in chunks", chunked, "10000\r\n%s\r\n", forever, wire.Partial, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := do(t, talk(t, func(conn net.Conn, _ string) { send(conn, c.head, c.frame, c.blocks) }), long, wire.Request{Method: "GET", Target: "/"})
			switch {
			case x.End != c.want:
				t.Errorf("ended %s: %v", x.End, x.Err)
			case x.Reply != nil && (x.Reply.Cut != c.cut || len(x.Reply.Body) != 1<<20):
				t.Errorf("cut %v, %d bytes", x.Reply.Cut, len(x.Reply.Body))
			case x.Reply == nil && !strings.Contains(x.Err.Error(), "the body of the reply is endless"):
				t.Errorf("says %q", x.Err)
			}
		})
	}
}

func TestTheHeadIsKeptAsItCame(t *testing.T) {
	const interim, head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n", "HTTP/1.1 403 No Way\r\nx-LOWER: 1"
	for name, body := range map[string]string{
		"nothing":                   "\r\nContent-Length: 0\r\n\r\n",
		"a body like a head":        "\r\n\r\nHTTP/1.1 403 No Way\r\n\r\nno head at all",
		"chunks with a field after": "\r\nTrailer: X-After\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n0\r\nX-After: 1\r\n\r\n",
	} {
		x := do(t, talk(t, func(c net.Conn, _ string) { fmt.Fprint(c, interim+head+body) }), long, wire.Request{Method: "GET", Target: "/"})
		fields, _, _ := strings.Cut(body, "\r\n\r\n")
		if x.Reply == nil || x.Reply.Head != head+fields || x.Reply.Interim != interim {
			t.Errorf("%s: %+v, %v", name, x.Reply, x.Err)
		}
		if after := strings.Contains(body, "X-After: 1"); x.Reply != nil && after != (x.Reply.Trailer.Get("X-After") == "1") {
			t.Errorf("%s: the trailer is %v", name, x.Reply.Trailer)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	x := do(t, "http://"+l.Addr().String(), long, wire.Request{Method: "GET", Target: "/"})
	if x.End != wire.Refused {
		t.Errorf("ended %s: %v", x.End, x.Err)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	defer server.Close()
	if x := do(t, server.URL, long, wire.Request{Method: "GET", Target: "/"}); x.End != wire.TLSFailed {
		t.Errorf("a certificate that nobody vouches for: %s %v", x.End, x.Err)
	}
	peer, err := wire.NewPeer(server.URL, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	if x := peer.Do(t.Context(), wire.Request{Method: "GET", Target: "/"}); x.End != wire.Replied || string(x.Reply.Body) != "ok" {
		t.Errorf("without the check: %s %v", x.End, x.Err)
	}
}

func TestATLSHandshakeThatIsNotAnswered(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			<-hold
			conn.Close()
		}
	}()
	x := do(t, "https://"+l.Addr().String(), 50*time.Millisecond, wire.Request{Method: "GET", Target: "/"})
	if x.End != wire.TLSFailed || !strings.Contains(x.Err.Error(), "not over within the time") {
		t.Errorf("ended %s: %v", x.End, x.Err)
	}
}

func TestNoPeer(t *testing.T) {
	for _, base := range []string{"", "/path", "ftp://host/", "http://", "http://a b/", "://"} {
		if _, err := wire.NewPeer(base, nil); err == nil {
			t.Errorf("%q is taken for a server", base)
		}
	}
}
