package record

import "time"

// Judgement is what became of a threshold. The zero value has met nothing.
type Judgement int

const (
	NotJudged Judgement = iota // Threshold.Reason says why
	Met
	Missed
)

func (j Judgement) String() string {
	switch j {
	case Met:
		return "met"
	case Missed:
		return "missed"
	}
	return "not judged"
}

// Threshold is one value that a load run had to keep to, and what became of that.
type Threshold struct {
	Expr string // as it was given, such as p99<50ms
	// Row is what the expression was judged at, where it holds for several rows or ways to renew sessions, and is judged at
	// each; "" otherwise.
	Row       string
	Value     string // what was measured, written like the limit; "" if nothing was
	Judgement Judgement
	Reason    string // why it is not judged, or is missed without a value
}

// Stop is the end of a run that had missed a threshold.
type Stop struct {
	Threshold Threshold     // with the value that it had
	After     time.Duration // since the first call was due
}

// Missed are the thresholds that the run missed.
func (l Load) Missed() []Threshold { return l.judged(Missed) }

// NotJudged are the thresholds that the run neither met nor missed.
func (l Load) NotJudged() []Threshold { return l.judged(NotJudged) }

func (l Load) judged(as Judgement) []Threshold {
	var list []Threshold
	for _, t := range l.Thresholds {
		if t.Judgement == as {
			list = append(list, t)
		}
	}
	return list
}

// Name is the expression, and what it was judged at.
func (t Threshold) Name() string {
	if t.Row == "" {
		return t.Expr
	}
	return t.Expr + " at " + t.Row
}

// String is the name with what was measured.
func (t Threshold) String() string {
	if t.Value == "" {
		return t.Name() + ": " + t.Reason
	}
	return t.Name() + " (" + t.Value + ")"
}
