package features_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/authbench/authbench/features"
)

func TestTheContractsAreWhole(t *testing.T) {
	for _, c := range []struct {
		vendor, prefix     string
		clauses, scenarios int // the least number of the latter
		files              func(vendor string) ([]features.File, error)
	}{
		{"gillie", "GIL", 21, 70, features.Builtin}, {"gestix", "GES", 25, 90, features.Builtin}, {"retailvista", "RTV", 18, 90, features.Builtin},
		{"gillie", "GILC", 11, 30, features.BuiltinClient}, {"gestix", "GESC", 12, 35, features.BuiltinClient}, {"retailvista", "RTVC", 10, 30, features.BuiltinClient},
	} {
		t.Run(c.prefix, func(t *testing.T) {
			files, err := c.files(c.vendor)
			checkContract(t, files, err, c.prefix, c.clauses, c.scenarios)
		})
	}
}

func checkContract(t *testing.T, files []features.File, err error, prefix string, clauses, scenarios int) {
	t.Helper()
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

var contract = []features.Clause{{ID: "GIL-06", Weight: "MUST", Title: "the window", Source: "Source: a page."}}

const steps = "    Given the enforced key\n    When the call is made\n    Then the call is denied\n"

func parse(text string) (features.Contract, error) {
	return features.Parse([]features.File{{Name: "mine/a.feature", Text: []byte(text)}}, contract...)
}

// A file of the user's own names a clause of the contract, and need not repeat it.
func TestOwnFilesShareTheContractsClauses(t *testing.T) {
	for name, text := range map[string]string{
		"a rule without a weight":   "Feature: f\n  @GIL-06\n  Rule: ours\n  Scenario: s\n" + steps,
		"a rule with the weight":    "Feature: f\n  @GIL-06 @MUST\n  Rule: ours\n  Scenario: s\n" + steps,
		"a scenario":                "Feature: f\n  @GIL-06\n  Scenario: s\n" + steps,
		"a feature":                 "@GIL-06\nFeature: f\n  Scenario: s\n" + steps,
		"a ticket beside it":        "Feature: f\n  @GIL-06\n  Rule: ours\n  @JIRA-12\n  Scenario: s\n" + steps,
		"the examples":              "Feature: f\n  Scenario Outline: s <a>\n" + steps + "    @GIL-06\n    Examples:\n    |a|\n    |1|\n",
		"a scenario in another one": "Feature: f\n  @OWN-01 @MUST\n  Rule: ours\n  @GIL-06\n  Scenario: s\n" + steps,
	} {
		c, err := parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Contains(c.Clauses, contract[0]) || c.Scenarios[0].Clause != "GIL-06" {
			t.Errorf("%s: %+v, the scenario is of %q", name, c.Clauses, c.Scenarios[0].Clause)
		}
	}
	if c, err := parse("Feature: f\n  @JIRA-12\n  Scenario: s\n" + steps); err != nil || c.Scenarios[0].Clause != "" || len(c.Clauses) != 0 {
		t.Errorf("a ticket is taken for a clause: %+v, %v", c, err)
	}
}

func TestOwnFilesThatMistakeAClause(t *testing.T) {
	for text, want := range map[string]string{
		"Feature: f\n  @OWN-01\n  Rule: ours\n  Scenario: s\n" + steps:          "mine/a.feature:3: the rule of OWN-01 has no weight",
		"Feature: f\n  @GIL-06 @OBSERVE\n  Rule: ours\n  Scenario: s\n" + steps: "mine/a.feature:3: GIL-06 is MUST in the contract, not OBSERVE",
		"Feature: f\n  @GIL-66\n  Scenario: s\n" + steps:                        "mine/a.feature:3: the contract has no clause GIL-66",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A small file does not cost much memory or time, nor bring the parser down.
func TestFilesAreBounded(t *testing.T) {
	outline := func(step string, header, row string, rows int) string {
		return "Feature: f\n  Scenario Outline: s\n" + step + "    Examples:\n" + header + strings.Repeat(row, rows)
	}
	var names, cells strings.Builder // each cell names the next one twice
	for i := range 60 {
		names.WriteString("|c" + strconv.Itoa(i))
		cells.WriteString("|<c" + strconv.Itoa(i+1) + "><c" + strconv.Itoa(i+1) + ">")
	}
	background := "Feature: f\n  Background:\n" + strings.Repeat("    * a\n", 5000) + strings.Repeat("  Scenario: s\n    * a\n", 5000)
	for name, c := range map[string]struct{ text, want string }{
		"a long comment":       {"Feature: f\n\n# " + strings.Repeat("x", 70_000) + "\n", "a.feature:3: the line is longer than 60 KiB"},
		"a long step":          {"Feature: f\n  Scenario: s\n    Given " + strings.Repeat("x", 64<<10), "a.feature:3: the line is longer"},
		"many steps and rows":  {outline(strings.Repeat("    * a\n", 5000), "|a|\n", "|1|\n", 5000), "a.feature:2: with the scenario \"s\" the file stands for more than 20,000 steps"},
		"a long background":    {background, "more than 20,000 steps"},
		"cells naming cells":   {outline("    * <c0>\n", names.String()+"|\n", cells.String()+"|\n", 1), "or 64 MiB of text"},
		"a long cell, often":   {outline("    * "+strings.Repeat("<a>", 10_000)+"\n", "|a|\n", "|"+strings.Repeat("x", 30_000)+"|\n", 5), "or 64 MiB of text"},
		"just as long as wise": {"Feature: f\n# " + strings.Repeat("x", 59<<10) + "\n" + outline(strings.Repeat("    * <a>\n", 20), "|a|\n", "|1|\n", 1000)[len("Feature: f\n"):], ""},
	} {
		_, err := features.Parse([]features.File{{Name: "a.feature", Text: []byte(c.text)}})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %.200v, want %q", name, err, c.want)
		}
	}
}
