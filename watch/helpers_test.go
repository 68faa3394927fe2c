package watch

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// acme is a vendor of which nothing but the names matters here.
var acme = targets.Vendor{
	Name: "acme", Title: "keys and sessions",
	Credentials: []targets.Entry{
		{Name: "public_key", Required: true}, {Name: "private_key", Required: true}, {Name: "password"}, {Name: "store_number", Public: true},
	},
	Faults: []targets.Fault{{Name: "no-window", Summary: "accepts any salt", Breaks: []string{"ACM-06"}}},
}

var secrets = targets.Credentials{
	"public_key": "9f86d081884c7d65", "private_key": "p+&=%#? ü2c26b46b68ff", "password": "hunter2", "store_number": "7",
}

// server is a steered server that only remembers what was asked of it.
type server struct {
	mu       sync.Mutex
	moved    time.Duration
	faults   []string
	sessions int
}

func (s *server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.moved)
}

func (s *server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved += d
}

func (s *server) Reset()                                       {}
func (s *server) Revoke(string) error                          { return nil }
func (s *server) Recreate(string) (targets.Credentials, error) { return nil, nil }
func (s *server) Log() any                                     { return nil }
func (s *server) State() any                                   { return nil }

func (s *server) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

func (s *server) SetFault(name string, on bool) error {
	if name != "no-window" {
		return fmt.Errorf("there is no fault %q", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	if on {
		s.faults = []string{name}
	}
	return nil
}

func (s *server) EndSessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.sessions
	s.sessions = 0
	return n
}

// started returns a watcher whose mock runs.
func started(log *Log, steered targets.Controlled) *Watcher {
	w := New(acme, log)
	w.Started(&targets.Mock{URL: "http://127.0.0.1:9", Credentials: secrets, Steered: steered}, "type this", "and that")
	return w
}

// pass takes one request through a watcher, as a mock does.
func pass(t *testing.T, w *Watcher, a targets.Arrival) Event {
	t.Helper()
	if a.Header == nil {
		a.Header = http.Header{}
	}
	if cue := w.Arrived(context.Background(), &a); cue != (targets.Cue{}) {
		t.Errorf("the watcher interferes: %+v", cue)
	}
	w.Judged(&a)
	events, _, _ := w.log.since(0)
	return events[len(events)-1]
}
