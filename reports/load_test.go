package reports_test

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
)

func loaded(samples int) record.Load {
	op := record.OperationResult{Name: "read", Weight: 1, Status: map[int]int{}, Errors: map[string]int{},
		Response: hdrhistogram.New(1000, 600e9, 3), Service: hdrhistogram.New(1000, 600e9, 3)}
	for i := range samples {
		_ = op.Response.RecordValue(int64(i+1) * 1e6)
		_ = op.Service.RecordValue(int64(i+1) * 1e5)
	}
	op.Requests = samples
	return record.Load{Profile: "gillie-sign", Target: record.Target{Name: "mock", URL: "http://127.0.0.1:1"},
		Requested: record.Offered{Rate: 200, Duration: time.Second}, Achieved: record.Achieved{Rate: 199.9, Duration: time.Second, Requests: samples},
		Signing: record.Signing{Signatures: samples, Total: time.Duration(samples) * 210}, Operations: []record.OperationResult{op}}
}

func TestLoadText(t *testing.T) {
	run := loaded(100)
	run.Operations[0].Succeeded, run.Operations[0].Broken = 99, 1
	run.Operations[0].Errors["denied"] = 1
	run.Breaches = []record.Breach{
		{Operation: "read", Message: "a good call was denied" + hostile, Witness: &record.Exchange{Request: "GET /x?apikey=***", Response: "HTTP/1.1 403" + hostile}},
		{Message: "a document was written twice"},
	}
	text := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Width: 80}) })
	for _, want := range []string{"200.0/s", "199.9/s", "99.00 %", "read response", "read service", "100 signatures, 210 ns each", "read: 1 denied", "broken under load: 1 of 100 calls of read; the first:",
		"breach     a good call was denied", "> GET /x?apikey=***", "broken under load, as was found after the last call:\n  breach     a document was written twice"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if bad := raw.FindString(text); bad != "" {
		t.Errorf("%q reaches the terminal", bad)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if utf8.RuneCountInString(line) > 84 {
			t.Errorf("a line of %d: %s", utf8.RuneCountInString(line), line)
		}
	}
	run = loaded(100_000)
	run.Operations[0].Succeeded = 99_999
	if text := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{}) }); strings.Contains(text, "100.00 %") {
		t.Error("rounding hides a failure")
	}
	if text := render(t, func(w io.Writer) error { return reports.Load(w, loaded(0), reports.Options{}) }); !regexp.MustCompile(`read response +- +- +-`).MatchString(text) {
		t.Errorf("no sample looks like one:\n%s", text)
	}
}

// Requests beside the calls are offered by nobody, and the weights share out what is.
func TestLoadRows(t *testing.T) {
	run := loaded(90)
	run.Operations[0].Weight, run.Operations[0].Succeeded = 9, 90
	write, helo := loaded(10).Operations[0], loaded(3).Operations[0]
	write.Name, helo.Name, helo.Weight, helo.Succeeded, helo.Errors = "write", "helo", 0, 2, map[string]int{"refused": 1}
	run.Operations = append(run.Operations, write, helo)
	run.Requested.Rate, run.Achieved.Rate = 100, 100
	text := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Width: 80}) })
	for _, want := range []string{
		`(?m)^read +90   90\.0/s    90\.0/s  100\.00 % +0$`, `(?m)^write +10   10\.0/s    10\.0/s +0\.00 % +0$`,
		`(?m)^helo +3        -     3\.0/s   66\.67 % +1$`, "helo: 1 refused",
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	quiet := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Quiet: true}) })
	if strings.Contains(quiet, "helo: 3 requests") || !strings.Contains(quiet, "write: 10 requests") {
		t.Errorf("quiet says\n%s", quiet)
	}
}

func TestLoadJSON(t *testing.T) {
	var doc struct {
		Schema     string
		Operations map[string]struct {
			Success   float64
			Response  map[string]float64
			Histogram string
		}
		Signing struct {
			Signatures int
			Mean       int64 `json:"mean_ns"`
		}
	}
	if err := json.Unmarshal([]byte(render(t, func(w io.Writer) error { return reports.LoadJSON(w, loaded(100)) })), &doc); err != nil {
		t.Fatal(err)
	}
	op := doc.Operations["read"]
	h, err := hdrhistogram.Decode([]byte(op.Histogram))
	if err != nil || h.TotalCount() != 100 || float64(h.ValueAtQuantile(99))/1e6 < op.Response["p99_ms"]*0.999 || doc.Signing.Mean != 210 {
		t.Errorf("%v: %+v", err, doc)
	}
	none := render(t, func(w io.Writer) error { return reports.LoadJSON(w, loaded(0)) })
	if !strings.Contains(none, `"response": null`) || strings.Contains(none, "NaN") || !strings.Contains(none, `"breaches": []`) {
		t.Errorf("without a sample: %s", none)
	}
}

