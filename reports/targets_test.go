package reports_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
)

// two is mixed, with a second target that keeps what the first breaks, and breaks what the first may.
func two() record.Run {
	run := mixed()
	run.Targets = append(run.Targets, record.Target{Name: "that", Vendor: "gillie", Again: "authbench verify --target that"})
	for i := range run.Scenarios {
		run.Scenarios[i].Vendor = "gillie"
	}
	for i, v := range []record.Verdict{record.Passed, record.Passed, record.Passed, record.Passed, record.Errored, record.Passed, record.Passed, record.Failed} {
		s := run.Scenarios[i]
		s.Target, s.Verdict, s.Name = "that", v, "the other's"
		run.Scenarios = append(run.Scenarios, s)
	}
	return run
}

func TestSeveralTargetsAreToldApart(t *testing.T) {
	text := render(t, func(w io.Writer) error { return reports.Verify(w, two(), reports.Options{Width: 160}) })
	for _, want := range []string{
		"TARGET  CLAUSE", "it      GIL-02  MUST     broken ", "that    GIL-02  MUST     kept ",
		"it      GIL-07  MUST     known ", "that    GIL-07  MUST     broken ", "target     that",
		"authbench verify --target that --clause GIL-07", "authbench verify --target it --clause GIL-02",
		"that: the other's (features/a.feature:7)", "5 kept, 2 broken",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	var doc struct {
		Clauses []struct {
			ID, Target, Verdict string
			Scenarios           []struct{ Target string }
		}
	}
	js := render(t, func(w io.Writer) error { return reports.VerifyJSON(w, two()) })
	if err := json.Unmarshal([]byte(js), &doc); err != nil || len(doc.Clauses) != 14 {
		t.Fatalf("%v, %d clauses", err, len(doc.Clauses))
	}
	for i, c := range doc.Clauses {
		if want := map[bool]string{true: "it", false: "that"}[i < 7]; c.Target != want || c.Scenarios[0].Target != want {
			t.Errorf("%s is of %q, want %q", c.ID, c.Target, want)
		}
	}
	verdicts, err := reports.ReadVerifyJSON(strings.NewReader(js))
	if err != nil || verdicts["GIL-02"] != "broken" || verdicts["GIL-03"] != "untested" || verdicts["GIL-07"] != "broken" {
		t.Errorf("read back, one target hides the other: %v, %v", verdicts, err)
	}
	junit := render(t, func(w io.Writer) error { return reports.VerifyJUnit(w, two()) })
	if !strings.Contains(junit, `classname="gillie.that.GIL-07"`) || xml.Unmarshal([]byte(junit), new(struct{})) != nil {
		t.Errorf("JUnit says\n%s", junit)
	}
}

// One target needs no name, and its JSON keeps the schema as it is.
func TestOneTargetIsNotNamed(t *testing.T) {
	text := render(t, func(w io.Writer) error { return reports.Verify(w, mixed(), reports.Options{}) })
	js := render(t, func(w io.Writer) error { return reports.VerifyJSON(w, mixed()) })
	if strings.Contains(text, "TARGET") || strings.Contains(js, "\"target\": \"it\",\n      \"weight\"") {
		t.Errorf("%s\n%s", text, js)
	}
}

func TestAKnownDeviationIsShownAsSuch(t *testing.T) {
	text := render(t, func(w io.Writer) error { return reports.Verify(w, mixed(), reports.Options{Color: true}) })
	if !strings.Contains(text, "GIL-07  MUST     \x1b[35mknown\x1b[0m") || !strings.Contains(text, "\x1b[35mknown\x1b[0m GIL-07: ") {
		t.Errorf("a known deviation looks like a breach:\n%s", text)
	}
	quiet := render(t, func(w io.Writer) error { return reports.Verify(w, mixed(), reports.Options{Quiet: true}) })
	if strings.Contains(quiet, "GIL-07") {
		t.Errorf("quiet says what is not wrong:\n%s", quiet)
	}
	js := render(t, func(w io.Writer) error { return reports.VerifyJSON(w, mixed()) })
	if verdicts, err := reports.ReadVerifyJSON(strings.NewReader(js)); err != nil || verdicts["GIL-07"] != "known" {
		t.Errorf("read back: %v, %v", verdicts, err)
	}
}

// Scenarios that belong to no clause can be repeated too, and a clause without a source shows none.
func TestTheBlockOfNoClause(t *testing.T) {
	run := record.Run{
		Targets: []record.Target{{Name: "it", Vendor: "gillie", Again: "authbench verify gillie --features 'm\x1b'"}},
		Clauses: []record.Clause{{ID: "OWN-01", Vendor: "gillie", Weight: record.Must, Title: "ours"}},
		Scenarios: []record.Scenario{{Clause: "OWN-01", Verdict: record.Failed, Expected: "a", Actual: "b"},
			{Verdict: record.Failed, Expected: "a", Actual: "b"}},
	}
	text := render(t, func(w io.Writer) error { return reports.Verify(w, run, reports.Options{}) })
	if strings.Count(text, "source ") != 1 || !strings.HasSuffix(strings.Split(text, "\n\n0 kept")[0], `again      authbench verify gillie --features 'm\x1b'`) {
		t.Errorf("it says\n%s", text)
	}
}

// A name with an escape does not reach the terminal, whatever prints it.
func TestEveryListIsPrintable(t *testing.T) {
	for name, text := range map[string]string{
		"the list of scenarios": render(t, func(w io.Writer) error {
			return reports.Scenarios(w, []reports.ScenarioRow{{Scenario: record.Scenario{File: "f" + hostile, Name: hostile}, Tags: []string{"@a" + hostile}}})
		}),
		"the ledger": render(t, func(w io.Writer) error {
			return reports.Clauses(w, []reports.ClauseRow{{ID: "X-01", Verdict: "kept" + hostile}}, reports.Options{})
		}),
		"JSON": render(t, func(w io.Writer) error { return reports.VerifyJSON(w, mixed()) }),
	} {
		if bad := raw.FindString(text); bad != "" {
			t.Errorf("%s: %q reaches the terminal", name, bad)
		}
		if !strings.Contains(text, `\x1b`) && !strings.Contains(text, `\u001b`) {
			t.Errorf("%s: the escape is not shown: %s", name, text)
		}
	}
}

// Why a scenario did not run is in the reports.
func TestReportsSayWhyAScenarioDidNotRun(t *testing.T) {
	run := record.Run{
		Started: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), Targets: []record.Target{{Name: "it", Notes: []string{"cannot be tested: nobody"}}},
		Clauses:   []record.Clause{{ID: "X-01", Weight: record.Must}},
		Scenarios: []record.Scenario{{Clause: "X-01", Reason: "nobody listens"}},
	}
	js := render(t, func(w io.Writer) error { return reports.VerifyJSON(w, run) })
	junit := render(t, func(w io.Writer) error { return reports.VerifyJUnit(w, run) })
	if !strings.Contains(js, `"reason": "nobody listens"`) || !strings.Contains(js, `"note": "cannot be tested: nobody"`) ||
		!strings.Contains(js, `"status": "not run"`) || !strings.Contains(junit, "did not run: nobody listens") {
		t.Errorf("%s\n%s", js, junit)
	}
}

// A run of mutants that was cut short says how many faults it did not come to.
func TestMutantsThatWereNotTried(t *testing.T) {
	for planned, want := range map[int]string{58: "2 of 58 faults tried; 1 of 2 faults caught", 2: "\n1 of 2 faults caught"} {
		run := mutants()
		run.Planned = planned
		text := render(t, func(w io.Writer) error { return reports.Mutants(w, run, reports.Options{Width: 80}) })
		js := render(t, func(w io.Writer) error { return reports.MutantsJSON(w, run) })
		if !strings.Contains(text, want) || !strings.Contains(js, `"planned": `+strconv.Itoa(planned)) {
			t.Errorf("%q is missing in\n%s%s", want, text, js)
		}
	}
}
