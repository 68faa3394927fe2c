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
