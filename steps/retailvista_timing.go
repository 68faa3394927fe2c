package steps

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

const (
	// pairs is how often calls to both paths are made: enough for an error probability far below worst where every time of one
	// is longer than every time of the other.
	pairs = 24
	// worst is the error probability above which a difference counts as chance.
	worst = 1e-6
	// telling is the least difference of the medians that a caller could use.
	telling = time.Millisecond
)

// callInTurn makes calls without the header to a path that exists and to one that does not, which of them first changing, so
// that the machine's pace meets both alike (RTV-16). Where the gateway holds the connection open the time is our own
// patience: then a few calls are enough.
func (v *retailvista) callInTurn() error {
	if err := v.proveAlive("before"); err != nil {
		return err
	}
	paths := [2]string{v.path, missingPath}
	for i := range pairs {
		for j := range paths {
			which := (i + j) % 2
			v.path = paths[which]
			if err := v.turn(1); err != nil {
				return err
			}
			r := v.request()
			x, err := v.bounded(true, func(ctx context.Context, peer *wire.Peer) wire.Exchange { return peer.Do(ctx, r) })
			v.w.last = &x
			if err != nil {
				return err
			}
			v.inTurn[which] = append(v.inTurn[which], x)
		}
		if i == 1 && v.w.last.End == wire.Open {
			break
		}
	}
	return v.proveAlive("after")
}

// untold wants silence from both paths, and no time that tells them apart.
func (v *retailvista) untold() error {
	if len(v.inTurn[0]) == 0 {
		return fmt.Errorf("no calls were made in turn before this step")
	}
	var times [2][]float64
	open := false
	for which, list := range v.inTurn {
		for i := range list {
			if c := judgeSilence(list[i]); !c.ok {
				v.w.last = &list[i]
				return v.w.judged(c)
			}
			open = open || list[i].End == wire.Open
			times[which] = append(times[which], list[i].Took.Seconds())
		}
	}
	if open {
		v.w.observed("silence holds the connection open on both paths: no time to compare")
		return nil
	}
	p, apart := rankTest(times[0], times[1]), math.Abs(median(times[0])-median(times[1]))
	text := fmt.Sprintf("medians of %.2f ms on an existing path and %.2f ms on a missing one, %d calls each, error probability %.1g",
		median(times[0])*1e3, median(times[1])*1e3, len(times[0]), p)
	if p < worst && apart > telling.Seconds() {
		return v.w.broken("no time that tells an existing path from a missing one", text)
	}
	v.w.observed("%s", text)
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// rankTest is the two-sided error probability of Mann and Whitney's test that two samples come from one distribution, by the
// normal approximation; ties take the mean of their ranks.
func rankTest(a, b []float64) float64 {
	type value struct {
		v    float64
		ours bool
	}
	var all []value
	for _, v := range a {
		all = append(all, value{v, true})
	}
	for _, v := range b {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(x, y value) int {
		switch {
		case x.v < y.v:
			return -1
		case x.v > y.v:
			return 1
		}
		return 0
	})
	sum, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		rank, t := float64(i+j+1)/2, float64(j-i)
		ties += t*t*t - t
		for ; i < j; i++ {
			if all[i].ours {
				sum += rank
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	total := n + m
	u := sum - n*(n+1)/2
	sd := math.Sqrt(n * m / 12 * (total + 1 - ties/(total*(total-1))))
	if sd == 0 {
		return 1
	}
	z := math.Max(0, math.Abs(u-n*m/2)-0.5) / sd
	return math.Erfc(z / math.Sqrt2)
}
