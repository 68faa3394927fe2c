package mock

import "github.com/authbench/authbench/targets"

// Faults lists the ways in which the mock can be wrong on purpose. Breaks names every clause that the suite must then
// find broken, the one that the fault was made for first.
func Faults() []targets.Fault { return nil }
