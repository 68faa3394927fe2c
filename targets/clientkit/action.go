// Package clientkit is what the small client programs of all vendors share: how a program under test is told what to do, and
// how it says what became of it. It knows no rule of any contract.
package clientkit

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/authbench/authbench/targets"
)

// The exit codes of a program under test.
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitUnsupported = 127
)

// Action is what a program is told to do by AUTHBENCH_ACTION.
type Action struct {
	Kind  string // read, write or update
	Times int    // how often, all at once
}

// maxTimes bounds what a program does at once.
const maxTimes = 1000

// ParseAction reads read, write, update, reads:N and writes:N; false says that it is none of them.
func ParseAction(text string) (Action, bool) {
	kind, number, many := strings.Cut(text, ":")
	if !many {
		return Action{kind, 1}, kind == "read" || kind == "write" || kind == "update"
	}
	n, err := strconv.Atoi(number)
	return Action{strings.TrimSuffix(kind, "s"), n}, (kind == "reads" || kind == "writes") && err == nil && n > 0 && n <= maxTimes
}

// Run does the program's action and returns its exit code: do is called for each of its parts, all at once, with its number
// from 0 on. Every error is told on the standard error.
func Run(ctx context.Context, p targets.ClientProgram, do func(ctx context.Context, kind string, part int) error) int {
	action, known := ParseAction(p.Env("AUTHBENCH_ACTION"))
	if !known {
		fmt.Fprintln(p.Stderr, "AUTHBENCH_ACTION is none that this client knows: read, write, update, reads:N or writes:N")
		return ExitUnsupported
	}
	errs := make([]error, action.Times)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = do(ctx, action.Kind, i) })
	}
	wait.Wait()
	code := ExitDone
	for _, err := range errs {
		if err != nil {
			fmt.Fprintln(p.Stderr, err)
			code = ExitFailed
		}
	}
	return code
}
