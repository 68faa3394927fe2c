package record_test

import (
	"testing"

	"github.com/authbench/authbench/reports/record"
)

func TestLoadTally(t *testing.T) {
	run := record.Load{Operations: []record.OperationResult{
		{Name: "read", Weight: 3, Requests: 10, Succeeded: 7, Broken: 2, Errors: map[string]int{"denied": 2, "timeout": 1, "not sent": 4}},
		{Name: "write", Weight: 1, Requests: 5, Succeeded: 5},
		{Name: "helo", Requests: 6, Succeeded: 1, Errors: map[string]int{"denied": 5}},
	}}
	if got, want := run.Tally(), (record.LoadSummary{Requests: 15, Succeeded: 12, Broken: 2, Unsent: 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := (record.Load{}).Tally(); got != (record.LoadSummary{}) {
		t.Errorf("an empty run: %+v", got)
	}
}
