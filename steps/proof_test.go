package steps_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

var now = steps.Start()

// sampled is every twentieth of a list under -short, as with the race detector, which makes all slower; without it the proof is
// whole.
func sampled[T any](list []T) []T {
	if !testing.Short() {
		return list
	}
	var some []T
	for i := 0; i < len(list); i += 20 {
		some = append(some, list[i])
	}
	return some
}

// seeds are the numbers from first to last; under -short only three of them.
func seeds(first, last uint64) []uint64 {
	if testing.Short() {
		last = first + 2
	}
	var list []uint64
	for seed := first; seed <= last; seed++ {
		list = append(list, seed)
	}
	return list
}

func planOf(t *testing.T, vendor string, filter steps.Filter) *steps.Plan {
	t.Helper()
	files, err := features.Builtin(vendor)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := steps.NewPlan(vendor, steps.Server, files, filter)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func runOnMock(t *testing.T, v targets.Vendor, plan *steps.Plan, opt targets.MockOptions, at time.Time) []record.Scenario {
	t.Helper()
	scenarios, _, err := steps.OnMock(v, opt, at).Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return scenarios
}

func TestThePlainMockKeepsEveryClause(t *testing.T) {
	for _, v := range registry.Vendors() {
		plan := planOf(t, v.Name, steps.Filter{})
		scenarios := runOnMock(t, v, plan, targets.MockOptions{}, now)
		for _, s := range scenarios {
			if s.Verdict != record.Passed {
				t.Errorf("%s:%d %s: %s: expected %s, got %s %s", s.File, s.Line, s.Name, s.Verdict, s.Expected, s.Actual, s.Reason)
			}
		}
		results, _ := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
		for _, c := range results {
			want := record.Kept
			if c.Weight == record.Observe {
				want = record.Observed
			}
			if c.Verdict != want {
				t.Errorf("%s is %s, want %s", c.ID, c.Verdict, want)
			}
		}
	}
}

// Two-sided proof, the red side: every fault breaks exactly the clauses it is known to break, and every scenario that can
// accuse anybody is reddened by a fault that was made for something nearer to it than a wrong status of all denials.
//
// underAll are the clauses that every good signed call rests on: whatever breaks one of them reddens others too.
var underAll = []string{"GIL-02", "GIL-04"}

func TestEveryFaultIsCaughtAndEveryScenarioCanFail(t *testing.T) {
	blanket := []string{"denial-is-200", "denial-is-500"}
	for _, v := range registry.Vendors() {
		plan := planOf(t, v.Name, steps.Filter{})
		reddened := map[string]bool{}
		focused := map[string]bool{}
		for _, fault := range sampled(v.Faults) {
			scenarios := runOnMock(t, v, plan, targets.MockOptions{Faults: []string{fault.Name}}, now)
			results, sum := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
			var broken []string
			for _, c := range results {
				if c.Verdict == record.Broken {
					broken = append(broken, c.ID)
				}
			}
			known := slices.Sorted(slices.Values(fault.Breaks))
			if !slices.Equal(broken, known) {
				t.Errorf("%s breaks %v, known to break %v", fault.Name, broken, known)
			}
			if len(broken) == 1 {
				focused[broken[0]] = true
			}
			if sum.Errored+sum.NotRun > 0 {
				t.Errorf("%s: %d scenarios without a verdict", fault.Name, sum.Errored+sum.NotRun)
			}
			for i, s := range scenarios {
				if s.Verdict == record.Failed && !slices.Contains(blanket, fault.Name) {
					reddened[fmt.Sprint(i)] = true
				}
			}
		}
		if testing.Short() {
			continue // a sample reddens only some
		}
		for i, s := range plan.Scenarios() {
			if s.Weight != record.Observe && !reddened[fmt.Sprint(i)] {
				t.Errorf("%s:%d %s %q: no fault reddens it: it proves nothing", s.File, s.Line, s.Clause, s.Name)
			}
		}
		for _, c := range plan.Clauses() {
			if c.Weight != record.Observe && !focused[c.ID] && !slices.Contains(underAll, c.ID) {
				t.Errorf("%s has no fault that breaks it alone", c.ID)
			}
		}
	}
}

// Two-sided proof, the green side. All fifty seeds are tried by make demo.
func TestNoLegalVariationIsAccused(t *testing.T) {
	for _, v := range registry.Vendors() {
		plan := planOf(t, v.Name, steps.Filter{})
		for _, seed := range seeds(1, 20) {
			accused, err := steps.RunVariation(context.Background(), v, plan, seed, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range accused {
				t.Errorf("seed %d is accused of %s in %q: %s", a.Seed, a.Clause, a.Scenario, a.Detail)
			}
		}
	}
}
