package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// server answers with 200 after a time that may depend on the how-manyth request it is, from 0.
func server(takes func(n int64) time.Duration) http.RoundTripper {
	var n atomic.Int64
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		select {
		case <-time.After(takes(n.Add(1) - 1)):
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func always(d time.Duration) func(int64) time.Duration { return func(int64) time.Duration { return d } }

var local = targets.Target{Name: "mock", Vendor: "acme", Kind: targets.KindMock, URL: "http://127.0.0.1:9"}

// request is an operation that sends one request.
type request struct {
	Name, Method, URL string
	Weight            int
	Sign              func(*http.Request) error
	Judge             func(status int) error
}

// get is a request that is signed for free and succeeds with 200; a denial breaks the contract.
func get(name, url string) request {
	return request{
		Name: name, Method: http.MethodGet, URL: url,
		Sign: func(*http.Request) error { return nil },
		Judge: func(status int) error {
			switch {
			case status == http.StatusOK:
				return nil
			case status/100 == 4:
				return targets.Breached("status %d", status)
			}
			return fmt.Errorf("status %d", status)
		},
	}
}

func (r request) on(w targets.Wire) (targets.Operation, error) {
	template, err := http.NewRequest(r.Method, r.URL, nil)
	if err != nil {
		return targets.Operation{}, err
	}
	return targets.Operation{Name: r.Name, Weight: r.Weight, Do: func(ctx context.Context) error {
		req := template.WithContext(ctx)
		url := *template.URL
		req.URL, req.Header = &url, http.Header{}
		if err := r.Sign(req); err != nil {
			return err
		}
		resp, err := w.RoundTrip(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return r.Judge(resp.StatusCode)
	}}, nil
}

// requests is a profile of such operations.
func requests(list ...request) targets.Profile {
	return targets.Profile{Name: "profile", Start: func(_ targets.Target, d targets.Drive) (targets.Workload, error) {
		var work targets.Workload
		for _, r := range list {
			op, err := r.on(d.Wire)
			if err != nil {
				return work, err
			}
			work.Operations = append(work.Operations, op)
		}
		return work, nil
	}}
}

// mustRun runs a profile of the requests.
func mustRun(t *testing.T, ctx context.Context, target targets.Target, ops []request, opt Options, k knobs) record.Load {
	t.Helper()
	return mustDrive(t, ctx, target, requests(ops...), opt, k)
}

func mustDrive(t *testing.T, ctx context.Context, target targets.Target, profile targets.Profile, opt Options, k knobs) record.Load {
	t.Helper()
	result, err := run(ctx, target, profile, opt, k)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// newTestWire is a wire at work, without a run.
func newTestWire(t testing.TB, address string, send http.RoundTripper) *wire {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return &wire{
		ctx: context.Background(), pacing: context.Background(), target: base, send: send, timeout: time.Minute,
		samples: newSamples(newSchedule(1e5, time.Hour)), now: time.Now, began: time.Now(),
	}
}

// newTestTransport is a transport at work, without vegeta.
func newTestTransport(t testing.TB, address string, send http.RoundTripper, list ...request) *transport {
	t.Helper()
	w := newTestWire(t, address, send)
	work, err := requests(list...).Start(local, targets.Drive{Wire: w})
	if err != nil {
		t.Fatal(err)
	}
	made, err := newTransport(w, work, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
