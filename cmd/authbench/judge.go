package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

// judgeTimeout is the time that one run of the program may take: as long as a client may wait for a reply, and a bit.
const judgeTimeout = 40 * time.Second

type judgeFlags struct {
	common
	filter   steps.Filter
	features []string
	seed     uint64
	seeds    int
	jobs     int
	patience time.Duration
	failFast bool
	list     bool
}

func (a *app) judgeCommand() *cobra.Command {
	var f judgeFlags
	cmd := &cobra.Command{
		Use:   "judge VENDOR [flags] -- COMMAND [ARG...]",
		Short: "Judge whether a client program keeps its vendor's contract",
		Long: "Runs a client program under test, in any language, against a mock that watches it, and judges what it sent. For each " +
			"scenario the program is started afresh, in an empty folder, with AUTHBENCH_ACTION (read, write, update, reads:N or " +
			"writes:N), AUTHBENCH_URL and the vendor's credentials in its environment; it exits 0 if it did the action, and 127 if it " +
			"does not support it. {url}, {action} and credentials such as {public_key} in its arguments are replaced. docs/clients.md " +
			"shows all of this. Exit 0: every tested clause is kept; 1: one is broken; 3: the program could not be tested.",
		Example: "  authbench judge gillie -- ./my-client\n" +
			"  authbench judge gestix --clause GESC-09 -- node client.mjs\n" +
			"  authbench judge retailvista --seeds 20 --report junit=junit.xml -- ./my-client --quiet\n" +
			"  authbench judge gillie --scenario 'a read is signed' -- ./my-client {url} {public_key}\n" +
			"  authbench judge gillie -- authbench client gillie --mistake falls-back-to-plain",
		ValidArgs: a.vendorNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.judge(cmd.Context(), args, cmd.ArgsLenAtDash(), &f)
		},
	}
	f.addReports(cmd, "json, junit")
	f.addTimeout(cmd, judgeTimeout, "one run of the program")
	flags := cmd.Flags()
	flags.StringArrayVar(&f.filter.Scenarios, "scenario", nil, "run the scenario of this name (repeatable)")
	flags.StringVar(&f.filter.Tags, "tags", "", "run the scenarios that a Cucumber tag expression matches")
	flags.StringArrayVar(&f.filter.Clauses, "clause", nil, "run the scenarios of this clause (repeatable)")
	flags.StringArrayVar(&f.features, "features", nil,
		"run the feature files below this `folder` instead of ours (repeatable; the word builtin stands for ours)")
	flags.IntVar(&f.jobs, "jobs", 4, "how many scenarios run at once")
	flags.Uint64Var(&f.seed, "seed", 0, "let the mock vary within the law; 0 is the plain one")
	flags.IntVar(&f.seeds, "seeds", 1, "judge with so many seeds, from --seed on")
	flags.DurationVar(&f.patience, "client-timeout", steps.MaxPatience, "how long the program waits for a reply before it gives up, all its tries together")
	flags.BoolVar(&f.failFast, "fail-fast", false, "stop at the first broken clause")
	flags.BoolVar(&f.list, "list", false, "list the scenarios with their tags and run none")
	return cmd
}

func (f *judgeFlags) checkAll() error {
	switch {
	case f.timeout == 0:
		return usage("--timeout 0s gives the program no time: write it as 40s")
	case f.patience <= 0 || f.patience > steps.MaxPatience:
		return usage("--client-timeout %s is not between 0 and %s, the longest that a client may wait: write it as 5s", f.patience, steps.MaxPatience)
	case f.jobs < 1:
		return usage("--jobs %d runs nothing: give at least 1", f.jobs)
	case f.seeds < 1:
		return usage("--seeds %d judges nothing: give at least 1", f.seeds)
	}
	return f.check()
}

func (a *app) judge(ctx context.Context, args []string, dash int, f *judgeFlags) error {
	if err := f.checkAll(); err != nil {
		return err
	}
	names, command := args, []string(nil)
	if dash >= 0 {
		names, command = args[:dash], args[dash:]
	}
	if len(names) == 0 {
		return usage("judge needs a vendor: authbench judge %s -- COMMAND", a.vendors[0].Name)
	}
	v, err := a.vendor(names[0])
	switch {
	case err != nil:
		return err
	case len(names) > 1 && dash < 0:
		return usage("the command comes after two dashes: authbench judge %s -- %s", v.Name, strings.Join(names[1:], " "))
	case len(names) > 1:
		return usage("judge takes one vendor: leave out %s", strings.Join(names[1:], " "))
	}
	plan, err := planOf(v, steps.Client, f.features, f.filter)
	if err != nil {
		return err
	}
	if f.list {
		return a.listPlan(plan)
	}
	if len(command) == 0 {
		return usage("judge needs a program to judge: authbench judge %s -- COMMAND", v.Name)
	}
	program, err := a.program(v, command)
	if err != nil {
		return err
	}
	program.Patience = f.patience
	return a.judgeProgram(ctx, v, plan, program, f)
}

func (a *app) judgeProgram(ctx context.Context, v targets.Vendor, plan *steps.Plan, program steps.Program, f *judgeFlags) error {
	run := record.Run{Version: version(), Started: a.clock.Now(), Clients: true, Clauses: plan.Clauses(), Targets: []record.Target{{
		Name: "client", Vendor: v.Name, URL: "http://127.0.0.1 (a mock for each scenario)", Kind: string(targets.KindMock), Again: f.again(v.Name),
		After: " -- " + words(program.Args),
	}}}
	out, err := a.plan(f.reports, map[string]func(io.Writer) error{
		"json":  func(w io.Writer) error { return reports.VerifyJSON(w, run) },
		"junit": func(w io.Writer) error { return reports.VerifyJUnit(w, run) },
	})
	if err != nil {
		return err
	}
	defer out.discard(nil) // whatever happens, nothing half written is left
	began := time.Now()
	if run.Scenarios, err = a.judgeSeeds(ctx, v, plan, program, f); err != nil {
		return err
	}
	run.Duration = time.Since(began)
	_, sum := run.Tally()
	written := out.finish(func(w io.Writer) error {
		if sum.NotRun == sum.Scenarios {
			return nil // a table of nothing: the closing line says all
		}
		return reports.Verify(w, run, a.look(&f.common))
	})
	return also(judged(ctx, run, sum), written)
}

