package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

type finisher = func(ctx context.Context, send http.RoundTripper) ([]string, error)

// finishing is a profile of one read that is finished so.
func finishing(finish finisher) targets.Profile {
	profile := requests(get("read", local.URL+"/200"))
	start := profile.Start
	profile.Start = func(target targets.Target, d targets.Drive) (targets.Workload, error) {
		work, err := start(target, d)
		work.Finish = finish
		return work, err
	}
	return profile
}

func finished(t *testing.T, finish finisher) record.Load {
	t.Helper()
	k := standard()
	k.send = byPath
	target := local
	target.Credentials = targets.Credentials{"api_token": "api-credential"}
	return mustDrive(t, t.Context(), target, finishing(finish), Options{Rate: 10, Duration: time.Second, Timeout: 2 * time.Second}, k)
}

func TestFinishFindsABreach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := finished(t, func(ctx context.Context, send http.RoundTripper) ([]string, error) {
			status, body, err := ask(ctx, send, "/206", "")
			if status != 206 || body != "body of /206" || err != nil {
				t.Errorf("%d %q, %v", status, body, err)
			}
			return []string{"2 documents could\nnot be read with api-credential"}, fmt.Errorf("list: %w", targets.Breached("api-credential was written twice"))
		})
		if len(r.Breaches) != 1 || r.Breaches[0] != (record.Breach{Message: "list: *** was written twice"}) {
			t.Errorf("breaches %+v", r.Breaches)
		}
		if len(r.Warnings) != 1 || r.Warnings[0] != "2 documents could not be read with ***" {
			t.Errorf("warnings %q", r.Warnings)
		}
		if op := r.Operations[0]; len(r.Operations) != 1 || op.Requests != 10 || op.Status[206] != 0 || r.Achieved.Requests != 10 || op.Broken != 0 {
			t.Errorf("%+v: the request after the run was measured", r.Operations)
		}
	})
}

func TestFinishIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := finished(t, func(_ context.Context, send http.RoundTripper) ([]string, error) {
			_, _, err := ask(context.Background(), send, "/hang", "")
			return nil, err
		})
		if took := time.Since(began); took != 6901*time.Millisecond {
			t.Errorf("the run took %v, want 6s more than 901ms", took)
		}
		if len(r.Breaches) > 0 || len(r.Warnings) != 1 || r.Warnings[0] != "the run could not be checked after the last call: it took longer than 6s" {
			t.Errorf("breaches %v, warnings %q", r.Breaches, r.Warnings)
		}
	})
}

// An interrupted run is finished all the same, within the second that the user has to wait anyway.
func TestInterruptedRunIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		k := standard()
		k.send = byPath
		began, asked := time.Now(), 0
		r := mustDrive(t, ctx, local, finishing(func(ctx context.Context, send http.RoundTripper) ([]string, error) {
			status, _, err := ask(ctx, send, "/200", "")
			asked = status
			_, _, hang := ask(ctx, send, "/hang", "")
			return nil, errors.Join(err, hang)
		}), Options{Rate: 10, Duration: time.Hour}, k)
		if took := time.Since(began); took > 1600*time.Millisecond || asked != 200 || !r.Interrupted || len(r.Warnings) != 1 {
			t.Errorf("took %v, status %d, interrupted %v, warnings %q", took, asked, r.Interrupted, r.Warnings)
		}
	})
}

func TestInterruptionEndsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, cancel)
		k := standard()
		k.send = byPath
		began := time.Now()
		r := mustDrive(t, ctx, local, finishing(func(ctx context.Context, send http.RoundTripper) ([]string, error) {
			_, _, err := ask(ctx, send, "/hang", "")
			return nil, err
		}), Options{Rate: 10, Duration: time.Second}, k)
		if took := time.Since(began); took != 1500*time.Millisecond || !r.Interrupted || r.Operations[0].Succeeded != 10 {
			t.Errorf("took %v, interrupted %v, %+v", took, r.Interrupted, r.Operations[0])
		}
	})
}

func TestFinishReadsLongBodiesOfTheTargetOnly(t *testing.T) {
	w := newTestWire(t, local.URL, roundTripper(func(req *http.Request) (*http.Response, error) {
		size := int64(16 << 20)
		if req.URL.Path == "/endless" {
			size = 1 << 40
		}
		return &http.Response{StatusCode: 200, Body: io.NopCloser(io.LimitReader(zeros{}, size))}, nil
	}))
	send := unmeasured{w, t.Context()}
	for path, want := range map[string]int64{"/long": 16 << 20, "/endless": maxFinishBody} {
		req, _ := http.NewRequest(http.MethodGet, local.URL+path, nil)
		resp, err := send.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if n != want || (err != nil) != (want == maxFinishBody) {
			t.Errorf("%s: %d bytes, %v", path, n, err)
		}
	}
	req, _ := http.NewRequest(http.MethodPost, "http://127.0.0.2:9/", io.NopCloser(&bytes.Buffer{}))
	if _, err := send.RoundTrip(req); err == nil || !strings.Contains(err.Error(), "which is not the target") {
		t.Errorf("another host: %v", err)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
