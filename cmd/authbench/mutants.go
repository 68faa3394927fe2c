package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
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
			if f.clients && !cmd.Flags().Changed("seeds") {
				f.seeds = clientSeeds
			}
			return a.mutants(cmd.Context(), args, &f)
		},
	}
	f.addReports(cmd, "json")
	cmd.Flags().StringArrayVar(&f.faults, "fault", nil, "try only this fault (repeatable)")
	cmd.Flags().IntVar(&f.seeds, "seeds", 50, fmt.Sprintf("how many legal variations to try, from seed 1 on; %d with --clients", clientSeeds))
	cmd.Flags().BoolVar(&f.clients, "clients", false, "try the suites that judge clients")
	cmd.Flags().IntVar(&f.jobs, "jobs", 4, "how many client programs run at once")
	return cmd
}

func (a *app) mutants(ctx context.Context, args []string, f *mutantFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	switch {
	case f.seeds < 1:
		return usage("--seeds %d tries nothing: give at least 1", f.seeds)
	case f.jobs < 1:
		return usage("--jobs %d runs nothing: give at least 1", f.jobs)
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

// clientSeeds is how many legal variations right clients are tried with: each starts some forty programs.
const clientSeeds = 3

// smallPatience is how long the small clients take at most until they give up.
const smallPatience = 6 * time.Second

// trials are the two ways of trying a suite: with what it has to catch, and with what it must not accuse.
type trials struct {
	plan  *steps.Plan
	width int // how many are made at once: clients mostly wait
	fault func(targets.Fault) (record.Mutant, error)
	legal func(seed uint64) ([]record.Accusation, error)
}

func (a *app) trials(ctx context.Context, v targets.Vendor, f *mutantFlags) (t trials, err error) {
	if !f.clients {
		now := steps.Start()
		t.width = 1
		t.fault = func(fault targets.Fault) (record.Mutant, error) { return steps.RunFault(ctx, v, t.plan, fault, now) }
		t.legal = func(seed uint64) ([]record.Accusation, error) { return steps.RunVariation(ctx, v, t.plan, seed, now) }
		t.plan, err = planOf(v, steps.Server, nil, steps.Filter{})
		return t, err
	}
	t.width = clientWidth
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
	mutants, err := several(ctx, t.width, len(v.Faults), func(i int) (record.Mutant, error) {
		a.progress(fmt.Sprintf("%s: fault %d of %d, %s", v.Name, i+1, len(v.Faults), v.Faults[i].Name))
		return t.fault(v.Faults[i])
	})
	run.Mutants = append(run.Mutants, mutants...)
	if err != nil {
		return err
	}
	accused, err := several(ctx, t.width, f.seeds, func(i int) ([]record.Accusation, error) {
		a.progress(fmt.Sprintf("%s: legal variation %d of %d", v.Name, i+1, f.seeds))
		return t.legal(uint64(i + 1))
	})
	run.Variations += len(accused)
	for _, of := range accused {
		run.Accused = append(run.Accused, of...)
	}
	return err
}

// clientWidth is how many client programs' suites run at once.
const clientWidth = 6

// several does n things, so many at once, and returns what came of the first of them, in their order: all, unless the context
// ended meanwhile, since what was cut short proves nothing.
func several[T any](ctx context.Context, width, n int, do func(i int) (T, error)) ([]T, error) {
	results, errs, whole := make([]T, n), make([]error, n), make([]bool, n)
	places := make(chan struct{}, width)
	var wait sync.WaitGroup
	for i := range n {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			if ctx.Err() != nil {
				return
			}
			results[i], errs[i] = do(i)
			whole[i] = errs[i] == nil && ctx.Err() == nil
		})
	}
	wait.Wait()
	for i := range n {
		if !whole[i] {
			return results[:i], errs[i]
		}
	}
	return results, nil
}
