package record

import "time"

// Mutant is the outcome of the suite against a mock with one fault.
type Mutant struct {
	Vendor   string
	Fault    string
	Summary  string
	Expected []string // the clauses that the fault is known to break
	Broken   []string // the clauses that the suite found broken
	Failed   int      // scenarios that failed
	Errored  int      // scenarios that could not be judged
	Caught   bool     // the clause that the fault was made for is among the broken ones
}

// Accusation is one legal variation that the suite found fault with.
type Accusation struct {
	Vendor   string
	Seed     uint64
	Clause   string
	Scenario string
	Detail   string
	Exchange *Exchange
}

// MutantRun is one run of the suites against faults and legal variations.
type MutantRun struct {
	Clients    bool // the mutants are clients, not servers
	Version    string
	Started    time.Time
	Duration   time.Duration
	Planned    int // faults to try, over all vendors: more than Mutants where the run was cut short
	Mutants    []Mutant
	Variations int // seeds tried, over all vendors
	Accused    []Accusation
}

// Caught counts the mutants that were caught.
func (r MutantRun) Caught() int {
	n := 0
	for _, m := range r.Mutants {
		if m.Caught {
			n++
		}
	}
	return n
}

// AccusedSeeds counts the legal variations that were accused of something.
func (r MutantRun) AccusedSeeds() int {
	type key struct {
		vendor string
		seed   uint64
	}
	seen := map[key]bool{}
	for _, a := range r.Accused {
		seen[key{a.Vendor, a.Seed}] = true
	}
	return len(seen)
}
