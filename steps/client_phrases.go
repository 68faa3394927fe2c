package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/program"
)

// onBench makes a handler out of what a step does on the bench.
func onBench(do func(*bench) error) func(*world) any {
	return func(w *world) any { return func() error { return do(w.bench) } }
}

// onBenchWith makes a handler with one argument.
func onBenchWith[A any](do func(*bench, A) error) func(*world) any {
	return func(w *world) any { return func(arg A) error { return do(w.bench, arg) } }
}

// afterTurn makes a handler that judges, and so needs that the program has run.
func afterTurn(do func(*bench) error) func(*world) any {
	return func(w *world) any {
		return func() error { return w.bench.needsTurn(func() error { return do(w.bench) }) }
	}
}

// afterTurnWith makes one with an argument.
func afterTurnWith[A any](do func(*bench, A) error) func(*world) any {
	return func(w *world) any {
		return func(arg A) error { return w.bench.needsTurn(func() error { return do(w.bench, arg) }) }
	}
}

func (b *bench) needsTurn(judge func() error) error {
	if len(b.turns) == 0 {
		return b.w.errored(errors.New("the client was not run before this step: add one of the When phrases"))
	}
	err := judge()
	if err == nil && b.pending != nil {
		return b.w.errored(b.pending)
	}
	return err
}

// clientPhrases are those that the client scenarios of every vendor may use.
func clientPhrases() []Phrase {
	return []Phrase{
		phrase(`the server takes (\d+) ms for each reply`, "Given the server takes 500 ms for each reply", "but to calls that open a session",
			onBenchWith(func(b *bench, ms int) error { b.stage.play(b.slow(time.Duration(ms) * time.Millisecond)); return nil })),
		phrase(`the server closes the connection after each reply`, "Given the server closes the connection after each reply", "",
			onBench(func(b *bench) error { b.stage.play(closing); return nil })),
		phrase(`the server's clock is (\d+) minutes (ahead|behind)`, "Given the server's clock is 11 minutes ahead", "",
			func(w *world) any {
				return func(minutes int, side string) error { return w.bench.setClock(minutes, side) }
			}),
		phrase(`the client is told to "([^"]*)"`, `When the client is told to "read"`,
			"the program is started afresh with that AUTHBENCH_ACTION: read, write, update, reads:N or writes:N", onBenchWith((*bench).tell)),
		phrase(`the client is told to "([^"]*)" again (\d+) seconds later`, `When the client is told to "read" again 2 seconds later`, "",
			func(w *world) any {
				return func(action string, seconds int) error {
					if err := w.bench.wait(seconds); err != nil {
						return err
					}
					return w.bench.tell(action)
				}
			}),
		phrase(`what the client reports is what happened`, "Then what the client reports is what happened",
			"its exit code is 0 if and only if every part of the action was done", afterTurn((*bench).judgeTruth)),
		phrase(`the action was done`, "Then the action was done", "all parts of it; untested where they were not", afterTurn((*bench).judgeDone)),
		phrase(`the client succeeds`, "Then the client succeeds", "every part of the action was done, and it says so", afterTurn((*bench).judgeSuccess)),
		phrase(`the client reports a failure`, "Then the client reports a failure", "it ends by itself, by another exit code than 0",
			afterTurn((*bench).judgeFailure)),
		phrase(`it made at most (\d+) calls?`, "Then it made at most 3 calls", "of all that arrived", afterTurnWith((*bench).judgeCalls)),
		phrase(`no secret is in its output`, "Then no secret is in its output", "in any usual encoding", afterTurn((*bench).outputs)),
		phrase(`no secret is in a file that it left`, "Then no secret is in a file that it left", "likewise", afterTurn((*bench).files)),
		phrase(`no secret is on a command line that it made`, "Then no secret is on a command line that it made",
			"of processes that it started, as all users of the machine can see them", afterTurn((*bench).children)),
	}
}

