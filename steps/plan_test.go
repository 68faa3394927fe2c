package steps

import (
	"strings"
	"testing"

	"github.com/authbench/authbench/features"
)

func planMine(text string, filter Filter) (*Plan, error) {
	return NewPlan("gillie", Server, []features.File{{Name: "mine/a.feature", Text: []byte(text)}}, filter)
}

// A scenario without a verdict can only be green, so it is refused before anything runs.
func TestAScenarioThatJudgesNothing(t *testing.T) {
	const head = "Feature: f\n\n  Scenario: s\n    Given the enforced key\n    When the call is made\n"
	if _, err := planMine(head, Filter{}); err == nil || !strings.Contains(err.Error(), `mine/a.feature:3: the scenario "s" judges nothing`) {
		t.Errorf("%v", err)
	}
	for _, verdict := range []string{"Then the call is accepted", `Then it is reported as "a call"`, "* the call is denied"} {
		if _, err := planMine(head+"    "+verdict+"\n", Filter{}); err != nil {
			t.Errorf("%s: %v", verdict, err)
		}
	}
	rows := "Feature: f\n  Scenario Outline: s\n    Given the enforced key\n    When the call is made\n    Then <what>\n    Examples:\n" +
		"      | what                 |\n      | the call is accepted |\n      | the enforced key     |\n"
	if _, err := planMine(rows, Filter{}); err == nil || !strings.Contains(err.Error(), "mine/a.feature:9: ") {
		t.Errorf("a row that judges nothing: %v", err)
	}
}

// The clause of the contract is found from a file of the user's own alone.
func TestOwnScenariosOfAClause(t *testing.T) {
	const mine = "Feature: f\n  @GIL-06\n  Scenario: ours\n    Given the enforced key\n    When the call is made\n    Then the call is accepted\n"
	plan, err := planMine(mine, Filter{Clauses: []string{"GIL-06"}})
	if err != nil {
		t.Fatal(err)
	}
	clauses := plan.Clauses()
	if len(clauses) != 1 || clauses[0].ID != "GIL-06" || clauses[0].Weight != "MUST" || !strings.Contains(clauses[0].Title, "10 minutes") {
		t.Errorf("%+v", clauses)
	}
	if !clauses[0].Partial {
		t.Error("one scenario of the user's own is taken for the whole clause")
	}
}

func TestAClauseIsPartialWhereScenariosAreLeftOut(t *testing.T) {
	files, err := features.Builtin("gestix")
	if err != nil {
		t.Fatal(err)
	}
	for tags, want := range map[string]bool{"": false, "@GES-01": false, "@further": true} {
		plan, err := NewPlan("gestix", Server, files, Filter{Tags: tags})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range plan.Clauses() {
			if c.Partial != want {
				t.Errorf("--tags %q: %s is partial: %v", tags, c.ID, c.Partial)
			}
		}
	}
}
