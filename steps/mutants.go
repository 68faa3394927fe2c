package steps

import (
	"context"
	"slices"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// Start is where the clock of an embedded mock stands, so that two runs find the same. It is the seventh second of a minute:
// the phase at which a comparison of whole minutes is kindest to the past.
func Start() time.Time { return time.Date(2026, 11, 24, 10, 0, 7, 0, time.UTC) }

// OnMock returns a suite whose scenarios each live with a mock of their own, on a port of its own, whose clock stands at now
// until the scenario moves it.
func OnMock(v targets.Vendor, opt targets.MockOptions, now time.Time) Suite {
	return Suite{Open: func(context.Context) (targets.Target, func() error, error) {
		clock := targets.NewManual(now)
		own := opt
		own.Clock = clock
		m, err := v.StartMock(own)
		if err != nil {
			return targets.Target{}, nil, err
		}
		return v.MockTarget(m, clock), m.Close, nil
	}}
}

// OnTarget returns a suite whose scenarios share one target and so run one after the other.
func OnTarget(t targets.Target) Suite {
	return Suite{Shared: true, Open: func(context.Context) (targets.Target, func() error, error) {
		return t, func() error { return nil }, nil
	}}
}

// RunFault runs what the plan has for the clauses that the fault is known to break against the vendor's mock with that fault
// alone. That it breaks no other is held by this package's own proof, which runs everything.
func RunFault(ctx context.Context, v targets.Vendor, plan *Plan, fault targets.Fault, now time.Time) (record.Mutant, error) {
	return mutant(ctx, v, plan, fault, OnMock(v, targets.MockOptions{Faults: []string{fault.Name}}, now))
}

// RunMistake runs what the plan has for the clauses that the mistake is known to break with the vendor's small client that
// makes it, which the program starts.
func RunMistake(ctx context.Context, v targets.Vendor, plan *Plan, mistake targets.Fault, program Program, jobs int) (record.Mutant, error) {
	suite := OnProgram(v, program, 0)
	suite.Timeout, suite.Parallel = mistakeTimeout, jobs
	return mutant(ctx, v, plan, mistake, suite)
}

// mistakeTimeout is the time that a client of ours gets which never ends by itself; all others end long before.
const mistakeTimeout = 8 * time.Second

// mutant runs a suite that is known to be red.
func mutant(ctx context.Context, v targets.Vendor, plan *Plan, fault targets.Fault, suite Suite) (record.Mutant, error) {
	plan = plan.Of(fault.Breaks)
	scenarios, _, err := suite.Run(ctx, plan)
	if err != nil {
		return record.Mutant{}, err
	}
	m := record.Mutant{Vendor: v.Name, Fault: fault.Name, Summary: fault.Summary, Expected: fault.Breaks}
	results, sum := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
	m.Failed, m.Errored = sum.Failed, sum.Errored+sum.NotRun
	for _, c := range results {
		if c.Verdict == record.Broken {
			m.Broken = append(m.Broken, c.ID)
		}
	}
	m.Caught = slices.Contains(m.Broken, fault.Breaks[0])
	return m, nil
}

// RunVariation runs the plan against the vendor's mock as the seed varies it within the law. Whatever is not green, and
// whatever could not be tested, is an accusation.
func RunVariation(ctx context.Context, v targets.Vendor, plan *Plan, seed uint64, now time.Time) ([]record.Accusation, error) {
	suite := OnMock(v, targets.MockOptions{Seed: seed}, now)
	suite.Parallel = 3 * defaultParallel // some variations are slow on purpose: most scenarios wait
	return accusations(ctx, v, plan, suite, seed)
}

// RunRight runs the plan with a right client against the mock as the seed varies it. Whatever is not green, and whatever could
// not be tested, is an accusation.
func RunRight(ctx context.Context, v targets.Vendor, plan *Plan, program Program, seed uint64, jobs int) ([]record.Accusation, error) {
	suite := OnProgram(v, program, seed)
	suite.Timeout, suite.Parallel = 30*time.Second, jobs
	return accusations(ctx, v, plan, suite, seed)
}

func accusations(ctx context.Context, v targets.Vendor, plan *Plan, suite Suite, seed uint64) ([]record.Accusation, error) {
	scenarios, _, err := suite.Run(ctx, plan)
	if err != nil {
		return nil, err
	}
	var accused []record.Accusation
	for _, s := range scenarios {
		if s.Verdict == record.Passed || s.Weight == record.Observe && s.Verdict == record.Failed {
			continue
		}
		detail := s.Verdict.String() + ": " + s.Reason
		if s.Verdict == record.Failed {
			detail = "expected " + s.Expected + ", got " + s.Actual
		}
		accused = append(accused, record.Accusation{
			Vendor: v.Name, Seed: seed, Clause: s.Clause, Scenario: s.Name, Detail: detail, Exchange: s.Exchange,
		})
	}
	return accused, nil
}
