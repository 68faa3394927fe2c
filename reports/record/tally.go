package record

import (
	"fmt"
	"slices"
	"time"
)

// Tally adds a run up: a result for every clause at every target, in the order of Run.Targets and Run.Clauses, and the
// counts. What one target did never speaks for another. It is the only place that counts.
func (r Run) Tally() ([]ClauseResult, Summary) {
	var sum Summary
	for _, s := range r.Scenarios {
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
	for _, at := range r.groups() {
		for _, c := range at.clauses {
			res := r.agreed(judge(c, at.target, at.byClause[c.ID]))
			sum.add(res)
			results = append(results, res)
		}
	}
	return results, sum
}

func (sum *Summary) add(res ClauseResult) {
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
}

// Several says that results have to be told apart by the name of their target.
func (r Run) Several() bool {
	return slices.ContainsFunc(r.Targets, func(t Target) bool { return t.Name != r.Targets[0].Name })
}

// group is what was planned at one target.
type group struct {
	target   Target
	clauses  []Clause
	byClause map[string][]Scenario
}

// groups sorts the scenarios by their target and clause. None is lost: one whose target is not among the run's gets a group
// with its like, and one whose clause is not, a last clause of its group. A run with one target at most has one group.
func (r Run) groups() []*group {
	var list []*group
	for _, t := range r.Targets {
		list = append(list, r.groupOf(t))
	}
	if len(list) == 0 {
		list = append(list, r.groupOf(Target{}))
	}
	alone := len(list) == 1
	for _, s := range r.Scenarios {
		i := slices.IndexFunc(list, func(g *group) bool {
			return alone || g.target.Name == s.Target && g.target.Vendor == s.Vendor
		})
		if i < 0 {
			i = len(list)
			list = append(list, r.groupOf(Target{Name: s.Target, Vendor: s.Vendor}))
		}
		list[i].add(s)
	}
	return list
}

func (r Run) groupOf(t Target) *group {
	g := &group{target: t, byClause: map[string][]Scenario{}}
	for _, c := range r.Clauses {
		if c.Vendor == t.Vendor || len(r.Targets) < 2 {
			g.clauses = append(g.clauses, c)
		}
	}
	return g
}

func (g *group) add(s Scenario) {
	id := s.Clause
	if !g.has(id) {
		id = NoClause
	}
	if !g.has(id) {
		g.clauses = append(g.clauses, Clause{ID: NoClause, Vendor: g.target.Vendor, Weight: Must,
			Title: "passes the scenarios that belong to no clause", Source: "feature files of your own"})
	}
	g.byClause[id] = append(g.byClause[id], s)
}

func (g *group) has(id string) bool {
	return slices.ContainsFunc(g.clauses, func(c Clause) bool { return c.ID == id })
}

// agreed holds a clause against what the target's owner has agreed to: broken as agreed is not counted as broken, and an
// agreement that is over, or that the target no longer needs, is red. That it is not needed only the whole clause can show.
func (r Run) agreed(res ClauseResult) ClauseResult {
	i := slices.IndexFunc(r.Deviations, func(d Deviation) bool { return d.Target == res.Target.Name && d.Clause == res.ID })
	if i < 0 {
		return res
	}
	d := r.Deviations[i]
	words := "known deviation until " + d.Until.Format(time.DateOnly) + ": " + d.Reason
	switch {
	case res.Verdict == Broken && d.Holds(r.Started):
		res.Known = true
		res.Notes = append(res.Notes, words)
	case res.Verdict == Broken:
		res.Notes = append(res.Notes, "over since: "+words)
	case res.Verdict == Kept && res.whole():
		res.Verdict = Broken
		res.Notes = append(res.Notes, "kept, against the "+words+": remove it from known_deviations")
	case res.Verdict == Kept:
		res.Notes = append(res.Notes, "kept as far as it was judged, against the "+words)
	}
	return res
}

// whole says that every scenario of the clause was judged.
func (res ClauseResult) whole() bool {
	return !res.Partial && !slices.ContainsFunc(res.Scenarios, func(s Scenario) bool { return s.Verdict != Passed && s.Verdict != Failed })
}

// judge gives a clause its verdict: one failure breaks it; it is kept only when something passed, nothing was left open by
// an error, and every scenario was judged but those that go further than the clause has to show. What could not be tested is
// said in the notes.
func judge(c Clause, target Target, scenarios []Scenario) ClauseResult {
	res := ClauseResult{Clause: c, Target: target, Verdict: Untested, Scenarios: scenarios}
	count := map[Verdict]int{}
	var missing []string
	lacking := false
	for _, s := range scenarios {
		count[s.Verdict]++
		lacking = lacking || s.Verdict == Skipped && !s.Further
		for _, o := range s.Observed {
			res.Notes = appendNew(res.Notes, o)
		}
		if s.Verdict != Passed && s.Verdict != Failed {
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

// Worse returns that of two outcomes of one scenario that counts: a failure before an error, and that before what was not
// tested, and that before a success. What did not run at all counts least, so that one that never ran at all is seen to be.
func Worse(a, b Scenario) Scenario {
	rank := map[Verdict]int{NotRun: 0, Passed: 1, Skipped: 2, Errored: 3, Failed: 4}
	worse, other := a, b
	if rank[b.Verdict] > rank[a.Verdict] {
		worse, other = b, a
	}
	worse.Requests += other.Requests
	worse.Duration += other.Duration
	return worse
}
