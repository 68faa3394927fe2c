// Package signbench measures how fast requests are signed: by our own signer, and by a program under test whose every answer
// is checked. It knows no vendor's rule; what is signed, and what is right, a vendor gives (targets.SignBench).
//
// All contenders take turns in many short rounds, and each is held against the bare SHA-256 of its own round: on a machine
// that others use too only such ratios mean anything. The yardstick takes part twice, which shows how much is noise.
package signbench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

const (
	// A round is short, so that all contenders meet the same weather, and long beside what it takes to begin it.
	roundTime = 5 * time.Millisecond
	maxRounds = 200
)

// Options say what is measured, and how long.
type Options struct {
	Workers  []int         // a row of each contender for each number
	Duration time.Duration // of a row; 0 leaves it to Requests
	Requests int           // signatures of a row; 0 leaves it to Duration
	Program  *Program      // a program under test; nil for none
	Progress func(round, of int)
}

// contender is one who signs.
type contender interface {
	// lap signs with so many workers until the limit, and counts what was made and what of it was checked.
	lap(ctx context.Context, workers int, l limit) (lap record.Lap, checked int, err error)
}

// entry is a contender with the name that it goes by.
type entry struct {
	row record.SignRow
	contender
}

// limit ends a lap: after a time, or after so many signatures if that is not 0.
type limit struct {
	time     time.Duration
	requests int
	counted  bool // requests decides, also where it is 0
}

// share is a worker's part of a limit.
func (l limit) share(worker, of int) limit {
	l.requests = l.requests*(worker+1)/of - l.requests*worker/of
	return l
}

// more says how many signatures may be made now, at most batch of them.
func (l limit) more(began time.Time, made, batch int) int {
	switch {
	case l.counted:
		return min(batch, l.requests-made)
	case time.Since(began) < l.time:
		return batch
	}
	return 0
}

// Run measures. An error is a *WrongAnswer or a *ProgramError of the program under test, or says that our own signer is
// wrong; what was measured until the context ended is returned without one.
func Run(ctx context.Context, bench targets.SignBench, o Options) (record.SignBench, error) {
	run := record.SignBench{
		Started: time.Now(), Bytes: len(bench.Message),
		Machine: fmt.Sprintf("%s, %s/%s, GOMAXPROCS %d", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0)),
	}
	entries := ours(bench, o.Workers)
	if o.Program != nil {
		crew, err := hire(ctx, bench, *o.Program, most(o.Workers))
		if err != nil {
			return run, stopped(ctx, &run, err)
		}
		defer crew.dismiss()
		run.Samples = len(bench.Samples)
		for _, n := range o.Workers {
			entries = append(entries, &entry{record.SignRow{Who: o.Program.Name, Workers: n}, crew})
		}
	}
	err := race(ctx, entries, o)
	run.Duration = time.Since(run.Started)
	for _, e := range entries {
		run.Rows = append(run.Rows, e.row)
	}
	return run, stopped(ctx, &run, err)
}

// stopped makes no error of an interruption, whatever that has broken.
func stopped(ctx context.Context, run *record.SignBench, err error) error {
	if ctx.Err() != nil {
		run.Interrupted = true
		return nil
	}
	return err
}

func most(numbers []int) int {
	n := 0
	for _, number := range numbers {
		n = max(n, number)
	}
	return n
}

// ours are the yardstick twice and the ways of our own signer.
func ours(bench targets.SignBench, workers []int) []*entry {
	digest := func(dst []byte, _ uint64) []byte {
		sum := sha256.Sum256(bench.Message)
		return append(dst, sum[:]...)
	}
	want := string(digest(nil, 0))
	bare := targets.SignWay{Sign: digest, Right: func(_ uint64, got []byte) bool { return string(got) == want }}
	var entries []*entry
	add := func(row record.SignRow, way targets.SignWay) {
		each := allocations(way)
		row.Allocs = &each
		for _, row.Workers = range workers {
			entries = append(entries, &entry{row, function(way)})
		}
	}
	add(record.SignRow{Who: "bare SHA-256", Bare: true}, bare)
	add(record.SignRow{Who: "bare SHA-256 again", Again: true}, bare)
	for _, way := range bench.Ways {
		add(record.SignRow{Who: way.Name}, way)
	}
	return entries
}

// race lets all take turns, each round beginning with another.
func race(ctx context.Context, entries []*entry, o Options) error {
	counted, n := o.Requests > 0, min(max(int(o.Duration/roundTime), 1), maxRounds)
	if counted {
		n = min(o.Requests, maxRounds/10)
	}
	whole := limit{o.Duration / time.Duration(n), o.Requests, counted}
	for round := range n {
		if o.Progress != nil {
			o.Progress(round+1, n)
		}
		for i := range entries {
			e := entries[(round+i)%len(entries)]
			lap, checked, err := e.lap(ctx, e.row.Workers, whole.share(round, n))
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			e.row.Laps = append(e.row.Laps, lap)
			e.row.Checked += checked
		}
	}
	return nil
}
