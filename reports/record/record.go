// Package record holds the data of a run. Everything that is printed, counted or turned into an exit code is read from
// here, and only here is it counted.
package record

import "time"

// Verdict is how one scenario ended. The zero value is NotRun, so that nothing is ever green by default.
type Verdict int

// The verdicts of a scenario.
const (
	NotRun  Verdict = iota // planned, but nothing was judged
	Passed                 // the contract was kept
	Failed                 // the contract was broken
	Errored                // the harness or the network broke: nothing is said about the contract
	Skipped                // the target gives no means to test it; Reason says which
)

var verdictNames = [...]string{"not run", "passed", "failed", "errored", "skipped"}

func (v Verdict) String() string { return verdictNames[v] }

// Weight says what a clause may do to a target that breaks it.
type Weight string

// The weights of the contracts.
const (
	Must     Weight = "MUST"
	Derived  Weight = "DERIVED"
	Observe  Weight = "OBSERVE"
	Conflict Weight = "CONFLICT"
)

// Clause is one promise of a contract, as its Rule in the feature files states it.
type Clause struct {
	ID     string
	Vendor string
	Weight Weight
	Title  string
	Source string // the Rule's description
	// Partial says that scenarios of the clause were left out of the run, by a filter or a folder: what is found is not
	// found of the whole clause.
	Partial bool
}

// Exchange is what went over the wire, with the secrets masked.
type Exchange struct {
	Request  string
	Response string
	// Why explains to the author of a client under test what is wrong with the request, and Right is the request that would
	// have been right; both may be "".
	Why, Right string
}

// Turn is one run of a client program under test.
type Turn struct {
	Action         string
	Ended          string // such as exit status 1
	Stdout, Stderr string // masked, and cut in the middle where they are long
}

// Scenario is one planned scenario with its verdict.
type Scenario struct {
	Name   string
	File   string // the feature file, as the user would open it
	Line   int
	Clause string // the id, "" for a scenario of the user's own that belongs to none
	Vendor string
	Weight Weight
	// Further says that the scenario goes further than what the clause has to show: a target that gives no means for it can
	// still keep the clause.
	Further  bool
	Target   string
	Verdict  Verdict
	Duration time.Duration
	Expected string // set when failed
	Actual   string // set when failed
	Reason   string // why it was skipped, errored or not run
	Observed []string
	Exchange *Exchange // the exchange that decided a failure
	Turns    []Turn    // of the client program, where one was judged and was not green
	Seed     uint64    // of the mock, where a client was judged
	Requests int       // how many requests it sent
}

// Target is the server that a run judged.
type Target struct {
	Name   string
	Vendor string
	URL    string
	Kind   string // mock or live
	Notes  []string
	// Again is the command line that repeats the run on this target alone, without a --clause; reports append one to it, and
	// then what comes After.
	Again, After string
}

// Run is one verification.
type Run struct {
	Clients   bool // client programs were judged, not servers
	Version   string
	Started   time.Time
	Duration  time.Duration
	Targets   []Target
	Clauses   []Clause // in the order of the feature files
	Scenarios []Scenario
	// Deviations are what the targets' owners have agreed to.
	Deviations []Deviation
}

// ClauseVerdict is what the scenarios of one clause add up to.
type ClauseVerdict string

// The verdicts of a clause.
const (
	Kept     ClauseVerdict = "kept"
	Broken   ClauseVerdict = "broken"
	Untested ClauseVerdict = "untested"
	Observed ClauseVerdict = "observed"
)

// Deviation is a clause that a target is known to break, until a day.
type Deviation struct {
	Target, Clause, Reason string
	Until                  time.Time
}

// Holds says whether the agreement is still good; its last day is.
func (d Deviation) Holds(at time.Time) bool { return at.Before(d.Until.AddDate(0, 0, 1)) }

// NoClause stands for the scenarios of the user's own that belong to no clause.
const NoClause = "(none)"

// ClauseResult is a clause with the scenarios that judged it at one target.
type ClauseResult struct {
	Clause
	Target    Target
	Verdict   ClauseVerdict
	Known     bool // broken as agreed: it does not count as broken
	Notes     []string
	Scenarios []Scenario
}

// Summary counts a run. A clause that was judged at two targets counts twice.
type Summary struct {
	Kept, Broken, Untested, Observed int // clauses
	Known                            int // clauses that are broken as agreed
	Scenarios                        int // planned
	Passed, Failed, Errored, Skipped int // scenarios
	NotRun                           int
	Requests                         int
}
