package signbench

import (
	"context"
	"sync"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// Program is a program under test. It reads requests from its standard input, one JSON object a line, and writes an answer to
// each, one a line, to its standard output (docs/sign-bench.md). Each worker is one process.
type Program struct {
	Name    string              // as reports show it
	Args    []string            // Args[0] is found as a shell would
	Env     []string            // the whole environment
	Timeout time.Duration       // that one answer may take
	Mask    func(string) string // takes secrets out of what the program wrote, where that is shown
}

// crew are the processes of a program under test.
type crew struct {
	askers []*asker
	late   map[int]time.Duration // by workers: what their laps have taken beyond their limit
}

// hire starts as many processes as there are workers at most, and has one of them sign every sample.
func hire(ctx context.Context, bench targets.SignBench, p Program, workers int) (*crew, error) {
	c := &crew{late: map[int]time.Duration{}}
	requests, err := encoded(bench.Requests)
	if err != nil {
		return nil, err
	}
	for range workers {
		a, err := startAsker(ctx, p)
		if err != nil {
			c.dismiss()
			return nil, err
		}
		a.requests, a.window, a.explain = requests, windowOf(requests), bench.Explain
		c.askers = append(c.askers, a)
	}
	if err := c.askers[0].examine(bench.Samples); err != nil {
		c.dismiss()
		return nil, err
	}
	return c, nil
}

// dismiss ends all processes, and waits for their end.
func (c *crew) dismiss() {
	var all sync.WaitGroup
	for _, a := range c.askers {
		all.Go(a.close)
	}
	all.Wait()
}

// lap has the first of the crew sign. The time counts until the last answer has come: with a slow program that is long after
// the limit, and so it sits out laps until it has no more of the time than the others.
func (c *crew) lap(_ context.Context, workers int, l limit) (record.Lap, int, error) {
	if !l.counted && c.late[workers] >= l.time {
		c.late[workers] -= l.time
		return record.Lap{}, 0, nil
	}
	made, errs := make([]int, workers), make([]error, workers)
	var all sync.WaitGroup
	began := time.Now()
	for i := range workers {
		all.Go(func() { made[i], errs[i] = c.askers[i].lap(began, l.share(i, workers)) })
	}
	all.Wait()
	lap := record.Lap{Took: time.Since(began)}
	c.late[workers] += max(lap.Took-l.time, 0)
	for i := range workers {
		if errs[i] != nil {
			return lap, lap.Signatures, errs[i]
		}
		lap.Signatures += made[i]
	}
	return lap, lap.Signatures, nil
}
