package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
)

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// twoTargets judged one clause each with one verdict.
func twoTargets(first, second record.Verdict) record.Run {
	return record.Run{
		Started: start,
		Targets: []record.Target{{Name: "a", Vendor: "v"}, {Name: "b", Vendor: "v"}},
		Clauses: []record.Clause{{ID: "X-01", Vendor: "v", Weight: record.Must}},
		Scenarios: []record.Scenario{
			{Clause: "X-01", Vendor: "v", Target: "a", Verdict: first},
			{Clause: "X-01", Vendor: "v", Target: "b", Verdict: second, Reason: "needs a key"},
		},
	}
}

// What one target did never speaks for another.
func TestEachTargetHasAVerdictOfItsOwn(t *testing.T) {
	results, sum := twoTargets(record.Passed, record.Skipped).Tally()
	if len(results) != 2 || results[0].Verdict != record.Kept || results[1].Verdict != record.Untested || sum.Kept != 1 || sum.Untested != 1 {
		t.Errorf("one target's verdict hides that the other was not tested: %+v", results)
	}
	if results[0].Target.Name != "a" || results[1].Target.Name != "b" {
		t.Errorf("the results are of %q and %q", results[0].Target.Name, results[1].Target.Name)
	}
	run := twoTargets(record.Failed, record.Failed)
	run.Deviations = []record.Deviation{{Target: "a", Clause: "X-01", Reason: "roles", Until: start.AddDate(0, 1, 0)}}
	results, sum = run.Tally()
	if sum.Known != 1 || sum.Broken != 1 || !results[0].Known || results[1].Known {
		t.Errorf("the deviation of one target forgives the other: %+v", sum)
	}
	if !run.Several() || (record.Run{Targets: []record.Target{{Name: "mock", Vendor: "v"}, {Name: "mock", Vendor: "w"}}}).Several() {
		t.Error("two names, and only they, have to be told apart")
	}
}

// Two vendors' mocks have one name: their clauses are not mixed up.
func TestTargetsOfTwoVendorsWithOneName(t *testing.T) {
	run := record.Run{
		Targets: []record.Target{{Name: "mock", Vendor: "v"}, {Name: "mock", Vendor: "w"}},
		Clauses: []record.Clause{{ID: "X-01", Vendor: "v"}, {ID: "Y-01", Vendor: "w"}},
		Scenarios: []record.Scenario{
			{Clause: "X-01", Vendor: "v", Target: "mock", Verdict: record.Passed},
			{Clause: "Y-01", Vendor: "w", Target: "mock", Verdict: record.Failed},
			{Clause: "X-01", Vendor: "w", Target: "mock", Verdict: record.Failed}, // no clause of its vendor
		},
	}
	results, sum := run.Tally()
	if len(results) != 3 || sum.Kept != 1 || sum.Broken != 2 || results[2].ID != record.NoClause || results[2].Vendor != "w" {
		t.Errorf("%+v", results)
	}
}

// A scenario whose target nobody knows is neither lost nor green.
func TestStrayTargetsAreCounted(t *testing.T) {
	run := twoTargets(record.Passed, record.Passed)
	run.Scenarios = append(run.Scenarios, record.Scenario{Clause: "X-01", Vendor: "v", Target: "c", Verdict: record.Failed})
	results, sum := run.Tally()
	if len(results) != 3 || sum.Broken != 1 || results[2].Target.Name != "c" {
		t.Errorf("%+v", results)
	}
}

// That a deviation is no longer needed only the whole clause can show.
func TestAKnownDeviationOfAClauseThatIsKept(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*record.Run)
		verdict record.ClauseVerdict
		note    string
	}{
		{"judged as a whole", func(*record.Run) {}, record.Broken, "remove it from known_deviations"},
		{"chosen in part", func(r *record.Run) { r.Clauses[0].Partial = true }, record.Kept, "kept as far as it was judged"},
		{"judged in part", func(r *record.Run) {
			r.Scenarios = append(r.Scenarios, record.Scenario{Clause: "X-01", Verdict: record.Skipped, Further: true})
		}, record.Kept, "kept as far as it was judged"},
		{"twice, once over", func(r *record.Run) {
			r.Deviations = append(r.Deviations, record.Deviation{Clause: "X-01", Until: start.AddDate(1, 0, 0)})
		}, record.Broken, "remove it from known_deviations"},
	} {
		run := runOf(record.Must, record.Passed, record.Passed)
		run.Deviations = []record.Deviation{{Clause: "X-01", Reason: "roles", Until: start.AddDate(0, 1, 0)}}
		c.change(&run)
		results, _ := run.Tally()
		if got := results[0]; got.Verdict != c.verdict || got.Known || !strings.Contains(strings.Join(got.Notes, "; "), c.note) {
			t.Errorf("%s: %s, known %v, %q", c.name, got.Verdict, got.Known, got.Notes)
		}
	}
}

// Why a scenario did not run is said where its clause is.
func TestWhyAScenarioDidNotRunIsNamed(t *testing.T) {
	results, _ := runOf(record.Must, record.NotRun).Tally()
	if notes := strings.Join(results[0].Notes, "; "); notes != "1 of 1 scenarios did not run; needs a key" {
		t.Errorf("the notes are %q", notes)
	}
}
