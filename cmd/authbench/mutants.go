package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

type mutantFlags struct {
	common
	seeds  int
	faults []string
}

func (a *app) mutantsCommand() *cobra.Command {
	var f mutantFlags
	cmd := &cobra.Command{
		Use:   "mutants [VENDOR...]",
		Short: "Prove that the suite can say no, and that it accuses nobody falsely",
		Long: "Runs the suite against the mock with each fault alone, and against legal variations of the mock. Exit 0: every " +
			"fault was caught and no variation accused; 1: otherwise.",
		Example: "  authbench mutants gillie\n" +
			"  authbench mutants gillie --seeds 5 --report json=mutants.json\n" +
			"  authbench mutants gestix --fault nonce-race --fault nonce-global",
		ValidArgs: a.vendorNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.mutants(cmd.Context(), args, &f)
		},
	}
	f.addReports(cmd, "json")
	cmd.Flags().StringArrayVar(&f.faults, "fault", nil, "try only this fault (repeatable)")
	cmd.Flags().IntVar(&f.seeds, "seeds", 50, "how many legal variations to try, from seed 1 on")
	return cmd
}

func (a *app) mutants(ctx context.Context, args []string, f *mutantFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.seeds < 1 {
		return usage("--seeds %d tries nothing: give at least 1", f.seeds)
	}
	vendors, err := a.chosen(args)
	if err != nil {
		return err
	}
	if vendors, err = onlyFaults(vendors, f.faults); err != nil {
		return err
	}
	run := record.MutantRun{Version: version(), Started: a.clock.Now()}
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
		if err := a.mutate(ctx, v, f.seeds, &run); err != nil {
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

// mutate tries every fault and every seed of one vendor.
func (a *app) mutate(ctx context.Context, v targets.Vendor, seeds int, run *record.MutantRun) error {
	files, err := features.Builtin(v.Name)
	if err != nil {
		return err
	}
	plan, err := steps.NewPlan(v.Name, files, steps.Filter{})
	if err != nil {
		return err
	}
	now := steps.Start()
	for i, fault := range v.Faults {
		a.progress(fmt.Sprintf("%s: fault %d of %d, %s", v.Name, i+1, len(v.Faults), fault.Name))
		m, err := steps.RunFault(ctx, v, plan, fault, now)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil // a run cut short proves nothing of this fault
		}
		run.Mutants = append(run.Mutants, m)
	}
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		a.progress(fmt.Sprintf("%s: legal variation %d of %d", v.Name, seed, seeds))
		accused, err := steps.RunVariation(ctx, v, plan, seed, now)
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
