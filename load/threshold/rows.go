package threshold

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// part is what one expression is judged at: some rows of a run, or one way to renew its sessions.
type part struct {
	name string // that tells it from other parts of the same expression
	rows []record.OperationResult
	life *record.SessionLife
}

// Fits says what an expression names that a run does not have. Of the run only the names and weights of its operations, the
// requests beside them included, and the names of its ways to renew sessions are looked at, so it can be asked before
// anything is sent.
func (t Threshold) Fits(run record.Load) error {
	if _, err := t.parts(run); err != nil {
		return fmt.Errorf("%s: %w", t.place, err)
	}
	return nil
}

// parts are those that the expression is judged at. Where a run compares several ways to renew sessions, each is judged by
// itself, as if it had run alone, and so is each row that belongs to none; but the rate is that of the whole run.
func (t Threshold) parts(run record.Load) ([]part, error) {
	if t.metric.kind == refreshes {
		return t.ways(run)
	}
	if t.row != "" {
		return t.named(run)
	}
	calls := slices.DeleteFunc(slices.Clone(run.Operations), func(op record.OperationResult) bool { return op.Weight == 0 })
	if t.metric.kind == rate || !slices.ContainsFunc(calls, func(op record.OperationResult) bool { return wayOf(run, op.Name) != "" }) {
		return []part{{rows: calls}}, nil
	}
	var parts []part
	for _, op := range calls {
		name := wayOf(run, op.Name)
		if name == "" {
			name = op.Name
		}
		if i := slices.IndexFunc(parts, func(p part) bool { return p.name == name }); i >= 0 {
			parts[i].rows = append(parts[i].rows, op)
			continue
		}
		parts = append(parts, part{name: name, rows: []record.OperationResult{op}})
	}
	return parts, nil
}

// wayOf is the way that a row belongs to, by its name, in a run that compares several: `read naive` belongs to naive.
func wayOf(run record.Load, row string) string {
	if len(run.Sessions) < 2 {
		return ""
	}
	for _, life := range run.Sessions {
		if strings.HasSuffix(row, " "+life.Name) {
			return life.Name
		}
	}
	return ""
}

// named are the parts of an expression that names a row, a row of each way, or a way.
func (t Threshold) named(run record.Load) ([]part, error) {
	var known []string
	var each, way []record.OperationResult
	for _, op := range run.Operations {
		of := wayOf(run, op.Name)
		short := strings.TrimSuffix(op.Name, " "+of)
		switch {
		case op.Name == t.row:
			return []part{{rows: []record.OperationResult{op}}}, nil
		case of != "" && short == t.row:
			each = append(each, op)
		case of == t.row && op.Weight > 0:
			way = append(way, op)
		}
		for _, name := range []string{short, of} {
			if name != "" && !slices.Contains(known, name) {
				known = append(known, name)
			}
		}
	}
	switch {
	case each != nil:
		var parts []part
		for _, op := range each {
			parts = append(parts, part{name: op.Name, rows: []record.OperationResult{op}})
		}
		return parts, nil
	case way != nil:
		return []part{{rows: way}}, nil
	}
	return nil, fmt.Errorf("%s is about %q, which the profile %s does not have%s: choose from %s, or leave %s: out",
		t.text, t.row, run.Profile, targets.DidYouMean(t.row, known), strings.Join(known, ", "), t.row)
}

// ways are the parts of an expression about sessions.
func (t Threshold) ways(run record.Load) ([]part, error) {
	if len(run.Sessions) == 0 {
		return nil, fmt.Errorf("%s is about sessions, and the profile %s keeps none: leave it out", t.text, run.Profile)
	}
	var parts []part
	var known []string
	for _, life := range run.Sessions {
		known = append(known, life.Name)
		switch {
		case t.row == life.Name:
			return []part{{life: &life}}, nil
		case t.row == "" && len(run.Sessions) > 1:
			parts = append(parts, part{name: life.Name, life: &life})
		case t.row == "":
			parts = append(parts, part{life: &life})
		}
	}
	if parts == nil {
		return nil, fmt.Errorf("%s counts the refreshes of %q, which is no way that this run renews sessions by%s: choose from %s, or leave %s: out",
			t.text, t.row, targets.DidYouMean(t.row, known), strings.Join(known, ", "), t.row)
	}
	return parts, nil
}
