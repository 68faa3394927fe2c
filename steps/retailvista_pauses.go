package steps

import (
	"fmt"
	"slices"
	"time"
)

// The bounds of RTVC-05 on the pauses between tries, as they are seen by the gateway: the least one, and how much longer each
// has to be than the one before. What is seen of a pause is a little off.
const (
	leastPause = 10 * time.Millisecond
	growth     = 1.2
)

// A pause below the least one may be an accident of a client that draws them at random, if its pauses are as long as that on
// the whole. Those that a busy machine makes are shorter.
const randomPause = 40 * time.Millisecond

// A busy machine makes a pause longer, and never shorter, and a client may draw its pauses at random below a bound that grows.
// So the program is run several times: until its pauses grow, or until they have not grown in so many runs that it is no
// accident.
const (
	leastRuns = 3
	mostRuns  = 9
)

func retailvistaPauses(b *bench) error {
	for runs := 1; ; runs++ {
		all := b.pauses()
		flaw := flawOf(all)
		enough := runs >= mostRuns || len(b.last().arrivals) < 2 || runs >= leastRuns && flaw == "" && !slices.ContainsFunc(all, pauses.random)
		switch {
		case enough && flaw != "":
			return b.accuse(nil, "a pause before each further try, longer each time", "%s", flaw)
		case enough:
			return nil
		}
		if err := b.tell(b.last().action); err != nil {
			return err
		}
	}
}

// pauses are those before one try, of all runs, in the order of their length.
type pauses []time.Duration

func (p pauses) least() time.Duration  { return p[0] }
func (p pauses) median() time.Duration { return p[len(p)/2] }
func (p pauses) most() time.Duration   { return p[len(p)-1] }

// random says that they differ by more than a quiet machine explains: then a few of them prove nothing.
func (p pauses) random() bool { return 2*p.median() >= 3*max(p.least(), leastPause) }

// grow says that they are longer than the ones before: by the least of them, or by the middle one; random ones also by the
// longest.
func (p pauses) grow(before pauses) bool {
	longer := func(a, b time.Duration) bool { return float64(a) >= growth*float64(b) }
	return longer(p.least(), before.least()) || longer(p.median(), before.median()) ||
		(p.random() || before.random()) && longer(p.most(), before.most())
}

// pauses are those of all runs: before the second try, the third, and so on.
func (b *bench) pauses() []pauses {
	var all []pauses
	for _, t := range b.turns {
		for i := 1; i < len(t.arrivals); i++ {
			if i > len(all) {
				all = append(all, nil)
			}
			all[i-1] = append(all[i-1], t.arrivals[i].At.Sub(t.arrivals[i-1].At))
		}
	}
	for _, p := range all {
		slices.Sort(p)
	}
	return all
}

// flawOf says what is wrong with the pauses of all runs.
func flawOf(all []pauses) string {
	shown := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	var whole time.Duration
	for _, p := range all {
		whole += p.median()
	}
	for i, p := range all {
		switch {
		case p.least() < leastPause && whole < randomPause*time.Duration(len(all)):
			return fmt.Sprintf("try %d came %s after the one before, the least of %d runs: there is no pause, or an HTTP library repeats a POST "+
				"by itself (Java's HttpURLConnection does, but with -Dsun.net.http.retryPost=false)", i+2, shown(p.least()), len(p))
		case i > 0 && !p.grow(all[i-1]):
			return fmt.Sprintf("of %d runs, the least pause before try %d was %s and the middle one %s, before try %d %s and %s", len(p), i+1,
				shown(all[i-1].least()), shown(all[i-1].median()), i+2, shown(p.least()), shown(p.median()))
		}
	}
	return ""
}
