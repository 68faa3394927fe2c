package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
)

type verifyFlags struct {
	common
	filter   steps.Filter
	features []string
	seed     uint64
	failFast bool
	list     bool
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [VENDOR...]",
		Short: "Prove that a server keeps its vendor's contract",
		Long: "Runs the feature files of the vendors (default: all) against the targets of the configuration, or without --target " +
			"against each vendor's embedded mock. Exit 0: every tested clause is kept; 1: one is broken; 3: it could not be tested.",
		Example: "  authbench verify gillie\n" +
			"  authbench verify gillie --clause GIL-06\n" +
			"  authbench verify gillie --tags '@MUST and not @GIL-14' --report junit=junit.xml\n" +
			"  authbench verify --config authbench.yaml --target gillie-staging",
		ValidArgs: a.vendorNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verify(cmd.Context(), args, &f)
		},
	}
	f.addTargets(cmd, "the embedded mock")
	f.addReports(cmd, "json, junit")
	f.addTimeout(cmd, steps.DefaultTimeout, "one scenario")
	flags := cmd.Flags()
	flags.StringVar(&f.filter.Tags, "tags", "", "run the scenarios that a Cucumber tag expression matches")
	flags.StringArrayVar(&f.filter.Clauses, "clause", nil, "run the scenarios of this clause (repeatable)")
	flags.StringArrayVar(&f.features, "features", nil,
		"run the feature files below this `folder` instead of ours (repeatable; the word builtin stands for ours)")
	flags.BoolVar(&f.failFast, "fail-fast", false, "stop at the first broken clause")
	flags.BoolVar(&f.list, "list", false, "list the scenarios with their tags and run none")
	flags.Uint64Var(&f.seed, "seed", 0, "let the embedded mock vary within the law; 0 is the plain one")
	return cmd
}

func (a *app) verify(ctx context.Context, args []string, f *verifyFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.timeout == 0 {
		return usage("--timeout 0s waits for no reply: write it as 10s")
	}
	jobs, err := a.jobs(args, f)
	if err != nil {
		return err
	}
	if f.list {
		return a.listScenarios(jobs)
	}
	run := record.Run{Version: version(), Started: a.clock.Now()}
	out, err := a.plan(f.reports, map[string]func(io.Writer) error{
		"json":  func(w io.Writer) error { return reports.VerifyJSON(w, run) },
		"junit": func(w io.Writer) error { return reports.VerifyJUnit(w, run) },
	})
	if err != nil {
		return err
	}
	defer out.discard(nil) // whatever happens, nothing half written is left
	began := time.Now()
	unfit := a.runJobs(ctx, jobs, f, &run)
	run.Duration = time.Since(began)
	_, sum := run.Tally()
	written := out.finish(func(w io.Writer) error {
		if sum.NotRun == sum.Scenarios {
			return nil // a table of nothing: the closing line says all
		}
		return reports.Verify(w, run, a.look(&f.common))
	})
	return also(verdict(ctx, sum, unfit), written)
}

// verdict turns a finished run into the command's ending. The targets that could not be tested at all are named by unfit.
func verdict(ctx context.Context, sum record.Summary, unfit []string) error {
	switch {
	case ctx.Err() != nil && sum.NotRun == sum.Scenarios:
		return &ending{exitInterrupted, "interrupted before the first scenario"}
	case ctx.Err() != nil:
		return &ending{exitInterrupted, "interrupted: what ran until then is reported"}
	case sum.Broken > 0:
		return &ending{exitBroken, strings.Join(unfit, "; ")}
	case len(unfit) > 0:
		return cannotTest("%s", strings.Join(unfit, "; "))
	case sum.Errored > 0:
		return cannotTest("%d of %d scenarios could not be judged", sum.Errored, sum.Scenarios)
	case sum.NotRun > 0:
		return cannotTest("%d of %d planned scenarios have no verdict", sum.NotRun, sum.Scenarios)
	case sum.Passed+sum.Failed == 0:
		return cannotTest("nothing could be tested: all %d scenarios lack the means that the report names", sum.Scenarios)
	}
	return nil
}

// runJobs runs one target after the other and adds what was found to the run. A target that cannot be tested keeps no other
// from being tested; what was wrong with it is returned. Every planned scenario is in the run.
func (a *app) runJobs(ctx context.Context, jobs []job, f *verifyFlags, run *record.Run) (unfit []string) {
	for _, j := range jobs {
		run.Deviations = append(run.Deviations, j.deviations...)
		_, sum := run.Tally()
		var scenarios []record.Scenario
		var err error
		switch {
		case ctx.Err() != nil:
			scenarios = j.notRun("interrupted")
		case f.failFast && sum.Broken > 0:
			scenarios = j.notRun("stopped at the first broken clause")
		default:
			scenarios, err = a.runJob(ctx, &j, run.Started)
		}
		if err != nil {
			unfit = append(unfit, err.Error())
		}
		run.Targets = append(run.Targets, j.target)
		run.Scenarios = append(run.Scenarios, scenarios...)
		for _, c := range j.plan.Clauses() {
			if !slices.ContainsFunc(run.Clauses, func(o record.Clause) bool { return o.ID == c.ID && o.Vendor == c.Vendor }) {
				run.Clauses = append(run.Clauses, c)
			}
		}
	}
	return unfit
}

// runJob runs one target. The error says why it cannot be tested; its scenarios did then not run.
func (a *app) runJob(ctx context.Context, j *job, started time.Time) ([]record.Scenario, error) {
	soon := every(100 * time.Millisecond)
	j.suite.Progress = func(done, planned int) {
		soon(func() { a.progress(fmt.Sprintf("%s: %d of %d scenarios", j.target.Name, done, planned)) })
	}
	j.suite.Agreed = map[string]bool{}
	for _, d := range j.deviations {
		j.suite.Agreed[d.Clause] = d.Holds(started)
	}
	scenarios, notes, err := j.suite.Run(ctx, j.plan)
	a.clear()
	if err != nil {
		j.target.Notes = []string{"cannot be tested: " + err.Error()}
		return j.notRun(err.Error()), fmt.Errorf("%s cannot be tested: %w", j.target.Name, err)
	}
	j.target.Notes = notes
	return j.own(scenarios), nil
}

func (a *app) listScenarios(jobs []job) error {
	var rows []reports.ScenarioRow
	for _, j := range jobs {
		rows = append(rows, rowsOf(j.plan)...)
	}
	return reports.Scenarios(a.stdout, rows)
}

func (a *app) listPlan(plan *steps.Plan) error { return reports.Scenarios(a.stdout, rowsOf(plan)) }

func rowsOf(plan *steps.Plan) []reports.ScenarioRow {
	var rows []reports.ScenarioRow
	for i, s := range plan.Scenarios() {
		rows = append(rows, reports.ScenarioRow{Scenario: s, Tags: plan.Tags(i)})
	}
	return rows
}
