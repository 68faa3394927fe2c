package mock

import (
	"net/http"
	"slices"
	"strings"
)

// admittedWrongly is the session that a faulty server makes of a call that has to be denied; nil is right. The session s
// is the one that was found, if any.
func (m *Mock) admittedWrongly(c *call, s *session, r reply) *session {
	if c.account == nil || len(m.faults) == 0 {
		return nil
	}
	if r.reason == noSession || r.reason == unknownSession {
		if m.faults["post-needs-no-session"] && c.method == http.MethodPost || m.faults["put-needs-no-session"] && c.method == http.MethodPut {
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
		if m.faults["session-crosses-accounts"] || m.faults["user-session-crosses-accounts"] && s.by == nil ||
			m.faults["write-crosses-accounts"] && writes(c) {
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
	case m.faults["missing-header-opens-read"] && !writes(c) && flaw == noHeader,
		m.faults["empty-token-opens-read"] && !writes(c) && flaw == noToken:
		return m.guest(c)
	case m.faults["session-scheme-optional"]:
		return m.sessionLike(c, func(token string) bool { return token == header })
	case m.faults["session-any-scheme"]:
		return m.sessionLike(c, func(token string) bool { return token == last })
	case m.faults["session-token-from-query"] && header == "":
		return m.sessionLike(c, c.hasInQuery)
	}
	return nil
}

func (m *Mock) withUnknownToken(c *call) *session {
	value, _ := m.bearer(c)
	switch {
	case m.faults["any-token-opens-read"] && !writes(c):
		return m.guest(c)
	case m.faults["session-token-prefix-compared"]:
		return m.sessionLike(c, func(token string) bool { return strings.HasPrefix(token, value) })
	case m.faults["session-token-last-ignored"]:
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
	if m.faults["api-token-opens-everything"] || m.faults["api-token-opens-reads"] && !writes(c) ||
		m.faults["api-token-opens-writes"] && writes(c) ||
		m.faults["api-token-opens-reads-while-session-open"] && !writes(c) && slices.ContainsFunc(m.opened, open) {
		return m.guest(c)
	}
	return nil
}

func (m *Mock) withEnded(c *call, s *session) *session {
	later := func(other *session) bool { return other.account == s.account && !other.opened.Before(m.ends(s)) }
	if !s.ended && s.account == c.account &&
		(m.faults["never-expires"] || m.faults["user-session-never-expires"] && s.by == nil ||
			m.faults["unused-session-never-expires"] && !s.everUsed || m.faults["expired-session-writes"] && writes(c) ||
			m.faults["new-session-revives-old"] && slices.ContainsFunc(m.opened, later)) {
		return s
	}
	return nil
}

// turnedAwayWrongly denies a call that has a good session.
func (m *Mock) turnedAwayWrongly(c *call, s *session) reply {
	if len(m.faults) == 0 {
		return reply{}
	}
	reads, byUser := !writes(c) && c.resource != "/status", s.by == nil
	if reads {
		s.reads++
	}
	if m.faults["one-call-per-connection"] {
		m.calls[c.conn]++
	}
	switch {
	case m.faults["session-opens-no-read"] && reads,
		m.faults["session-good-for-two-reads"] && s.reads > 2,
		m.faults["one-call-per-connection"] && m.calls[c.conn] > 1,
		m.faults["session-for-get-only"] && writes(c),
		m.faults["session-cannot-put"] && c.method == http.MethodPut,
		m.faults["user-session-cannot-read"] && reads && byUser,
		m.faults["user-session-cannot-write"] && writes(c) && byUser,
		m.faults["dies-at-half-time"] && !m.now().Before(s.opened.Add(m.lifetime/2)),
		m.faults["expires-at-once"],
		m.faults["status-refuses-user-session"] && c.resource == "/status" && byUser:
		return m.deny(c, endedSession, "this server wrongly turns a good session away")
	}
	return reply{}
}

// readRefusedWrongly denies a GET for its nonce, or for want of one (GES-19).
func (m *Mock) readRefusedWrongly(c *call, s *session) reply {
	given, status := len(c.values("nonce")) > 0, c.resource == "/status"
	switch {
	case m.faults["nonce-required-get"] && !given && !status,
		m.faults["nonce-required-get-after-write"] && !given && !status && s.mark > 0,
		m.faults["status-needs-nonce"] && !given && status:
		return m.deny(c, noNonce, "this server wrongly wants a nonce on a GET")
	case m.faults["status-with-nonce-refused"] && given && status:
		return m.deny(c, malformedNonce, "this server wrongly takes no nonce at /status")
	}
	return reply{}
}
