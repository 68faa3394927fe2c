package features_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/authbench/authbench/features"
)

func TestTheContractsAreWhole(t *testing.T) {
	for _, c := range []struct {
		vendor, prefix     string
		clauses, scenarios int // the least number of the latter
	}{{"gillie", "GIL", 21, 70}, {"gestix", "GES", 25, 90}, {"retailvista", "RTV", 18, 90}} {
		t.Run(c.vendor, func(t *testing.T) { checkContract(t, c.vendor, c.prefix, c.clauses, c.scenarios) })
	}
}

func checkContract(t *testing.T, vendor, prefix string, clauses, scenarios int) {
	t.Helper()
	files, err := features.Builtin(vendor)
	if err != nil {
		t.Fatal(err)
	}
	c, err := features.Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]bool{}
	perClause := map[string]int{}
	for _, s := range c.Scenarios {
		place := fmt.Sprint(s.File, s.Line, s.Name)
		if places[place] {
			t.Errorf("%s:%d: a second scenario is called %q", s.File, s.Line, s.Name)
		}
		places[place] = true
		perClause[s.Clause]++
		if s.Clause == "" || s.Line == 0 {
			t.Errorf("%s:%d: %q belongs to no clause", s.File, s.Line, s.Name)
		}
	}
	var ids []string
	for _, clause := range c.Clauses {
		ids = append(ids, clause.ID)
		if clause.Title == "" || !strings.HasPrefix(clause.Source, "Source:") || perClause[clause.ID] == 0 {
			t.Errorf("%s: title %q, source %q, %d scenarios", clause.ID, clause.Title, clause.Source, perClause[clause.ID])
		}
	}
	for i := range clauses {
		if want := fmt.Sprintf("%s-%02d", prefix, i+1); i >= len(ids) || ids[i] != want {
			t.Fatalf("the clauses are %v: %s is not in its place", ids, want)
		}
	}
	if len(ids) != clauses || len(c.Scenarios) < scenarios {
		t.Errorf("%d clauses and %d scenarios, want %d and at least %d", len(ids), len(c.Scenarios), clauses, scenarios)
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
