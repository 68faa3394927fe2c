package mock

import (
	"fmt"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
	"github.com/authbench/authbench/targets/wire"
)

// entry is one request as the log keeps it: no query, no header and no body, since these hold the credentials.
type entry struct {
	Time        time.Time `json:"time"`
	Method      string    `json:"method"`
	Path        string    `json:"path"`
	Credential  string    `json:"credential"`        // what kind of thing stood in the Authorization header
	Session     int       `json:"session,omitempty"` // which one was opened or used, counted from 1
	Nonce       string    `json:"nonce,omitempty"`
	Status      int       `json:"status"`
	Verdict     string    `json:"verdict"` // accepted or denied
	Reason      string    `json:"reason,omitempty"`
	Explanation string    `json:"explanation,omitempty"`

	strange bool // method or path are none of ours, and may hold anything
}

// note keeps a judged call in the log; a denied one is explained on the standard error as well. The caller holds m.mu.
func (m *Mock) note(c *call, r reply) {
	e := entry{
		Time: m.now().UTC(), Method: c.method, Path: c.raw, Credential: m.credentialOf(c), Status: r.status,
		Verdict: "accepted", Reason: string(r.reason), Explanation: r.why, strange: c.resource == "" || !c.knowsMethod(),
	}
	if r.session != nil {
		e.Session = r.session.number
	}
	if given := c.values("nonce"); len(given) == 1 && len(given[0]) <= 24 && strings.Trim(given[0], "0123456789-+. ") == "" {
		e.Nonce = given[0]
	}
	if r.denied() {
		e.Verdict = "denied"
		if m.stderr != nil {
			told := m.told(e)
			fmt.Fprintf(m.stderr, "denied %d %s %s: %s\n", e.Status, mockkit.Printable(told.Method), mockkit.Printable(told.Path), told.Explanation)
		}
	}
	m.journal.Add(e)
}

// credentialOf names what the Authorization header holds, never its value.
func (m *Mock) credentialOf(c *call) string {
	value, flaw := m.bearer(c)
	if flaw != wellFormed {
		return string(flaw)
	}
	if t := m.token(value); t != nil {
		return t.name
	}
	switch s := m.sessions[value]; {
	case s == nil:
		return "unknown token"
	case m.over(s):
		return "expired session token"
	}
	return "session token"
}

// told masks the secrets of an entry for a reader. Session tokens are many: they are looked for only where a stranger's
// words are repeated. The caller holds m.mu.
func (m *Mock) told(e entry) entry {
	if m.masked == nil {
		secrets := m.credentials()
		m.masked = wire.NewMask(secrets)
		for _, t := range m.tokens { // those replaced are in nobody's configuration, but still secret
			m.masked = m.masked.With(t.name, t.value)
		}
	}
	mask := m.masked
	if e.strange {
		var live []string
		for _, s := range m.opened {
			live = append(live, s.token)
		}
		mask = mask.With("session token", live...)
	}
	e.Method, e.Path, e.Explanation = mask.Text(e.Method), mask.Text(e.Path), mask.Text(e.Explanation)
	return e
}
