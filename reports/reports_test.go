package reports_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
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

// hostile is what a server may send to steer a terminal, to break XML or to hide text.
const hostile = "\x1b[2J\x1b]0;owned\x07 \x00\r \u202e \xff\xfe ]]> <x> & \u0085"

func mixed() record.Run {
	exchange := &record.Exchange{Request: "GET /a?apihash=<hash> HTTP/1.1\r\nHost: h", Response: "HTTP/1.1 200 OK\r\n\r\n" + hostile}
	clause := func(id string, w record.Weight) record.Clause {
		return record.Clause{ID: id, Vendor: "gillie", Weight: w, Title: "a promise of " + strings.Repeat("many words ", 12), Source: "Source: a page."}
	}
	scenario := func(id string, v record.Verdict) record.Scenario {
		s := record.Scenario{Name: "a scenario of " + id + hostile, File: "features/a.feature", Line: 7, Clause: id, Target: "it", Verdict: v, Duration: 1500 * time.Microsecond, Requests: 1}
		switch v {
		case record.Failed:
			s.Expected, s.Actual, s.Exchange = "denied", "accepted "+hostile, exchange
		case record.Skipped, record.Errored:
			s.Reason = "needs a " + hostile
		}
		return s
	}
	observed := scenario("GIL-05", record.Failed)
	observed.Weight, observed.Observed = record.Observe, []string{"it does " + hostile}
	return record.Run{
		Version: "v1", Started: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), Duration: 812 * time.Millisecond,
		Targets: []record.Target{{Name: "it", Vendor: "gillie", URL: "http://127.0.0.1:1", Kind: "live", Notes: []string{"a note"},
			Again: "authbench verify --target it"}},
		Clauses: []record.Clause{clause("GIL-01", record.Must), clause("GIL-02", record.Must), clause("GIL-03", record.Derived),
			clause("GIL-04", record.Must), clause("GIL-05", record.Observe), clause("GIL-06", record.Must), clause("GIL-07", record.Must)},
		Scenarios: []record.Scenario{scenario("GIL-01", record.Passed), scenario("GIL-02", record.Failed), scenario("GIL-02", record.Passed),
			scenario("GIL-03", record.Skipped), scenario("GIL-04", record.Errored), observed, scenario("GIL-06", record.NotRun), scenario("GIL-07", record.Failed)},
		Deviations: []record.Deviation{{Target: "it", Clause: "GIL-07", Reason: "agreed", Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}},
	}
}

func render(t *testing.T, f func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// raw finds what must not reach a terminal.
var raw = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069]")

func TestVerifyText(t *testing.T) {
	for _, width := range []int{60, 80, 120} {
		text := render(t, func(w io.Writer) error { return reports.Verify(w, mixed(), reports.Options{Width: width}) })
		for _, want := range []string{"GIL-02  MUST", "broken", "expected   denied", "actual     accepted", "> GET /a?apihash=<hash>", "< HTTP/1.1 200 OK",
			"features/a.feature:7", "again      authbench verify --target it --clause GIL-02", "Could not be judged", "did not run",
			"1 kept, 1 broken, 3 untested, 1 observed; 8 scenarios, 8 requests in 0.81 s; 1 known deviation"} {
			if !strings.Contains(text, want) {
				t.Errorf("width %d: %q is missing in\n%s", width, want, text)
			}
		}
		if bad := raw.FindString(text); bad != "" || !utf8.ValidString(text) {
			t.Errorf("width %d: %q reaches the terminal", width, bad)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if n := utf8.RuneCountInString(line); n > width && !strings.Contains(line, "< ") && strings.Contains(line, " many") {
				t.Errorf("width %d: a line of %d: %s", width, n, line)
			}
		}
	}
}

func TestVerifyQuietAndColour(t *testing.T) {
	quiet := render(t, func(w io.Writer) error { return reports.Verify(w, mixed(), reports.Options{Quiet: true}) })
	if strings.Contains(quiet, "GIL-01") || !strings.Contains(quiet, "GIL-02") || !strings.Contains(quiet, "1 kept, 1 broken") {
		t.Errorf("quiet says\n%s", quiet)
	}
	colour := render(t, func(w io.Writer) error { return reports.Verify(w, mixed(), reports.Options{Color: true}) })
	if !strings.Contains(colour, "\x1b[31mbroken\x1b[0m") || !strings.Contains(colour, "\x1b[32mkept\x1b[0m") {
		t.Error("no colours")
	}
	if empty := render(t, func(w io.Writer) error { return reports.Verify(w, record.Run{}, reports.Options{}) }); !strings.Contains(empty, "0 kept") {
		t.Errorf("an empty run says %q", empty)
	}
}

