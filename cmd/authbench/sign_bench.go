package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/signbench"
	"github.com/authbench/authbench/targets"
)

// Bounds of what is measured.
const (
	maxSigners   = 1024
	benchMessage = 74 // bytes: keys of 24 and 40 characters and a salt
)

type signBenchFlags struct {
	common
	exec     string
	workers  string
	duration time.Duration
	requests int
	bytes    int
}

func (a *app) signBenchCommand() *cobra.Command {
	var f signBenchFlags
	cmd := &cobra.Command{
		Use:   "bench [VENDOR] [flags] [-- ARG...]",
		Short: "Measure how fast requests are signed, by our signer and by a program",
		Long: wrapped("Measures our signer, by itself and with what it keeps for a second, beside a bare SHA-256 of the same message. With --exec " +
			"also a program under test, a process for each worker: it reads requests such as {\"id\":1,\"private_key\":\"..\",\"public_key\":\"..\"," +
			"\"salt\":\"1764000000\"} from its standard input, one a line, and answers each by a line {\"id\":1,\"hash\":\"..\"} or by the hash alone. " +
			"Every answer is checked; docs/sign-bench.md shows all of this, and examples/sign has programs to begin from.\n\nAll take turns in " +
			"short rounds, and bare SHA-256 takes part twice: what it differs from itself is noise. Exit 1: the program signs wrongly; 3: it " +
			"could not be measured; 5: there is no sample."),
		Example: "  authbench sign bench\n" +
			"  authbench sign bench gillie --workers 1,2 --duration 3s --report json=sign.json\n" +
			"  authbench sign bench --exec 'node sign.mjs'\n" +
			"  authbench sign bench --exec ./signer --requests 100000 -- --fast",
		ValidArgs: a.signers(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.signBench(cmd.Context(), args, cmd.ArgsLenAtDash(), cmd.Flags().Changed("duration"), &f)
		},
	}
	f.addReports(cmd, "json")
	f.addTimeout(cmd, 10*time.Second, "one answer of the program")
	flags := cmd.Flags()
	flags.StringVar(&f.exec, "exec", "", "a program under test, as a command with its arguments; those behind -- are added")
	flags.StringVar(&f.workers, "workers", "", "how many workers sign at once: max, or a list such as 1,2,8 (default: 1, 2, 4 and so on up to GOMAXPROCS)")
	flags.DurationVar(&f.duration, "duration", time.Second, "how long each row of the table is measured")
	flags.IntVar(&f.requests, "requests", 0, "signatures of each row, in place of --duration")
	flags.IntVar(&f.bytes, "bytes", benchMessage, "length of what is hashed: both keys and the salt")
	return cmd
}

// signers are the vendors whose requests carry a hash.
func (a *app) signers() []string {
	var names []string
	for _, v := range a.vendors {
		if v.SignBench != nil {
			names = append(names, v.Name)
		}
	}
	return names
}

func (a *app) signBench(ctx context.Context, args []string, dash int, timed bool, f *signBenchFlags) error {
	names, rest := args, []string(nil)
	if dash >= 0 {
		names, rest = args[:dash], args[dash:]
	}
	v, err := a.signer(names)
	if err != nil {
		return err
	}
	o, err := f.options(timed)
	if err != nil {
		return err
	}
	bench, err := v.SignBench(f.bytes)
	if err != nil {
		return usage("--bytes %d: %v", f.bytes, err)
	}
	a.learnRequests(v, bench)
	if o.Program, err = a.signProgram(f, rest); err != nil {
		return err
	}
	var run record.SignBench
	out, err := a.plan(f.reports, map[string]func(io.Writer) error{
		"json": func(w io.Writer) error { return reports.SignBenchJSON(w, run) },
	})
	if err != nil {
		return err
	}
	defer func() { _ = out.discard(nil) }() // of what was begun and not written
	o.Progress = func(round, of int) { a.progress(fmt.Sprintf("round %d of %d", round, of)) }
	run, err = signbench.Run(ctx, bench, o)
	a.clear()
	if err != nil {
		return signBenchFailed(err)
	}
	run.Version, run.Vendor = version(), v.Name
	if o.Program != nil {
		run.Program = o.Program.Name
	}
	return also(signBenchVerdict(run), out.finish(func(w io.Writer) error { return reports.SignBench(w, run, a.look(&f.common)) }))
}

