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

func TestAnEndlessBodyIsCut(t *testing.T) {
	base := talk(t, func(c net.Conn, _ string) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
		for block := strings.Repeat("x", 1<<16); ; {
			if _, err := fmt.Fprint(c, block); err != nil {
				return
			}
		}
	})
	x := do(t, base, long, wire.Request{Method: "GET", Target: "/"})
	if x.End != wire.Replied || !x.Reply.Cut || len(x.Reply.Body) != 1<<20 {
		t.Errorf("%s, %d bytes, %v", x.End, len(x.Reply.Body), x.Err)
	}
}

func TestTheHeadIsKeptAsItCame(t *testing.T) {
	base := talk(t, func(c net.Conn, _ string) {
		fmt.Fprint(c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No Way\r\nx-LOWER: 1\r\nContent-Length: 0\r\n\r\n")
	})
	x := do(t, base, long, wire.Request{Method: "GET", Target: "/"})
	if x.Reply == nil || x.Reply.Head != "HTTP/1.1 403 No Way\r\nx-LOWER: 1\r\nContent-Length: 0" {
		t.Errorf("%+v", x.Reply)
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

func TestNoPeer(t *testing.T) {
	for _, base := range []string{"", "/path", "ftp://host/", "http://", "http://a b/", "://"} {
		if _, err := wire.NewPeer(base, nil); err == nil {
			t.Errorf("%q is taken for a server", base)
		}
	}
}