func TestLoadJSONBreaches(t *testing.T) {
	run := loaded(100)
	run.Operations[0].Broken = 2
	helo := loaded(1).Operations[0]
	helo.Name, helo.Weight = "helo", 0
	run.Operations = append(run.Operations, helo)
	run.Breaches = []record.Breach{{Operation: "read", Message: "denied", Witness: &record.Exchange{Request: "GET /", Response: "HTTP/1.1 403"}}, {Message: "twice"}}
	text := compact(t, run)
	for _, want := range []string{
		`"breaches":[{"operation":"read","message":"denied","exchange":{"request":"GET /","response":"HTTP/1.1 403"}},{"message":"twice"}]`,
		`"read":{"requests":100,"success":0,`, `"broken":2`, `"helo":{"requests":1,"beside":true,`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}

func compact(t *testing.T, run record.Load) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(render(t, func(w io.Writer) error { return reports.LoadJSON(w, run) }))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lives are those of a run that compares three ways to renew sessions.
func lives() []record.SessionLife {
	return []record.SessionLife{
		{Name: "single-flight", Opened: 51, Refreshes: 50, Expiries: 50, Denied: 412, RecoverMean: 12_340 * time.Microsecond, RecoverMax: 31 * time.Millisecond, Writes: 20_000, Disordered: 1},
		{Name: "naive", Opened: 12_345, Refreshes: 12_344, Expiries: 50, Denied: 13_000, Lost: 17, RecoverMean: 40 * time.Millisecond, RecoverMax: 1200 * time.Millisecond, Writes: 20_000, Disordered: 200},
		{Name: "proactive", Opened: 1},
	}
}

func TestSessionsText(t *testing.T) {
	run := loaded(10)
	run.Sessions = lives()
	text := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Width: 80}) })
	want := `
WAY            OPENED  REFRESHES/EXPIRY  DENIED  LOST  RECOVER MEAN  RECOVER MAX
single-flight      51              1.00     412     0       12.3 ms      31.0 ms
naive           12345            246.88   13000    17       40.0 ms       1.20 s
proactive           1                 -       0     0             -            -

WAY            WRITES  REJECTED FOR ORDER
single-flight   20000          1 (0.01 %)
naive           20000        200 (1.00 %)

denied: before a new session was there; lost: for good, for want of a session;
recover: from the first call denied to the first that succeeded after it.
`
	if !strings.Contains(text, want) {
		t.Errorf("%s\nlacks\n%s", text, want)
	}
	if !strings.Contains(text, "before sending: 210 ns a call, for signing and for a session; not part of service.") {
		t.Errorf("%s", text)
	}
	for line := range strings.SplitSeq(want, "\n") {
		if len(line) > 80 {
			t.Errorf("a line of %d: %s", len(line), line)
		}
	}
	run.Sessions = lives()[:1]
	text = render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Width: 80}) })
	want = `
OPENED  REFRESHES/EXPIRY  DENIED  LOST  RECOVER MEAN  RECOVER MAX
    51              1.00     412     0       12.3 ms      31.0 ms

WRITES  REJECTED FOR ORDER
 20000          1 (0.01 %)
`
	if !strings.Contains(text, want) {
		t.Errorf("%s\nlacks\n%s", text, want)
	}
	run.Sessions = nil
	if text = render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{}) }); strings.Contains(text, "OPENED") {
		t.Errorf("no sessions look like some:\n%s", text)
	}
}

func TestSessionsJSON(t *testing.T) {
	for want, sessions := range map[string][]record.SessionLife{
		`"sessions":{"opened":0,"refreshes":0,"denied_before_refresh":0},`: nil,
		`"sessions":{"opened":51,"refreshes":50,"denied_before_refresh":412,"expiries":50,"lost":0,"recover_mean_ms":12.34,"recover_max_ms":31,"writes":20000,"rejected_for_order":1},`: lives()[:1],
		`"sessions":{"opened":12346,"refreshes":12344,"denied_before_refresh":13000,"ways":[` +
			`{"name":"naive","opened":12345,"refreshes":12344,"denied_before_refresh":13000,"expiries":50,"lost":17,"recover_mean_ms":40,"recover_max_ms":1200,"writes":20000,"rejected_for_order":200},` +
			`{"name":"proactive","opened":1,"refreshes":0,"denied_before_refresh":0,"expiries":0,"lost":0,"recover_mean_ms":null,"recover_max_ms":null,"writes":0,"rejected_for_order":0}]},`: lives()[1:],
	} {
		run := loaded(1)
		run.Sessions = sessions
		if text := compact(t, run); !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
}