// judged is the verdict, with one word of its own for a program that never asked for anything.
func judged(ctx context.Context, run record.Run, sum record.Summary) error {
	err := verdict(ctx, sum, nil)
	if sum.Broken == 0 && sum.Requests == 0 && sum.Errored > 0 && ctx.Err() == nil {
		i := slices.IndexFunc(run.Scenarios, func(s record.Scenario) bool { return s.Verdict == record.Errored })
		return cannotTest("%s", run.Scenarios[i].Reason)
	}
	return err
}

// judgeSeeds judges with one seed after the other. Of each scenario the worst outcome counts.
func (a *app) judgeSeeds(ctx context.Context, v targets.Vendor, plan *steps.Plan, program steps.Program, f *judgeFlags) ([]record.Scenario, error) {
	worst := plan.Scenarios()
	soon := every(100 * time.Millisecond)
	defer a.clear()
	for i := range f.seeds {
		seed := f.seed + uint64(i)
		suite := steps.OnProgram(v, program, seed)
		suite.Timeout, suite.Parallel, suite.FailFast = f.timeout, f.jobs, f.failFast
		suite.Progress = func(done, planned int) {
			soon(func() { a.progress(fmt.Sprintf("%s: seed %d: %d of %d scenarios", v.Name, seed, done, planned)) })
		}
		scenarios, _, err := suite.Run(ctx, plan)
		if err != nil {
			return nil, err
		}
		failed := false
		for j := range scenarios {
			scenarios[j].Target, scenarios[j].Seed = "client", seed
			worst[j] = record.Worse(worst[j], scenarios[j])
			failed = failed || scenarios[j].Verdict == record.Failed
		}
		if ctx.Err() != nil || failed && f.failFast {
			break
		}
	}
	return worst, nil
}

// program makes a command fit to be run in another folder: what names a file here is made absolute.
func (a *app) program(v targets.Vendor, command []string) (steps.Program, error) {
	known := steps.Names(v.Name)
	args := slices.Clone(command)
	for i, arg := range args {
		for _, name := range placeholders(arg) {
			if !slices.Contains(known, name) {
				return steps.Program{}, usage("there is no {%s} to be replaced%s: %s has {%s}", name, targets.DidYouMean(name, known),
					v.Name, strings.Join(known, "}, {"))
			}
		}
		if i > 0 {
			args[i] = absolute(arg)
		}
	}
	path, err := exec.LookPath(args[0])
	if errors.Is(err, exec.ErrDot) {
		err = nil
	}
	if err != nil {
		hint := ""
		if info, here := os.Stat(args[0]); here == nil && !info.IsDir() && !strings.ContainsRune(args[0], filepath.Separator) {
			hint = ": there is a file of that name here, which is called ./" + args[0]
		}
		return steps.Program{}, cannotTest("the program %q cannot be started: %s%s", args[0], whyNot(err), hint)
	}
	if args[0], err = filepath.Abs(path); err != nil {
		return steps.Program{}, cannotTest("the program %q cannot be started: %v", command[0], err)
	}
	env := a.environ()
	if here, err := os.Getwd(); err == nil {
		env = append(env, "AUTHBENCH_CWD="+here)
	}
	return steps.Program{Args: args, Env: env}, nil
}

// whyNot says in words why there is no such program.
func whyNot(err error) string {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be executed: chmod +x makes it a program"
	}
	var failed *exec.Error
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}

// absolute makes a path out of an argument that names what is in this folder.
func absolute(arg string) string {
	if arg == "" || filepath.IsAbs(arg) || strings.HasPrefix(arg, "-") {
		return arg
	}
	if _, err := os.Stat(arg); err != nil {
		return arg
	}
	path, err := filepath.Abs(arg)
	if err != nil {
		return arg
	}
	return path
}

// placeholders are the names in braces of an argument. What holds more than a name is none: JSON, say, or a shell's ${X}.
func placeholders(arg string) []string {
	var names []string
	for i := strings.IndexByte(arg, '{'); i >= 0; i = strings.IndexByte(arg, '{') {
		shell := i > 0 && arg[i-1] == '$'
		arg = arg[i+1:]
		end := strings.IndexByte(arg, '}')
		if end > 0 && !shell && strings.Trim(arg[:end], "abcdefghijklmnopqrstuvwxyz_") == "" {
			names = append(names, arg[:end])
		}
	}
	return names
}

// again is the command line that repeats the run, up to the command.
func (f *judgeFlags) again(vendor string) string {
	line := []string{"authbench", "judge", vendor}
	for _, d := range f.features {
		line = append(line, "--features", quoted(d))
	}
	if f.timeout != judgeTimeout {
		line = append(line, "--timeout", f.timeout.String())
	}
	if f.patience != steps.MaxPatience {
		line = append(line, "--client-timeout", f.patience.String())
	}
	return strings.Join(line, " ")
}

// words writes a command so that a shell reads it as it was.
func words(args []string) string {
	list := make([]string, len(args))
	for i, arg := range args {
		list[i] = quoted(arg)
	}
	return strings.Join(list, " ")
}
