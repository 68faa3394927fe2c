package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
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

// job is one target with what is to be run against it.
type job struct {
	vendor targets.Vendor
	suite  steps.Suite
	target record.Target
	plan   *steps.Plan

	deviations []record.Deviation
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
	run := record.Run{Version: version(), Started: a.clock.Now(), Again: f.again(args)}
	out, err := a.plan(f.reports, map[string]func(io.Writer) error{
		"json":  func(w io.Writer) error { return reports.VerifyJSON(w, run) },
		"junit": func(w io.Writer) error { return reports.VerifyJUnit(w, run) },
	})
	if err != nil {
		return err
	}
	began := time.Now()
	err = a.runJobs(ctx, jobs, f, &run)
	run.Duration = time.Since(began)
	if err != nil {
		return out.discard(err)
	}
	if !out.stdout { // before the reports: if one of them cannot be written, this is not lost
		if err := reports.Verify(a.stdout, run, a.look(&f.common)); err != nil {
			return out.discard(err)
		}
	}
	if err := out.write(); err != nil {
		return err
	}
	return verdict(ctx, run, f.failFast)
}

// verdict turns a finished run into the command's ending.
func verdict(ctx context.Context, run record.Run, failFast bool) error {
	_, sum := run.Tally()
	switch {
	case ctx.Err() != nil:
		return &ending{exitInterrupted, "interrupted: what ran until then is reported"}
	case sum.Broken > 0:
		return quietly(exitBroken)
	case sum.Errored > 0:
		return cannotTest("%d of %d scenarios could not be judged", sum.Errored, sum.Scenarios)
	case sum.NotRun > 0 && !failFast:
		return cannotTest("%d of %d planned scenarios have no verdict", sum.NotRun, sum.Scenarios)
	case sum.Passed+sum.Failed == 0:
		return cannotTest("nothing could be tested: all %d scenarios lack the means that the report names", sum.Scenarios)
	}
	return nil
}

// again is the command line that repeats this run.
func (f *verifyFlags) again(args []string) string {
	words := append([]string{"authbench", "verify"}, args...)
	add := func(flag, value string) { words = append(words, flag, quoted(value)) }
	if f.config != "" {
		add("--config", f.config)
	}
	for _, t := range f.targets {
		add("--target", t)
	}
	for _, d := range f.features {
		add("--features", d)
	}
	if f.seed != 0 {
		add("--seed", fmt.Sprint(f.seed))
	}
	if f.timeout != steps.DefaultTimeout {
		add("--timeout", f.timeout.String())
	}
	return strings.Join(words, " ")
}

// quoted writes a word so that a shell reads it as one.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (a *app) jobs(args []string, f *verifyFlags) ([]job, error) {
	vendors, err := a.chosen(args)
	if err != nil {
		return nil, err
	}
	list, err := a.resolve(&f.common)
	if err != nil {
		return nil, err
	}
	if len(f.targets) > 0 && f.seed != 0 {
		return nil, usage("--seed varies the embedded mock only: leave it out with --target")
	}
	var jobs []job
	if len(list) == 0 {
		now := a.clock.Now().Truncate(time.Second)
		for _, v := range vendors {
			suite := steps.OnMock(v, targets.MockOptions{Seed: f.seed}, now)
			jobs = append(jobs, job{vendor: v, suite: suite, target: record.Target{
				Name: "mock", Vendor: v.Name, URL: "http://127.0.0.1 (a port for each scenario)", Kind: string(targets.KindMock)}})
		}
	}
	for _, t := range list {
		j, err := a.liveJob(t, args)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	for i := range jobs {
		if jobs[i].plan, err = plan(jobs[i].vendor, f); err != nil {
			return nil, err
		}
		jobs[i].suite.Timeout, jobs[i].suite.FailFast = f.timeout, f.failFast
	}
	return jobs, nil
}

func (a *app) liveJob(t targets.Target, args []string) (job, error) {
	v := a.vendorOf(t)
	if len(args) > 0 && !strings.Contains(" "+strings.Join(args, " ")+" ", " "+v.Name+" ") {
		return job{}, usage("the target %s is of %s, not of %s: name that vendor or none", t.Name, v.Name, strings.Join(args, ", "))
	}
	suite := steps.OnTarget(t)
	var err error
	if suite.TLS, err = t.TLS.Config(a.source.ReadFile); err != nil {
		return job{}, usage("target %s: %v", t.Name, err)
	}
	j := job{vendor: v, suite: suite, target: record.Target{Name: t.Name, Vendor: v.Name, URL: t.URL, Kind: string(t.Kind)}}
	for _, d := range t.Deviations {
		j.deviations = append(j.deviations, record.Deviation{Clause: d.Clause, Reason: d.Reason, Until: d.Until})
	}
	return j, nil
}

func plan(v targets.Vendor, f *verifyFlags) (*steps.Plan, error) {
	dirs := f.features
	if len(dirs) == 0 {
		dirs = []string{"builtin"}
	}
	var files []features.File
	for _, dir := range dirs {
		more, err := featureFiles(v, dir)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	p, err := steps.NewPlan(v.Name, files, f.filter)
	if err != nil {
		return nil, usage("%v", err)
	}
	return p, nil
}

func featureFiles(v targets.Vendor, dir string) ([]features.File, error) {
	if dir == "builtin" {
		return features.Builtin(v.Name)
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, usage("--features %s cannot be read: %v", dir, unpath(err))
	case !info.IsDir():
		return nil, usage("--features %s is no folder: name the folder that holds the .feature files", dir)
	}
	files, err := features.Read(os.DirFS(dir), ".")
	if err != nil {
		return nil, usage("--features %s: %v", dir, err)
	}
	for i := range files {
		files[i].Name = filepath.Join(dir, files[i].Name)
	}
	return files, nil
}

// runJobs runs one target after the other and adds what was found to the run.
func (a *app) runJobs(ctx context.Context, jobs []job, f *verifyFlags, run *record.Run) error {
	known := map[string]bool{}
	for _, j := range jobs {
		soon := every(100 * time.Millisecond)
		j.suite.Progress = func(done, planned int) {
			soon(func() { a.progress(fmt.Sprintf("%s: %d of %d scenarios", j.target.Name, done, planned)) })
		}
		scenarios, notes, err := j.suite.Run(ctx, j.plan)
		a.clear()
		var unfit *steps.CannotTest
		if errors.As(err, &unfit) {
			if ctx.Err() != nil {
				return &ending{exitInterrupted, "interrupted before the first scenario"}
			}
			return cannotTest("%s cannot be tested: %s", j.target.Name, unfit.Reason)
		}
		if err != nil {
			return err
		}
		j.target.Notes = notes
		run.Targets = append(run.Targets, j.target)
		run.Deviations = append(run.Deviations, j.deviations...)
		run.Scenarios = append(run.Scenarios, scenarios...)
		for _, c := range j.plan.Clauses() {
			if !known[c.ID] {
				run.Clauses = append(run.Clauses, c)
			}
			known[c.ID] = true
		}
		_, sum := run.Tally()
		if ctx.Err() != nil || f.failFast && sum.Broken > 0 {
			break
		}
	}
	return nil
}

func (a *app) listScenarios(jobs []job) error {
	count := 0
	for _, j := range jobs {
		for i, s := range j.plan.Scenarios() {
			fmt.Fprintf(a.stdout, "%s:%d  %s  %s\n", s.File, s.Line, strings.Join(j.plan.Tags(i), " "), s.Name)
			count++
		}
	}
	_, err := fmt.Fprintf(a.stdout, "%d scenarios\n", count)
	return err
}
