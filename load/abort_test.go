package load

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/load/threshold"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

func thresholds(t *testing.T, list ...string) []threshold.Threshold {
	t.Helper()
	var all []threshold.Threshold
	for _, text := range list {
		made, err := threshold.Parse("--threshold", text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, made)
	}
	return all
}

// judgements writes thresholds in a line each.
func judgements(r record.Load) string {
	var b strings.Builder
	for _, t := range r.Thresholds {
		fmt.Fprintf(&b, "%s %s %s\n", t.Expr, t.Judgement, strings.TrimSpace(t.Value+" "+t.Reason))
	}
	return b.String()
}

// Of 1000 calls six wait behind the one that stalls, so p99 does not see the stall, and p99.9 does: it is the second longest.
func TestThresholdsAreJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(func(n int64) time.Duration {
			if n == 100 {
				return 55 * time.Millisecond
			}
			return 2 * time.Millisecond
		})
		r := mustRun(t, t.Context(), local, []request{get("read", local.URL)}, Options{Rate: 100, Duration: 10 * time.Second, MaxWorkers: 1,
			Thresholds: thresholds(t, "p99<5ms", "p999<20ms", "service.p90<=2.1ms", "success>=100%", "rate>=100/s"),
			AbortOn:    thresholds(t, "errors<=0")}, k)
		want := "p99<5ms met 2.00ms\np999<20ms missed 47.0ms\nservice.p90<=2.1ms met 2.00ms\nsuccess>=100% met 100.00%\nrate>=100/s met 100.0/s\n" +
			"errors<=0 met 0\n"
		if got := judgements(r); got != want || r.Stopped != nil {
			t.Errorf("stopped %+v, judged\n%swant\n%s", r.Stopped, got, want)
		}
	})
}

// What the generator could not offer says nothing of the target.
func TestARunThatFellBehindMeetsNoThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(time.Second))
		r := mustRun(t, t.Context(), local, []request{get("read", local.URL)}, Options{Rate: 100, Duration: 10 * time.Second, MaxWorkers: 2,
			Timeout: 5 * time.Second, Thresholds: thresholds(t, "p99<5ms", "success>=100%"), AbortOn: thresholds(t, "mean<5ms")}, k)
		if r.Stopped != nil || len(r.NotJudged()) != 3 || !strings.Contains(r.Thresholds[0].Reason, "the run fell behind") {
			t.Errorf("stopped %+v, judged\n%s", r.Stopped, judgements(r))
		}
	})
}

// The target is slow from the start: the first look has 200 calls, and the third ends the run.
func TestAbortAtASteadyLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(30 * time.Millisecond))
		began := time.Now()
		r := mustRun(t, t.Context(), local, []request{get("read", local.URL)}, Options{Rate: 200, Duration: time.Hour,
			Thresholds: thresholds(t, "success>=99%"), AbortOn: thresholds(t, "p99<20ms")}, k)
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("the run ended after %v", took)
		}
		if r.Stopped == nil || r.Stopped.After != 3*time.Second || r.Stopped.Threshold.Expr != "p99<20ms" || r.Interrupted {
			t.Fatalf("stopped %+v, interrupted %v", r.Stopped, r.Interrupted)
		}
		want := "success>=99% not judged 100.00% the run was stopped before its end\np99<20ms missed 30.0ms\n"
		if got := judgements(r); got != want {
			t.Errorf("judged\n%swant\n%s", got, want)
		}
		if op := r.Operations[0]; op.Requests < 590 || op.Succeeded != op.Requests || len(r.Series) < 3 || len(r.Series) > 4 || len(r.Warnings) > 0 {
			t.Errorf("%d of %d requests succeeded, series %v, warnings %q", op.Succeeded, op.Requests, r.Series, r.Warnings)
		}
	})
}

// The first calls are slow and the rest is not: the first look alone finds p99 missed.
func TestAColdStartIsNoReasonToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(func(n int64) time.Duration {
			if n < 5 {
				return 90 * time.Millisecond
			}
			return time.Millisecond
		})
		r := mustRun(t, t.Context(), local, []request{get("read", local.URL)}, Options{Rate: 200, Duration: 10 * time.Second,
			AbortOn: thresholds(t, "p99<50ms")}, k)
		if got := judgements(r); r.Stopped != nil || got != "p99<50ms met 1.00ms\n" {
			t.Errorf("stopped %+v, judged %s", r.Stopped, got)
		}
	})
}

// An error count ends a run at once, and what is checked after the last call is still checked.
func TestAbortByErrors(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) })
	k := standard()
	k.look = time.Millisecond
	profile := requests(get("read", target.URL))
	start, finished := profile.Start, false
	profile.Start = func(target targets.Target, d targets.Drive) (targets.Workload, error) {
		work, err := start(target, d)
		work.Finish = func(context.Context, http.RoundTripper) ([]string, error) { finished = true; return nil, nil }
		return work, err
	}
	r := mustDrive(t, t.Context(), target, profile, Options{Rate: 1000, Duration: time.Hour, AbortOn: thresholds(t, "read:errors<=3")}, k)
	if r.Stopped == nil || r.Stopped.Threshold.Judgement != record.Missed || len(r.Missed()) != 1 || r.Operations[0].Errors[kindServer] < 4 {
		t.Errorf("stopped %+v, judged %s, errors %v", r.Stopped, judgements(r), r.Operations[0].Errors)
	}
	if !finished || r.Interrupted {
		t.Errorf("finished %v, interrupted %v", finished, r.Interrupted)
	}
}

func TestThresholdsThatFitNothingAreRefused(t *testing.T) {
	var served atomic.Int64
	target := serve(t, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	for says, opt := range map[string]Options{
		`--threshold: raed:p99<5ms is about "raed", which the profile profile does not have (did you mean "read"?)`: {Thresholds: thresholds(t, "p99<5ms", "raed:p99<5ms")},
		"refreshes<=1/expiry is about sessions, and the profile profile keeps none":                                 {Thresholds: thresholds(t, "refreshes<=1/expiry")},
		`is about "wirte", which the profile profile does not have (did you mean "write"?)`:                         {AbortOn: thresholds(t, "wirte:errors<=3")},
		"rate is known only at the end": {AbortOn: thresholds(t, "rate>=5/s")},
	} {
		opt.Rate, opt.Duration = 100, time.Second
		_, err := Run(t.Context(), target, requests(get("read", target.URL), get("write", target.URL)), opt)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %s", err, says)
		}
	}
	if served.Load() > 0 {
		t.Errorf("%d requests were sent", served.Load())
	}
}

// The requests beside the calls have thresholds of their own, and so have the sessions.
func TestThresholdsOfSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = &issuer{tokens: map[string]time.Time{}}
		r := mustDrive(t, t.Context(), local, sessions(), Options{Rate: 10, Duration: time.Second,
			Thresholds: thresholds(t, "helo:p99<40ms", "read:max<40ms", "refreshes<=1/expiry", "single-flight:refreshes<1")}, k)
		want := "helo:p99<40ms met 30.0ms\nread:max<40ms met 34.0ms\nrefreshes<=1/expiry met 1.00/expiry\nsingle-flight:refreshes<1 missed 1\n"
		if got := judgements(r); got != want {
			t.Errorf("judged\n%swant\n%s", got, want)
		}
	})
}
