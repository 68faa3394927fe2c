package mock

import (
	"net/http"
	"slices"
	"strings"
)

// admittedWrongly is the session that a faulty server makes of a call that has to be denied; nil is right. The session s
// is the one that was found, if any.
func (m *Mock) admittedWrongly(c *call, s *session, r reply) *session {
	if c.account == nil || m.faults.None() {
		return nil
	}
	if r.reason == noSession || r.reason == unknownSession {
		if m.faults.Has("post-needs-no-session") && c.method == http.MethodPost ||
			m.faults.Has("put-needs-no-session") && c.method == http.MethodPut {
			return m.guest(c)
		}
	}
	switch r.reason {
	case noSession:
		return m.withoutToken(c)
	case unknownSession:
		return m.withUnknownToken(c)
	case apiTokenHere:
		return m.withAPIToken(c)
	case endedSession:
		return m.withEnded(c, s)
	case foreignSession:
		if m.faults.Has("session-crosses-accounts") || m.faults.Has("user-session-crosses-accounts") && s.by == nil ||
			m.faults.Has("write-crosses-accounts") && writes(c) {
			return s
		}
	}
	return nil
}

func writes(c *call) bool { return c.method != http.MethodGet }

// guest is a session that nobody opened.
func (m *Mock) guest(c *call) *session {
	return &session{account: c.account, opened: m.now(), used: m.now()}
}

// sessionLike returns a good session of the call's account whose token matches.
func (m *Mock) sessionLike(c *call, match func(token string) bool) *session {
	for _, s := range m.opened {
		if s.account == c.account && !m.over(s) && match(s.token) {
			return s
		}
	}
	return nil
}

func (m *Mock) withoutToken(c *call) *session {
	header := c.header.Get("Authorization")
	_, last, _ := strings.Cut(header, " ")
	_, flaw := m.bearer(c)
	switch {
	case m.faults.Has("missing-header-opens-read") && !writes(c) && flaw == noHeader,
		m.faults.Has("empty-token-opens-read") && !writes(c) && flaw == noToken:
		return m.guest(c)
	case m.faults.Has("session-scheme-optional"):
		return m.sessionLike(c, func(token string) bool { return token == header })
	case m.faults.Has("session-any-scheme"):
		return m.sessionLike(c, func(token string) bool { return token == last })
	case m.faults.Has("session-token-from-query") && header == "":
		return m.sessionLike(c, c.hasInQuery)
	}
	return nil
}

func (m *Mock) withUnknownToken(c *call) *session {
	value, _ := m.bearer(c)
	switch {
	case m.faults.Has("any-token-opens-read") && !writes(c):
		return m.guest(c)
	case m.faults.Has("session-token-prefix-compared"):
		return m.sessionLike(c, func(token string) bool { return strings.HasPrefix(token, value) })
	case m.faults.Has("session-token-last-ignored"):
		return m.sessionLike(c, func(token string) bool { return sameButLast(token, value) })
	}
	return nil
}

func (m *Mock) withAPIToken(c *call) *session {
	value, _ := m.bearer(c)
	t := m.token(value)
	if t.account != c.account || t.revoked {
		return nil
	}
	open := func(s *session) bool { return s.by == t && !m.over(s) }
	if m.faults.Has("api-token-opens-everything") || m.faults.Has("api-token-opens-reads") && !writes(c) ||
		m.faults.Has("api-token-opens-writes") && writes(c) ||
		m.faults.Has("api-token-opens-reads-while-session-open") && !writes(c) && slices.ContainsFunc(m.opened, open) {
		return m.guest(c)
	}
	return nil
}

func (m *Mock) withEnded(c *call, s *session) *session {
	later := func(other *session) bool { return other.account == s.account && !other.opened.Before(m.ends(s)) }
	if !s.ended && s.account == c.account &&
		(m.faults.Has("never-expires") || m.faults.Has("user-session-never-expires") && s.by == nil ||
			m.faults.Has("unused-session-never-expires") && !s.everUsed || m.faults.Has("expired-session-writes") && writes(c) ||
			m.faults.Has("new-session-revives-old") && slices.ContainsFunc(m.opened, later)) {
		return s
	}
	return nil
}

// turnedAwayWrongly denies a call that has a good session.
func (m *Mock) turnedAwayWrongly(c *call, s *session) reply {
	if m.faults.None() {
		return reply{}
	}
	reads, byUser := !writes(c) && c.resource != "/status", s.by == nil
	if reads {
		s.reads++
	}
	if m.faults.Has("one-call-per-connection") {
		m.calls[c.conn]++
	}
	switch {
	case m.faults.Has("session-opens-no-read") && reads,
		m.faults.Has("session-good-for-two-reads") && s.reads > 2,
		m.faults.Has("one-call-per-connection") && m.calls[c.conn] > 1,
		m.faults.Has("session-for-get-only") && writes(c),
		m.faults.Has("session-cannot-put") && c.method == http.MethodPut,
		m.faults.Has("user-session-cannot-read") && reads && byUser,
		m.faults.Has("user-session-cannot-write") && writes(c) && byUser,
		m.faults.Has("dies-at-half-time") && !m.now().Before(s.opened.Add(m.lifetime/2)),
		m.faults.Has("expires-at-once"),
		m.faults.Has("status-refuses-user-session") && c.resource == "/status" && byUser:
		return m.deny(c, endedSession, "this server wrongly turns a good session away")
	}
	return reply{}
}

// readRefusedWrongly denies a GET for its nonce, or for want of one (GES-19).
func (m *Mock) readRefusedWrongly(c *call, s *session) reply {
	given, status := len(c.values("nonce")) > 0, c.resource == "/status"
	switch {
	case m.faults.Has("nonce-required-get") && !given && !status,
		m.faults.Has("nonce-required-get-after-write") && !given && !status && s.mark > 0,
		m.faults.Has("status-needs-nonce") && !given && status:
		return m.deny(c, noNonce, "this server wrongly wants a nonce on a GET")
	case m.faults.Has("status-with-nonce-refused") && given && status:
		return m.deny(c, malformedNonce, "this server wrongly takes no nonce at /status")
	}
	return reply{}
}
