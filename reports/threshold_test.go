package reports_test

import (
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
)

// held is what a run had to keep to: one is met, one missed, one has no sample, and one names what turned out not to be there.
func held() []record.Threshold {
	return []record.Threshold{
		{Expr: "p99<50ms", Value: "7.12ms", Judgement: record.Met},
		{Expr: "success>=99.9%", Value: "99.82%", Judgement: record.Missed},
		{Expr: "write:errors<=0", Reason: "no sample"},
		{Expr: "helo:p99<5ms", Judgement: record.Missed, Reason: "there is no row helo" + hostile},
	}
}

func TestThresholdsText(t *testing.T) {
	run := loaded(10)
	run.Thresholds = held()
	text := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Width: 80}) })
	for _, want := range []string{`
THRESHOLD         VALUE  VERDICT
p99<50ms         7.12ms  met
success>=99.9%   99.82%  missed
write:errors<=0       -  not judged
helo:p99<5ms          -  missed
`, "  missed     helo:p99<5ms: there is no row helo", "  not judged write:errors<=0: no sample\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks\n%s", text, want)
		}
	}
	if bad := raw.FindString(text); bad != "" {
		t.Errorf("%q reaches the terminal", bad)
	}
	quiet := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Quiet: true}) })
	if strings.Contains(quiet, "VERDICT") || strings.Contains(quiet, "p99<50ms") || !strings.Contains(quiet, "  missed     success>=99.9% (99.82%)\n") ||
		!strings.Contains(quiet, "not judged write:errors<=0") {
		t.Errorf("quiet says\n%s", quiet)
	}
	if text := render(t, func(w io.Writer) error { return reports.Load(w, loaded(10), reports.Options{}) }); strings.Contains(text, "THRESHOLD") {
		t.Errorf("no thresholds look like some:\n%s", text)
	}
}

func TestThresholdsOfWaysAndAStop(t *testing.T) {
	run := loaded(10)
	reason := "the run was stopped before its end"
	missed := record.Threshold{Expr: "read:p99<150ms", Row: "read naive", Value: "198ms", Judgement: record.Missed}
	run.Thresholds = []record.Threshold{{Expr: "read:p99<150ms", Row: "read single-flight", Value: "99.0ms", Reason: reason}, missed,
		{Expr: "success>=99%", Row: "naive", Value: "100.00%", Reason: reason}}
	run.Stopped = &record.Stop{Threshold: missed, After: 3004 * time.Millisecond}
	text := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Width: 80}) })
	for _, want := range []string{`
THRESHOLD       AT                    VALUE  VERDICT
read:p99<150ms  read single-flight   99.0ms  not judged
read:p99<150ms  read naive            198ms  missed
success>=99%    naive               100.00%  not judged
`, "  not judged read:p99<150ms at read single-flight, success>=99% at naive: the\n             run was stopped before its end\n",
		"  stopped    after 3.00 s, since the run had missed read:p99<150ms at read naive\n             (198ms); what was measured until then is shown\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks\n%s", text, want)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if utf8.RuneCountInString(line) > 84 {
			t.Errorf("a line of %d: %s", utf8.RuneCountInString(line), line)
		}
	}
}

func TestThresholdsJSON(t *testing.T) {
	run := loaded(10)
	if text := compact(t, run); !strings.Contains(text, `"thresholds":[]`) || strings.Contains(text, `"stopped"`) || strings.Contains(text, `"invalid"`) {
		t.Errorf("without thresholds: %s", text)
	}
	run.Thresholds = append(held()[:3], record.Threshold{Expr: "p99<5ms", Row: "naive", Value: "7.12ms", Reason: "it fell behind"})
	run.Invalid = "it fell behind"
	run.Stopped = &record.Stop{Threshold: held()[1], After: 1500 * time.Millisecond}
	text := compact(t, run)
	for _, want := range []string{
		`"thresholds":[{"expr":"p99<50ms","value":"7.12ms","met":true},{"expr":"success>=99.9%","value":"99.82%","met":false},` +
			`{"expr":"write:errors<=0","value":null,"met":null,"reason":"no sample"},` +
			`{"expr":"p99<5ms","row":"naive","value":"7.12ms","met":null,"reason":"it fell behind"}]`,
		`"stopped":{"expr":"success>=99.9%","value":"99.82%","after_s":1.5}`, `"invalid":"it fell behind"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
}
