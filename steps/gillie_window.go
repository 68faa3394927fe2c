package steps

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/authbench/authbench/targets"
)

// callEachSecond makes a call without a salt for every second that a server might fill in from its own clock (GIL-09).
func (g *gillie) callEachSecond(around int64) error {
	g.noSalt = true
	for d := -around; d <= around; d++ {
		g.salt = func() (string, error) { return strconv.FormatInt(g.w.targetNow().Unix()+d, 10), nil }
		if err := g.callNamed("read"); err != nil {
			return err
		}
		g.results = append(g.results, *g.w.last)
	}
	return nil
}

func (g *gillie) eachDenied() error {
	if len(g.results) == 0 {
		return g.w.errored(errors.New("no calls were made before this step: add When calls without the salt are made with the hash of each second ..."))
	}
	for i := range g.results {
		g.w.last = &g.results[i]
		if err := g.w.judged(judgeDenied(g.results[i])); err != nil {
			return err
		}
	}
	return nil
}

// searchEdges finds the oldest and the newest salt that is accepted (GIL-07).
func (g *gillie) searchEdges() error {
	if g.w.target.Control == "" {
		return g.w.untested("a control endpoint with the exact time")
	}
	control := targets.NewControl(g.w.target.Control)
	var far [2]int64
	for i, sign := range []int64{-1, 1} {
		var err error
		if far[i], err = g.edge(control, sign); err != nil {
			return err
		}
	}
	g.edges = edgeText(far[0], far[1])
	return nil
}

func (g *gillie) reportEdges() error {
	if g.edges == "" {
		return g.w.errored(errors.New("no edges were searched before this step: add When the edges of the window are searched"))
	}
	g.w.observed("%s", g.edges)
	return nil
}

// noEdge is how far the search goes: beyond it the window has no edge worth the name.
const noEdge = 1 << 20

// edge returns the greatest distance that is accepted on one side, or noEdge. The current second is taken to be accepted.
func (g *gillie) edge(control *targets.Control, sign int64) (int64, error) {
	inside, outside := int64(0), int64(512)
	for ; outside < noEdge; outside *= 2 { // gallop to a denial
		ok, err := g.probe(control, sign*outside)
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		inside = outside
	}
	if outside >= noEdge {
		return noEdge, nil
	}
	for outside-inside > 1 {
		middle := (inside + outside) / 2
		ok, err := g.probe(control, sign*middle)
		if err != nil {
			return 0, err
		}
		if ok {
			inside = middle
		} else {
			outside = middle
		}
	}
	return inside, nil
}

// maxTries is how often a probe may fail for a reason of its own before the edges count as not to be found.
const maxTries = 4

// probe asks whether a salt at exactly this distance from the target's clock is accepted: the salt must not have been used
// before, and the clock has to show the same second before and after.
func (g *gillie) probe(control *targets.Control, distance int64) (bool, error) {
	var needs string
	for range maxTries {
		if err := g.ready(); err != nil { // the call's turn: the clock must not run while it waits
			return false, err
		}
		before, err := g.controlNow(control)
		if err != nil {
			return false, err
		}
		at := before.Unix() + distance
		if !g.w.salts.free(g.key().Public, at) {
			needs = "salts that no earlier call has used: the target may refuse a hash the second time"
			if err := g.w.wait(time.Second); err != nil {
				return false, err
			}
			continue
		}
		g.salt = func() (string, error) { return strconv.FormatInt(at, 10), nil }
		if err := g.callNamed("read"); err != nil {
			return false, err
		}
		after, err := g.controlNow(control)
		if err != nil {
			return false, err
		}
		if before.Unix() == after.Unix() {
			return judgeAccepted(*g.w.last).ok, nil
		}
		needs = "a control endpoint whose clock shows the same second before and after a call"
	}
	return false, g.w.untested("%s", needs)
}

func (g *gillie) controlNow(control *targets.Control) (now time.Time, err error) {
	err = g.w.within(func(ctx context.Context) (err error) {
		now, err = control.Now(ctx)
		return err
	})
	if err != nil {
		err = g.w.errored(err)
	}
	return now, err
}

func edgeText(past, future int64) string {
	side := func(sign string, d int64) string {
		if d == noEdge {
			return "any distance " + map[string]string{"-": "behind", "+": "ahead"}[sign]
		}
		return fmt.Sprintf("%s%d s", sign, d)
	}
	text := fmt.Sprintf("accepts from %s to %s", side("-", past), side("+", future))
	switch {
	case past == 600 && future == 600:
		text += ", inclusive"
	case past == 599 && future == 599:
		text += ": 600 s itself is outside, exclusive"
	}
	return text
}
