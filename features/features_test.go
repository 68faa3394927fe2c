package features_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/authbench/authbench/features"
)

func TestGilliesContract(t *testing.T) {
	files, err := features.Builtin("gillie")
	if err != nil {
		t.Fatal(err)
	}
	c, err := features.Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	names := map[string]bool{}
	perClause := map[string]int{}
	for _, s := range c.Scenarios {
		if names[s.File+s.Name] {
			t.Errorf("%s:%d: a second scenario is called %q", s.File, s.Line, s.Name)
		}
		names[s.File+s.Name] = true
		perClause[s.Clause]++
		if s.Clause == "" || s.Line == 0 {
			t.Errorf("%s:%d: %q belongs to no clause", s.File, s.Line, s.Name)
		}
	}
	for _, clause := range c.Clauses {
		ids = append(ids, clause.ID)
		if clause.Title == "" || !strings.HasPrefix(clause.Source, "Source:") || perClause[clause.ID] == 0 {
			t.Errorf("%s: title %q, source %q, %d scenarios", clause.ID, clause.Title, clause.Source, perClause[clause.ID])
		}
	}
	if len(ids) != 21 || ids[0] != "GIL-01" || ids[20] != "GIL-21" || !slices.IsSorted(ids) {
		t.Errorf("the clauses are %v", ids)
	}
	if len(c.Scenarios) < 70 {
		t.Errorf("%d scenarios, fewer than 70", len(c.Scenarios))
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"not Gherkin", "this is prose", `a\.feature is no feature file: .*\(1:1\)`},
		{"empty", "", "a.feature holds no Feature"},
		{"a clause without a weight", "Feature: f\n@GIL-01\nRule: r\nScenario: s\nGiven x\n", "a.feature:3: the rule of GIL-01 has no weight"},
	} {
		_, err := features.Parse([]features.File{{Name: "a.feature", Text: []byte(c.text)}})
		if err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %q, want %q", c.name, err, c.want)
		}
	}
	if _, err := features.Read(fstest.MapFS{"readme.txt": {}}, "."); err == nil {
		t.Error("a folder without a feature file is taken for a contract")
	}
	if _, err := features.Read(fstest.MapFS{"big.feature": {Data: make([]byte, 2<<20)}}, "."); err == nil {
		t.Error("a feature file of 2 MiB is read")
	}
}
