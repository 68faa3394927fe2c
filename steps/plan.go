package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// Filter chooses scenarios. The zero value chooses all.
type Filter struct {
	Tags      string   // a Cucumber tag expression, such as "@MUST and not @GIL-14"
	Clauses   []string // ids, such as GIL-06
	Scenarios []string // names
}

// Side is the end of the wire that a contract binds.
type Side int

// The two ends of the wire.
const (
	Server Side = iota
	Client
)

// command is how a person runs the scenarios of the side, and flag what makes the listing commands speak of it.
func (s Side) command() string { return [...]string{"verify", "judge"}[s] }
func (s Side) flag() string    { return [...]string{"", " --clients"}[s] }

// Plan is what will be run: nothing that is planned may end without a verdict.
type Plan struct {
	vendor   string
	side     Side
	files    []features.File
	vocab    vocabulary
	clauses  []record.Clause
	chosen   []features.Scenario
	contract features.Contract
	known    []string // ids of clauses
}

// NewPlan reads the feature files, checks every step against the vocabulary and chooses by the filter. A filter that chooses
// nothing is an error, and so is a step that no phrase matches, and a scenario that judges nothing.
func NewPlan(vendor string, side Side, files []features.File, filter Filter) (*Plan, error) {
	builtin, err := Contract(vendor, side)
	if err != nil {
		return nil, err
	}
	contract, err := features.Parse(files, builtin.Clauses...)
	if err != nil {
		return nil, err
	}
	p := &Plan{vendor: vendor, side: side, files: files, vocab: vocabularies()[place{vendor, side}], contract: contract}
	if err := p.checkSteps(); err != nil {
		return nil, err
	}
	if err := p.choose(filter); err != nil {
		return nil, err
	}
	for _, c := range append(builtin.Clauses, contract.Clauses...) {
		if !slices.Contains(p.known, c.ID) {
			p.known = append(p.known, c.ID)
		}
	}
	for _, c := range contract.Clauses {
		if n := count(p.chosen, c.ID); n > 0 {
			p.clauses = append(p.clauses, record.Clause{
				ID: c.ID, Vendor: vendor, Weight: record.Weight(c.Weight), Title: c.Title, Source: c.Source,
				Partial: n < count(contract.Scenarios, c.ID) || !hasAll(contract.Scenarios, builtin.Scenarios, c.ID),
			})
		}
	}
	return p, nil
}

// Files are the built-in feature files of a vendor.
func Files(vendor string, side Side) ([]features.File, error) {
	if side == Client {
		return features.BuiltinClient(vendor)
	}
	return features.Builtin(vendor)
}

// Contract is what the built-in feature files of a vendor say.
func Contract(vendor string, side Side) (features.Contract, error) {
	files, err := Files(vendor, side)
	if err != nil {
		return features.Contract{}, err
	}
	return features.Parse(files)
}

func count(scenarios []features.Scenario, clause string) int {
	n := 0
	for _, s := range scenarios {
		if s.Clause == clause {
			n++
		}
	}
	return n
}

// hasAll says whether all the built-in scenarios of a clause are among those that were read.
func hasAll(read, builtin []features.Scenario, clause string) bool {
	return !slices.ContainsFunc(builtin, func(b features.Scenario) bool {
		return b.Clause == clause && !slices.ContainsFunc(read, func(s features.Scenario) bool { return s.File == b.File && s.Line == b.Line })
	})
}

func (p *Plan) checkSteps() error {
	for _, s := range p.contract.Scenarios {
		if len(s.Steps) == 0 {
			return fmt.Errorf("%s:%d: the scenario %q has no steps: it could not fail", s.File, s.Line, s.Name)
		}
		judges := false
		for _, step := range s.Steps {
			phrase, err := p.vocab.find(p.vendor+p.side.flag(), s.File, s.Line, step.Text)
			if err != nil {
				return err
			}
			judges = judges || phrase.verdict
		}
		if !judges {
			return fmt.Errorf("%s:%d: the scenario %q judges nothing: end it with a phrase that authbench steps %s shows with Then",
				s.File, s.Line, s.Name, p.vendor+p.side.flag())
		}
	}
	return nil
}

func (p *Plan) choose(filter Filter) error {
	wanted, err := parseTags(filter.Tags)
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range p.contract.Clauses {
		ids = append(ids, c.ID)
	}
	for _, id := range filter.Clauses {
		if !slices.Contains(ids, id) {
			return fmt.Errorf("no scenario of %s belongs to the clause %q%s: authbench clauses %s lists them",
				p.vendor, id, targets.DidYouMean(id, ids), p.vendor+p.side.flag())
		}
	}
	var names []string
	for _, s := range p.contract.Scenarios {
		names = append(names, s.Name)
	}
	for _, name := range filter.Scenarios {
		if !slices.Contains(names, name) {
			return fmt.Errorf("no scenario of %s is called %q%s: authbench %s %s --list shows all",
				p.vendor, name, targets.DidYouMean(name, names), p.side.command(), p.vendor)
		}
	}
	for _, s := range p.contract.Scenarios {
		if wanted(s.Tags) && (len(filter.Clauses) == 0 || slices.Contains(filter.Clauses, s.Clause)) &&
			(len(filter.Scenarios) == 0 || slices.Contains(filter.Scenarios, s.Name)) {
			p.chosen = append(p.chosen, s)
		}
	}
	if len(p.chosen) == 0 {
		return fmt.Errorf("no scenario of %s matches %s: authbench %s %s --list shows their tags",
			p.vendor, filter.words(), p.side.command(), p.vendor)
	}
	return nil
}

func (f Filter) words() string {
	var words []string
	if f.Tags != "" {
		words = append(words, fmt.Sprintf("--tags %q", f.Tags))
	}
	for _, c := range f.Clauses {
		words = append(words, "--clause "+c)
	}
	for _, s := range f.Scenarios {
		words = append(words, fmt.Sprintf("--scenario %q", s))
	}
	if len(words) == 0 {
		return "the feature files"
	}
	return strings.Join(words, " ")
}

// Of is the part of the plan that belongs to the clauses.
func (p *Plan) Of(clauses []string) *Plan {
	part := *p
	part.chosen = slices.DeleteFunc(slices.Clone(p.chosen), func(s features.Scenario) bool { return !slices.Contains(clauses, s.Clause) })
	part.clauses = slices.DeleteFunc(slices.Clone(p.clauses), func(c record.Clause) bool { return !slices.Contains(clauses, c.ID) })
	return &part
}

// Clauses are those that the chosen scenarios belong to.
func (p *Plan) Clauses() []record.Clause { return slices.Clone(p.clauses) }

// Known are the ids of all clauses that there are: those of the built-in contract, and those of the files.
func (p *Plan) Known() []string { return slices.Clone(p.known) }

// Scenarios are the chosen ones, not run yet.
func (p *Plan) Scenarios() []record.Scenario {
	list := make([]record.Scenario, len(p.chosen))
	for i, s := range p.chosen {
		list[i] = record.Scenario{Name: s.Name, File: s.File, Line: s.Line, Clause: s.Clause, Vendor: p.vendor, Weight: p.weight(s.Clause),
			Further: slices.Contains(s.Tags, "@further")}
	}
	return list
}

func (p *Plan) weight(clause string) record.Weight {
	for _, c := range p.clauses {
		if c.ID == clause {
			return c.Weight
		}
	}
	return record.Must
}

// Tags returns the tags of the i-th chosen scenario.
func (p *Plan) Tags(i int) []string { return p.chosen[i].Tags }
