package reports

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/authbench/authbench/reports/record"
)

// SignBench prints a bench of signers: each contender on each number of workers, beside a bare SHA-256.
func SignBench(w io.Writer, run record.SignBench, o Options) error {
	p := &page{w: w, o: o}
	if !o.Quiet {
		p.line("%s  messages of %d bytes  %s", printable(run.Vendor), run.Bytes, printable(run.Machine))
		p.line("")
		p.signers(run)
		p.line("")
		p.line("each: what a worker takes, the median of the rounds; ratio: to the bare SHA-256 of the same round, with its quartiles.")
		if run.Program != "" {
			p.line("%s: %s answered rightly beforehand; every answer was checked.", printable(run.Program), count(run.Samples, "sample"))
		}
	}
	if noise := run.Noise(); noise != nil {
		p.field("warning", fmt.Sprintf("bare SHA-256 against itself gave %s on %s: this machine is noisy, and what differs by no more than that differs by nothing",
			ratio(noise.Ratio), count(noise.Workers, "worker")))
	}
	if o.Quiet {
		for _, r := range run.Tally() {
			p.line("%s, %s: %s/s, %s each, ratio %s", printable(r.Who), count(r.Workers, "worker"), perSecond(r), each(r), ratio(r.Ratio))
		}
	}
	return p.err
}

func (p *page) signers(run record.SignBench) {
	var rows [][]string
	for _, r := range run.Tally() {
		allocs := "-"
		if r.Allocs != nil {
			allocs = strconv.FormatFloat(*r.Allocs, 'f', -1, 64)
		}
		quartiles := "-"
		if r.Ratio != nil {
			quartiles = fmt.Sprintf("%s..%s", two(r.Ratio.Low), two(r.Ratio.High))
		}
		rows = append(rows, []string{printable(r.Who), fmt.Sprint(r.Workers), perSecond(r), each(r), allocs, ratio(r.Ratio), quartiles})
	}
	p.table([]column{{title: "WHO"}, {"WORKERS", true}, {"SIGNATURES/S", true}, {"EACH", true}, {"ALLOCS EACH", true}, {"RATIO", true},
		{"QUARTILES", true}}, rows)
}

func perSecond(r record.SignResult) string {
	if r.Each == nil {
		return "-"
	}
	return grouped(r.PerSecond)
}

// grouped writes a whole number with its digits by three, as there are many.
func grouped(n float64) string {
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// each is a time in nanoseconds: comparing them is easier than reading units.
func each(r record.SignResult) string {
	if r.Each == nil {
		return "-"
	}
	return grouped(r.Each.Median) + " ns"
}

func ratio(s *record.Spread) string {
	if s == nil {
		return "-"
	}
	return two(s.Median)
}

// two writes a ratio with two digits behind the point, and a large one with as many as tell something.
func two(ratio float64) string {
	if math.Abs(ratio) >= 100 {
		return strconv.FormatFloat(ratio, 'f', 0, 64)
	}
	return strconv.FormatFloat(ratio, 'f', 2, 64)
}

type spreadJSON struct {
	Median float64 `json:"median"`
	Low    float64 `json:"q1"`
	High   float64 `json:"q3"`
}

func spreadOf(s *record.Spread) *spreadJSON {
	if s == nil {
		return nil
	}
	return &spreadJSON{s.Median, s.Low, s.High}
}

type signRowJSON struct {
	Who        string      `json:"who"`
	Workers    int         `json:"workers"`
	Bare       bool        `json:"bare,omitempty"`    // the yardstick
	Control    bool        `json:"control,omitempty"` // the yardstick once more
	Signatures int         `json:"signatures"`
	Checked    int         `json:"checked"`
	Rounds     int         `json:"rounds"`
	PerSecond  float64     `json:"signatures_per_s"`
	Each       *spreadJSON `json:"each_ns"`     // null without a sample
	Allocs     *float64    `json:"allocs_each"` // null where they cannot be counted
	Ratio      *spreadJSON `json:"ratio"`       // to the yardstick; null for itself
}

// SignBenchJSON writes a bench of signers in the schema authbench/signbench/1.
func SignBenchJSON(w io.Writer, run record.SignBench) error {
	doc := struct {
		Schema      string        `json:"schema"`
		Tool        toolJSON      `json:"tool"`
		Vendor      string        `json:"vendor"`
		Started     string        `json:"started"`
		DurationMS  float64       `json:"duration_ms"`
		Interrupted bool          `json:"interrupted,omitempty"`
		Machine     string        `json:"machine"`
		Bytes       int           `json:"message_bytes"`
		Program     string        `json:"program,omitempty"`
		Samples     int           `json:"samples,omitempty"` // that the program answered rightly beforehand
		Noisy       bool          `json:"noisy"`
		Rows        []signRowJSON `json:"rows"`
	}{
		Schema: signBenchSchema, Tool: toolJSON{run.Version}, Vendor: run.Vendor, Started: run.Started.UTC().Format("2006-01-02T15:04:05Z"),
		DurationMS: ms(run.Duration), Interrupted: run.Interrupted, Machine: run.Machine, Bytes: run.Bytes, Program: run.Program,
		Samples: run.Samples, Noisy: run.Noise() != nil, Rows: []signRowJSON{},
	}
	for _, r := range run.Tally() {
		doc.Rows = append(doc.Rows, signRowJSON{
			r.Who, r.Workers, r.Bare, r.Again, r.Signatures, r.Checked, len(r.Laps), r.PerSecond, spreadOf(r.Each), r.Allocs, spreadOf(r.Ratio),
		})
	}
	return encode(w, doc)
}
