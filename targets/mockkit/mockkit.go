// Package mockkit is what the mocks of all vendors are made with: the listeners, the log of requests, and the ways in which
// a reply may legally look on the wire. It knows no rule of any contract.
package mockkit

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/authbench/authbench/targets"
)

// Start serves a mock's face on the address of the options (default 127.0.0.1:0) and its control endpoint on a port of its
// own on 127.0.0.1, until Close of the result. URL, Control and Close of the result are set, the rest is the caller's. The
// error says which address could not be had.
func Start(opt targets.MockOptions, face http.Handler, steered targets.Controlled) (*targets.Mock, error) {
	addr := opt.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	front, err := Serve(addr, face)
	if err != nil {
		return nil, err
	}
	control, err := Serve("127.0.0.1:0", targets.ControlHandler(steered))
	if err != nil {
		return nil, errors.Join(err, front.Close())
	}
	return &targets.Mock{
		URL: "http://" + front.Addr, Control: "http://" + control.Addr,
		Close: func() error { return errors.Join(front.Close(), control.Close()) },
	}, nil
}

// Serve listens on host:port, and answers in the background until the server is closed; its Addr is the address it got.
func Serve(addr string, h http.Handler) (*http.Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	server := &http.Server{
		Addr: listener.Addr().String(), Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = server.Serve(listener) }() // ends with ErrServerClosed
	return server, nil
}

// MaxJournal is how many requests a Journal keeps; the oldest go first.
const MaxJournal = 10_000

// Journal is a ring of the last requests that a mock received. It is not safe for concurrent use.
type Journal[E any] struct {
	entries []E
	next    int
}

// Add keeps one more request.
func (j *Journal[E]) Add(e E) {
	if len(j.entries) < MaxJournal {
		j.entries = append(j.entries, e)
		return
	}
	j.entries[j.next] = e
	j.next = (j.next + 1) % MaxJournal
}

// List is what is kept, the oldest first.
func (j *Journal[E]) List() []E {
	return append(append(make([]E, 0, len(j.entries)), j.entries[j.next:]...), j.entries[:j.next]...)
}

// Printable keeps a stranger's control characters off the terminal.
func Printable(s string) string {
	quoted := fmt.Sprintf("%+q", s)
	return quoted[1 : len(quoted)-1]
}
