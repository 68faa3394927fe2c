package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// The tests of this file run whole attacks, vegeta included, in a bubble whose clock stands still while anything runs. So
// they can ask for exact numbers.

// around says whether a time out of a fine histogram is the one that was recorded.
func around(got int64, want time.Duration) bool {
	return got >= int64(want)-int64(want)/500 && got <= int64(want)+int64(want)/500
}

func TestPerfectRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(3 * time.Millisecond))
		ops := []request{get("read", local.URL+"/a"), get("write", local.URL+"/b"), get("list", local.URL+"/c")}
		var calls []Progress
		opt := Options{Rate: 200, Duration: 30 * time.Second, Progress: func(p Progress) { calls = append(calls, p) }}
		r := mustRun(t, t.Context(), local, ops, opt, k)
		if r.Achieved != (record.Achieved{Rate: 200, Duration: 30 * time.Second, Requests: 6000}) {
			t.Errorf("achieved %+v, want exactly 6000 at 200/s in 30s", r.Achieved)
		}
		if r.Interrupted || len(r.Warnings) > 0 {
			t.Errorf("interrupted %v, warnings %q", r.Interrupted, r.Warnings)
		}
		for _, op := range r.Operations {
			if op.Requests != 2000 || op.Succeeded != 2000 || op.Status[200] != 2000 || len(op.Errors) > 0 || op.Broken != 0 {
				t.Errorf("%+v", op)
			}
			for _, h := range []int64{op.Response.Min(), op.Response.Max(), op.Service.Min(), op.Service.Max()} {
				if !around(h, 3*time.Millisecond) {
					t.Errorf("%s: a time of %v, want 3ms", op.Name, time.Duration(h))
				}
			}
		}
		if len(r.Series) != 30 {
			t.Fatalf("%d seconds, want 30", len(r.Series))
		}
		for i, s := range r.Series {
			if s.T != i+1 || s.Requests != 200 || s.Errors != 0 || s.P99.Round(100*time.Microsecond) != 3*time.Millisecond {
				t.Errorf("second %d: %+v", i+1, s)
			}
		}
		// 29.998 s at 5 a second, and one when it was over.
		if len(calls) != 150 {
			t.Errorf("Progress was called %d times, want 150", len(calls))
		}
		if last := calls[len(calls)-1]; last.Done != 6000 || last.Sent != 6000 || last.AchievedRate != 200 || last.Duration != opt.Duration || last.P99 == 0 {
			t.Errorf("last progress %+v", last)
		}
	})
}

// A stall of 200 ms in a run of 100/s: the requests due meanwhile waited for their turn, and the response times say so.
func TestStallShowsInResponseTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(func(n int64) time.Duration {
			if n == 100 {
				return 200 * time.Millisecond
			}
			return time.Microsecond
		})
		r := mustRun(t, t.Context(), local, []request{get("read", local.URL)},
			Options{Rate: 100, Duration: 10 * time.Second, MaxWorkers: 1}, k)
		op := r.Operations[0]
		if op.Requests != 1000 || op.Succeeded != 1000 {
			t.Fatalf("%d requests, %d succeeded", op.Requests, op.Succeeded)
		}
		// Requests 100 to 119 took 200, 190, ... 10 ms from when they were due.
		if got := op.Response.ValueAtQuantile(99); !around(got, 100*time.Millisecond) {
			t.Errorf("p99 of the response time is %v, want 100ms", time.Duration(got))
		}
		if got := op.Service.ValueAtQuantile(99.85); got > int64(2*time.Microsecond) {
			t.Errorf("p99.85 of the service time is %v: only one request was slow", time.Duration(got))
		}
		if !around(op.Response.Max(), 200*time.Millisecond) || !around(op.Service.Max(), 200*time.Millisecond) {
			t.Errorf("max %v and %v, want 200ms", time.Duration(op.Response.Max()), time.Duration(op.Service.Max()))
		}
	})
}

func TestSaturatedRunEndsAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(time.Second))
		r := mustRun(t, t.Context(), local, []request{get("read", local.URL)},
			Options{Rate: 100, Duration: 10 * time.Second, MaxWorkers: 2, Timeout: 5 * time.Second}, k)
		// Two a second until the 15th, when the last one due could not have been answered in time any more.
		if r.Achieved.Requests < 28 || r.Achieved.Requests > 34 {
			t.Errorf("%d requests sent, want about 30", r.Achieved.Requests)
		}
		if r.Interrupted || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "offered 1000 requests at 100/s, sent 3") ||
			!strings.Contains(r.Warnings[0], "raise --max-workers (now 2) or lower --rate") {
			t.Errorf("interrupted %v, warnings %q", r.Interrupted, r.Warnings)
		}
		if got := r.Operations[0].Response.Max(); got < int64(13*time.Second) {
			t.Errorf("max response time is %v: the wait for a worker is missing", time.Duration(got))
		}
	})
}

func TestSlowSigningIsNotTheTargetsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(2 * time.Millisecond))
		op := get("read", local.URL)
		op.Sign = func(*http.Request) error { pause(40 * time.Millisecond); return nil }
		r := mustRun(t, t.Context(), local, []request{op}, Options{Rate: 100, Duration: time.Second}, k)
		got := r.Operations[0]
		if !around(got.Service.Max(), 2*time.Millisecond) || !around(got.Service.Min(), 2*time.Millisecond) {
			t.Errorf("service time %v to %v, want 2ms", time.Duration(got.Service.Min()), time.Duration(got.Service.Max()))
		}
		if !around(got.Response.Max(), 42*time.Millisecond) {
			t.Errorf("response time %v, want 42ms: the request was due before it was signed", time.Duration(got.Response.Max()))
		}
		if r.Signing != (record.Signing{Signatures: 100, Total: 4 * time.Second}) {
			t.Errorf("signing %+v, want 100 of 40ms", r.Signing)
		}
	})
}

func TestTimeoutCountsFromSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(time.Hour))
		op := get("read", local.URL)
		op.Sign = func(*http.Request) error { pause(400 * time.Millisecond); return nil }
		r := mustRun(t, t.Context(), local, []request{op}, Options{Rate: 10, Duration: time.Second, Timeout: 500 * time.Millisecond}, k)
		got := r.Operations[0]
		if got.Errors[kindTimeout] != 10 || got.Requests != 10 || got.Succeeded != 0 {
			t.Errorf("%d requests, errors %v", got.Requests, got.Errors)
		}
		if !around(got.Service.Min(), 500*time.Millisecond) || !around(got.Service.Max(), 500*time.Millisecond) {
			t.Errorf("service time %v to %v, want 500ms", time.Duration(got.Service.Min()), time.Duration(got.Service.Max()))
		}
		// The last request was sent 0.4 s late, in a run of 1 s.
		if len(r.Warnings) != 2 || !strings.Contains(r.Warnings[0], "sent 10 at 7.1/s") ||
			!strings.Contains(r.Warnings[1], "none of 10 requests succeeded") {
			t.Errorf("warnings %q", r.Warnings)
		}
	})
}

func TestSigningErrorsAreNotTheTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(time.Millisecond))
		target := local
		target.Credentials = targets.Credentials{"api_token": "s3cr3t"}
		good, bad, slow := get("good", local.URL), get("bad", local.URL), get("slow", local.URL)
		bad.Sign = func(*http.Request) error { return errors.New("no session\nfor s3cr3t") }
		slow.Sign = func(*http.Request) error { pause(3 * time.Second); return nil }
		r := mustRun(t, t.Context(), target, []request{good, bad, slow},
			Options{Rate: 30, Duration: 10 * time.Second, Timeout: 2 * time.Second}, k)
		if got := r.Operations[0]; got.Requests != 100 || got.Succeeded != 100 || len(got.Errors) > 0 {
			t.Errorf("good: %d requests, %d succeeded, errors %v", got.Requests, got.Succeeded, got.Errors)
		}
		for _, got := range r.Operations[1:] {
			if got.Requests != 0 || got.Errors[kindUnsent] != 100 || got.Response.TotalCount() != 0 || got.Broken != 0 {
				t.Errorf("%s: %d requests, errors %v", got.Name, got.Requests, got.Errors)
			}
		}
		if r.Achieved.Requests != 100 || r.Signing.Signatures != 100 || r.Interrupted {
			t.Errorf("achieved %+v, signing %+v", r.Achieved, r.Signing)
		}
		want := "200 requests were not sent because they could not be made ready: no session for ***"
		if len(r.Warnings) != 1 || r.Warnings[0] != want {
			t.Errorf("warnings %q, want %q", r.Warnings, want)
		}
		if len(r.Series) != 10 || r.Series[4].Requests != 10 || r.Series[4].Errors != 0 {
			t.Errorf("series %+v", r.Series)
		}
	})
}

func TestSlowRateLeavesEmptySeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(2500 * time.Millisecond))
		r := mustRun(t, t.Context(), local, []request{get("read", local.URL)}, Options{Rate: 0.5, Duration: 7 * time.Second}, k)
		var got []int
		for _, s := range r.Series {
			got = append(got, s.Requests)
		}
		// round(3.5) = 4 requests, due at 0, 2, 4 and 6 s.
		if fmt.Sprint(got) != "[1 0 1 0 1 0 1]" || r.Achieved.Requests != 4 || r.Achieved.Rate != 0.5 {
			t.Errorf("series %v, achieved %+v", got, r.Achieved)
		}
	})
}