// The schema of docs: an unknown field fails, so a rename is noticed.
func TestVerifyJSON(t *testing.T) {
	text := render(t, func(w io.Writer) error { return reports.VerifyJSON(w, mixed()) })
	var doc struct {
		Schema  string
		Tool    struct{ Version string }
		Started time.Time
		MS      float64 `json:"duration_ms"`
		Targets []struct{ Name, Vendor, URL, Kind, Note string }
		Clauses []struct {
			ID, Vendor, Weight, Title, Verdict, Note string
			Known                                    bool `json:"known_deviation"`
			Scenarios                                []struct {
				Name, Status, Failure, Target, File, Reason string
				Line                                        int
				MS                                          float64 `json:"duration_ms"`
				Exchange                                    *struct{ Request, Response string }
			}
		}
		Summary struct {
			Kept, Broken, Untested, Observed, Scenarios, Errored int
			Known                                                int `json:"known_deviations"`
		}
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "authbench/verify/1" || doc.MS != 812 || doc.Targets[0].Kind != "live" || len(doc.Clauses) != 7 {
		t.Errorf("%+v", doc)
	}
	if s := doc.Summary; s.Kept != 1 || s.Broken != 1 || s.Untested != 3 || s.Observed != 1 || s.Scenarios != 8 || s.Known != 1 {
		t.Errorf("%+v", s)
	}
	broken := doc.Clauses[1].Scenarios[0]
	if broken.Status != "failed" || !strings.HasPrefix(broken.Failure, "expected denied, got accepted") || broken.Exchange == nil || broken.MS != 1.5 {
		t.Errorf("%+v", broken)
	}
	if ok := doc.Clauses[0].Scenarios[0]; ok.Status != "passed" || ok.Exchange != nil || ok.Failure != "" {
		t.Errorf("%+v", ok)
	}
	verdicts, err := reports.ReadVerifyJSON(strings.NewReader(text))
	if err != nil || verdicts["GIL-02"] != "broken" || verdicts["GIL-05"] != "observed" || len(verdicts) != 7 {
		t.Errorf("read back: %v, %v", verdicts, err)
	}
	if empty := render(t, func(w io.Writer) error { return reports.VerifyJSON(w, record.Run{}) }); strings.Contains(empty, "null") {
		t.Errorf("an empty run holds null: %s", empty)
	}
	for _, bad := range []string{"", "garbage", `{"schema":"authbench/load/1"}`, `[]`, `{}`} {
		if _, err := reports.ReadVerifyJSON(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is taken for a report", bad)
		}
	}
}

func TestVerifyJUnit(t *testing.T) {
	text := render(t, func(w io.Writer) error { return reports.VerifyJUnit(w, mixed()) })
	type counters struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	var doc struct {
		counters
		Suites []struct {
			counters
			Cases []struct {
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	var all counters
	for _, s := range doc.Suites {
		recount := counters{Tests: len(s.Cases)}
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil:
				recount.Failures++
			case c.Error != nil:
				recount.Errors++
			case c.Skipped != nil:
				recount.Skipped++
			}
		}
		if recount != s.counters {
			t.Errorf("a suite says %+v and holds %+v", s.counters, recount)
		}
		all = counters{all.Tests + s.Tests, all.Failures + s.Failures, all.Errors + s.Errors, all.Skipped + s.Skipped}
	}
	// GIL-02 alone fails: GIL-05 observes, and GIL-07 is a known deviation.
	if want := (counters{8, 1, 2, 1}); all != want || doc.counters != want {
		t.Errorf("counted %+v, says %+v, want %+v", all, doc.counters, want)
	}
}

func mutants() record.MutantRun {
	return record.MutantRun{
		Duration: 4100 * time.Millisecond, Variations: 50,
		Mutants: []record.Mutant{
			{Vendor: "gillie", Fault: "no-window", Summary: "never looks", Expected: []string{"GIL-06"}, Broken: []string{"GIL-01", "GIL-06"}, Failed: 3, Caught: true},
			{Vendor: "gillie", Fault: "sly", Summary: "hides " + hostile, Expected: []string{"GIL-08"}},
		},
		Accused: []record.Accusation{{Vendor: "gillie", Seed: 7, Clause: "GIL-14", Scenario: "s", Detail: "d" + hostile}},
	}
}

func TestMutants(t *testing.T) {
	text := render(t, func(w io.Writer) error { return reports.Mutants(w, mutants(), reports.Options{Width: 80}) })
	for _, want := range []string{"no-window  caught    GIL-06 GIL-01", "sly        SURVIVED  -", "seed 7: GIL-14",
		"authbench verify gillie --seed 7 --clause GIL-14", "1 of 2 faults caught; 1 of 50 legal variations accused; 4.10 s"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if bad := raw.FindString(text); bad != "" {
		t.Errorf("%q reaches the terminal", bad)
	}
	var doc struct {
		Schema  string
		Mutants []struct {
			Vendor, Fault string
			Caught        bool
			Clauses       []string
		}
		Accused []struct{ Seed uint64 }
		Summary struct{ Faults, Caught, Variations, Accused int }
	}
	js := render(t, func(w io.Writer) error { return reports.MutantsJSON(w, mutants()) })
	if err := json.Unmarshal([]byte(js), &doc); err != nil || doc.Schema != "authbench/mutants/1" || doc.Mutants[1].Clauses == nil ||
		doc.Summary.Faults != 2 || doc.Summary.Caught != 1 || doc.Summary.Accused != 1 || doc.Accused[0].Seed != 7 {
		t.Errorf("%v: %s", err, js)
	}
}

func loaded(samples int) record.Load {
	op := record.OperationResult{Name: "read", Status: map[int]int{}, Errors: map[string]int{},
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
	run.Operations[0].Succeeded, run.Operations[0].Denied = 99, 1
	run.Operations[0].Errors["denied"] = 1
	run.Operations[0].Witness = &record.Exchange{Request: "GET /x?apikey=***", Response: "HTTP/1.1 403" + hostile}
	text := render(t, func(w io.Writer) error { return reports.Load(w, run, reports.Options{Width: 80}) })
	for _, want := range []string{"200.0/s", "199.9/s", "99.00 %", "read response", "read service", "100 signatures, 210 ns each", "read: 1 denied", "1 of 100 good calls of read were denied", "> GET /x?apikey=***"} {
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
	if !strings.Contains(none, `"response": null`) || strings.Contains(none, "NaN") {
		t.Errorf("without a sample: %s", none)
	}
}
