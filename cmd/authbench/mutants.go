package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

type mutantFlags struct {
	common
	seeds   int
	faults  []string
	clients bool
	jobs    int
}

func (a *app) mutantsCommand() *cobra.Command {
	var f mutantFlags
	cmd := &cobra.Command{
		Use:   "mutants [VENDOR...]",
		Short: "Prove that the suite can say no, and that it accuses nobody falsely",
		Long: "Runs the suite against the mock with each fault alone, and against legal variations of the mock. Exit 0: every " +
			"fault was caught and no variation accused; 1: otherwise. With --clients the suites that judge client programs are tried, " +
			"on a small client with each of its mistakes, and on the same client without any.",
		Example: "  authbench mutants gillie\n" +
			"  authbench mutants gillie --seeds 5 --report json=mutants.json\n" +
			"  authbench mutants gestix --fault nonce-race --fault nonce-global\n" +
			"  authbench mutants --clients",
		ValidArgs: a.vendorNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.mutants(cmd.Context(), args, &f)
		},
	}
	f.addReports(cmd, "json")
	cmd.Flags().StringArrayVar(&f.faults, "fault", nil, "try only this fault (repeatable)")
	cmd.Flags().IntVar(&f.seeds, "seeds", 0, "how many legal variations to try, from seed 1 on (default 50; 3 with --clients)")
	cmd.Flags().BoolVar(&f.clients, "clients", false, "try the suites that judge clients")
	cmd.Flags().IntVar(&f.jobs, "jobs", 4, "how many client programs run at once")
	return cmd
}

func (a *app) mutants(ctx context.Context, args []string, f *mutantFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	switch {
	case f.seeds < 0:
		return usage("--seeds %d tries nothing: give at least 1", f.seeds)
	case f.jobs < 1:
		return usage("--jobs %d runs nothing: give at least 1", f.jobs)
	case f.seeds == 0 && f.clients:
		f.seeds = 3
	case f.seeds == 0:
		f.seeds = 50
	}
	vendors, err := a.chosen(args)
	if err != nil {
		return err
	}
	if f.clients { // a client's mistakes are tried as a server's faults are
		vendors = slices.Clone(vendors)
		for i := range vendors {
			vendors[i].Faults = vendors[i].Mistakes
		}
	}
	if vendors, err = onlyFaults(vendors, f.faults); err != nil {
		return err
	}
	run := record.MutantRun{Version: version(), Started: a.clock.Now(), Clients: f.clients}
	out, err := a.plan(f.reports, map[string]func(io.Writer) error{
		"json": func(w io.Writer) error { return reports.MutantsJSON(w, run) },
	})
	if err != nil {
		return err
	}
	defer out.discard(nil) // whatever happens, nothing half written is left
	for _, v := range vendors {
		run.Planned += len(v.Faults)
	}
	began := time.Now()
	for _, v := range vendors {
		if err := a.mutate(ctx, v, f, &run); err != nil {
			return err
		}
	}
	run.Duration = time.Since(began)
	a.clear()
	written := out.finish(func(w io.Writer) error { return reports.Mutants(w, run, a.look(&f.common)) })
	return also(mutantVerdict(ctx, run), written)
}

// onlyFaults leaves to each vendor the faults that were named, and drops the vendors without one; no name leaves all.
func onlyFaults(vendors []targets.Vendor, names []string) ([]targets.Vendor, error) {
	if len(names) == 0 {
		return vendors, nil
	}
	chosen, err := faultsOf(vendors, names)
	if err != nil {
		return nil, err
	}
	var list []targets.Vendor
	for _, v := range vendors {
		v.Faults = slices.DeleteFunc(slices.Clone(v.Faults), func(f targets.Fault) bool { return !slices.Contains(chosen[v.Name], f.Name) })
		if len(v.Faults) > 0 {
			list = append(list, v)
		}
	}
	return list, nil
}

func mutantVerdict(ctx context.Context, run record.MutantRun) error {
	switch {
	case ctx.Err() != nil:
		return &ending{exitInterrupted, "interrupted: what ran until then is reported"}
	case run.Caught() < run.Planned || len(run.Accused) > 0:
		return quietly(exitBroken)
	}
	return nil
}

// smallPatience is how long the small clients take at most until they give up.
const smallPatience = 5 * time.Second

// trials are the two ways of trying a suite: with what it has to catch, and with what it must not accuse.
type trials struct {
	plan  *steps.Plan
	fault func(targets.Fault) (record.Mutant, error)
	legal func(seed uint64) ([]record.Accusation, error)
}

func (a *app) trials(ctx context.Context, v targets.Vendor, f *mutantFlags) (t trials, err error) {
	if !f.clients {
		now := steps.Start()
		t.fault = func(fault targets.Fault) (record.Mutant, error) { return steps.RunFault(ctx, v, t.plan, fault, now) }
		t.legal = func(seed uint64) ([]record.Accusation, error) { return steps.RunVariation(ctx, v, t.plan, seed, now) }
		t.plan, err = planOf(v, steps.Server, nil, steps.Filter{})
		return t, err
	}
	self, err := a.self()
	if err != nil {
		return t, cannotTest("this program cannot find itself, to start it as a client: %v", err)
	}
	program := func(mistake ...string) steps.Program {
		return steps.Program{Args: append([]string{self, "client", v.Name}, mistake...), Env: a.environ(), Patience: smallPatience}
	}
	t.fault = func(fault targets.Fault) (record.Mutant, error) {
		return steps.RunMistake(ctx, v, t.plan, fault, program("--mistake", fault.Name), f.jobs)
	}
	t.legal = func(seed uint64) ([]record.Accusation, error) {
		return steps.RunRight(ctx, v, t.plan, program(), seed, f.jobs)
	}
	t.plan, err = planOf(v, steps.Client, nil, steps.Filter{})
	return t, err
}

// mutate tries every fault and every seed of one vendor.
func (a *app) mutate(ctx context.Context, v targets.Vendor, f *mutantFlags, run *record.MutantRun) error {
	t, err := a.trials(ctx, v, f)
	if err != nil {
		return err
	}
	for i, fault := range v.Faults {
		a.progress(fmt.Sprintf("%s: fault %d of %d, %s", v.Name, i+1, len(v.Faults), fault.Name))
		m, err := t.fault(fault)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil // a run cut short proves nothing of this fault
		}
		run.Mutants = append(run.Mutants, m)
	}
	for seed := uint64(1); seed <= uint64(f.seeds); seed++ {
		a.progress(fmt.Sprintf("%s: legal variation %d of %d", v.Name, seed, f.seeds))
		accused, err := t.legal(seed)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		run.Variations++
		run.Accused = append(run.Accused, accused...)
	}
	return nil
}
