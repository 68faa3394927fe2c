package steps_test

import (
	"testing"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

func TestStrangersThatBreakTheContract(t *testing.T) {
	for name, c := range map[string]struct {
		habits string
		change func(*targets.Target, *steps.Suite)
		clause string
	}{
		"new records are shown in every Area":  {"examples leak", writes, "GIL-15"},
		"new records are shown in one Area":    {"leak-to-north", writes, "GIL-15"},
		"and in the other":                     {"leak-to-south", writes, "GIL-15"},
		"with links that name the reader":      {"viewer-links leak", writes, "GIL-15"},
		"in a compressed body":                 {"compresses leak", writes, "GIL-15"},
		"a path that is open to everybody":     {"page hole", nil, "GIL-14"},
		"and shows another time at each look":  {"page volatile-hole", nil, "GIL-14"},
		"and is no JSON":                       {"csv-hole", nil, "GIL-14"},
		"a wrong hash is denied with the data": {"denies-with-data", nil, "GIL-08"},
		"and so is a path":                     {"denies-with-data", nil, "GIL-14"},
		"the private key behind the body":      {"debug-trailer", nil, "GIL-20"},
	} {
		t.Run(name, func(t *testing.T) {
			results, sum := newStranger(c.habits).visit(t, c.change, c.clause)
			if got := results[c.clause]; got.Verdict != record.Broken || sum.Errored > 0 {
				t.Errorf("%s is %s, %d errored: %s", c.clause, got.Verdict, sum.Errored, reasons(got))
			}
		})
	}
}