// One second of grace: what finishes within it counts, what does not is left out of everything but a warning.
func TestInterruptionGivesOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := standard()
		k.send = server(func(n int64) time.Duration {
			if n%2 == 1 {
				return time.Hour
			}
			return 900 * time.Millisecond
		})
		time.AfterFunc(2050*time.Millisecond, cancel)
		start := time.Now()
		r := mustRun(t, ctx, local, []request{get("read", local.URL)}, Options{Rate: 10, Duration: time.Hour, Timeout: time.Minute}, k)
		if took := time.Since(start); took != 3050*time.Millisecond {
			t.Errorf("the run took %v, want 3.05s: one second after the interruption", took)
		}
		op := r.Operations[0]
		if !r.Interrupted || r.Achieved.Requests != 21 || op.Requests != 11 || op.Succeeded != 11 || len(op.Errors) > 0 || op.Response.TotalCount() != 11 {
			t.Errorf("interrupted %v, achieved %+v, %d requests, %d succeeded, errors %v", r.Interrupted, r.Achieved, op.Requests, op.Succeeded, op.Errors)
		}
		if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], "10 requests were cut off") {
			t.Errorf("warnings %q", r.Warnings)
		}
		if len(r.Series) != 3 || r.Series[0].Requests != 5 || r.Series[1].Requests != 5 || r.Series[2].Requests != 1 {
			t.Errorf("series %+v", r.Series)
		}
	})
}

func TestInterruptedBeforeItBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		k := standard()
		k.send = server(always(0))
		r := mustRun(t, ctx, local, []request{get("read", local.URL)}, Options{Rate: 10, Duration: time.Hour}, k)
		if !r.Interrupted || r.Achieved != (record.Achieved{}) || len(r.Series) != 0 {
			t.Errorf("interrupted %v, achieved %+v, series %v", r.Interrupted, r.Achieved, r.Series)
		}
	})
}

// Sign may not heed its context; the user who interrupts is not kept waiting for it, and the record stays as it is.
func TestInterruptionLeavesSigningBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := standard()
		k.send = server(always(0))
		release := make(chan struct{})
		op := get("read", local.URL)
		op.Sign = func(*http.Request) error { <-release; return nil }
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		r := mustRun(t, ctx, local, []request{op}, Options{Rate: 10, Duration: time.Hour, MaxWorkers: 1}, k)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the run took %v, want 3s", took)
		}
		if !r.Interrupted || len(r.Warnings) != 2 || !strings.Contains(r.Warnings[1], "was left behind") {
			t.Errorf("interrupted %v, warnings %q", r.Interrupted, r.Warnings)
		}
		close(release)
		synctest.Wait()
		if r.Operations[0].Requests != 0 || r.Operations[0].Errors[kindUnsent] != 0 {
			t.Errorf("the record changed: %+v", r.Operations[0])
		}
	})
}

// Once the run is interrupted a request that is being signed is not sent, and no other is signed.
func TestInterruptionSendsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := standard()
		k.send = server(always(0))
		op := get("read", local.URL)
		op.Sign = func(*http.Request) error { pause(500 * time.Millisecond); return nil }
		time.AfterFunc(300*time.Millisecond, cancel)
		r := mustRun(t, ctx, local, []request{op}, Options{Rate: 10, Duration: time.Hour}, k)
		if r.Achieved.Requests != 0 || r.Operations[0].Requests != 0 || len(r.Operations[0].Errors) > 0 {
			t.Errorf("achieved %+v, %+v", r.Achieved, r.Operations[0])
		}

		op.Sign = func(*http.Request) error { t.Error("a request was signed after the interruption"); return nil }
		late := newTestTransport(t, local.URL, k.send, op)
		late.wire.pacing = ctx
		if _, err := late.RoundTrip(&http.Request{Header: http.Header{seqHeader: {"0"}}}); err != nil {
			t.Error(err)
		}
	})
}

// What is still under way when Run returns cannot change the record any more.
func TestRecordIsSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		k := standard()
		k.send = roundTripper(func(*http.Request) (*http.Response, error) {
			<-release
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})
		time.AfterFunc(time.Second, cancel)
		op := get("read", local.URL)
		r := mustRun(t, ctx, local, []request{op}, Options{Rate: 10, Duration: time.Hour, MaxWorkers: 1}, k)
		cost := r.Signing
		close(release)
		synctest.Wait()
		if got := r.Operations[0]; got.Requests != 0 || len(got.Errors) > 0 || r.Signing != cost {
			t.Errorf("the record changed: %+v", got)
		}
	})
}

func TestTransportRefusesForeignRequests(t *testing.T) {
	late := &transport{}
	for _, header := range []http.Header{{}, {seqHeader: {"x"}}, {seqHeader: {"1", "2"}}} {
		if _, err := late.RoundTrip(&http.Request{Header: header}); err == nil {
			t.Errorf("a request with the headers %v was accepted", header)
		}
	}
}
