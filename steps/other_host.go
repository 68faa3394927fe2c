package steps

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
)

// otherHost is a server that no secret is meant for: the program is sent there by a redirect. It is known by another host
// name than the mock, so that a client can tell the two apart.
type otherHost struct {
	server *http.Server
	url    string

	mu       sync.Mutex
	requests []string
}

func openOtherHost() (*otherHost, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, err
	}
	o := &otherHost{url: "http://localhost:" + port}
	o.server = &http.Server{Handler: o, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 20}
	go func() { _ = o.server.Serve(listener) }() // ends with ErrServerClosed
	return o, nil
}

func (o *otherHost) close() error { return o.server.Close() }

// ServeHTTP keeps the whole request, and answers it by nothing of interest.
func (o *otherHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = io.NopCloser(io.LimitReader(r.Body, maxTapped))
	text, err := httputil.DumpRequest(r, true)
	if err != nil {
		text = []byte(r.RequestURI)
	}
	o.mu.Lock()
	o.requests = append(o.requests, string(text))
	o.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("[]\n"))
}

// sent is what came there.
func (o *otherHost) sent() []trace {
	o.mu.Lock()
	defer o.mu.Unlock()
	var traces []trace
	for _, text := range o.requests {
		method, _, _ := bytes.Cut([]byte(text), []byte(" "))
		traces = append(traces, trace{"a " + string(method) + " to another host, which the server named in a redirect,", text})
	}
	return traces
}

// sendAway redirects the requests that the vendor's side picks to another host.
func (b *bench) sendAway(picks func(*targets.Arrival) bool) error {
	var err error
	if b.other, err = openOtherHost(); err != nil {
		return b.w.errored(err)
	}
	b.stage.play(func(_ context.Context, a *targets.Arrival) (targets.Cue, bool) {
		if !picks(a) {
			return targets.Cue{}, false
		}
		return targets.Cue{Reply: &targets.CuedReply{
			Status: http.StatusTemporaryRedirect, Header: map[string]string{"Location": b.other.url + "/elsewhere"},
		}}, true
	})
	return nil
}
