package steps_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// gestixLive starts a mock and returns it as a live target that all scenarios share. Mock and suite have one clock, so a wait
// moves both.
func gestixLive(t *testing.T, opt targets.MockOptions, control bool) steps.Suite {
	t.Helper()
	v := registry.Vendors()[1]
	clock := targets.NewManual(now)
	opt.Clock = clock
	m, err := v.StartMock(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	target := v.MockTarget(m, clock)
	target.Kind = targets.KindLive
	if !control {
		target.Control = ""
	}
	suite := steps.OnTarget(target)
	suite.Timeout = 6 * time.Hour // of the clock that waiting moves
	return suite
}

func TestNoLegalVariationOfGestixIsAccusedAsALiveTarget(t *testing.T) {
	plan := planOf(t, "gestix", steps.Filter{})
	for _, seed := range seeds(0, 8) {
		for _, control := range []bool{false, true} {
			scenarios, _, err := gestixLive(t, targets.MockOptions{Seed: seed}, control).Run(context.Background(), plan)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, s := range scenarios {
				if s.Verdict != record.Passed && s.Verdict != record.Skipped && s.Weight != record.Observe {
					t.Errorf("seed %d, control %v: %s %q %s: expected %s, got %s %s", seed, control, s.Clause, s.Name, s.Verdict, s.Expected, s.Actual, s.Reason)
				}
				if control && s.Verdict == record.Skipped {
					t.Errorf("seed %d: %q is untested in spite of the control endpoint: %s", seed, s.Name, s.Reason)
				}
			}
		}
	}
}

// A session of two seconds is waited for: nothing of what rests on its end stays untested, and a wrong server is caught.
func TestAShortSessionIsWaitedFor(t *testing.T) {
	for fault, want := range map[string]record.ClauseVerdict{"": record.Kept, "never-expires": record.Broken} {
		opt := targets.MockOptions{SessionLifetime: 2 * time.Second}
		if fault != "" {
			opt.Faults = []string{fault}
		}
		suite := gestixLive(t, opt, false)
		suite.Timeout = steps.DefaultTimeout
		plan := planOf(t, "gestix", steps.Filter{Clauses: []string{"GES-09"}})
		scenarios, _, err := suite.Run(context.Background(), plan)
		if err != nil {
			t.Fatal(err)
		}
		results, sum := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
		if results[0].Verdict != want || sum.Skipped > 0 {
			t.Errorf("%q: %s, %d untested: %v", fault, results[0].Verdict, sum.Skipped, results[0].Notes)
		}
	}
}

// Every fault that the contract names is caught on a live target that can be steered, too.
func TestTheNamedFaultsOfGestixAreCaughtOnALiveTarget(t *testing.T) {
	named := map[string]bool{}
	for _, name := range []string{
		"helo-accepts-session-token", "helo-accepts-anything", "helo-400-as-403", "revoked-token-works", "empty-xa-token",
		"wrong-token-field", "auth-ignores-password", "auth-missing-parameter-ok", "auth-tells-users-apart",
		"api-token-opens-everything", "never-expires", "expires-as-401", "expires-at-once", "second-session-kills-first",
		"nonce-not-required-post", "nonce-not-required-put", "nonce-required-get", "nonce-equal-accepted", "nonce-lower-accepted",
		"nonce-global", "nonce-zero-accepted", "nonce-negative-accepted", "nonce-overflow-wraps", "nonce-lenient-number",
		"nonce-from-body", "nonce-race", "rejected-write-is-written", "nonce-must-be-consecutive", "missing-nonce-is-403",
		"error-without-code", "error-timestamp-broken", "status-incomplete", "session-crosses-accounts", "token-echoed",
		"predictable-tokens", "403-as-200",
	} {
		named[name] = true
	}
	plan := planOf(t, "gestix", steps.Filter{})
	faults := slices.DeleteFunc(registry.Vendors()[1].Faults, func(f targets.Fault) bool { return !named[f.Name] })
	if len(faults) != len(named) {
		t.Errorf("the mock has %d of the %d faults that the contract names", len(faults), len(named))
	}
	for _, fault := range sampled(faults) {
		scenarios, _, err := gestixLive(t, targets.MockOptions{Faults: []string{fault.Name}}, true).Run(context.Background(), plan)
		if err != nil {
			t.Errorf("%s: %v", fault.Name, err)
			continue
		}
		// By any clause: what all scenarios share, a nonce that counts for all sessions makes wrong for the others, too.
		if _, sum := (record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}).Tally(); sum.Broken == 0 {
			t.Errorf("%s is not caught", fault.Name)
		}
	}
}
