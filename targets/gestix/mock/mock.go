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
	scene    mockkit.Scene
	given    targets.Credentials // in place of what the seed draws
	anyBody  bool                // a POST or PUT needs no particular body, and a PUT no particular record

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
		draws: rand.New(rand.NewPCG(opt.Seed, 0x746f_6b65_6e73)), given: opt.Credentials, anyBody: opt.AnyBody,
	}
	m.scene = mockkit.Scene{Stage: opt.Stage, Facts: m.facts, Judge: m.serve, Now: m.Now}
	if m.clock == nil {
		m.clock = targets.System()
	}
	if opt.TrueClock {
		m.vary.skew = 0
	}
	m.lifetime = m.vary.lifetime
	if opt.SessionLifetime > 0 {
		m.lifetime = opt.SessionLifetime
	}
	m.Reset()
	return m
}

// Reset puts clock, credentials, sessions, data and log back to the start; the same seed gives the same credentials. The faults
// stay as they are.
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

// Faults are the names of those that are on.
func (m *Mock) Faults() []string { return m.faults.On() }

// SetFault switches a fault, from the next request on. One that acts when a session is opened leaves those alone that are open.
func (m *Mock) SetFault(name string, on bool) error {
	m.mu.Lock() // a request that is being judged is judged by one set of faults
	defer m.mu.Unlock()
	return m.faults.Set(name, on)
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
	// Before the lock: a slow sender holds up nobody else. A body that breaks off is judged as far as it came: as JSON it has
	// no end.
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	m.scene.Serve(w, r, body)
}

// serve judges a call and returns what writes the answer.
func (m *Mock) serve(r *http.Request, body []byte, a *targets.Arrival) func(http.ResponseWriter) {
	c := read(r, body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replies++
	turn := m.replies
	reply := m.answer(c)
	told := m.note(c, reply)
	if a != nil {
		m.complete(a, c, reply, told)
	}
	now := m.now()
	return func(w http.ResponseWriter) { m.send(w, reply, now, turn) }
}
