// Package mock is RetailVista in memory: the API gateway, which may say nothing at all, and the Retail3000 API server behind
// it. It keeps the contract RTV-01..RTV-18, is awkward within the law from a seed, and can be made wrong on purpose, one
// named fault at a time. Clients are judged with it too: a stage sees every request, and may say what becomes of it. It
// shares no code with the client.
package mock

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
	"github.com/authbench/authbench/targets/wire"
)

// Mock is the state of both servers. It is safe for concurrent use.
type Mock struct {
	faults *mockkit.Faults
	vary   variation
	seed   uint64
	clock  targets.Clock
	stderr io.Writer           // nil: nobody reads it
	given  targets.Credentials // in place of those that would be drawn
	stage  targets.Stage       // nil: nobody watches

	mu       sync.Mutex
	offset   time.Duration // moved by the control endpoint
	draws    *rand.Rand    // what new tokens are drawn from; never reset, so that no token comes twice
	tokens   []*apiToken   // the newest last
	user     user
	full     bool // the traffic log keeps full detail (RTV-18)
	calls    int  // that reached the gateway so far
	underway map[int]*call
	usage    map[pair]*usage
	journal  mockkit.Journal[*entry]
	masked   *wire.Mask      // of all tokens and credentials; nil until it is needed
	admitted map[string]bool // what a fault remembers of good calls (RTV-10)
}

// New returns a mock for the options; the fault names, the way of silence and the given credentials have to be in order.
func New(opt targets.MockOptions) *Mock {
	m := &Mock{
		faults: mockkit.FaultsOf(Faults(), opt.Faults), seed: opt.Seed, clock: opt.Clock, stderr: opt.Log, vary: drawVariation(opt.Seed),
		given: maps.Clone(opt.Credentials), stage: opt.Stage,
		draws: rand.New(rand.NewPCG(opt.Seed, 0x746f_6b65_6e73)),
	}
	if m.clock == nil {
		m.clock = targets.System()
	}
	if opt.Silence != "" {
		m.vary.silence = opt.Silence
	}
	m.Reset()
	return m
}

// Reset puts clock, credentials, log and counters back to the start; the same seed gives the same credentials, and those
// that were given are in force again.
func (m *Mock) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset, m.full, m.calls = 0, false, 0
	m.underway, m.usage, m.admitted = map[int]*call{}, map[pair]*usage{}, map[string]bool{}
	m.journal, m.masked = mockkit.Journal[*entry]{}, nil
	m.settle(rand.New(rand.NewPCG(m.seed, 0x7265_7461_696c)))
	m.take(m.given)
}

// Now is the server's clock: the given one, moved by the control endpoint.
func (m *Mock) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now()
}

func (m *Mock) now() time.Time { return m.clock.Now().Add(m.offset) }

// Advance moves the server's clock.
func (m *Mock) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset += d
}

// Detail says how much the traffic log keeps of each call from now on: summary or full (RTV-18).
func (m *Mock) Detail(detail string) error {
	if detail != "summary" && detail != "full" {
		return fmt.Errorf("there is no detail %q: name summary or full", detail)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.full = detail == "full"
	return nil
}

// State tells tokens, traffic and settings, without a secret.
func (m *Mock) State() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	type tokenState struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Disabled    bool   `json:"disabled"`
	}
	state := struct {
		Now       time.Time    `json:"now"`
		Silence   string       `json:"silence"`
		Detail    string       `json:"detail"`
		PerMinute int          `json:"calls_per_minute"`
		Calls     int          `json:"calls"`
		Tokens    []tokenState `json:"api_tokens"`
	}{Now: m.now().UTC(), Silence: m.vary.silence, Detail: "summary", PerMinute: m.vary.perMinute, Calls: m.calls}
	if m.full {
		state.Detail = "full"
	}
	for _, t := range m.tokens {
		state.Tokens = append(state.Tokens, tokenState{t.name, t.description, t.disabled})
	}
	return state
}
