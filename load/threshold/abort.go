package threshold

import (
	"fmt"

	"github.com/authbench/authbench/reports/record"
)

const (
	// enoughSamples is how many calls a look needs before it counts: the first ones open connections and fill caches.
	enoughSamples = 100
	// enoughTail is how many of them p99.9 needs to say anything.
	enoughTail = 1000
	// steady is how many looks in succession have to find a threshold missed.
	steady = 3
)

// Abortable says why an expression cannot end a run before its time: it has to be one whose value so far tells something of
// its value at the end.
func (t Threshold) Abortable() error {
	mend := ""
	switch {
	case t.metric.kind == rate || t.metric.kind == refreshes:
		mend = fmt.Sprintf("%s is known only at the end: give %s as --threshold", t.metric.name, t.text)
	case !t.fromAbove() && (t.metric.kind == errorsMet || t.metric.quant == 100):
		mend = fmt.Sprintf("%s grows until the end, so %s is missed at first: bound it from above, or give it as --threshold", t.metric.name, t.text)
	default:
		return nil
	}
	return fmt.Errorf("%s: %s", t.place, mend)
}

// Watch looks at a run while it goes on, and says when a threshold of its list is missed: for good, or at several looks in
// succession. It is not safe for concurrent use.
type Watch struct {
	list   []Threshold
	missed map[[2]string]int // looks in succession, by expression and row
}

// NewWatch returns a watch over expressions that are Abortable.
func NewWatch(list []Threshold) *Watch { return &Watch{list, map[[2]string]int{}} }

// Look judges what is known of a run so far, and returns the threshold that it is to be stopped for. A run that lags behind
// its schedule says nothing of times: only a count of errors is then looked at.
func (w *Watch) Look(run record.Load, lags bool) (record.Threshold, bool) {
	for _, t := range w.list {
		parts, err := t.parts(run)
		if err != nil {
			continue // it fitted the run before it began
		}
		for _, p := range parts {
			at := t.judge(p, run)
			key := [2]string{at.Expr, at.Row}
			counted := t.metric.kind == errorsMet && t.quantity == number
			switch {
			case at.Judgement == record.Missed && counted:
				return at, true
			case at.Judgement != record.Missed || lags || samples(p) < t.least():
				w.missed[key] = 0
				continue
			}
			if w.missed[key]++; w.missed[key] >= steady || t.metric.quant == 100 {
				return at, true
			}
		}
	}
	return record.Threshold{}, false
}

func samples(p part) int {
	n := 0
	for _, op := range p.rows {
		n += op.Succeeded + op.Failed()
	}
	return n
}

func (t Threshold) least() int {
	if t.metric.quant == 99.9 {
		return enoughTail
	}
	return enoughSamples
}
