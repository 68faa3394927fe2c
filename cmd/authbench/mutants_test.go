package main

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// Two runs find the same, whatever the time of day: this fault shows more or less of itself with the second of the minute.
func TestMutantsStartAtAFixedInstant(t *testing.T) {
	v := registry.Vendors()[0]
	v.Faults = slices.DeleteFunc(slices.Clone(v.Faults), func(f targets.Fault) bool { return f.Name != "window-in-minutes" })
	var found []record.Mutant
	for _, second := range []int{7, 30} {
		a := &app{clock: targets.NewManual(time.Date(2026, 1, 1, 12, 0, second, 0, time.UTC))}
		var run record.MutantRun
		if err := a.mutate(context.Background(), v, &mutantFlags{seeds: 1}, &run); err != nil || len(run.Mutants) != 1 {
			t.Fatalf("%v, %d mutants", err, len(run.Mutants))
		}
		found = append(found, run.Mutants[0])
	}
	if !reflect.DeepEqual(found[0], found[1]) {
		t.Errorf("the first run found %+v, the second %+v", found[0], found[1])
	}
}

// Nothing is green because there was nothing to catch.
func TestMutantsThatWereNotTriedAreNotGreen(t *testing.T) {
	if err := mutantVerdict(context.Background(), record.MutantRun{Planned: 2, Mutants: []record.Mutant{{Caught: true}}}); exitCode(err) != exitBroken {
		t.Errorf("%v", err)
	}
}
