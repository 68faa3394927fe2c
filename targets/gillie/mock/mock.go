// Package mock is a Gillie server in memory that keeps the contract GIL-01..GIL-21, is awkward within the law from a
// seed, and can be made wrong on purpose, one named fault at a time. It shares no code with the client.
package mock

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
	"github.com/authbench/authbench/targets/wire"
)

// window is how far a salt may be from the server's clock (GIL-06).
const window = 600 * time.Second

// Mock is the server's state. It is safe for concurrent use.
type Mock struct {
	faults  *mockkit.Faults
	vary    variation
	seed    uint64
	clock   targets.Clock
	stderr  io.Writer // nil: nobody reads it
	scene   mockkit.Scene
	given   targets.Credentials // in place of what the seed draws
	anyBody bool                // a POST needs no particular body

	mu      sync.Mutex
	offset  time.Duration // moved by the control endpoint
	rng     *rand.Rand
	keys    []*key
	spent   map[string]bool // hashes already used, where the variation refuses them again
	seen    map[string]bool // queries and keys once accepted (faults accepted-url-cached and key-remembered)
	created map[string][]record
	journal mockkit.Journal[entry]
	masked  *wire.Mask // of all keys; nil until it is needed
}

// New returns a mock for the options; the fault names have to be known.
func New(opt targets.MockOptions) *Mock {
	m := &Mock{
		faults: mockkit.FaultsOf(Faults(), opt.Faults), seed: opt.Seed, clock: opt.Clock, stderr: opt.Log, vary: drawVariation(opt.Seed),
		given: opt.Credentials, anyBody: opt.AnyBody,
	}
	m.scene = mockkit.Scene{Stage: opt.Stage, Facts: m.facts, Judge: m.judge, Now: m.Now}
	if m.clock == nil {
		m.clock = targets.System()
	}
	if opt.TrueClock {
		m.vary.skew = 0
	}
	m.Reset()
	return m
}

// Reset puts clock, keys, data and log back to the start; the same seed gives the same keys. The faults stay as they are.
func (m *Mock) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset = 0
	m.rng = rand.New(rand.NewPCG(m.seed, 0x6769_6c6c_6965))
	m.keys = makeKeys(m.rng, m.vary.alphabet, m.given)
	m.spent, m.seen, m.created = map[string]bool{}, map[string]bool{}, map[string][]record{}
	m.journal, m.masked = mockkit.Journal[entry]{}, nil
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

// SetFault switches a fault, from the next request on. One that acts when a key is deleted or recreated shows from the next
// such steering on.
func (m *Mock) SetFault(name string, on bool) error {
	m.mu.Lock() // a request that is being judged is judged by one set of faults
	defer m.mu.Unlock()
	return m.faults.Set(name, on)
}

// Credentials are those of the keys as they were made, by configuration name.
func (m *Mock) Credentials() targets.Credentials {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := targets.Credentials{}
	for _, k := range m.keys {
		k.addTo(all)
	}
	return all
}

// Revoke deletes the key that has a credential of that name (GIL-13).
func (m *Mock) Revoke(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.named(name)
	if k == nil {
		return fmt.Errorf("there is no credential %q", name)
	}
	k.deleted = true
	if m.faults.Has("delete-all") {
		for _, other := range m.keys {
			other.deleted = true
		}
	}
	return nil
}

// Recreate deletes the key that has a credential of that name and makes a new pair with the same rights in its place.
func (m *Mock) Recreate(name string) (targets.Credentials, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.named(name)
	if old == nil {
		return nil, fmt.Errorf("there is no credential %q", name)
	}
	fresh := *old
	fresh.public, fresh.private = makePair(m.rng, m.vary.alphabet)
	fresh.deleted = false
	old.deleted = !m.faults.Has("recreate-revives-old")
	if m.faults.Has("recreate-breaks-others") {
		for _, other := range m.keys {
			other.deleted = true
		}
	}
	m.keys, m.masked = append(m.keys, &fresh), nil
	made := targets.Credentials{}
	fresh.addTo(made)
	return made, nil
}

// named returns the newest key that has a credential of that configuration name.
func (m *Mock) named(name string) *key {
	for _, k := range slices.Backward(m.keys) {
		if name != "" && (name == k.publicName || name == k.privateName) {
			return k
		}
	}
	return nil
}

// State tells the keys and the number of records of each area, without a secret.
func (m *Mock) State() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	type keyState struct {
		Name     string   `json:"name"`
		Enforced bool     `json:"enforced"`
		Role     string   `json:"role,omitempty"`
		URLs     []string `json:"urls,omitempty"`
		Area     string   `json:"area"`
		Deleted  bool     `json:"deleted"`
	}
	state := struct {
		Now     time.Time      `json:"now"`
		Keys    []keyState     `json:"keys"`
		Records map[string]int `json:"records"`
	}{Now: m.now(), Records: map[string]int{}}
	for _, k := range m.keys {
		state.Keys = append(state.Keys, keyState{k.publicName, k.enforced, k.role, k.urls, k.area, k.deleted})
	}
	for _, area := range areas {
		state.Records[area] = len(m.records("/api/customers", area))
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
	// Before the lock: a slow sender holds up nobody else. A body that breaks off is judged as far as it came.
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	m.scene.Serve(w, r, body)
}

// judge decides what becomes of a call and returns what writes the answer.
func (m *Mock) judge(r *http.Request, body []byte, a *targets.Arrival) func(http.ResponseWriter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.read(r, body)
	d := m.decide(c)
	if d.why != nil {
		d.why = sync.OnceValue(d.why)
	}
	reply := m.answer(c, d)
	m.note(c, d, reply.status)
	if a != nil {
		m.complete(a, c, d, reply)
	}
	now := m.now()
	return func(w http.ResponseWriter) { m.vary.write(w, reply, now) }
}
