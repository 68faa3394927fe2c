package load

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkRoundTripper is what we add to a request: with a target that takes no time, and over loopback beside the bare
// connections.
func BenchmarkRoundTripper(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		send := roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		})
		benchmark(b, newTestTransport(b, local.URL, send, get("read", local.URL)))
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	defer s.Close()
	opt := Options{MaxWorkers: DefaultMaxWorkers, Timeout: time.Minute}
	b.Run("loopback", func(b *testing.B) {
		sender := newSender(opt, false)
		defer sender.CloseIdleConnections()
		benchmark(b, newTestTransport(b, s.URL, sender, get("read", s.URL)))
	})
	b.Run("loopback bare", func(b *testing.B) {
		sender := newSender(opt, false)
		defer sender.CloseIdleConnections()
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				req, _ := http.NewRequest(http.MethodGet, s.URL, nil)
				resp, err := sender.RoundTrip(req)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	})
}

func benchmark(b *testing.B, t *transport) {
	b.ReportAllocs()
	b.SetParallelism(8)
	var seq atomic.Uint64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req := &http.Request{Header: http.Header{seqHeader: {strconv.FormatUint(seq.Add(1)-1, 10)}}}
			if _, err := t.RoundTrip(req); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if got := t.wire.samples.ops[0].Succeeded; got != b.N {
		b.Errorf("%d of %d succeeded: %v", got, b.N, t.wire.samples.ops[0].Errors)
	}
}
