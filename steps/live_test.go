package steps_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// onLive starts a mock and returns it as a live target: shared, and without a control endpoint unless asked for. Mock and
// suite have one clock, so a wait moves both.
func onLive(t *testing.T, opt targets.MockOptions, change func(*targets.Target)) (targets.Vendor, steps.Suite, *targets.Manual) {
	t.Helper()
	v := registry.Vendors()[0]
	clock := targets.NewManual(now)
	opt.Clock = clock
	m, err := v.StartMock(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	target := v.MockTarget(m, clock)
	target.Kind = targets.KindLive
	control := target.Control
	target.Control = ""
	if change != nil {
		change(&target)
	}
	if target.Control == "yes" {
		target.Control = control
	}
	return v, steps.OnTarget(target), clock
}

func verdicts(scenarios []record.Scenario) map[record.Verdict]int {
	count := map[record.Verdict]int{}
	for _, s := range scenarios {
		count[s.Verdict]++
	}
	return count
}

// Legal variations are not accused as a shared black box either: one clock, one set of keys, every salt used once, the
// skew estimated from the Date header alone.
func TestNoLegalVariationIsAccusedAsALiveTarget(t *testing.T) {
	for _, seed := range seeds(0, 12) {
		for _, control := range []string{"", "yes"} {
			v, suite, _ := onLive(t, targets.MockOptions{Seed: seed}, func(t *targets.Target) { t.Control = control })
			scenarios, _, err := suite.Run(context.Background(), planOf(t, v.Name, steps.Filter{}))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, s := range scenarios {
				if s.Verdict != record.Passed && s.Verdict != record.Skipped && s.Weight != record.Observe {
					t.Errorf("seed %d, control %q: %s %q %s: expected %s, got %s %s", seed, control, s.Clause, s.Name, s.Verdict, s.Expected, s.Actual, s.Reason)
				}
				if control == "yes" && s.Verdict == record.Skipped && s.Clause != "GIL-07" {
					t.Errorf("seed %d: %q is untested in spite of the control endpoint: %s", seed, s.Name, s.Reason)
				}
			}
		}
	}
}

// Without control, what needs steering is untested, and a wait happens only where the deadline allows it.
func TestABlackBoxIsWaitedForWhereTheTimeoutAllowsIt(t *testing.T) {
	for _, c := range []struct {
		timeout         time.Duration
		passed, skipped int
	}{{10 * time.Second, 0, 3}, {5 * time.Minute, 1, 2}, {time.Hour, 3, 0}} {
		v, suite, _ := onLive(t, targets.MockOptions{}, nil)
		suite.Timeout = c.timeout
		scenarios, _, err := suite.Run(context.Background(), planOf(t, v.Name, steps.Filter{Clauses: []string{"GIL-18"}}))
		if err != nil {
			t.Fatal(err)
		}
		if got := verdicts(scenarios); got[record.Passed] != c.passed || got[record.Skipped] != c.skipped {
			t.Errorf("--timeout %s: %v", c.timeout, got)
		}
		for _, s := range scenarios {
			if s.Verdict == record.Skipped && !strings.Contains(s.Reason, "needs a control endpoint to move the clock, or --timeout") {
				t.Errorf("untested because %q", s.Reason)
			}
		}
	}
	v, suite, _ := onLive(t, targets.MockOptions{Faults: []string{"accepted-url-cached"}}, nil)
	suite.Timeout = time.Hour
	scenarios, _, err := suite.Run(context.Background(), planOf(t, v.Name, steps.Filter{Clauses: []string{"GIL-18"}}))
	if err != nil || verdicts(scenarios)[record.Failed] != 2 {
		t.Errorf("a server that remembers URLs: %v, %v", verdicts(scenarios), err)
	}
}

// The owner's rate is kept: so many requests take so much of the clock's time.
func TestTheAgreedRateIsKept(t *testing.T) {
	v, suite, clock := onLive(t, targets.MockOptions{}, func(t *targets.Target) { t.Allow.Rate = 5 })
	suite.Timeout = time.Minute
	scenarios, _, err := suite.Run(context.Background(), planOf(t, v.Name, steps.Filter{Clauses: []string{"GIL-01"}}))
	if err != nil {
		t.Fatal(err)
	}
	requests := 2 // for the clock, and a good call
	for _, s := range scenarios {
		requests += s.Requests
	}
	if took, want := clock.Now().Sub(now), time.Duration(requests-1)*200*time.Millisecond; took != want || requests < 10 {
		t.Errorf("%d requests at 5/s took %s, want %s", requests, took, want)
	}
}

// Every fault is caught on a live target that can be steered, too; a black box misses only those that show over time, to
// the second, or after a deletion, and says what it lacked.
func TestFaultsOfALiveTarget(t *testing.T) {
	needSteering := map[string]bool{
		"accepted-url-cached": true, "delete-all": true, "recreate-revives-old": true, "recreate-breaks-others": true,
		"window-590s": true, "window-610s": true,
	}
	for _, control := range []string{"yes", ""} {
		for _, fault := range sampled(registry.Vendors()[0].Faults) {
			v, suite, _ := onLive(t, targets.MockOptions{Faults: []string{fault.Name}}, func(t *targets.Target) { t.Control = control })
			plan := planOf(t, v.Name, steps.Filter{Clauses: fault.Breaks})
			scenarios, _, err := suite.Run(context.Background(), plan)
			if err != nil {
				t.Errorf("%s: %v", fault.Name, err)
				continue
			}
			_, sum := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
			want := control == "yes" || !needSteering[fault.Name]
			if (sum.Broken > 0) != want {
				t.Errorf("%s, control %q: %d clauses broken", fault.Name, control, sum.Broken)
			}
		}
	}
}

func TestWhatWasSteeredIsPutBack(t *testing.T) {
	v, suite, _ := onLive(t, targets.MockOptions{}, func(t *targets.Target) { t.Control = "yes" })
	plan := planOf(t, v.Name, steps.Filter{Clauses: []string{"GIL-13", "GIL-18"}})
	for range 2 {
		scenarios, _, err := suite.Run(context.Background(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if got := verdicts(scenarios); got[record.Passed] != len(scenarios) {
			t.Errorf("%v", got)
		}
	}
}

// An interrupted run says of every planned scenario that it did not run.
func TestAnInterruptedRunIsNotGreen(t *testing.T) {
	v := registry.Vendors()[0]
	ctx, cancel := context.WithCancel(context.Background())
	suite := steps.OnMock(v, targets.MockOptions{}, now)
	suite.Parallel = 1
	suite.Progress = func(done, _ int) {
		if done == 5 {
			cancel()
		}
	}
	scenarios, _, err := suite.Run(ctx, planOf(t, v.Name, steps.Filter{}))
	if err != nil {
		t.Fatal(err)
	}
	if got := verdicts(scenarios); got[record.Passed] != 5 || got[record.NotRun] != len(scenarios)-5 {
		t.Errorf("%v", got)
	}
}
