// Package mockkit is what the mocks of all vendors are made with: the listeners, the log of requests, and the ways in which
// a reply may legally look on the wire. It knows no rule of any contract.
package mockkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/authbench/authbench/targets"
)

// Start serves a mock's face where the options say, and its control endpoint on a port of its own on 127.0.0.1, until Close of
// the result. URL, Control, Steered and Close of the result are set, the rest is the caller's. The error says which address
// could not be had.
func Start(opt targets.MockOptions, face http.Handler, steered targets.Controlled) (*targets.Mock, error) {
	listener, err := Listen(opt)
	if err != nil {
		return nil, err
	}
	control, err := Serve("127.0.0.1:0", targets.ControlHandler(steered))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	front := ServeOn(listener, face)
	return &targets.Mock{
		URL: "http://" + front.Addr, Control: "http://" + control.Addr, Steered: steered,
		Close: func() error { return errors.Join(front.Close(), control.Close()) },
	}, nil
}

// Listen opens the listener that a mock's callers connect to, on the address of the options (default 127.0.0.1:0), with what
// the options put around it.
func Listen(opt targets.MockOptions) (net.Listener, error) {
	addr := opt.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := listen(addr)
	if err == nil && opt.Listen != nil {
		listener = opt.Listen(listener)
	}
	return listener, err
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return listener, nil
}

// Server answers in the background until it is closed.
type Server struct {
	Addr string // host:port that it listens on
	http *http.Server
	end  context.CancelFunc
}

// Serve listens on host:port.
func Serve(addr string, h http.Handler) (*Server, error) {
	listener, err := listen(addr)
	if err != nil {
		return nil, err
	}
	return ServeOn(listener, h), nil
}

// ServeOn answers those who connect to a listener, which is closed with the server.
func ServeOn(listener net.Listener, h http.Handler) *Server {
	ctx, end := context.WithCancel(context.Background())
	s := &Server{Addr: listener.Addr().String(), end: end, http: &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}}
	go func() { _ = s.http.Serve(listener) }() // ends with ErrServerClosed
	return s
}

// Close ends the listener, every open connection, and the context of every request.
func (s *Server) Close() error {
	s.end()
	return s.http.Close()
}

// CheckCredentials returns an error that names the first given value that the mock has no credential for.
func CheckCredentials(given, has targets.Credentials) error {
	known := slices.Sorted(maps.Keys(has))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the mock has no credential %q%s", name, targets.DidYouMean(name, known))
		}
	}
	return nil
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
