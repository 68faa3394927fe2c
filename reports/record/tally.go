package record

import (
	"fmt"
	"slices"
	"time"
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
	for _, c := range r.all(byClause) {
		res := r.agreed(judge(c, byClause[c.ID]))
		switch {
		case res.Known:
			sum.Known++
		case res.Verdict == Kept:
			sum.Kept++
		case res.Verdict == Broken:
			sum.Broken++
		case res.Verdict == Observed:
			sum.Observed++
		default:
			sum.Untested++
		}
		results = append(results, res)
	}
	return results, sum
}

// all returns the clauses of the run, and a last one for scenarios whose clause is not among them: none is lost.
func (r Run) all(byClause map[string][]Scenario) []Clause {
	known := map[string]bool{}
	for _, c := range r.Clauses {
		known[c.ID] = true
	}
	var strays []Scenario
	for _, s := range r.Scenarios {
		if !known[s.Clause] {
			strays = append(strays, s)
		}
	}
	if len(strays) == 0 {
		return r.Clauses
	}
	byClause[NoClause] = strays
	vendor := ""
	if len(r.Targets) > 0 {
		vendor = r.Targets[0].Vendor
	}
	return append(slices.Clone(r.Clauses), Clause{ID: NoClause, Vendor: vendor, Weight: Must,
		Title: "passes the scenarios that belong to no clause", Source: "feature files of your own"})
}

// agreed holds a clause against what the target's owner has agreed to: broken as agreed is not counted as broken, and an
// agreement that is over, or that the target no longer needs, is red.
func (r Run) agreed(res ClauseResult) ClauseResult {
	for _, d := range r.Deviations {
		if d.Clause != res.ID {
			continue
		}
		words := "known deviation until " + d.Until.Format(time.DateOnly) + ": " + d.Reason
		switch {
		case res.Verdict == Broken && r.Started.Before(d.Until.AddDate(0, 0, 1)):
			res.Known = true
			res.Notes = append(res.Notes, words)
		case res.Verdict == Broken:
			res.Notes = append(res.Notes, "over since: "+words)
		case res.Verdict == Kept:
			res.Verdict = Broken
			res.Notes = append(res.Notes, "kept, against the "+words+": remove it from known_deviations")
		}
	}
	return res
}

// judge gives a clause its verdict: one failure breaks it; it is kept only when something passed, nothing was left open by
// an error, and every scenario was judged but those that go further than the clause has to show. What could not be tested is
// said in the notes.
func judge(c Clause, scenarios []Scenario) ClauseResult {
	res := ClauseResult{Clause: c, Verdict: Untested, Scenarios: scenarios}
	count := map[Verdict]int{}
	var missing []string
	lacking := false
	for _, s := range scenarios {
		count[s.Verdict]++
		lacking = lacking || s.Verdict == Skipped && !s.Further
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
	case lacking:
		res.Verdict = Untested
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
