package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

// job is one target with what is to be run against it.
type job struct {
	vendor targets.Vendor
	suite  steps.Suite
	target record.Target
	plan   *steps.Plan

	agreed     []targets.Deviation // as the configuration has them
	deviations []record.Deviation
}

// again is the command line that repeats the run on one target: on a vendor's embedded mock where none is named.
func (f *verifyFlags) again(vendor, target string) string {
	words := []string{"authbench", "verify", vendor}
	add := func(flag, value string) { words = append(words, flag, quoted(value)) }
	if f.config != "" {
		add("--config", f.config)
	}
	if target != "" {
		add("--target", target)
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
		for _, v := range vendors {
			jobs = append(jobs, mockJob(v, f))
		}
	}
	for _, t := range list {
		j, err := a.liveJob(t, args, f)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	for i := range jobs {
		j := &jobs[i]
		if j.plan, err = planOf(j.vendor, steps.Server, f.features, f.filter); err != nil {
			return nil, err
		}
		if err := j.checkDeviations(); err != nil {
			return nil, err
		}
		j.suite.Timeout, j.suite.FailFast = f.timeout, f.failFast
	}
	return jobs, nil
}

func mockJob(v targets.Vendor, f *verifyFlags) job {
	return job{
		vendor: v, suite: steps.OnMock(v, targets.MockOptions{Seed: f.seed}, steps.Start()),
		target: record.Target{Name: "mock", Vendor: v.Name, URL: "http://127.0.0.1 (a port for each scenario)",
			Kind: string(targets.KindMock), Again: f.again(v.Name, "")},
	}
}

func (a *app) liveJob(t targets.Target, args []string, f *verifyFlags) (job, error) {
	v := a.vendorOf(t)
	if len(args) > 0 && !slices.Contains(args, v.Name) {
		return job{}, usage("the target %s is of %s, not of %s: name that vendor or none", t.Name, v.Name, strings.Join(args, ", "))
	}
	j := job{vendor: v, suite: steps.OnTarget(t), agreed: t.Deviations, target: record.Target{
		Name: t.Name, Vendor: v.Name, URL: t.URL, Kind: string(t.Kind), Again: f.again(v.Name, t.Name)}}
	var err error
	if j.suite.TLS, err = t.TLS.Config(a.source.ReadFile); err != nil {
		return job{}, usage("target %s: %v", t.Name, err)
	}
	return j, nil
}

// checkDeviations takes over what was agreed, unless it is about a clause that there is not: it would forgive nothing, and
// nobody would notice.
func (j *job) checkDeviations() error {
	for _, d := range j.agreed {
		if ids := j.plan.Known(); !slices.Contains(ids, d.Clause) {
			return usage("%s: %s has no clause %q%s: authbench clauses %s lists them",
				d.Place, j.vendor.Name, d.Clause, targets.DidYouMean(d.Clause, ids), j.vendor.Name)
		}
		j.deviations = append(j.deviations, record.Deviation{Target: j.target.Name, Clause: d.Clause, Reason: d.Reason, Until: d.Until})
	}
	return nil
}

// own puts the target's name on the scenarios that were planned for it.
func (j *job) own(scenarios []record.Scenario) []record.Scenario {
	for i := range scenarios {
		scenarios[i].Target = j.target.Name
	}
	return scenarios
}

// notRun are the planned scenarios, with why none of them ran.
func (j *job) notRun(why string) []record.Scenario {
	scenarios := j.own(j.plan.Scenarios())
	for i := range scenarios {
		scenarios[i].Reason = why
	}
	return scenarios
}

// planOf reads the feature files of one side and chooses by the filter.
func planOf(v targets.Vendor, side steps.Side, dirs []string, filter steps.Filter) (*steps.Plan, error) {
	if len(dirs) == 0 {
		dirs = []string{"builtin"}
	}
	var files []features.File
	for _, dir := range dirs {
		more, err := featureFiles(v, side, dir)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	p, err := steps.NewPlan(v.Name, side, files, filter)
	if err != nil {
		return nil, usage("%v", err)
	}
	return p, nil
}

func featureFiles(v targets.Vendor, side steps.Side, dir string) ([]features.File, error) {
	if dir == "builtin" {
		return steps.Files(v.Name, side)
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
