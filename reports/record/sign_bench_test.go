package record

import (
	"testing"
	"time"
)

func laps(took ...time.Duration) []Lap {
	var list []Lap
	for _, t := range took {
		list = append(list, Lap{100, t})
	}
	return list
}

func TestSignBenchTally(t *testing.T) {
	run := SignBench{Rows: []SignRow{
		{Who: "bare", Workers: 1, Bare: true, Laps: laps(100, 200, 300, 400, 500)},
		{Who: "bare", Workers: 2, Bare: true, Laps: laps(100, 100)},
		{Who: "again", Workers: 1, Again: true, Laps: laps(100, 200, 300, 400, 500)},
		{Who: "ours", Workers: 1, Laps: laps(200, 400, 600, 800, 1000)},
		{Who: "ours", Workers: 2, Laps: laps(300, 200)},
		{Who: "slow", Workers: 1, Laps: []Lap{{}, {1, 600}, {}, {Took: 1000}, {}}}, // laps that it sat out, and one without an answer
	}}
	for i, want := range []struct {
		signatures int
		perSecond  float64
		each       Spread
		ratio      *Spread
	}{
		{500, 1e9 / 3, Spread{2, 3, 4}, nil},
		{200, 1e9, Spread{2, 2, 2}, nil},
		{500, 1e9 / 3, Spread{2, 3, 4}, &Spread{1, 1, 1}},
		{500, 1e9 / 6, Spread{4, 6, 8}, &Spread{2, 2, 2}},
		{200, 4e8, Spread{4.5, 5, 5.5}, &Spread{2.25, 2.5, 2.75}},
		{1, 1e9 / 600, Spread{600, 600, 600}, &Spread{300, 300, 300}},
	} {
		r := run.Tally()[i]
		if r.Signatures != want.signatures || r.PerSecond != want.perSecond || *r.Each != want.each {
			t.Errorf("row %d: %+v, each %v", i, r, r.Each)
		}
		if (r.Ratio == nil) != (want.ratio == nil) || r.Ratio != nil && *r.Ratio != *want.ratio {
			t.Errorf("row %d: the ratio is %v, not %v", i, r.Ratio, want.ratio)
		}
	}
	if run.Empty() || run.Noise() != nil {
		t.Errorf("empty %t, noise %v", run.Empty(), run.Noise())
	}
}

func TestSignBenchWithoutASample(t *testing.T) {
	for _, rows := range [][]SignRow{
		nil,
		{{Workers: 1}},
		{{Workers: 1, Laps: laps(10)}, {Workers: 1, Laps: []Lap{{}, {Took: 5}}}},
	} {
		if !(SignBench{Rows: rows}).Empty() {
			t.Errorf("%+v counts as measured", rows)
		}
	}
}

// The control tells when a run is not to be trusted to a tenth, in either direction.
func TestSignBenchNoise(t *testing.T) {
	bare := SignRow{Workers: 1, Bare: true, Laps: laps(1000)}
	for _, c := range []struct {
		took  time.Duration
		noisy bool
	}{{1000, false}, {1090, false}, {915, false}, {1110, true}, {900, true}} {
		run := SignBench{Rows: []SignRow{bare, {Workers: 1, Again: true, Laps: laps(c.took)}, {Workers: 1, Laps: laps(9000)}}}
		if noise := run.Noise(); (noise != nil) != c.noisy {
			t.Errorf("%d: %+v", c.took, noise)
		}
	}
	run := SignBench{Rows: []SignRow{bare, {Workers: 1, Again: true, Laps: laps(1200)}, {Workers: 1, Again: true, Laps: laps(500)}}}
	if noise := run.Noise(); noise == nil || noise.Ratio.Median != 0.5 {
		t.Errorf("the worst is %+v", noise)
	}
}
