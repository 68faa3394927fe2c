package mock

import (
	"fmt"
	"maps"
	"slices"

	"github.com/authbench/authbench/targets"
)

// Faults are the names of those that are on. Every read of the set is made under m.mu.
func (m *Mock) Faults() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.faults))
}

// SetFault switches a fault, from the next decision on; a reset leaves it as it is.
func (m *Mock) SetFault(name string, on bool) error {
	var known []string
	for _, f := range Faults() {
		known = append(known, f.Name)
	}
	if !slices.Contains(known, name) {
		return fmt.Errorf("there is no fault %q%s", name, targets.DidYouMean(name, known))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if on {
		m.faults[name] = true
	} else {
		delete(m.faults, name) // what is in the set is on
	}
	return nil
}
