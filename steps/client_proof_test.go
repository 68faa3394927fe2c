package steps_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// This program is the client program of its own tests, when it is started as one.
const actAs = "STEPS_TEST_ACTS_AS_CLIENT_OF"

func TestMain(m *testing.M) {
	if name, stranger := os.LookupEnv(actAsStranger); stranger {
		os.Exit(beStranger(name))
	}
	vendor, client := os.LookupEnv(actAs)
	if !client {
		os.Exit(m.Run())
	}
	mistake := ""
	if len(os.Args) > 1 {
		mistake = os.Args[1]
	}
	if stranger := retailvistaStrangers[mistake]; stranger != nil {
		os.Exit(stranger())
	}
	for _, v := range registry.Vendors() {
		if v.Name == vendor {
			os.Exit(v.RunClient(context.Background(), targets.ClientProgram{
				Mistake: mistake, Env: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
			}))
		}
	}
	os.Exit(2)
}

// ourClient is the vendor's small client, right or with one mistake, as a process of its own.
func ourClient(t *testing.T, vendor string, mistake ...string) steps.Program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return steps.Program{Args: append([]string{self}, mistake...), Env: append(os.Environ(), actAs+"="+vendor), Patience: 9 * time.Second}
}

func clientPlan(t *testing.T, vendor string, filter steps.Filter) *steps.Plan {
	t.Helper()
	files, err := features.BuiltinClient(vendor)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := steps.NewPlan(vendor, steps.Client, files, filter)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

const clientJobs = 6

// Two-sided proof of the clients' contracts, the green side: a right client is accused by no legal variation of a server, and
// every clause is judged.
func TestNoRightClientIsAccused(t *testing.T) {
	t.Parallel()
	for _, v := range registry.Vendors() {
		t.Run(v.Name, func(t *testing.T) {
			plan := clientPlan(t, v.Name, steps.Filter{})
			last := uint64(1) // twenty are run by mutants --clients --seeds 20
			if testing.Short() {
				last = 0
			}
			for seed := uint64(0); seed <= last; seed++ {
				accused, err := steps.RunRight(context.Background(), v, plan, ourClient(t, v.Name), seed, clientJobs)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range accused {
					t.Errorf("with seed %d the right client is accused of %s in %q: %s", a.Seed, a.Clause, a.Scenario, a.Detail)
				}
			}
		})
	}
}

// The red side: every mistake breaks exactly the clauses that it is known to break, and every scenario that can accuse anybody
// is reddened by a mistake.
func TestEveryMistakeIsCaughtAndEveryClientScenarioCanFail(t *testing.T) {
	t.Parallel()
	for _, v := range registry.Vendors() {
		t.Run(v.Name, func(t *testing.T) {
			plan := clientPlan(t, v.Name, steps.Filter{})
			reddened, focused := map[string]bool{}, map[string]bool{}
			mistakes := sampled(v.Mistakes)
			for k, scenarios := range judgeMistakes(t, v, mistakes) {
				mistake, broken := mistakes[k], brokenClauses(plan, scenarios)
				if known := slices.Sorted(slices.Values(mistake.Breaks)); !slices.Equal(broken, known) {
					t.Errorf("%s breaks %v, known to break %v%s", mistake.Name, broken, known, unexpected(scenarios, known))
				}
				if len(broken) == 1 {
					focused[broken[0]] = true
				}
				for _, s := range scenarios {
					reddened[placeOf(s)] = reddened[placeOf(s)] || s.Verdict == record.Failed
				}
			}
			if testing.Short() {
				return // a sample reddens only some
			}
			for _, s := range plan.Scenarios() {
				if s.Weight != record.Observe && !reddened[placeOf(s)] {
					t.Errorf("%s:%d %s %q: no mistake reddens it: it proves nothing", s.File, s.Line, s.Clause, s.Name)
				}
			}
			for _, c := range plan.Clauses() {
				if c.Weight != record.Observe && !focused[c.ID] {
					t.Errorf("%s has no mistake that breaks it alone", c.ID)
				}
			}
		})
	}
}

func placeOf(s record.Scenario) string { return fmt.Sprint(s.File, ":", s.Line, " ", s.Name) }

// judgeMistakes judges the small client with each mistake: several at once, since most of the time is spent waiting. Each is
// tried with the clauses that it is known to break, and every eighth with all others too, that it breaks none of them: with
// what each of those has to show, without what goes further.
func judgeMistakes(t *testing.T, v targets.Vendor, mistakes []targets.Fault) [][]record.Scenario {
	t.Helper()
	all := make([][]record.Scenario, len(mistakes))
	places := make(chan struct{}, 5) // more would wait for the processor, and a wait is no time-out of theirs
	var wait sync.WaitGroup
	for i, mistake := range mistakes {
		tags := "@" + strings.Join(mistake.Breaks, " or @")
		if i%8 == 0 {
			tags = "not @further or " + tags
		}
		plan := clientPlan(t, v.Name, steps.Filter{Tags: tags})
		suite := steps.OnProgram(v, ourClient(t, v.Name, mistake.Name), 0)
		suite.Timeout, suite.Parallel = 8*time.Second, clientJobs
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			scenarios, _, err := suite.Run(context.Background(), plan)
			if err != nil {
				t.Error(err)
			}
			all[i] = scenarios
		})
	}
	wait.Wait()
	return all
}

// unexpected tells the scenarios that failed beyond the known clauses, and those that could not be judged.
func unexpected(scenarios []record.Scenario, known []string) string {
	text := ""
	for _, s := range scenarios {
		if s.Verdict == record.Failed && !slices.Contains(known, s.Clause) || s.Verdict == record.Errored {
			text += fmt.Sprintf("\n    %s %q: %s: %s%s", s.Clause, s.Name, s.Verdict, s.Actual, s.Reason)
		}
	}
	return text
}

// brokenClauses are the ids of those that the scenarios found broken.
func brokenClauses(plan *steps.Plan, scenarios []record.Scenario) []string {
	var broken []string
	results, _ := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
	for _, c := range results {
		if c.Verdict == record.Broken {
			broken = append(broken, c.ID)
		}
	}
	return broken
}
