package mock

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// takenWrongly is the API token for which a faulty server takes a call to /helo that has to be denied; nil is right.
func (m *Mock) takenWrongly(c *call, r reply) *apiToken {
	if c.account == nil || m.faults.None() {
		return nil
	}
	value, _ := m.bearer(c)
	switch r.reason {
	case badHeader:
		return m.headerTakenWrongly(c)
	case sessionOnHelo:
		s := m.sessions[value]
		if m.faults.Has("helo-accepts-session-token") || m.faults.Has("helo-accepts-user-session-token") && s.by == nil {
			return &apiToken{name: "guest", account: c.account}
		}
	case unknownAPIToken:
		return m.unknownTakenWrongly(c, value)
	case revokedAPIToken:
		t := m.token(value)
		open := func(s *session) bool { return s.by == t && !m.over(s) }
		if m.faults.Has("revoked-token-works") || m.faults.Has("revoked-only-checked-at-start") && !t.atStart ||
			m.faults.Has("revocation-waits-for-session") && slices.ContainsFunc(m.opened, open) {
			return t
		}
	}
	if m.faults.Has("helo-accepts-anything") {
		return &apiToken{name: "guest", account: c.account}
	}
	return nil
}

func (m *Mock) headerTakenWrongly(c *call) *apiToken {
	header := c.header.Get("Authorization")
	_, last, _ := strings.Cut(header, " ")
	switch {
	case m.faults.Has("helo-any-scheme"):
		return m.tokenLike(c, func(stored string) bool { return stored == last })
	case m.faults.Has("helo-scheme-optional"):
		return m.tokenLike(c, func(stored string) bool { return stored == header })
	case m.faults.Has("helo-token-from-query") && header == "":
		return m.tokenLike(c, c.hasInQuery)
	}
	return nil
}

func (m *Mock) unknownTakenWrongly(c *call, value string) *apiToken {
	switch {
	case m.faults.Has("helo-accepts-anything"):
		return &apiToken{name: "guest", account: c.account}
	case m.faults.Has("helo-token-prefix-compared"):
		return m.tokenLike(c, func(stored string) bool { return strings.HasPrefix(stored, value) })
	case m.faults.Has("helo-longer-token-accepted"):
		return m.tokenLike(c, func(stored string) bool { return strings.HasPrefix(value, stored) })
	case m.faults.Has("helo-token-last-ignored"):
		return m.tokenLike(c, func(stored string) bool { return sameButLast(stored, value) })
	}
	return nil
}

// tokenLike returns a good API token of the call's account that matches.
func (m *Mock) tokenLike(c *call, match func(stored string) bool) *apiToken {
	for _, t := range m.tokens {
		if t.account == c.account && !t.revoked && match(t.value) {
			return t
		}
	}
	return nil
}

func sameButLast(a, b string) bool { return len(a) == len(b) && a[:len(a)-1] == b[:len(b)-1] }

func (c *call) hasInQuery(value string) bool {
	return slices.ContainsFunc(c.query, func(pair [2]string) bool { return pair[1] == value })
}

// heloRefusedWrongly denies a good call to /helo.
func (m *Mock) heloRefusedWrongly(c *call, t *apiToken) reply {
	switch {
	case m.faults.Has("api-token-good-once") && t.used:
		return m.deny(c, revokedAPIToken, "this server takes an API token only once")
	case m.faults.Has("helo-with-nonce-refused") && len(c.values("nonce")) > 0:
		return m.deny(c, malformedNonce, "this server takes no nonce at /helo")
	}
	return reply{}
}

// loginValues are those of one parameter of /auth, as this server reads them.
func (m *Mock) loginValues(c *call, name string) []string {
	given := c.values(name)
	if m.faults.Has("auth-from-body") {
		given = nil
		if value, found := bodyField(c, name); found {
			given = []string{value}
		}
	}
	for i, value := range given {
		if m.faults.Has("auth-decodes-twice") {
			given[i], _ = url.QueryUnescape(value) // nothing, when it is not escaped
		}
		if m.faults.Has("auth-ascii-only") {
			given[i] = strings.Map(func(r rune) rune {
				if r > 126 {
					return '?'
				}
				return r
			}, value)
		}
	}
	return given
}

// loginTakenWrongly accepts a call to /auth that has to be denied.
func (m *Mock) loginTakenWrongly(c *call, r reply) bool {
	if c.account != m.user.account {
		return false
	}
	password := strings.Join(c.values("password"), "")
	switch r.reason {
	case missingParameter:
		return m.faults.Has("auth-missing-parameter-ok")
	case wrongPassword:
		return m.faults.Has("auth-ignores-password") || m.faults.Has("auth-empty-password-ok") && password == ""
	case wrongUser:
		return m.faults.Has("auth-unknown-user-is-guest") || m.faults.Has("auth-ignores-user") && password == m.user.password
	}
	return false
}

// loginRefusedWrongly denies a good call to /auth.
func (m *Mock) loginRefusedWrongly(c *call) reply {
	switch {
	case m.faults.Has("auth-order-matters") && len(c.query) > 0 && c.query[0][0] != "username":
		return m.deny(c, missingParameter, "this server wants username first")
	case m.faults.Has("auth-needs-nonce") && len(c.values("nonce")) == 0:
		return m.deny(c, noNonce, "this server wants a nonce at /auth too")
	}
	return reply{}
}

// openedWrongly spoils a session that was just made, or those before it.
func (m *Mock) openedWrongly(s *session) {
	byUser := s.by == nil
	if m.faults.Has("predictable-tokens") && !byUser || m.faults.Has("predictable-user-tokens") && byUser {
		s.token = fmt.Sprintf("5e5510%034d", s.number)
	}
	for _, old := range m.opened {
		if old.account != s.account || m.over(old) {
			continue
		}
		if m.faults.Has("second-session-kills-first") && !byUser || m.faults.Has("user-session-kills-first") && byUser {
			old.ended = true
		}
		if m.faults.Has("same-token-again") && old.by == s.by {
			s.token, s.mark = old.token, old.mark
		}
	}
	if m.faults.Has("nonce-carried-over-sessions") {
		s.mark = *m.shared(s.account)
	}
	if m.faults.Has("nonce-set-back-by-other-session") {
		*m.shared(s.account) = 0
	}
}
