package reports

import (
	"slices"
	"strings"

	"github.com/authbench/authbench/reports/record"
)

// thresholds prints what the run had to keep to.
func (p *page) thresholds(run record.Load) {
	if len(run.Thresholds) == 0 {
		return
	}
	several := slices.ContainsFunc(run.Thresholds, func(t record.Threshold) bool { return t.Row != "" })
	columns := []column{{title: "THRESHOLD"}, {title: "VALUE", right: true}, {title: "VERDICT"}}
	if several {
		columns = slices.Insert(columns, 1, column{title: "AT"})
	}
	var rows [][]string
	for _, t := range run.Thresholds {
		row := []string{printable(t.Expr), t.Value, p.o.paint(t.Judgement.String())}
		if t.Value == "" {
			row[1] = "-"
		}
		if several {
			row = slices.Insert(row, 1, printable(t.Row))
		}
		rows = append(rows, row)
	}
	p.line("")
	p.table(columns, rows)
}

// missed says which thresholds were missed, where the table does not, and why others were not judged; and that the run was
// stopped.
func (p *page) missed(run record.Load) {
	for _, t := range run.Missed() {
		if p.o.Quiet || t.Value == "" {
			p.field("missed", t.String())
		}
	}
	var reasons []string
	unjudged := map[string][]string{}
	for _, t := range run.NotJudged() {
		if unjudged[t.Reason] == nil {
			reasons = append(reasons, t.Reason)
		}
		unjudged[t.Reason] = append(unjudged[t.Reason], t.Name())
	}
	for _, reason := range reasons {
		p.field("not judged", strings.Join(unjudged[reason], ", ")+": "+reason)
	}
	if stop := run.Stopped; stop != nil {
		p.field("stopped", "after "+short(stop.After)+", since the run had missed "+stop.Threshold.String()+
			"; what was measured until then is shown")
	}
}

// thresholdJSON is one threshold. Row is there where one expression is judged at several rows; Value and Met are null for
// what was not measured, and Met alone for what was and is not judged.
type thresholdJSON struct {
	Expr   string  `json:"expr"`
	Row    string  `json:"row,omitempty"`
	Value  *string `json:"value"`
	Met    *bool   `json:"met"`
	Reason string  `json:"reason,omitempty"`
}

type stopJSON struct {
	Expr  string  `json:"expr"`
	Row   string  `json:"row,omitempty"`
	Value string  `json:"value"`
	After float64 `json:"after_s"`
}

func thresholdsOf(list []record.Threshold) []thresholdJSON {
	all := []thresholdJSON{}
	for _, t := range list {
		j := thresholdJSON{Expr: t.Expr, Row: t.Row, Reason: t.Reason}
		if t.Value != "" {
			j.Value = &t.Value
		}
		if t.Judgement != record.NotJudged {
			met := t.Judgement == record.Met
			j.Met = &met
		}
		all = append(all, j)
	}
	return all
}

func stopOf(s *record.Stop) *stopJSON {
	if s == nil {
		return nil
	}
	return &stopJSON{s.Threshold.Expr, s.Threshold.Row, s.Threshold.Value, s.After.Seconds()}
}
