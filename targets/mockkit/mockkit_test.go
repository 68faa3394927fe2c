package mockkit_test

import (
	"testing"

	"github.com/authbench/authbench/targets/mockkit"
)

// The log is bounded, and keeps the newest.
func TestTheJournalIsBounded(t *testing.T) {
	var j mockkit.Journal[int]
	for i := range mockkit.MaxJournal + 5 {
		j.Add(i)
	}
	list := j.List()
	if len(list) != mockkit.MaxJournal || list[0] != 5 || list[len(list)-1] != mockkit.MaxJournal+4 {
		t.Errorf("%d entries, from %d to %d", len(list), list[0], list[len(list)-1])
	}
}
