package mock

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
	"github.com/authbench/authbench/targets/wire"
)

// entry is one request as the log keeps it: no query, since that holds the credentials, and the path masked.
type entry struct {
	Time        time.Time `json:"time"`
	Method      string    `json:"method"`
	Path        string    `json:"path"`
	Key         string    `json:"key,omitempty"` // the configuration name of the key
	Salt        string    `json:"salt,omitempty"`
	Hash        bool      `json:"hash"` // whether one was sent
	Status      int       `json:"status"`
	Verdict     string    `json:"verdict"` // accepted or denied
	Reason      string    `json:"reason,omitempty"`
	Explanation string    `json:"explanation,omitempty"`

	why func() string
}

// note keeps a judged call in the log; a denied one is explained on the standard error as well. The caller holds m.mu.
func (m *Mock) note(c call, d decision, status int) {
	e := entry{
		Time: m.now().UTC(), Method: c.method, Path: c.raw, Hash: len(c.hashes) > 0, Status: status, Verdict: "accepted",
		Reason: string(d.reason), why: d.why,
	}
	if d.key != nil {
		e.Key = d.key.publicName
	}
	if salt := pick(c.salts, m.vary.twice); likeNumber(salt) {
		e.Salt = salt
	}
	if d.reason != accepted {
		e.Verdict = "denied"
		if m.stderr != nil {
			told := m.told(e)
			fmt.Fprintf(m.stderr, "denied %d %s %s: %s\n", status, e.Method, mockkit.Printable(told.Path), told.Explanation)
		}
	}
	m.journal.Add(e)
}

// likeNumber tells what may be repeated as a salt: anything else may be a secret.
func likeNumber(salt string) bool {
	return salt != "" && len(salt) <= 24 && strings.Trim(salt, "0123456789-+. xX") == ""
}

// told completes an entry for a reader: explained, and with the secrets masked. The caller holds m.mu.
func (m *Mock) told(e entry) entry {
	if e.why != nil {
		e.Explanation = m.mask().Text(e.why())
	}
	e.Path = hashes.ReplaceAllString(m.mask().Text(e.Path), "<hash>")
	return e
}

// mask knows the keys. The caller holds m.mu.
func (m *Mock) mask() *wire.Mask {
	if m.masked == nil {
		secrets := targets.Credentials{}
		for _, k := range m.keys {
			k.addTo(secrets)
		}
		m.masked = wire.NewMask(secrets)
	}
	return m.masked
}

// hashes are what may be one: a caller who writes & for ? puts its credentials into the path.
var hashes = regexp.MustCompile(`[0-9A-Fa-f]{64}`)
