// Package features holds the contracts as feature files: each Rule is a clause, its tags are the id and the weight, its
// name the title, its description the source. Nothing repeats that elsewhere.
package features

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"
)

//go:embed */*.feature
var builtin embed.FS

// File is one feature file: its name as a user would look for it, and its text.
type File struct {
	Name string
	Text []byte
}

// clientFile holds what a vendor's clients have to do; the other files of the vendor's folder are about servers.
const clientFile = "client.feature"

// Builtin returns the feature files of a vendor's server contract, in the order of their names.
func Builtin(vendor string) ([]File, error) {
	return builtinFiles(vendor, func(name string) bool { return name != clientFile })
}

// BuiltinClient returns the feature file of what a vendor's clients have to do.
func BuiltinClient(vendor string) ([]File, error) {
	return builtinFiles(vendor, func(name string) bool { return name == clientFile })
}

func builtinFiles(vendor string, wanted func(name string) bool) ([]File, error) {
	files, err := Read(builtin, vendor)
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].Name = path.Join("features", files[i].Name)
	}
	return slices.DeleteFunc(files, func(f File) bool { return !wanted(path.Base(f.Name)) }), nil
}

// Read returns the feature files below dir. A folder without one is an error: nothing must be green because it was empty.
func Read(fsys fs.FS, dir string) ([]File, error) {
	var files []File
	err := fs.WalkDir(fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".feature") {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || info.Size() > maxFile {
			return fmt.Errorf("%s is no ordinary file of at most 1 MiB", name)
		}
		text, err := fs.ReadFile(fsys, name)
		files = append(files, File{name, text})
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no file below %s ends in .feature", dir)
	}
	return files, err
}

// Clause is a Rule that carries a clause's id.
type Clause struct {
	ID, Weight, Title, Source string
}

// Scenario is one scenario, or one row of an outline, as it will run.
type Scenario struct {
	ID     string // of the pickle, the same as godog gives when it is handed the same files
	Name   string
	File   string
	Line   int
	Clause string // "" when it belongs to none
	Tags   []string
	Steps  []Step
}

// Step is one line of a scenario.
type Step struct{ Text string }

// Contract is what a set of feature files says.
type Contract struct {
	Clauses   []Clause // in the order of the files
	Scenarios []Scenario
}

var (
	clauseTag = regexp.MustCompile(`^@([A-Z]+-\d+)$`)
	weights   = []string{"@MUST", "@DERIVED", "@OBSERVE", "@CONFLICT"}
)

// Parse reads the contract out of feature files. The error names file and line. The built-in clauses of the vendor, where
// they are given, stay what they are in files of the user's own: a rule or a scenario that carries the id of one belongs to
// it, and takes its weight, title and source.
func Parse(files []File, builtin ...Clause) (Contract, error) {
	var c Contract
	newID := (&messages.Incrementing{}).NewId
	for _, f := range files {
		if err := checkLines(f); err != nil {
			return c, err
		}
		doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(f.Text), newID)
		if err != nil {
			return c, fmt.Errorf("%s is no feature file: %s", f.Name, oneLine(err))
		}
		if doc.Feature == nil {
			return c, fmt.Errorf("%s holds no Feature", f.Name)
		}
		if err := checkOutlines(f.Name, doc.Feature); err != nil {
			return c, err
		}
		doc.Uri = f.Name
		if err := c.addClauses(f.Name, doc.Feature, builtin); err != nil {
			return c, err
		}
		lines := linesOf(doc.Feature)
		for _, p := range gherkin.Pickles(*doc, f.Name, newID) {
			c.Scenarios = append(c.Scenarios, scenarioOf(f.Name, p, lines))
		}
	}
	for i := range c.Scenarios { // only now: a rule of a later file may be the clause
		if err := c.place(&c.Scenarios[i], builtin); err != nil {
			return c, err
		}
	}
	slices.SortStableFunc(c.Clauses, func(a, b Clause) int { return strings.Compare(a.ID, b.ID) })
	return c, nil
}

