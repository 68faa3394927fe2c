package steps

import (
	"fmt"
	"sync"
)

// salts hands out salts that no call of the run has used with the same key, because a server may refuse a hash the second
// time (GIL-19), unless it is known to take one again. It is safe for concurrent use.
type salts struct {
	mu       sync.Mutex
	reusable bool
	used     map[string]bool
}

// take returns the first unused second at base, base+step, base+2*step...
func (s *salts) take(key string, base, step int64) int64 {
	for !s.free(key, base) {
		base += step
	}
	return base
}

// reuse says that the server takes a hash again.
func (s *salts) reuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reusable = true
}

// free takes exactly this second, or says that it was used.
func (s *salts) free(key string, at int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = map[string]bool{}
	}
	id := fmt.Sprintf("%s %d", key, at)
	used := s.used[id] && !s.reusable
	s.used[id] = true
	return !used
}
