package program

import (
	"context"
	"time"
)

const (
	watchEvery = 5 * time.Millisecond // between two looks at the processes of a program
	watchShare = 20                   // a look takes at most one part in so many of a core
	watchMost  = 100 * time.Millisecond
	// killTime is how long the end is awaited after KILL: a process in the hands of a broken device does not end.
	killTime = 5 * time.Second
)

// live sees a program through: until its first process has ended, and nothing is left of it.
func (p *Program) live(ctx context.Context) {
	defer close(p.over)
	began, ended := time.Now(), make(chan struct{})
	go func() {
		p.kin.await()
		close(ended)
	}()
	if !p.config.Unwatched {
		go p.watch(ended)
	}

	early := p.untilEnd(ctx, ended)
	r := Result{Exit: -1, End: early.end, Why: early.why, Took: time.Since(began)}
	r.Left = p.kin.sweep(early.end == "")
	exit, signal := p.reap(ended)
	r.Stdout, r.StdoutCut = p.stdout.finish()
	r.Stderr, r.StderrCut = p.stderr.finish()
	r.Children = p.kin.arguments()
	switch {
	case early.end != "":
	case p.flooded(): // and had ended before that was noticed
		r.End = Flooded
	case signal != "":
		r.End, r.Signal = Signalled, signal
	default:
		r.End, r.Exit = Exited, exit
	}
	p.result = r
}

// reap returns how the first process ended. One that even KILL does not end is left to be reaped whenever that will be.
func (p *Program) reap(ended <-chan struct{}) (exit int, signal string) {
	select {
	case <-ended:
		return p.kin.reap()
	default:
		go p.kin.reap()
		return -1, ""
	}
}

// watch looks at the processes of a program while it runs, at a small cost.
func (p *Program) watch(ended <-chan struct{}) {
	for {
		began := time.Now()
		p.kin.look()
		pause := min(max(watchEvery, watchShare*time.Since(began)), watchMost)
		select {
		case <-ended:
			return
		case <-time.After(pause):
		}
	}
}

// untilEnd waits for the end of the first process, and brings it about where there is a cause.
func (p *Program) untilEnd(ctx context.Context, ended <-chan struct{}) (why cause) {
	deadline := time.NewTimer(p.config.Deadline)
	defer deadline.Stop()
	select {
	case <-ended:
		return cause{}
	case why = <-p.ending:
	case <-deadline.C:
		why = cause{end: Deadline}
	case <-ctx.Done():
		why = cause{end: Interrupted}
	}
	select {
	case <-ended: // before the cause came
		return cause{}
	default:
	}
	p.kin.ask()
	if !within(ended, p.config.Grace) {
		p.kin.kill()
		within(ended, killTime)
	}
	return why
}

// within says whether something happened in time.
func within(event <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-event:
		return true
	case <-timer.C:
		return false
	}
}
