package client_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/retailvista/client"
)

const (
	deadline = 20 * time.Second // of an event: only a broken test waits for it
	apiToken = "47ddedc5-6967-4da0-a849-1b441286f665"
)

// gateway is a server that takes requests byte by byte and may answer anything, or nothing.
type gateway struct {
	URL string
	// turn is called for each request, n counting all of them from 1; its connection is closed unless it returns true.
	turn func(n int, conn *net.TCPConn) (keep bool)

	mu    sync.Mutex
	heard []string
}

func newGateway(t *testing.T, turn func(n int, conn *net.TCPConn) bool) *gateway {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{URL: "http://" + listener.Addr().String() + "/grs", turn: turn}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { g.serve(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		served.Wait()
	})
	return g
}

func (g *gateway) serve(conn *net.TCPConn) {
	defer conn.Close()
	for in := bufio.NewReader(conn); ; {
		request, err := readRequest(in)
		if err != nil {
			return
		}
		g.mu.Lock()
		g.heard = append(g.heard, request)
		n := len(g.heard)
		g.mu.Unlock()
		if !g.turn(n, conn) {
			return
		}
	}
}

// readRequest reads a request with Content-Length, as it comes.
func readRequest(in *bufio.Reader) (string, error) {
	var text strings.Builder
	length := 0
	for line := ""; line != "\r\n"; {
		var err error
		if line, err = in.ReadString('\n'); err != nil {
			return "", err
		}
		text.WriteString(line)
		fmt.Sscanf(line, "Content-Length: %d", &length)
	}
	_, err := io.CopyN(&text, in, int64(length))
	return text.String(), err
}

func (g *gateway) requests() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.heard...)
}

// The things that a turn may do with a connection.

func closes(*net.TCPConn) bool { return false }

func resets(conn *net.TCPConn) bool {
	_ = conn.SetLinger(0) // makes Close send a reset
	return false
}

// holds keeps the connection open until the client closes it.
func holds(conn *net.TCPConn) bool {
	_, _ = io.Copy(io.Discard, conn)
	return false
}

// says writes bytes and goes on as the next turn does; a reply of 200 with an envelope if they are one.
func says(text string, next func(*net.TCPConn) bool) func(*net.TCPConn) bool {
	if strings.HasPrefix(text, "<") {
		text = fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	}
	return func(conn *net.TCPConn) bool {
		_, _ = io.WriteString(conn, text)
		return next(conn)
	}
}

func keeps(*net.TCPConn) bool { return true }

// always does the same in every turn.
func always(do func(*net.TCPConn) bool) func(int, *net.TCPConn) bool {
	return func(_ int, conn *net.TCPConn) bool { return do(conn) }
}

var (
	rightToken = client.AuthenticateToken{Username: "ana-marked", Password: `& < > ' " é ]]>`, CompanyNumber: "12", StoreNumber: "3"}
	validate   = client.Call{Operation: "ValidateUser"}
)

// pauses notes what a client waits for, and does not wait.
type pauses struct {
	mu   sync.Mutex
	list []time.Duration
}

func (p *pauses) wait(_ context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, d)
	return nil
}

// newClient returns a client on connections of its own, that does not really wait.
func newClient(t *testing.T, url string) (*client.Client, *pauses) {
	conns := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(conns.CloseIdleConnections)
	p := &pauses{}
	return &client.Client{URL: url, APIToken: apiToken, Token: rightToken, HTTP: conns, Wait: p.wait}, p
}

// trip is a RoundTripper.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// replies answers every request the same.
func replies(status int, contentType, body string) trip {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)),
			Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}
