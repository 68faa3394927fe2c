package mock

// Faults are the names of those that are on.
func (m *Mock) Faults() []string { return m.faults.On() }

// SetFault switches a fault, from the next decision on; a reset leaves it as it is.
func (m *Mock) SetFault(name string, on bool) error { return m.faults.Set(name, on) }
