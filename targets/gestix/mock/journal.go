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

// note keeps a judged call in the log and returns how it is kept; a denied one is explained on the standard error as well. The
// caller holds m.mu.
func (m *Mock) note(c *call, r reply) entry {
	e := entry{
		Time: m.now().UTC(), Method: c.method, Path: c.raw, Credential: m.credentialOf(c), Status: r.status,
		Verdict: "accepted", Reason: string(r.reason), Explanation: r.why, strange: c.resource == "" || !c.knowsMethod(),
	}
	if r.session != nil {
		e.Session = r.session.number
	}
	e.Nonce, _ = c.plainNonce()
	if r.denied() {
		e.Verdict = "denied"
		if m.stderr != nil {
			told := m.told(e)
			method, path := mockkit.Printable(told.Method), mockkit.Printable(told.Path)
			fmt.Fprintf(m.stderr, "denied %d %s %s: %s\n", e.Status, method, path, told.Explanation)
		}
	}
	m.journal.Add(e)
	return e
}

// plainNonce is the nonce in the query, where there is one that may be repeated.
func (c *call) plainNonce() (string, bool) {
	given := c.values("nonce")
	if len(given) != 1 || !plainNumber(given[0]) {
		return "", false
	}
	return given[0], true
}

// plainNumber tells what may be repeated as a nonce: anything else may be a secret.
func plainNumber(text string) bool {
	return len(text) <= 24 && strings.Trim(text, "0123456789-+. ") == ""
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

// told masks the secrets of an entry for a reader. The caller holds m.mu.
func (m *Mock) told(e entry) entry {
	if e.strange {
		e.Method, e.Path = shortened(e.Method), shortened(e.Path)
	}
	mask := m.mask()
	e.Method, e.Path, e.Explanation = mask.Text(e.Method), mask.Text(e.Path), mask.Text(e.Explanation)
	return e
}

// mask knows the credentials. The caller holds m.mu.
func (m *Mock) mask() *wire.Mask {
	if m.masked == nil {
		m.masked = wire.NewMask(m.credentials())
		for _, t := range m.tokens { // those replaced are in nobody's configuration, but still secret
			m.masked = m.masked.With(t.name, t.value)
		}
	}
	return m.masked
}

// shortened leaves out what is long enough for a session token. Under load these are too many to be masked by their values.
func shortened(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) >= shortestToken {
			parts[i] = fmt.Sprintf("<%d characters>", len(part))
		}
	}
	return strings.Join(parts, "/")
}
