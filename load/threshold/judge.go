package threshold

import (
	"math/big"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/authbench/authbench/reports/record"
)

// Judge holds a run against what it had to keep to. A run that was stopped, interrupted or is invalid, and one without a
// sample, meets and misses nothing; but a run that was stopped has missed what it was stopped for. What the run does not
// have is missed.
func Judge(run record.Load, list []Threshold) []record.Threshold {
	doubt := doubt(run)
	var judged []record.Threshold
	for _, t := range list {
		parts, err := t.parts(run)
		if err != nil {
			judged = append(judged, record.Threshold{Expr: t.text, Judgement: record.Missed, Reason: err.Error()})
			continue
		}
		for _, p := range parts {
			at := t.judge(p, run)
			switch {
			case run.Stopped != nil && run.Stopped.Threshold.Expr == at.Expr && run.Stopped.Threshold.Row == at.Row:
				at = run.Stopped.Threshold
			case doubt != "":
				at.Judgement, at.Reason = record.NotJudged, doubt
			}
			judged = append(judged, at)
		}
	}
	return judged
}

// doubt says why a run meets and misses nothing.
func doubt(run record.Load) string {
	switch {
	case run.Interrupted:
		return "the run was interrupted"
	case run.Stopped != nil:
		return "the run was stopped before its end"
	case run.Tally().Requests == 0:
		return "no sample"
	}
	return run.Invalid
}

// judge compares what was measured at one part with the limit.
func (t Threshold) judge(p part, run record.Load) record.Threshold {
	at := record.Threshold{Expr: t.text, Row: p.name}
	value, missing := t.value(p, run)
	if value == nil {
		at.Reason = missing
		return at
	}
	at.Value, at.Judgement = t.show(value), record.Missed
	if t.holds(value) {
		at.Judgement = record.Met
	}
	return at
}

// value is what was measured, in the base unit of its quantity, or nil and what is missing for it.
func (t Threshold) value(p part, run record.Load) (*big.Rat, string) {
	if p.life != nil {
		switch {
		case t.quantity == number:
			return whole(p.life.Refreshes), ""
		case p.life.Expiries == 0:
			return nil, "no session expired: a longer --duration shows renewals"
		}
		return ratio(p.life.Refreshes, p.life.Expiries), ""
	}
	requests, succeeded, failed := 0, 0, 0
	for _, op := range p.rows {
		requests, succeeded, failed = requests+op.Requests, succeeded+op.Succeeded, failed+op.Failed()
	}
	switch {
	case t.metric.kind == rate:
		return t.rate(p, run, requests)
	case succeeded+failed == 0, t.metric.kind == duration && requests == 0:
		return nil, "no sample"
	case t.metric.kind == success:
		return ratio(succeeded, succeeded+failed), ""
	case t.metric.kind == errorsMet && t.quantity == share:
		return ratio(failed, succeeded+failed), ""
	case t.metric.kind == errorsMet:
		return whole(failed), ""
	}
	return t.time(p), ""
}

func whole(n int) *big.Rat        { return new(big.Rat).SetInt64(int64(n)) }
func ratio(part, of int) *big.Rat { return big.NewRat(int64(part), int64(of)) }

// rate is the load that came about; that of one row is its share of it, and requests beside the calls count over the same
// time.
func (t Threshold) rate(p part, run record.Load, requests int) (*big.Rat, string) {
	total := run.Tally().Requests
	if run.Achieved.Duration <= 0 || total == 0 {
		return nil, "no sample"
	}
	all := big.NewRat(int64(run.Achieved.Requests)*1e9, int64(run.Achieved.Duration))
	switch {
	case t.row == "":
		return all, ""
	case p.rows[0].Weight == 0:
		return big.NewRat(int64(requests)*1e9, int64(run.Achieved.Duration)), ""
	}
	return all.Mul(all, ratio(requests, total)), ""
}

// time is the mean or a quantile of the rows together, out of their histograms.
func (t Threshold) time(p part) *big.Rat {
	h := t.histogram(p.rows[0])
	if len(p.rows) > 1 {
		h = hdrhistogram.New(h.LowestTrackableValue(), h.HighestTrackableValue(), int(h.SignificantFigures()))
		for _, op := range p.rows {
			h.Merge(t.histogram(op))
		}
	}
	switch t.metric.quant {
	case 0:
		return new(big.Rat).SetFloat64(h.Mean())
	case 100:
		return big.NewRat(h.Max(), 1)
	}
	return big.NewRat(h.ValueAtQuantile(t.metric.quant), 1)
}

func (t Threshold) histogram(op record.OperationResult) *hdrhistogram.Histogram {
	if t.service {
		return op.Service
	}
	return op.Response
}
