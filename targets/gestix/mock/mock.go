// Package mock is a Gestix server in memory that keeps the contract GES-01..GES-25, is awkward within the law from a seed,
// and can be made wrong on purpose, one named fault at a time. It shares no code with the client.
package mock

import (
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
	"github.com/authbench/authbench/targets/wire"
)

// Mock is the server's state. It is safe for concurrent use: one lock decides every race (GES-16).
type Mock struct {
	faults   *mockkit.Faults
	vary     variation
	seed     uint64
	clock    targets.Clock
	stderr   io.Writer // nil: nobody reads it
	lifetime time.Duration

	mu       sync.Mutex
	offset   time.Duration // moved by the control endpoint
	draws    *rand.Rand    // what tokens are drawn from; never reset, so that no token comes twice
	accounts []*account    // ours, and the other one
	tokens   []*apiToken   // the newest last
	user     *user
	sessions map[string]*session // by token
	opened   []*session          // the oldest first
	numbered int                 // sessions opened so far
	recordID int                 // of the newest record
	replies  uint64              // so far
	marks    map[string]*int64   // nonces that a fault keeps anywhere but in their session
	calls    map[string]int      // calls a connection, counted for faults
	journal  mockkit.Journal[entry]
	masked   *wire.Mask // of all credentials; nil until it is needed
}

// New returns a mock for the options; the fault names have to be known.
func New(opt targets.MockOptions) *Mock {
	m := &Mock{
		faults: mockkit.FaultsOf(Faults(), opt.Faults), seed: opt.Seed, clock: opt.Clock, stderr: opt.Log, vary: drawVariation(opt.Seed),
		draws: rand.New(rand.NewPCG(opt.Seed, 0x746f_6b65_6e73)),
	}
	if m.clock == nil {
		m.clock = targets.System()
	}
	m.lifetime = m.vary.lifetime
	if opt.SessionLifetime > 0 {
		m.lifetime = opt.SessionLifetime
	}
	m.Reset()
	return m
}

// Reset puts clock, credentials, sessions, data and log back to the start; the same seed gives the same credentials.
func (m *Mock) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset = 0
	m.sessions, m.opened, m.numbered = map[string]*session{}, nil, 0
	m.marks, m.calls = map[string]*int64{}, map[string]int{}
	m.recordID, m.replies = 1000, 0
	m.journal, m.masked = mockkit.Journal[entry]{}, nil
	m.settle(rand.New(rand.NewPCG(m.seed, 0x6765_7374_6978)))
}

// Now is the server's clock: the given one, moved by the variation's skew and by the control endpoint.
func (m *Mock) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now()
}

func (m *Mock) now() time.Time { return m.clock.Now().Add(m.vary.skew + m.offset) }

// Advance moves the server's clock.
func (m *Mock) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset += d
}

// State tells accounts, API tokens, sessions and the number of records, without a secret.
func (m *Mock) State() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	type tokenState struct {
		Name    string `json:"name"`
		Account string `json:"account"`
		Revoked bool   `json:"revoked"`
	}
	type accountState struct {
		Number   string         `json:"number"`
		Sessions int            `json:"open_sessions"`
		Records  map[string]int `json:"records"`
	}
	state := struct {
		Now      time.Time      `json:"now"`
		Lifetime string         `json:"session_lifetime"`
		Tokens   []tokenState   `json:"api_tokens"`
		Accounts []accountState `json:"accounts"`
		Opened   int            `json:"sessions_opened"`
	}{Now: m.now().UTC(), Lifetime: m.lifetime.String(), Opened: m.numbered}
	for _, t := range m.tokens {
		state.Tokens = append(state.Tokens, tokenState{t.name, t.account.number, t.revoked})
	}
	for _, a := range m.accounts {
		told := accountState{Number: a.number, Records: map[string]int{}}
		for _, s := range m.opened {
			if s.account == a && !m.over(s) {
				told.Sessions++
			}
		}
		for resource, shelf := range a.shelves {
			told.Records[resource] = len(shelf.byID)
		}
		state.Accounts = append(state.Accounts, told)
	}
	return state
}

// Log is the requests received, in the order in which they were answered.
func (m *Mock) Log() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	entries := m.journal.List()
	for i, e := range entries {
		entries[i] = m.told(e)
	}
	return entries
}

// ServeHTTP judges the call and answers it.
func (m *Mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := read(r) // before the lock: a slow sender holds up nobody else
	m.mu.Lock()
	m.replies++
	turn := m.replies
	reply := m.answer(c)
	m.note(c, reply)
	now := m.now()
	m.mu.Unlock()
	m.send(w, reply, now, turn)
}
