package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
)

func runOf(weight record.Weight, verdicts ...record.Verdict) record.Run {
	r := record.Run{Started: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), Clauses: []record.Clause{{ID: "X-01", Weight: weight}}}
	for _, v := range verdicts {
		r.Scenarios = append(r.Scenarios, record.Scenario{Clause: "X-01", Weight: weight, Verdict: v, Requests: 2, Reason: "needs a key"})
	}
	return r
}

func TestTally(t *testing.T) {
	const p, f, e, s, n = record.Passed, record.Failed, record.Errored, record.Skipped, record.NotRun
	for _, c := range []struct {
		weight   record.Weight
		verdicts []record.Verdict
		want     record.ClauseVerdict
	}{
		{record.Must, []record.Verdict{p, p}, record.Kept},
		{record.Must, []record.Verdict{p, f, p}, record.Broken},
		{record.Derived, []record.Verdict{f, e, n}, record.Broken},
		{record.Conflict, []record.Verdict{f}, record.Broken},
		{record.Observe, []record.Verdict{f}, record.Observed},
		{record.Observe, []record.Verdict{p}, record.Observed},
		{record.Observe, []record.Verdict{s}, record.Untested},
		{record.Must, []record.Verdict{s, s}, record.Untested},
		{record.Must, []record.Verdict{p, s}, record.Untested},
		{record.Must, []record.Verdict{p, e}, record.Untested},
		{record.Must, []record.Verdict{p, n}, record.Untested},
		{record.Must, nil, record.Untested},
	} {
		results, sum := runOf(c.weight, c.verdicts...).Tally()
		if len(results) != 1 || results[0].Verdict != c.want {
			t.Errorf("%s %v: %s, want %s", c.weight, c.verdicts, results[0].Verdict, c.want)
		}
		if sum.Kept+sum.Broken+sum.Untested+sum.Observed != 1 || sum.Scenarios != len(c.verdicts) || sum.Requests != 2*len(c.verdicts) ||
			sum.Passed+sum.Failed+sum.Errored+sum.Skipped+sum.NotRun != sum.Scenarios {
			t.Errorf("%v: the counts do not add up: %+v", c.verdicts, sum)
		}
	}
}

// A scenario that goes further than its clause has to show leaves the clause kept when it cannot be tested.
func TestWhatGoesFurtherMayStayUntested(t *testing.T) {
	run := runOf(record.Must, record.Passed, record.Skipped)
	run.Scenarios[1].Further = true
	results, _ := run.Tally()
	if results[0].Verdict != record.Kept || !strings.Contains(strings.Join(results[0].Notes, "; "), "1 of 2 scenarios untested") {
		t.Errorf("%s, %v", results[0].Verdict, results[0].Notes)
	}
}

func TestWhatCouldNotBeTestedIsNamed(t *testing.T) {
	results, _ := runOf(record.Must, record.Passed, record.Skipped).Tally()
	if notes := strings.Join(results[0].Notes, "; "); notes != "1 of 2 scenarios untested; needs a key" {
		t.Errorf("the notes are %q", notes)
	}
}

// A scenario whose clause nobody knows is neither lost nor green.
func TestStraysAreCounted(t *testing.T) {
	r := runOf(record.Must, record.Passed)
	r.Scenarios = append(r.Scenarios, record.Scenario{Clause: "Y-09", Verdict: record.Failed}, record.Scenario{Verdict: record.Passed})
	results, sum := r.Tally()
	if len(results) != 2 || results[1].ID != record.NoClause || results[1].Verdict != record.Broken || len(results[1].Scenarios) != 2 {
		t.Errorf("%+v", results)
	}
	if sum.Kept != 1 || sum.Broken != 1 || sum.Scenarios != 3 {
		t.Errorf("%+v", sum)
	}
	if len(r.Clauses) != 1 {
		t.Error("the tally changed the record")
	}
}

func TestKnownDeviations(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		name    string
		verdict record.Verdict
		until   string
		known   int
		broken  int
		note    string
	}{
		{"broken as agreed", record.Failed, "2027-01-31", 1, 0, "known deviation until 2027-01-31: roles"},
		{"on its last day", record.Failed, "2026-11-24", 1, 0, "known deviation"},
		{"over", record.Failed, "2026-11-23", 0, 1, "over since"},
		{"no longer needed", record.Passed, "2027-01-31", 0, 1, "remove it from known_deviations"},
		{"untested", record.Skipped, "2027-01-31", 0, 0, "needs a key"},
	} {
		r := runOf(record.Must, c.verdict)
		r.Deviations = []record.Deviation{{Clause: "X-01", Reason: "roles", Until: day(c.until)}}
		results, sum := r.Tally()
		if sum.Known != c.known || sum.Broken != c.broken || !strings.Contains(strings.Join(results[0].Notes, "; "), c.note) {
			t.Errorf("%s: %+v %q", c.name, sum, results[0].Notes)
		}
	}
}

func TestTheZeroVerdictIsNotGreen(t *testing.T) {
	var v record.Verdict
	if v != record.NotRun || v.String() != "not run" {
		t.Errorf("the zero verdict is %s", v)
	}
}

func TestMutantsAreCounted(t *testing.T) {
	r := record.MutantRun{
		Mutants: []record.Mutant{{Caught: true}, {}, {Caught: true}},
		Accused: []record.Accusation{{Vendor: "a", Seed: 1}, {Vendor: "a", Seed: 1}, {Vendor: "b", Seed: 1}},
	}
	if r.Caught() != 2 || r.AccusedSeeds() != 2 {
		t.Errorf("%d caught, %d accused", r.Caught(), r.AccusedSeeds())
	}
}
