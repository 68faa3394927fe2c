package reports

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/authbench/authbench/reports/record"
)

// Load prints a load run: what was offered and achieved, the times of each operation, the life of its sessions, the errors by
// kind, what signing cost, which thresholds were met, and what broke the contract.
func Load(w io.Writer, run record.Load, o Options) error {
	p := &page{w: w, o: o}
	if !o.Quiet {
		p.line("%s  %s  %s", run.Profile, printable(run.Target.Name), printable(run.Target.URL))
		p.line("")
		p.counts(run)
		p.line("")
		p.times(run)
		p.line("")
		p.line("response: from the moment a request was due; service: from the moment it was sent.")
		p.signing(run)
		p.sessions(run)
		p.thresholds(run)
	}
	for _, op := range run.Operations {
		for _, kind := range slices.Sorted(maps.Keys(op.Errors)) {
			p.field("errors", fmt.Sprintf("%s: %d %s", op.Name, op.Errors[kind], kind))
		}
	}
	p.missed(run)
	for _, b := range run.Breaches {
		p.breach(b, run)
	}
	for _, warning := range run.Warnings {
		p.field("warning", warning)
	}
	if o.Quiet {
		for _, op := range calls(run) {
			p.line("%s: %s, %.1f/s of %.1f/s, success %s, p99 %s", op.Name, count(op.Requests, "request"),
				run.Achieved.Rate, run.Requested.Rate, success(op), quantile(op.Response, 99))
		}
	}
	return p.err
}

// calls are the operations, without the requests beside them.
func calls(run record.Load) []record.OperationResult {
	return slices.DeleteFunc(slices.Clone(run.Operations), func(op record.OperationResult) bool { return op.Weight == 0 })
}

func (p *page) breach(b record.Breach, run record.Load) {
	p.line("")
	if i := slices.IndexFunc(run.Operations, func(op record.OperationResult) bool { return op.Name == b.Operation }); i >= 0 {
		op := run.Operations[i]
		p.line("%s under load: %d of %s of %s; the first:", p.o.paint("broken"), op.Broken, count(op.Requests, "call"), op.Name)
	} else {
		p.line("%s under load, as was found after the last call:", p.o.paint("broken"))
	}
	p.field("breach", b.Message)
	p.exchange(b.Witness)
}

func (p *page) counts(run record.Load) {
	var rows [][]string
	weights := 0
	for _, op := range run.Operations {
		weights += op.Weight
	}
	total := run.Tally().Requests
	alone := slices.ContainsFunc(run.Operations, func(op record.OperationResult) bool { return op.Connections > 0 })
	for _, op := range run.Operations {
		offered, achieved := "-", 0.0
		switch {
		case op.Weight > 0:
			offered = fmt.Sprintf("%.1f/s", run.Requested.Rate*float64(op.Weight)/float64(weights))
			achieved = run.Achieved.Rate * float64(op.Requests) / float64(max(total, 1))
		case run.Achieved.Duration > 0:
			achieved = float64(op.Requests) / run.Achieved.Duration.Seconds()
		}
		row := []string{op.Name, fmt.Sprint(op.Requests), offered, fmt.Sprintf("%.1f/s", achieved), success(op), fmt.Sprint(op.Failed())}
		if alone {
			row = append(row, fmt.Sprint(op.Connections))
		}
		rows = append(rows, row)
	}
	columns := []column{{title: "OPERATION"}, {title: "REQUESTS", right: true}, {title: "OFFERED", right: true},
		{title: "ACHIEVED", right: true}, {title: "SUCCESS", right: true}, {title: "ERRORS", right: true}}
	if alone {
		columns = append(columns, column{"OWN CONNECTIONS", true})
	}
	p.table(columns, rows)
}

func (p *page) times(run record.Load) {
	var rows [][]string
	for _, op := range run.Operations {
		for _, kind := range []struct {
			name string
			h    *hdrhistogram.Histogram
		}{{"response", op.Response}, {"service", op.Service}} {
			if op.Weight == 0 && kind.name == "response" {
				continue // nothing was due: it is the service time again
			}
			mean := "-"
			if kind.h != nil && kind.h.TotalCount() > 0 {
				mean = short(time.Duration(kind.h.Mean()))
			}
			row := []string{op.Name + " " + kind.name, mean}
			for _, q := range []float64{50, 90, 95, 99, 99.9, 100} {
				row = append(row, quantile(kind.h, q))
			}
			rows = append(rows, row)
		}
	}
	columns := []column{{title: "TIME"}}
	for _, title := range []string{"MEAN", "P50", "P90", "P95", "P99", "P99.9", "MAX"} {
		columns = append(columns, column{title, true})
	}
	p.table(columns, rows)
}

func (p *page) signing(run record.Load) {
	if run.Signing.Signatures == 0 {
		return
	}
	share := 0.0
	if took := run.Achieved.Duration; took > 0 {
		share = 100 * float64(run.Signing.Total) / float64(took)
	}
	if run.Sessions != nil {
		p.line("before sending: %s a call, for signing and for a session; not part of service.", short(run.Signing.Mean()))
		return
	}
	p.line("signing: %s, %s each, not part of service; %.2f %% of one core.",
		count(run.Signing.Signatures, "signature"), short(run.Signing.Mean()), share)
}

func success(op record.OperationResult) string {
	if op.Requests == 0 {
		return "-"
	}
	text := fmt.Sprintf("%.2f", 100*float64(op.Succeeded)/float64(op.Requests))
	if text == "100.00" && op.Succeeded < op.Requests {
		text = "99.99" // rounding must not hide a failure
	}
	return text + " %"
}

func quantile(h *hdrhistogram.Histogram, q float64) string {
	if h == nil || h.TotalCount() == 0 {
		return "-"
	}
	if q == 100 {
		return short(time.Duration(h.Max()))
	}
	return short(time.Duration(h.ValueAtQuantile(q)))
}

// short writes a time with three digits and the unit that suits it.
func short(d time.Duration) string {
	if d < time.Microsecond {
		return fmt.Sprintf("%d ns", d)
	}
	scale := time.Duration(1) // of the third digit
	for d/scale >= 1000 {
		scale *= 10
	}
	d = d.Round(scale)
	value, unit := d.Seconds(), "s"
	switch {
	case d < time.Millisecond:
		value, unit = value*1e6, "us"
	case d < time.Second:
		value, unit = value*1e3, "ms"
	}
	digits := 2
	switch {
	case value >= 99.95:
		digits = 0
	case value >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, value, unit)
}
