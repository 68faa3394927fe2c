package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/load"
	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

type loadFlags struct {
	common
	rate                string
	duration            time.Duration
	workers, maxWorkers int
	sessions            int
	refresh             []string
	mix                 string
	lifetime            time.Duration
	thresholds, abortOn []string
	out                 string
}

func (a *app) loadCommand() *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "load PROFILE",
		Short: "Drive load and print what it met",
		Long: "Sends requests at a steady rate, each signed anew, to a target of the configuration or without --target to the " +
			"vendor's embedded mock. A target that is not on loopback has to allow it: allow: {load: true}; one that a profile " +
			"writes to, allow: {writes: true}.\n\nProfiles:\n" + a.profileList(),
		Example: "  authbench load gillie-sign --rate 200/s --duration 3s\n" +
			"  authbench load gillie-plain --rate 50/s --duration 2s --out run.json",
		ValidArgs: a.profileNames(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("load takes one profile: choose from %s", strings.Join(a.profileNames(), ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.load(cmd.Context(), args[0], &f) },
	}
	f.addTargets(cmd, "the embedded mock")
	f.addReports(cmd, "json")
	f.addTimeout(cmd, 10*time.Second, "one request")
	flags := cmd.Flags()
	flags.StringVar(&f.rate, "rate", "100/s", "requests per second that are offered, such as 200/s or 90/m")
	flags.DurationVar(&f.duration, "duration", 10*time.Second, "how long to offer them")
	flags.IntVar(&f.workers, "workers", load.DefaultWorkers, "workers at the start")
	flags.IntVar(&f.maxWorkers, "max-workers", load.DefaultMaxWorkers, "most workers, and so most requests under way")
	flags.IntVar(&f.sessions, "sessions", 1, "sessions that the profile may keep at once")
	flags.StringArrayVar(&f.refresh, "refresh", nil, "how sessions are renewed (repeatable: the ways are compared side by side)")
	flags.StringVar(&f.mix, "mix", "", "how many calls of each kind, in percent, such as good=70,empty=10,invalid=10,missing=10")
	flags.DurationVar(&f.lifetime, "session-lifetime", 0, "how long a session of the embedded mock is good (default: the mock's own)")
	flags.StringArrayVar(&f.thresholds, "threshold", nil, "what the run has to keep to, such as 'p99<50ms', 'read:success>=99.9%' or "+
		"'refreshes<=1/expiry' (repeatable; beside those of the configuration)")
	flags.StringArrayVar(&f.abortOn, "abort-on", nil, "a threshold that ends the run early once it is missed, such as 'errors<=10' (repeatable)")
	flags.StringVar(&f.out, "out", "", "write the run to this file, as JSON")
	return cmd
}

func (a *app) profileNames() []string {
	var names []string
	for _, v := range a.vendors {
		for _, p := range v.Profiles {
			names = append(names, p.Name)
		}
	}
	return names
}

