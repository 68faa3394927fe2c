package mock

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// reason is why a call is denied; the empty one is none.
type reason string

const (
	accepted       reason = ""
	noKey          reason = "no public key"
	unknownKey     reason = "unknown key"
	deletedKey     reason = "deleted key"
	hashRequired   reason = "hash required"
	missingPart    reason = "salt or hash missing"
	malformedSalt  reason = "malformed salt"
	saltOutside    reason = "salt outside the window"
	wrongHash      reason = "wrong hash"
	usedHash       reason = "hash used before"
	notPermitted   reason = "not permitted"
	plainDenied    reason = "plain key refused"
	oddParameters  reason = "parameters refused"
	twiceParameter reason = "a parameter comes twice"

	// Of calls whose credentials are accepted.
	noResource reason = "no such resource"
	noMethod   reason = "no such method"
	badBody    reason = "bad body"
)

// decision is what a call gets, and what its author should know of it.
type decision struct {
	reason reason
	key    *key // nil when none was found
	// why explains a denial to the client's author. It is asked for only when somebody reads it: finding the mistake
	// behind a hash takes a thousand hashes.
	why   func() string
	crash bool // the server breaks down instead of answering (faults)
}

func (m *Mock) deny(k *key, r reason, format string, args ...any) decision {
	return decision{reason: r, key: k, why: func() string { return fmt.Sprintf(format, args...) }}
}

// decide judges a call against the contract; every `m.faults.Has` is a deliberate mistake.
func (m *Mock) decide(c call) decision {
	if len(c.keys) == 0 || c.keys[0] == "" {
		if m.needsNoKey(c) {
			return decision{key: guest("")}
		}
		return m.deny(nil, noKey, "the query has no apikey")
	}
	if c.odd {
		return m.deny(nil, oddParameters, "this server dislikes the parameters' order or number")
	}
	if d, mixed := m.mixed(c); mixed {
		return d
	}
	if m.vary.twice == "denied" && len(c.keys)+len(c.salts)+len(c.hashes) > 3 {
		return m.deny(nil, twiceParameter, "a parameter comes twice")
	}
	k := m.find(pick(c.keys, m.vary.twice))
	if k == nil {
		k = m.stranger(c)
	}
	switch {
	case k == nil:
		return m.deny(nil, unknownKey, "no key has this public part")
	case k.deleted && !m.faults.Has("deleted-key-works"):
		return m.deny(k, deletedKey, "the key %s was deleted", k.publicName)
	}
	if d := m.authenticate(k, c); d.reason != accepted || d.crash {
		return d
	}
	return m.authorise(k, c)
}

func (m *Mock) authorise(k *key, c call) decision {
	if !m.permits(k, c) {
		return m.deny(k, notPermitted, "the key %s may not use %s", k.publicName, c.path)
	}
	return decision{key: k}
}

// pick chooses among the values of one parameter; the same way for every use of it (GIL-17).
func pick(values []string, how string) string {
	if len(values) == 0 {
		return ""
	}
	if how == "last" {
		return values[len(values)-1]
	}
	return values[0]
}

// authenticate judges salt and hash (GIL-02..GIL-12, GIL-16..GIL-18).
func (m *Mock) authenticate(k *key, c call) decision {
	if len(c.salts) == 0 && len(c.hashes) == 0 {
		return m.plain(k, c)
	}
	if k.guest || !k.enforced && m.vary.unenforcedHashIgnored {
		return decision{key: k}
	}
	salt, given := pick(c.salts, m.vary.twice), pick(c.hashes, m.vary.twice)
	timed := salt
	switch {
	case m.faults.Has("last-salt-checked-first-hashed") && len(c.salts) > 1:
		timed, salt = c.salts[len(c.salts)-1], c.salts[0]
	case m.faults.Has("first-salt-checked-last-hashed") && len(c.salts) > 1:
		timed, salt = c.salts[0], c.salts[len(c.salts)-1]
	}
	if len(c.hashes) == 0 && (m.faults.Has("missing-hash-accepted") || m.faults.Has("missing-hash-accepted-elsewhere") && c.elsewhere()) {
		return decision{key: k}
	}
	if m.faults.Has("accepted-url-cached") && m.seen[c.query] {
		return decision{key: k}
	}
	missingSalt := len(c.salts) == 0
	if missingSalt && m.faults.Has("missing-salt-filled-in") {
		missingSalt, salt = false, strconv.FormatInt(m.now().Unix(), 10)
		timed = salt
	}
	if len(c.hashes) == 0 || missingSalt && !m.faults.Has("missing-salt-is-now") {
		return m.deny(k, missingPart, "apisalt and apihash are both needed with the key %s", k.publicName)
	}
	if !missingSalt {
		if d := m.checkSalt(k, timed); d.reason != accepted || d.crash {
			return d
		}
	}
	if !m.hashMatches(k, salt, given) && !(m.faults.Has("hash-ignored-elsewhere") && c.elsewhere()) {
		on := m.faults.On()
		return decision{reason: wrongHash, key: k, why: func() string { return m.explainHash(k, salt, given, on) }}
	}
	if m.vary.replayRefused {
		if m.spent[given] {
			return m.deny(k, usedHash, "this hash was used before: take the salt anew for every call")
		}
		m.spent[given] = true
	}
	m.seen[c.query], m.seen[k.public] = m.faults.Has("accepted-url-cached"), m.faults.Has("key-remembered")
	return decision{key: k}
}

