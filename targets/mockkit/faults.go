package mockkit

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/authbench/authbench/targets"
)

// Faults are the faults that a mock has, some of which are on. It is safe for concurrent use: who reads sees each switch as a
// whole, and a mock that switches under its own lock never judges one request by two sets.
type Faults struct {
	known []string
	mu    sync.Mutex                      // held to switch
	on    atomic.Pointer[map[string]bool] // never changed, only replaced
}

// FaultsOf returns the faults that a mock has, with those of the given names on.
func FaultsOf(has []targets.Fault, on []string) *Faults {
	f := &Faults{}
	for _, fault := range has {
		f.known = append(f.known, fault.Name)
	}
	set := map[string]bool{}
	for _, name := range on {
		set[name] = true
	}
	f.on.Store(&set)
	return f
}

// Has says whether a fault is on.
func (f *Faults) Has(name string) bool { return (*f.on.Load())[name] }

// None says that no fault is on.
func (f *Faults) None() bool { return len(*f.on.Load()) == 0 }

// On are the names of those that are on, in their order.
func (f *Faults) On() []string { return slices.Sorted(maps.Keys(*f.on.Load())) }

// Set switches one; the error says that there is none of that name.
func (f *Faults) Set(name string, on bool) error {
	if !slices.Contains(f.known, name) {
		return fmt.Errorf("there is no fault %q%s: authbench mock --list-faults shows all", name, targets.DidYouMean(name, f.known))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	set := maps.Clone(*f.on.Load())
	if on {
		set[name] = true
	} else {
		delete(set, name)
	}
	f.on.Store(&set)
	return nil
}
