package record

import (
	"fmt"
	"slices"
)

// Tally adds a run up: a result for every clause, in the order of Run.Clauses, and the counts. It is the only place that
// counts.
func (r Run) Tally() ([]ClauseResult, Summary) {
	var sum Summary
	byClause := map[string][]Scenario{}
	for _, s := range r.Scenarios {
		byClause[s.Clause] = append(byClause[s.Clause], s)
		sum.Scenarios++
		sum.Requests += s.Requests
		switch s.Verdict {
		case Passed:
			sum.Passed++
		case Failed:
			sum.Failed++
		case Errored:
			sum.Errored++
		case Skipped:
			sum.Skipped++
		default:
			sum.NotRun++
		}
	}
	var results []ClauseResult
	for _, c := range r.Clauses {
		res := judge(c, byClause[c.ID])
		switch res.Verdict {
		case Kept:
			sum.Kept++
		case Broken:
			sum.Broken++
		case Observed:
			sum.Observed++
		default:
			sum.Untested++
		}
		results = append(results, res)
	}
	return results, sum
}

// judge gives a clause its verdict: one failure breaks it; it is kept only when something passed and nothing was left
// open by an error; what could not be tested is said in the notes.
func judge(c Clause, scenarios []Scenario) ClauseResult {
	res := ClauseResult{Clause: c, Verdict: Untested, Scenarios: scenarios}
	count := map[Verdict]int{}
	var missing []string
	for _, s := range scenarios {
		count[s.Verdict]++
		for _, o := range s.Observed {
			res.Notes = appendNew(res.Notes, o)
		}
		if s.Verdict == Skipped || s.Verdict == Errored {
			missing = appendNew(missing, s.Reason)
		}
	}
	switch {
	case count[Failed] > 0 && c.Weight != Observe:
		res.Verdict = Broken
	case count[Errored] > 0 || count[NotRun] > 0:
		res.Verdict = Untested
	case count[Passed]+count[Failed] == 0:
		res.Verdict = Untested
	case c.Weight == Observe:
		res.Verdict = Observed
	default:
		res.Verdict = Kept
	}
	if n := count[Skipped]; n > 0 && n < len(scenarios) {
		res.Notes = append(res.Notes, fmt.Sprintf("%d of %d scenarios untested", n, len(scenarios)))
	}
	if n := count[NotRun]; n > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d of %d scenarios did not run", n, len(scenarios)))
	}
	res.Notes = append(res.Notes, missing...)
	return res
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
