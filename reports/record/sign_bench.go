package record

import (
	"math"
	"slices"
	"time"
)

// SignBench is one run of a bench of signers: contenders that took turns, round by round.
type SignBench struct {
	Version  string
	Vendor   string
	Started  time.Time
	Duration time.Duration
	Machine  string // processor, cores and the like
	Bytes    int    // of the message that a signature is a digest of
	Program  string // under test; "" for none
	Samples  int    // that the program answered rightly before it was measured
	Rows     []SignRow
	// Interrupted says that the run was ended before its time.
	Interrupted bool
}

// SignRow is one contender on a number of workers.
type SignRow struct {
	Who     string
	Workers int
	// Bare marks the yardstick, and Again the same once more: what it differs from itself is the noise of the run.
	Bare, Again bool
	Laps        []Lap    // one for each round
	Allocs      *float64 // for each signature; nil where they cannot be counted
	Checked     int      // signatures that were held against the right one
}

// Lap is one turn of a contender. All its workers together made the signatures.
type Lap struct {
	Signatures int
	Took       time.Duration
}

// each is the time in nanoseconds that a worker takes for one signature; NaN without a signature.
func (l Lap) each(workers int) float64 {
	if l.Signatures == 0 || l.Took <= 0 {
		return math.NaN()
	}
	return float64(l.Took) * float64(workers) / float64(l.Signatures)
}

// Spread is the median of what the rounds gave, between the quartiles.
type Spread struct{ Low, Median, High float64 }

// spreadOf returns nil without a value.
func spreadOf(values []float64) *Spread {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	at := func(q float64) float64 { // between the two nearest
		place := q * float64(len(values)-1)
		below, share := int(place), place-math.Floor(place)
		above := min(below+1, len(values)-1)
		return values[below]*(1-share) + values[above]*share
	}
	return &Spread{at(0.25), at(0.5), at(0.75)}
}

// SignResult is what came of a row.
type SignResult struct {
	SignRow
	Signatures int
	PerSecond  float64 // of all workers together, by the median
	Each       *Spread // nanoseconds that a worker takes for one; nil without a sample
	Ratio      *Spread // to the yardstick of the same round and as many workers; nil where there is none
}

// Tally counts the rows of a run.
func (b SignBench) Tally() []SignResult {
	results := make([]SignResult, len(b.Rows))
	for i, row := range b.Rows {
		r := SignResult{SignRow: row}
		var each, ratios []float64
		yardstick := slices.IndexFunc(b.Rows, func(other SignRow) bool { return other.Bare && other.Workers == row.Workers })
		for round, lap := range row.Laps {
			r.Signatures += lap.Signatures
			each = append(each, lap.each(row.Workers))
			if yardstick >= 0 && yardstick != i && round < len(b.Rows[yardstick].Laps) {
				ratios = append(ratios, lap.each(row.Workers)/b.Rows[yardstick].Laps[round].each(row.Workers))
			}
		}
		r.Each, r.Ratio = spreadOf(each), spreadOf(ratios)
		if r.Each != nil {
			r.PerSecond = 1e9 * float64(row.Workers) / r.Each.Median
		}
		results[i] = r
	}
	return results
}

// Empty says that some row has no sample.
func (b SignBench) Empty() bool {
	return len(b.Rows) == 0 || slices.ContainsFunc(b.Tally(), func(r SignResult) bool { return r.Each == nil })
}

// Noise is the row in which the yardstick differs most from itself, beyond a tenth; nil where the run was calm.
func (b SignBench) Noise() *SignResult {
	var worst *SignResult
	for _, r := range b.Tally() {
		if !r.Again || r.Ratio == nil || math.Abs(math.Log(r.Ratio.Median)) <= math.Log(1.1) {
			continue
		}
		if worst == nil || math.Abs(math.Log(r.Ratio.Median)) > math.Abs(math.Log(worst.Ratio.Median)) {
			worst = &r
		}
	}
	return worst
}