func (a *app) profileList() string {
	var b strings.Builder
	for _, v := range a.vendors {
		for _, p := range v.Profiles {
			fmt.Fprintf(&b, "  %-20s %s\n", p.Name, p.Help)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) profile(name string) (targets.Vendor, targets.Profile, error) {
	for _, v := range a.vendors {
		if i := slices.IndexFunc(v.Profiles, func(p targets.Profile) bool { return p.Name == name }); i >= 0 {
			return v, v.Profiles[i], nil
		}
	}
	return targets.Vendor{}, targets.Profile{}, usage("there is no profile %q%s: choose from %s",
		name, targets.DidYouMean(name, a.profileNames()), strings.Join(a.profileNames(), ", "))
}

func (a *app) load(ctx context.Context, name string, f *loadFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	v, profile, err := a.profile(name)
	if err != nil {
		return err
	}
	options, err := f.options(profile)
	if err != nil {
		return err
	}
	if options.Thresholds, options.AbortOn, err = a.thresholds(f); err != nil {
		return err
	}
	target, closeTarget, err := a.loadTarget(v, f)
	if err != nil {
		return err
	}
	defer closeTarget()
	if options.TLS, err = target.TLS.Config(a.source.ReadFile); err != nil {
		return usage("target %s: %v", target.Name, err)
	}
	var run record.Load
	out, err := a.loadOutputs(f, &run)
	if err != nil {
		return err
	}
	defer func() { _ = out.discard(nil) }() // of what was begun and not written
	options.Progress = a.loadProgress
	run, err = load.Run(ctx, target, profile, options)
	a.clear()
	if err != nil {
		return usage("%v", err)
	}
	run.Version = version()
	return also(loadVerdict(run), out.finish(func(w io.Writer) error { return reports.Load(w, run, a.look(&f.common)) }))
}

func (a *app) loadOutputs(f *loadFlags, run *record.Load) (*outputs, error) {
	render := func(w io.Writer) error { return reports.LoadJSON(w, *run) }
	out, err := a.plan(f.reports, map[string]func(io.Writer) error{"json": render})
	if err == nil && f.out != "" {
		if err = out.add(f.out, render); err != nil {
			err = out.discard(err)
		}
	}
	return out, err
}

func (f *loadFlags) options(p targets.Profile) (load.Options, error) {
	rate, err := load.ParseRate(f.rate)
	if err != nil {
		return load.Options{}, usage("--rate: %v", err)
	}
	switch {
	case f.duration <= 0:
		return load.Options{}, usage("--duration %s is no time to run: write it as 30s", f.duration)
	case f.workers < 1:
		return load.Options{}, usage("--workers %d sends nothing: give at least 1", f.workers)
	case f.maxWorkers < f.workers:
		return load.Options{}, usage("--max-workers %d is less than --workers %d: raise it", f.maxWorkers, f.workers)
	case f.timeout == 0:
		return load.Options{}, usage("--timeout 0s waits for no reply: write it as 10s")
	case f.sessions < 1:
		return load.Options{}, usage("--sessions %d opens none: give at least 1", f.sessions)
	case f.lifetime < 0:
		return load.Options{}, usage("--session-lifetime %s is no time: write it as 2s", f.lifetime)
	case f.lifetime > 0 && p.Refresh == nil:
		return load.Options{}, usage("the profile %s keeps no sessions: leave --session-lifetime out", p.Name)
	case f.lifetime > 0 && len(f.targets) > 0:
		return load.Options{}, usage("--session-lifetime is for the embedded mock, and %s decides itself: leave it out", f.targets[0])
	}
	var mix []targets.Share
	if f.mix != "" {
		if mix, err = load.ParseMix(f.mix); err != nil {
			return load.Options{}, usage("--mix: %v", err)
		}
	}
	return load.Options{
		Mix: mix, Rate: rate, Duration: f.duration, Workers: f.workers, MaxWorkers: f.maxWorkers, Timeout: f.timeout,
		Sessions: f.sessions, Refresh: f.refresh,
	}, nil
}

// loadTarget is the one target of the configuration, or the embedded mock.
func (a *app) loadTarget(v targets.Vendor, f *loadFlags) (targets.Target, func() error, error) {
	list, err := a.resolve(&f.common)
	nothing := func() error { return nil }
	switch {
	case err != nil:
		return targets.Target{}, nothing, err
	case len(list) > 1:
		return targets.Target{}, nothing, usage("load takes one --target")
	case len(list) == 1 && list[0].Vendor != v.Name:
		return targets.Target{}, nothing, usage("the target %s is of %s, and the profile of %s: choose one of the same vendor",
			list[0].Name, list[0].Vendor, v.Name)
	case len(list) == 1:
		if err := load.Permitted(list[0]); err != nil {
			return targets.Target{}, nothing, usage("%v", err)
		}
		return list[0], nothing, nil
	}
	m, err := v.StartMock(targets.MockOptions{SessionLifetime: f.lifetime})
	if err != nil {
		return targets.Target{}, nothing, cannotTest("the embedded mock cannot start: %v", err)
	}
	t := v.MockTarget(m, a.clock)
	a.learn(t.Secrets())
	return t, m.Close, nil
}

func (a *app) loadProgress(p load.Progress) {
	text := fmt.Sprintf("%s of %s: %d sent, %d done, %.1f/s, p99 %s, %d errors",
		p.Elapsed.Round(time.Second), p.Duration, p.Sent, p.Done, p.AchievedRate, p.P99.Round(10*time.Microsecond), p.Errors)
	if p.Sessions > 0 {
		text += fmt.Sprintf(", %d sessions opened", p.Sessions)
	}
	a.progress(text)
}

// loadVerdict turns a finished run into the command's ending. A broken contract outranks a missed threshold; where not one
// reply came, none was tested.
func loadVerdict(run record.Load) error {
	sum := run.Tally()
	after := slices.IndexFunc(run.Breaches, func(b record.Breach) bool { return b.Operation == "" })
	switch {
	case run.Interrupted:
		return &ending{exitInterrupted, "interrupted: what was measured until then is reported"}
	case after >= 0:
		return &ending{exitBroken, "the contract was broken under load: " + run.Breaches[after].Message}
	case sum.Broken > 0 && sum.Succeeded > 0:
		return &ending{exitBroken, fmt.Sprintf("the contract was broken under load: in %d of %d calls", sum.Broken, sum.Requests)}
	case sum.Broken > 0:
		return cannotTest("every good call was denied: authbench verify --target %s tells whether credentials, clock or server are wrong", run.Target.Name)
	case sum.Requests == 0 && sum.Unsent > 0:
		return cannotTest("not one of %d calls could be sent: the warning says why", sum.Unsent)
	case sum.Requests == 0:
		return &ending{exitNotTrusted, "no sample: nothing was measured"}
	case len(run.Missed()) > 0 && replied(run):
		return &ending{exitMissed, missed(run)}
	case sum.Succeeded == 0:
		return cannotTest("not one of %d calls got the reply that the contract asks for", sum.Requests)
	case len(run.NotJudged()) > 0:
		return &ending{exitNotTrusted, notJudged(run)}
	}
	return nil
}