// slow makes every reply wait but those that open a session.
func (b *bench) slow(d time.Duration) rule {
	return func(ctx context.Context, a *targets.Arrival) (targets.Cue, bool) {
		if b.side.opens == nil || !b.side.opens(*a) {
			_ = targets.System().Wait(ctx, d) // cut short, it is less slow
		}
		return targets.Cue{}, false
	}
}

func closing(context.Context, *targets.Arrival) (targets.Cue, bool) {
	return targets.Cue{Close: true}, false
}

// steer does something to the mock as soon as it runs.
func (b *bench) steer(do func(targets.Controlled)) {
	b.later = append(b.later, func() error { do(b.mock.Steered); return nil })
}

func (b *bench) setClock(minutes int, side string) error {
	if side == "behind" {
		minutes = -minutes
	}
	b.steer(func(c targets.Controlled) { c.Advance(time.Duration(minutes) * time.Minute) })
	return nil
}

// done counts the parts of the last run's action that were done.
func (b *bench) done() int {
	n := 0
	for _, a := range b.last().arrivals {
		if a.Outcome == targets.OutcomeAccepted && !a.Cued && b.side.did(b.last().kind, a) {
			n++
		}
	}
	return n
}

// believed says whether the program claims to have succeeded.
func (t turn) believed() bool { return t.result.End == program.Exited && t.result.Exit == 0 }

// judgeTruth holds what the program reports against what happened.
func (b *bench) judgeTruth() error {
	t, done := b.last(), b.done()
	happened := fmt.Sprintf("%d of %d parts of %q were done", min(done, t.parts), t.parts, t.action)
	switch {
	case t.believed() && done < t.parts:
		return b.accuse(b.denied(), "exit 0 only after a success", "exit status 0, though only %s", happened)
	case !t.believed() && done >= t.parts && !b.cutShort():
		return b.accuse(nil, "exit 0 after a success", "%s, though %s", ended(t.result), happened)
	}
	return nil
}

// judgeDone leaves untested what a client says of its action that it does not get done, though nothing stands in its way:
// whoever always fails, and says so, has shown nothing.
func (b *bench) judgeDone() error {
	t, done := b.last(), b.done()
	if done >= t.parts || b.cutShort() {
		return nil
	}
	why := ""
	if a := b.denied(); a != nil {
		why = fmt.Sprintf("; request %d was denied: %s", a.Number, cmp.Or(a.Why, a.Reason))
	}
	return b.w.untested("a client that gets %q done where nothing stands in its way: %d of %d parts were done%s", t.action, done, t.parts, why)
}

// denied is a request of the last run that was not accepted, the last of them; or nil.
func (b *bench) denied() *targets.Arrival {
	var found *targets.Arrival
	for _, a := range b.last().arrivals {
		if a.Outcome != targets.OutcomeAccepted {
			found = &a
		}
	}
	return found
}

func (b *bench) judgeSuccess() error {
	t, done := b.last(), b.done()
	switch {
	case b.cutShort():
		return nil
	case done < t.parts:
		return b.accuse(b.denied(), "every part of the action done", "%d of %d parts of %q were done (%s)", done, t.parts, t.action, ended(t.result))
	}
	return b.judgeTruth()
}

func (b *bench) judgeFailure() error {
	t := b.last()
	if t.believed() {
		return b.accuse(b.denied(), "a failure reported: another exit code than 0", "exit status 0")
	}
	return nil
}

func (b *bench) judgeCalls(most int) error {
	if calls := b.last().arrivals; len(calls) > most {
		return b.accuse(&calls[most], fmt.Sprintf("at most %d calls", most), "%s", counted(len(calls), b.last()))
	}
	return nil
}

// counted says how many calls there were, and that there may have been more.
func counted(n int, t turn) string {
	if t.result.End == program.Exited || t.result.End == program.Signalled {
		return fmt.Sprintf("%d calls", n)
	}
	return fmt.Sprintf("%d calls until it was %s", n, ended(t.result))
}