// signer is the vendor that the arguments name, or the first that signs.
func (a *app) signer(names []string) (targets.Vendor, error) {
	known := a.signers()
	switch {
	case len(names) == 0:
		return a.vendor(known[0])
	case len(names) > 1:
		return targets.Vendor{}, usage("sign bench takes one vendor: leave out %s; a program's arguments stand in --exec, or behind two dashes",
			strings.Join(names[1:], " "))
	}
	v, err := a.vendor(names[0])
	if err == nil && v.SignBench == nil {
		err = usage("the requests of %s carry no hash, so there is nothing to measure: choose from %s", v.Name, strings.Join(known, ", "))
	}
	return v, err
}

func (f *signBenchFlags) options(timed bool) (signbench.Options, error) {
	o := signbench.Options{Duration: f.duration, Requests: f.requests}
	if err := f.check(); err != nil {
		return o, err
	}
	switch {
	case f.duration <= 0:
		return o, usage("--duration %s is no time to measure: write it as 1s", f.duration)
	case f.requests < 0:
		return o, usage("--requests %d signs nothing: give at least 1", f.requests)
	case f.requests > 0 && timed:
		return o, usage("--duration and --requests both say when to stop: give one of them")
	case f.timeout == 0:
		return o, usage("--timeout 0s waits for no answer: write it as 10s")
	}
	var err error
	o.Workers, err = workersOf(f.workers)
	return o, err
}

// workersOf reads a list of numbers of workers. Without one it doubles from 1 up to the processors that may be used.
func workersOf(list string) ([]int, error) {
	most := runtime.GOMAXPROCS(0)
	switch list {
	case "max":
		return []int{most}, nil
	case "":
		var numbers []int
		for n := 1; n < most; n *= 2 {
			numbers = append(numbers, n)
		}
		return append(numbers, most), nil
	}
	var numbers []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > maxSigners {
			return nil, usage("--workers %q is no list of numbers from 1 to %d: write it as 1,2,8, or max", list, maxSigners)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), nil
}

// learnRequests keeps the keys of the bench out of every output, though nobody else uses them: a program that prints its
// keys is one that prints its user's, too.
func (a *app) learnRequests(v targets.Vendor, bench targets.SignBench) {
	learned := map[string]bool{}
	for _, r := range slices.Concat(bench.Samples, bench.Requests) {
		for _, e := range v.Credentials {
			if value := r.Input[e.Name]; value != "" && !e.Public && !learned[value] {
				learned[value] = true
				a.learn(targets.Credentials{e.Name: value})
			}
		}
	}
}

// signProgram is the program that --exec names; nil without one.
func (a *app) signProgram(f *signBenchFlags, rest []string) (*signbench.Program, error) {
	if strings.TrimSpace(f.exec) == "" {
		if len(rest) > 0 {
			return nil, usage("what stands behind the two dashes are arguments of a program: name it by --exec")
		}
		return nil, nil
	}
	args, err := commandWords(f.exec)
	if err != nil {
		return nil, usage("--exec %s: %v", quoted(f.exec), err)
	}
	if _, err := exec.LookPath(f.exec); err == nil || errors.Is(err, exec.ErrDot) {
		args = []string{f.exec} // a path may hold spaces
	}
	args = append(args, rest...)
	return &signbench.Program{Name: words(args), Args: args, Env: a.environ(), Timeout: f.timeout, Mask: a.secrets().Stream}, nil
}

// commandWords splits a command as a shell does: at spaces, but for those in quotes or behind a backslash. Nothing else has
// a meaning.
func commandWords(text string) ([]string, error) {
	var list []string
	var word strings.Builder
	begun, quote, escaped := false, rune(0), false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
			word.WriteRune(r)
		case r == '\\' && quote != '\'':
			escaped, begun = true, true
		case r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if begun {
				list = append(list, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote has no end")
	}
	if begun {
		list = append(list, word.String())
	}
	return list, nil
}

// signBenchFailed is the ending of a bench without a result.
func signBenchFailed(err error) error {
	var wrong *signbench.WrongAnswer
	if errors.As(err, &wrong) {
		return &ending{exitBroken, wrong.Error()}
	}
	return cannotTest("%v", err)
}

func signBenchVerdict(run record.SignBench) error {
	switch {
	case run.Interrupted:
		return &ending{exitInterrupted, "interrupted: what was measured until then is reported"}
	case run.Empty():
		return &ending{exitNotTrusted, "no sample: not every row was measured; give --duration more time, or --requests at least as many as workers"}
	}
	return nil
}
