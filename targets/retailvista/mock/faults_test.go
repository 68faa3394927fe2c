package mock

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authbench/authbench/targets"
)

// The faults that are listed are those that the code knows.
func TestEveryFaultIsNamedOnceAndUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			source.Write(text)
		}
	}
	seen := map[string]bool{}
	for _, f := range Faults() {
		if seen[f.Name] {
			t.Errorf("%s is listed twice", f.Name)
		}
		seen[f.Name] = true
		if !strings.Contains(source.String(), `m.faults["`+f.Name+`"]`) {
			t.Errorf("%s is listed and does nothing", f.Name)
		}
		if len(f.Breaks) == 0 || f.Summary == "" {
			t.Errorf("%s does not say what it is for", f.Name)
		}
	}
	for _, part := range strings.Split(source.String(), `m.faults["`)[1:] {
		if name, _, _ := strings.Cut(part, `"`); !seen[name] {
			t.Errorf("%s is used and not listed", name)
		}
	}
}

// run makes every probe and returns the clauses that were found broken, and the probes that found so.
func run(b *bench) (clauses []string, failed map[string]string) {
	failed = map[string]string{}
	for _, p := range probes() {
		b.m.Reset()
		if said := p.run(b); said != "" {
			failed[p.clause+" "+p.name] = said
			if !slices.Contains(clauses, p.clause) {
				clauses = append(clauses, p.clause)
			}
		}
	}
	slices.Sort(clauses)
	return clauses, failed
}

// Two-sided proof, within this package: a fault breaks exactly the clauses that it lists, every probe is reddened by a fault
// that is not about all denials, and every clause has a fault that breaks it alone.
func TestEveryFaultBreaksWhatItSays(t *testing.T) {
	blanket := []string{"denial-without-reason", "denial-is-a-number", "denial-is-200-success", "denial-breaks-down", "missing-is-401",
		"missing-is-empty-200", "missing-is-400-by-proxy", "missing-one-byte", "missing-is-forwarded"}
	reddened, alone := map[string]bool{}, map[string]bool{}
	var mu sync.Mutex
	t.Run("faults", func(t *testing.T) {
		for _, f := range Faults() {
			t.Run(f.Name, func(t *testing.T) {
				t.Parallel()
				broken, failed := run(newBench(t, targets.MockOptions{Faults: []string{f.Name}}))
				if known := slices.Sorted(slices.Values(f.Breaks)); !slices.Equal(broken, known) {
					t.Errorf("it breaks %v, known to break %v: %v", broken, known, failed)
				}
				mu.Lock()
				defer mu.Unlock()
				for name := range failed {
					reddened[name] = reddened[name] || !slices.Contains(blanket, f.Name)
				}
				if len(broken) == 1 {
					alone[broken[0]] = true
				}
			})
		}
	})
	for _, p := range probes() {
		if !reddened[p.clause+" "+p.name] {
			t.Errorf("%s %s: no fault reddens it", p.clause, p.name)
		}
		if !alone[p.clause] {
			t.Errorf("%s: no fault breaks it alone", p.clause)
			alone[p.clause] = true
		}
	}
}

func TestThePlainMockKeepsEveryClause(t *testing.T) {
	if broken, failed := run(newBench(t, targets.MockOptions{})); len(broken) > 0 {
		t.Errorf("%v: %v", broken, failed)
	}
}

// Whatever a seed draws is within the law; how an open silence looks is another test's.
func TestNoVariationBreaksAClause(t *testing.T) {
	for seed := range uint64(12) {
		opt := targets.MockOptions{Seed: seed}
		if drawVariation(seed).silence == silenceOpen {
			opt.Silence = []string{silenceClosed, silenceReset}[seed%2]
		}
		if broken, failed := run(newBench(t, opt)); len(broken) > 0 {
			t.Errorf("seed %d breaks %v: %v", seed, broken, failed)
		}
	}
}
