package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

func newTransport(b *testing.B, url string, send http.RoundTripper) *transport {
	b.Helper()
	target := local
	target.URL = url
	ops, names, err := prepare(target, "profile", []targets.Operation{call("read", url)})
	if err != nil {
		b.Fatal(err)
	}
	plan := newSchedule(1e5, time.Hour)
	return &transport{
		ctx: context.Background(), pacing: context.Background(), ops: ops, send: send, timeout: time.Minute,
		samples: newSamples(plan, names), now: time.Now, began: time.Now(),
	}
}

// BenchmarkRoundTripper is what we add to a request: with a target that takes no time, and over loopback beside the bare
// connections.
func BenchmarkRoundTripper(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		send := roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		})
		benchmark(b, newTransport(b, local.URL, send))
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	defer s.Close()
	opt := Options{MaxWorkers: DefaultMaxWorkers, Timeout: time.Minute}
	b.Run("loopback", func(b *testing.B) {
		sender := newSender(opt, false)
		defer sender.CloseIdleConnections()
		benchmark(b, newTransport(b, s.URL, sender))
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
	if got := t.samples.ops[0].Succeeded; got != b.N {
		b.Errorf("%d of %d succeeded: %v", got, b.N, t.samples.ops[0].Errors)
	}
}
