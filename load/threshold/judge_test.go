package threshold

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/authbench/authbench/reports/record"
)

// row is an operation with samples of 1, 2, 3, ... ms, whose service took a tenth of that, and some calls that failed.
func row(name string, weight, samples, failed int) record.OperationResult {
	op := record.OperationResult{
		Name: name, Weight: weight, Requests: samples, Succeeded: samples - failed, Errors: map[string]int{},
		Response: hdrhistogram.New(1000, 600e9, 3), Service: hdrhistogram.New(1000, 600e9, 3),
	}
	if failed > 0 {
		op.Errors["timeout"] = failed
	}
	for i := range samples {
		_ = op.Response.RecordValue(int64(i+1) * 1e6)
		_ = op.Service.RecordValue(int64(i+1) * 1e5)
	}
	return op
}

// ran is a run of ten seconds.
func ran(ops ...record.OperationResult) record.Load {
	run := record.Load{Profile: "profile", Operations: ops}
	run.Achieved = record.Achieved{Duration: 10 * time.Second, Requests: run.Tally().Requests}
	return run
}

// text writes what became of thresholds in a line.
func text(list []record.Threshold) string {
	var parts []string
	for _, t := range list {
		part := t.Judgement.String()
		for _, word := range []string{t.Row, t.Value, t.Reason} {
			if word != "" {
				part += " " + word
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func judged(t *testing.T, run record.Load, expr string) string {
	t.Helper()
	made := mustParse(t, expr)
	if err := made.Fits(run); err != nil {
		t.Errorf("%s: %v", expr, err)
	}
	return text(Judge(run, []Threshold{made}))
}

func TestJudge(t *testing.T) {
	// 1000 reads from 1 to 1000 ms of which one failed, 100 writes from 1 to 100 ms, and two openings of a session.
	write := row("write", 1, 100, 0)
	write.Errors["not sent"] = 1
	run := ran(row("read", 9, 1000, 1), write, row("helo", 0, 2, 1))
	for expr, want := range map[string]string{
		"read:p50<500ms":           "missed 500ms",
		"read:p50<501ms":           "met 500ms",
		"read:service.p99<100ms":   "met 99.0ms",
		"read:response.p99<100ms":  "missed 990ms",
		"write:mean<60ms":          "met 50.5ms",
		"write:max>200ms":          "missed 100ms",
		"p90<100ms":                "missed 890ms", // of both together
		"success>=99.8%":           "met 99.82%",
		"success>=99.9%":           "missed 99.82%",
		"read:success>=99.9%":      "met 99.90%", // 999 of 1000, exactly
		"read:success>99.9%":       "missed 99.90%",
		"write:success>=100%":      "missed 99.01%", // a call that was never sent did not succeed
		"helo:success>=0.9":        "missed 50.00%",
		"errors<=2":                "met 2",
		"errors<2":                 "missed 2",
		"errors<0.2%":              "met 0.18%",
		"read:errors<0.1%":         "missed 0.10%",
		"rate>=110/s":              "met 110.0/s",
		"rate>110/s":               "missed 110.0/s",
		"rate<6600/m":              "missed 110.0/s",
		"read:rate>=100/s":         "met 100.0/s",
		"helo:rate>=1/s":           "missed 0.2/s",
		"read:success>=99.899999%": "met 99.90%",
		"read:success>=99.901%":    "missed 99.90%",
	} {
		if got := judged(t, run, expr); got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
}

// Rounding must not show a value on the other side of its limit, nor all where it is not all.
func TestValuesAreShownOnTheirSide(t *testing.T) {
	for _, c := range []struct {
		expr, want string
		run        record.Load
	}{
		{"success>=99.99%", "missed 99.989%", ran(row("read", 1, 100_000, 11))},
		{"success>=99%", "met 99.999%", ran(row("read", 1, 100_000, 1))},
		{"errors<1%", "met 0.001%", ran(row("read", 1, 100_000, 1))},
		{"rate>=10/s", "missed 9.99/s", func() record.Load {
			run := ran(row("read", 1, 100, 0))
			run.Achieved.Duration += 10 * time.Millisecond
			return run
		}()},
	} {
		if got := judged(t, c.run, c.expr); got != c.want {
			t.Errorf("%s: %s, want %s", c.expr, got, c.want)
		}
	}
	for value, want := range map[int64]string{
		0: "0ns", 999: "999ns", 1000: "1.00us", 12_345: "12.3us", 999_499: "999us", 999_600: "1.00ms", 49_999_999: "49.999999ms", 50_000_001: "50.0ms",
		1_234_567_890: "1.23s", 120e9: "120s",
	} {
		made := mustParse(t, "p99<50ms")
		if got := made.show(whole(int(value))); got != want {
			t.Errorf("%d ns are shown as %s, want %s", value, got, want)
		}
	}
}

// ways is a run that compares two ways to renew sessions.
func ways() record.Load {
	run := ran(row("read single-flight", 20, 100, 0), row("read naive", 20, 200, 4), row("stale", 1, 10, 0),
		row("helo single-flight", 0, 2, 0), row("helo naive", 0, 50, 0))
	run.Sessions = []record.SessionLife{{Name: "single-flight", Opened: 4, Refreshes: 3, Expiries: 3}, {Name: "naive", Opened: 50, Refreshes: 49, Expiries: 3}}
	return run
}

func TestEachWayIsJudged(t *testing.T) {
	for expr, want := range map[string]string{
		"p99<150ms":                  "met single-flight 99.0ms; missed naive 198ms; met stale 10.0ms",
		"success>=99%":               "met single-flight 100.00%; missed naive 98.00%; met stale 100.00%",
		"rate>=31/s":                 "met 31.0/s",
		"read:p99<150ms":             "met read single-flight 99.0ms; missed read naive 198ms",
		"read naive:p99<150ms":       "missed 198ms",
		"naive:p99<150ms":            "missed 198ms",
		"naive:rate>=20/s":           "met 20.0/s",
		"helo:service.max<=50ms":     "met helo single-flight 200us; met helo naive 5.00ms",
		"stale:errors<=0":            "met 0",
		"refreshes<=1/expiry":        "met single-flight 1.00/expiry; missed naive 16.33/expiry",
		"naive:refreshes<=1/expiry":  "missed 16.33/expiry",
		"single-flight:refreshes<=3": "met 3",
	} {
		if got := judged(t, ways(), expr); got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
	run := ways()
	run.Operations = run.Operations[:1]
	run.Operations[0].Name, run.Sessions = "read", run.Sessions[:1]
	for expr, want := range map[string]string{"p99<150ms": "met 99.0ms", "refreshes<=1/expiry": "met 1.00/expiry"} {
		if got := judged(t, run, expr); got != want {
			t.Errorf("%s of one way: %s, want %s", expr, got, want)
		}
	}
}

func TestFitsNamesWhatTheProfileLacks(t *testing.T) {
	without := ran(row("read", 1, 0, 0), row("helo", 0, 0, 0))
	for _, c := range []struct {
		expr, says string
		run        record.Load
	}{
		{"raed:p99<5ms", `raed:p99<5ms is about "raed", which the profile profile does not have (did you mean "read"?): choose from read, helo, or leave raed: out`, without},
		{"refreshes<=1/expiry", "refreshes<=1/expiry is about sessions, and the profile profile keeps none: leave it out", without},
		{"raed:p99<5ms", `(did you mean "read"?): choose from read, single-flight, naive, stale, helo, or leave`, ways()},
		{"read:refreshes<=1/expiry", `the refreshes of "read", which is no way that this run renews sessions by: choose from single-flight, naive, or leave read: out`, ways()},
	} {
		made := mustParse(t, c.expr)
		if err := made.Fits(c.run); err == nil || !strings.HasPrefix(err.Error(), "--threshold: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v\nwant %s", c.expr, err, c.says)
		}
		if got := text(Judge(ran(row("write", 1, 5, 0)), []Threshold{made})); !strings.HasPrefix(got, "missed ") {
			t.Errorf("what a run turns out not to have is %q, want missed", got)
		}
	}
}

func TestNothingIsMetWithoutATrueMeasurement(t *testing.T) {
	list := []Threshold{mustParse(t, "p99<50ms"), mustParse(t, "errors<=0")}
	good := func(change func(*record.Load)) record.Load {
		run := ran(row("read", 1, 10, 0))
		change(&run)
		return run
	}
	missed := record.Threshold{Expr: "errors<=0", Value: "4", Judgement: record.Missed}
	for want, run := range map[string]record.Load{
		"met 10.0ms; met 0":                                                               good(func(*record.Load) {}),
		"not judged no sample; not judged no sample":                                      ran(row("read", 1, 0, 0)),
		"not judged 10.0ms it fell behind; not judged 0 it fell behind":                   good(func(run *record.Load) { run.Invalid = "it fell behind" }),
		"not judged 10.0ms the run was interrupted; not judged 0 the run was interrupted": good(func(run *record.Load) { run.Interrupted = true }),
		"not judged 10.0ms the run was stopped before its end; missed 4":                  good(func(run *record.Load) { run.Stopped = &record.Stop{Threshold: missed} }),
		"not judged 10.0ms the run was interrupted; missed 4":                             good(func(run *record.Load) { run.Stopped, run.Interrupted = &record.Stop{Threshold: missed}, true }),
	} {
		if got := text(Judge(run, list)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	run := ran(row("read", 1, 10, 0), row("write", 1, 0, 0))
	run.Sessions = []record.SessionLife{{Opened: 1}}
	for expr, want := range map[string]string{
		"write:p99<5ms":       "not judged no sample",
		"write:errors<=0":     "not judged no sample",
		"refreshes<=1/expiry": "not judged no session expired: a longer --duration shows renewals",
		"refreshes<=1":        "met 0",
	} {
		if got := judged(t, run, expr); got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
}

func TestAbortable(t *testing.T) {
	for expr, says := range map[string]string{
		"p99<5ms": "", "mean<=5ms": "", "max<5ms": "", "errors<=3": "", "errors<1%": "", "success>=99%": "", "read:p999<5ms": "", "service.p50<5ms": "",
		"rate>=190/s":         "rate is known only at the end: give rate>=190/s as --threshold",
		"refreshes<=1/expiry": "refreshes is known only at the end",
		"errors>=3":           "errors grows until the end, so errors>=3 is missed at first: bound it from above",
		"max>5ms":             "max grows until the end",
	} {
		err := mustParse(t, expr).Abortable()
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", expr, err, says)
		}
	}
}

// looks says at which of some looks, from 1, a watch stops a run, and for what.
func looks(t *testing.T, expr string, runs ...record.Load) string {
	t.Helper()
	w := NewWatch([]Threshold{mustParse(t, expr)})
	for i, run := range runs {
		if at, stop := w.Look(run, run.Invalid != ""); stop {
			return fmt.Sprintf("%d %s", i+1, text([]record.Threshold{at}))
		}
	}
	return "never"
}

func TestWatchStopsForWhatIsMissedForGoodOrSteadily(t *testing.T) {
	fast, slow, few, failing := ran(row("read", 1, 100, 0)), ran(row("read", 1, 200, 0)), ran(row("read", 1, 99, 0)), ran(row("read", 1, 200, 20))
	lags := slow
	lags.Invalid = "it lags"
	behind := failing
	behind.Invalid = "it lags"
	none := ran(row("read", 1, 0, 0))
	for _, c := range []struct {
		expr string
		runs []record.Load
		want string
	}{
		{"p99<150ms", []record.Load{slow, slow, slow, slow}, "3 missed 198ms"},
		{"p99<150ms", []record.Load{slow, slow, fast, slow, slow, slow}, "6 missed 198ms"},
		{"p99<150ms", []record.Load{none, fast, fast, fast, fast}, "never"},
		{"p99<150ms", []record.Load{slow, slow, lags, slow, slow, lags}, "never"},
		{"p99<5ms", []record.Load{few, few, few, few}, "never"},
		{"p999<5ms", []record.Load{slow, slow, slow, slow}, "never"},
		{"max<150ms", []record.Load{fast, slow}, "2 missed 200ms"},
		{"max<150ms", []record.Load{lags, lags, lags}, "never"},
		{"mean<90ms", []record.Load{slow, slow, slow}, "3 missed 100ms"},
		{"success>=95%", []record.Load{failing, failing, failing}, "3 missed 90.00%"},
		{"errors<5%", []record.Load{failing, failing, failing}, "3 missed 10.00%"},
		{"errors<20", []record.Load{fast, failing}, "2 missed 20"},
		{"errors<20", []record.Load{fast, behind}, "2 missed 20"},
		{"errors<21", []record.Load{failing, failing, failing, failing}, "never"},
		{"read:p99<150ms", []record.Load{ways(), ways(), ways()}, "3 missed read naive 198ms"},
	} {
		if got := looks(t, c.expr, c.runs...); got != c.want {
			t.Errorf("%s: %s, want %s", c.expr, got, c.want)
		}
	}
}
