package wire_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/authbench/authbench/targets/wire"
)

func peerOf(t *testing.T, handler http.HandlerFunc) (*wire.Peer, context.Context) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	peer, err := wire.NewPeer(server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	t.Cleanup(cancel)
	return peer, ctx
}

func TestAConnectionIsKeptWhileThePeerKeepsIt(t *testing.T) {
	peer, ctx := peerOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/last" {
			w.Header().Set("Connection", "close")
		}
		fmt.Fprint(w, r.RemoteAddr)
	})
	conn, failed := peer.Dial(ctx)
	if conn == nil {
		t.Fatal(failed.Err)
	}
	defer conn.Close()
	var from []string
	for _, path := range []string{"/", "/?again", "/last"} {
		if !conn.Kept() {
			t.Fatalf("the connection is not kept before %s", path)
		}
		x := conn.Do(ctx, wire.Request{Method: "GET", Target: path})
		if x.End != wire.Replied {
			t.Fatalf("%s: %s, %v", path, x.End, x.Err)
		}
		from = append(from, string(x.Reply.Body))
	}
	if from[0] != from[1] || from[1] != from[2] {
		t.Errorf("the requests came from %v", from)
	}
	if conn.Kept() {
		t.Error("the peer closed, and the connection counts as kept")
	}
	if x := conn.Do(ctx, wire.Request{Method: "GET", Target: "/"}); x.End != wire.Closed && x.End != wire.Reset {
		t.Errorf("a request on a connection that the peer closed: %s", x.End)
	}
}

// What a peer sends ahead of its next reply belongs to that one's head.
func TestRepliesThatCameTogether(t *testing.T) {
	const reply = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
	base := talk(t, func(c net.Conn, _ string) { fmt.Fprint(c, reply+"a"+reply+"b"); _, _ = c.Read(make([]byte, 1)) })
	peer, err := wire.NewPeer(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, failed := peer.Dial(t.Context())
	if conn == nil {
		t.Fatal(failed.Err)
	}
	defer conn.Close()
	for _, body := range []string{"a", "b"} {
		x := conn.Do(t.Context(), wire.Request{Method: "GET", Target: "/"})
		if x.Reply == nil || string(x.Reply.Body) != body || x.Reply.Head != "HTTP/1.1 200 OK\r\nContent-Length: 1" {
			t.Errorf("%+v, %v", x.Reply, x.Err)
		}
	}
}

// No request ends before all have begun: each handler waits for the others before it reads the end of its body.
func TestTogetherReleasesTheLastBytesAtOnce(t *testing.T) {
	const n = 8
	var begun sync.WaitGroup
	begun.Add(n)
	peer, ctx := peerOf(t, func(w http.ResponseWriter, r *http.Request) {
		begun.Done()
		begun.Wait()
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", body, err)
	})
	var requests []wire.Request
	for i := range n {
		requests = append(requests, wire.Request{Method: "POST", Target: "/", Body: []byte(fmt.Sprint("body ", i))})
	}
	for i, x := range peer.Together(ctx, requests) {
		if want := fmt.Sprintf("body %d <nil>", i); x.End != wire.Replied || string(x.Reply.Body) != want {
			t.Errorf("%d: %s, %v", i, x.End, x.Err)
		}
	}
}

func TestTogetherWithoutAServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	peer, err := wire.NewPeer(server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	for _, x := range peer.Together(t.Context(), make([]wire.Request, 3)) {
		if x.End != wire.Refused || x.Reply != nil {
			t.Errorf("%s, %v", x.End, x.Err)
		}
	}
}