func (m *Mock) plain(k *key, c call) decision {
	enforced := k.enforced && !m.faults.Has("enforcement-ignored") && !(m.faults.Has("key-remembered") && m.seen[k.public]) &&
		!(m.faults.Has("enforced-on-one-path") && c.elsewhere())
	switch {
	case enforced:
		return m.deny(k, hashRequired, "the key %s was made with the hash code enforced: send apisalt and apihash too", k.publicName)
	case !k.enforced && (m.faults.Has("plain-refused") || m.faults.Has("plain-only-bare") && strings.Contains(c.query, "&")):
		return m.deny(k, plainDenied, "this server wants a hash with every key")
	}
	return decision{key: k}
}

// checkSalt judges that a salt is a Unix time in seconds near the server's own (GIL-02, GIL-06, GIL-16).
func (m *Mock) checkSalt(k *key, salt string) decision {
	at, ok := m.parseSalt(salt)
	if !ok {
		if m.faults.Has("unparsable-salt-skips-check") {
			return decision{key: k}
		}
		d := m.deny(k, malformedSalt, "the salt is no Unix time in whole seconds: %s", explainSalt(salt))
		d.crash = m.faults.Has("bad-salt-is-500")
		return d
	}
	now := m.now().Unix()
	age := now - at
	if m.faults.Has("salt-in-milliseconds") {
		age = now - at/1000
	}
	if m.inWindow(age, now, at) {
		return decision{key: k}
	}
	side := fmt.Sprintf("%d s behind", age)
	if age < 0 {
		side = fmt.Sprintf("%d s ahead of", -age)
	}
	why := fmt.Sprintf("the salt is %s this server's clock, which accepts %d s", side, int(window.Seconds()))
	if nearMillis := at/1000 - now; -1e6 < nearMillis && nearMillis < 1e6 {
		why = "the salt is in milliseconds: send whole seconds"
	}
	return m.deny(k, saltOutside, "%s", why)
}

func (m *Mock) inWindow(age, now, at int64) bool {
	limit := int64(window / time.Second)
	if m.vary.exclusive {
		limit--
	}
	switch {
	case m.faults.Has("window-590s"):
		limit = 590
	case m.faults.Has("window-610s"):
		limit = 610
	}
	if m.faults.Has("window-11m") || m.faults.Has("window-future-11m") && age < 0 {
		limit = 660
	}
	switch {
	case m.faults.Has("no-window"):
		return true
	case m.faults.Has("window-past-only"): // forgets the future side
		return age <= limit
	case m.faults.Has("window-future-only"): // forgets the past side
		return age >= -limit
	case m.faults.Has("window-in-minutes"): // compares minutes, and so is up to 59 s too kind
		minutes := now/60 - at/60
		return -10 <= minutes && minutes <= 10
	case m.faults.Has("salt-wraps-32"):
		age = now - at&0xffffffff
	}
	return -limit <= age && age <= limit
}

// parseSalt takes digits that fit 64 bits, nothing else (GIL-16).
func (m *Mock) parseSalt(salt string) (int64, bool) {
	if m.faults.Has("salt-lenient-number") {
		return parseLeniently(salt)
	}
	if m.faults.Has("negative-salt-wraps") {
		if n, ok := new(big.Int).SetString(salt, 10); ok {
			return int64(new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1)).Uint64()), true
		}
	}
	for _, r := range salt {
		if r < '0' || r > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(salt, 10, 64)
	return n, err == nil
}

func parseLeniently(salt string) (int64, bool) {
	text := strings.TrimSpace(salt)
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return n, true
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return int64(f), true
	}
	return 0, false
}
