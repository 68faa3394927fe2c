package mock

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

// Start serves a mock and its control endpoint until Close. The control endpoint listens on a port of its own on
// 127.0.0.1. The error says which address could not be had.
func Start(opt targets.MockOptions) (*targets.Mock, error) {
	m := New(opt)
	addr := opt.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	face, err := serve(addr, m)
	if err != nil {
		return nil, err
	}
	control, err := serve("127.0.0.1:0", targets.ControlHandler(m))
	if err != nil {
		return nil, errors.Join(err, face.Close())
	}
	return &targets.Mock{
		URL: "http://" + face.Addr, Control: "http://" + control.Addr, Credentials: m.Credentials(),
		Paths: map[string]string{"lookalike": "/api/customers-archive"},
		Close: func() error { return errors.Join(face.Close(), control.Close()) },
	}, nil
}

// serve listens, and answers in the background until the server is closed; its Addr is the address it got.
func serve(addr string, h http.Handler) (*http.Server, error) {
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
