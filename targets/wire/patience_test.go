package wire_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

// Patience is for the reply alone: the first of two pipelined replies is waited for as long as the context allows.
func TestPatienceIsForTheReply(t *testing.T) {
	slow := make(chan struct{})
	peer, ctx := peerOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/never" {
			select {
			case <-slow:
			case <-r.Context().Done():
			}
			return
		}
		fmt.Fprint(w, "here")
	})
	defer close(slow)
	conn, failed := peer.Dial(ctx)
	if conn == nil {
		t.Fatal(failed.Err)
	}
	defer conn.Close()
	a, b := conn.Pipeline(ctx, 20*time.Millisecond, wire.Request{Method: "GET", Target: "/"}, wire.Request{Method: "GET", Target: "/never"})
	if a.End != wire.Replied || string(a.Reply.Body) != "here" {
		t.Errorf("the first: %s, %v", a.End, a.Err)
	}
	if b.End != wire.Open {
		t.Errorf("the second: %s, %v", b.End, b.Err)
	}
	impatient := *peer
	impatient.Patience = 20 * time.Millisecond
	if x := impatient.Do(ctx, wire.Request{Method: "GET", Target: "/never"}); x.End != wire.Open {
		t.Errorf("a reply that never comes: %s, %v", x.End, x.Err)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if x := impatient.Do(over, wire.Request{Method: "GET", Target: "/"}); x.Reply != nil {
		t.Error("an exchange after the end of its context")
	}
}

// What is sent is what was written: version, chunks, a trailer, a Connection header of its own.
func TestRequestsAreSentAsTheyAreWritten(t *testing.T) {
	var got string
	base := talk(t, func(conn net.Conn, head string) {
		got = head
		fmt.Fprint(conn, "HTTP/1.1 204 No Content\r\n\r\n")
	})
	x := do(t, base, long, wire.Request{Method: "BREW", Target: "/pot", Version: "HTTP/1.0", Chunked: true, Body: []byte("tea"),
		Header: []wire.Field{{Name: "connection", Value: "keep-alive"}}, Trailer: []wire.Field{{Name: "ApiToken", Value: "t"}}})
	if x.End != wire.Replied {
		t.Fatalf("%s, %v", x.End, x.Err)
	}
	want := "BREW /pot HTTP/1.0\r\nHost: " + base[len("http://"):] + "\r\nconnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
	if got != want || string(x.Sent) != want+"3\r\ntea\r\n0\r\nApiToken: t\r\n\r\n" {
		t.Errorf("sent\n%q\nwant\n%q", x.Sent, want)
	}
}