func (c *Contract) addClauses(file string, feature *messages.Feature, builtin []Clause) error {
	for _, child := range feature.Children {
		if child.Rule == nil {
			continue
		}
		clause := clauseOf(child.Rule)
		if clause.ID == "" {
			continue
		}
		at := fmt.Sprintf("%s:%d", file, child.Rule.Location.Line)
		if ours, known := clauseNamed(builtin, clause.ID); known {
			if clause.Weight != "" && clause.Weight != ours.Weight {
				return fmt.Errorf("%s: %s is %s in the contract, not %s: leave the weight out", at, ours.ID, ours.Weight, clause.Weight)
			}
			clause = ours
		}
		if clause.Weight == "" {
			return fmt.Errorf("%s: the rule of %s has no weight: add one of %s", at, clause.ID, strings.Join(weights, " "))
		}
		if _, known := clauseNamed(c.Clauses, clause.ID); !known {
			c.Clauses = append(c.Clauses, clause)
		}
	}
	return nil
}

func clauseOf(rule *messages.Rule) Clause {
	clause := Clause{Title: rule.Name, Source: strings.Join(strings.Fields(rule.Description), " ")}
	for _, tag := range rule.Tags {
		if m := clauseTag.FindStringSubmatch(tag.Name); m != nil {
			clause.ID = m[1]
		}
		if slices.Contains(weights, tag.Name) {
			clause.Weight = tag.Name[1:]
		}
	}
	return clause
}

func clauseNamed(list []Clause, id string) (Clause, bool) {
	i := slices.IndexFunc(list, func(c Clause) bool { return c.ID == id })
	if i < 0 {
		return Clause{}, false
	}
	return list[i], true
}

// place finds the clause that a scenario belongs to: the last of its tags that names one. A tag that only looks like an id,
// such as a ticket's number, names none; one with the letters of the vendor's own is a mistake.
func (c *Contract) place(s *Scenario, builtin []Clause) error {
	for _, tag := range s.Tags {
		m := clauseTag.FindStringSubmatch(tag)
		if m == nil {
			continue
		}
		_, known := clauseNamed(c.Clauses, m[1])
		ours, builtIn := clauseNamed(builtin, m[1])
		letters, _, _ := strings.Cut(m[1], "-")
		switch {
		case known:
			s.Clause = m[1]
		case builtIn:
			s.Clause = m[1]
			c.Clauses = append(c.Clauses, ours)
		case slices.ContainsFunc(builtin, func(other Clause) bool { return strings.HasPrefix(other.ID, letters+"-") }):
			return fmt.Errorf("%s:%d: the contract has no clause %s: authbench clauses lists its clauses", s.File, s.Line, m[1])
		}
	}
	return nil
}

// linesOf maps the ids of scenarios and of example rows to their lines.
func linesOf(feature *messages.Feature) map[string]int {
	lines := map[string]int{}
	add := func(s *messages.Scenario) {
		if s == nil {
			return
		}
		lines[s.Id] = int(s.Location.Line)
		for _, examples := range s.Examples {
			for _, row := range examples.TableBody {
				lines[row.Id] = int(row.Location.Line)
			}
		}
	}
	for _, child := range feature.Children {
		add(child.Scenario)
		if child.Rule != nil {
			for _, inner := range child.Rule.Children {
				add(inner.Scenario)
			}
		}
	}
	return lines
}

func scenarioOf(file string, p *messages.Pickle, lines map[string]int) Scenario {
	s := Scenario{ID: p.Id, Name: p.Name, File: file}
	for _, id := range p.AstNodeIds {
		s.Line = lines[id] // the last is the example row, where there is one
	}
	for _, tag := range p.Tags {
		s.Tags = append(s.Tags, tag.Name)
	}
	for _, step := range p.Steps {
		s.Steps = append(s.Steps, Step{step.Text})
	}
	return s
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
