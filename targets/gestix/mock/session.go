package mock

import (
	"fmt"
	"time"
)

// maxSessions bounds what is remembered of sessions that have ended.
const maxSessions = 100_000

// session is what a session token stands for.
type session struct {
	number       int // counted from 1, for the log
	token        string
	account      *account
	by           *apiToken // nil: opened by user name and password
	opened, used time.Time
	everUsed     bool
	ended        bool // before its time
	mark         int64
	reads        int
	party        *party // writes under way together (fault nonce-race and its kin)
	last         *taken // fault replay-returns-first-as-accepted
}

// open makes a session with an unguessable token of its own (GES-23).
func (m *Mock) open(a *account, by *apiToken) *session {
	m.numbered++
	s := &session{number: m.numbered, account: a, by: by, opened: m.now(), used: m.now()}
	s.token = m.vary.tokens.draw(m.draws)
	m.openedWrongly(s)
	m.sessions[s.token] = s
	m.opened = append(m.opened, s)
	for len(m.opened) > maxSessions && m.over(m.opened[0]) {
		delete(m.sessions, m.opened[0].token)
		m.opened = m.opened[1:]
	}
	return s
}

// ends is when a session's lifetime is over (GES-09); whether use prolongs it is left open.
func (m *Mock) ends(s *session) time.Time {
	if m.vary.sliding {
		return s.used.Add(m.lifetime)
	}
	return s.opened.Add(m.lifetime)
}

func (m *Mock) over(s *session) bool { return s.ended || !m.now().Before(m.ends(s)) }

// EndSessions ends every open session before its time and returns how many there were.
func (m *Mock) EndSessions() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	count := 0
	for _, s := range m.opened {
		if !m.over(s) {
			s.ended = true
			count++
		}
	}
	return count
}

// helo exchanges an API token for a session (GES-01, GES-02, GES-03).
func (m *Mock) helo(c *call) reply {
	t, r := m.judgeToken(c)
	if r.denied() {
		if t = m.takenWrongly(c, r); t == nil {
			return r
		}
	}
	if r := m.heloRefusedWrongly(c, t); r.denied() {
		return r
	}
	t.used = true
	return granted(m.open(c.account, t))
}

func (m *Mock) judgeToken(c *call) (*apiToken, reply) {
	value, flaw := m.bearer(c)
	if flaw != wellFormed {
		return nil, m.deny(c, badHeader, "%s", m.whyHeader(c, flaw, "API token"))
	}
	t := m.token(value)
	switch {
	case t == nil && m.sessions[value] != nil:
		return nil, m.deny(c, sessionOnHelo, "this is a session token: /helo takes the API token, every other path the session token")
	case t == nil:
		return nil, m.deny(c, unknownAPIToken, "%s", m.whyUnknown(value, "no API token is known by this value"))
	case t.account != c.account:
		return nil, m.deny(c, unknownAPIToken, "%s is a token of account %s, the path says %s", t.name, t.account.number, c.number)
	case t.revoked:
		return nil, m.deny(c, revokedAPIToken, "%s was revoked: generate a new API token", t.name)
	}
	return t, reply{}
}

// auth exchanges user name and password for a session (GES-04, GES-05).
func (m *Mock) auth(c *call) reply {
	r := m.judgeLogin(c)
	if r.denied() && !m.loginTakenWrongly(c, r) {
		return r
	}
	if r := m.loginRefusedWrongly(c); r.denied() {
		return r
	}
	return granted(m.open(c.account, nil))
}

func (m *Mock) judgeLogin(c *call) reply {
	names, passwords := m.loginValues(c, "username"), m.loginValues(c, "password")
	if len(names) != 1 || len(passwords) != 1 {
		return m.deny(c, missingParameter, "%s", m.whyParameter(c, len(names), len(passwords)))
	}
	switch {
	case c.account != m.user.account || names[0] != m.user.name:
		return m.deny(c, wrongUser, "account %s has no user of this name", c.number)
	case m.user.revoked:
		return m.deny(c, wrongPassword, "the password was revoked")
	case passwords[0] != m.user.password:
		return m.deny(c, wrongPassword, "%s", m.whyPassword(passwords[0]))
	}
	return reply{}
}

func granted(s *session) reply {
	return reply{status: 200, body: map[string]any{"xa-token": s.token}, session: s}
}

// admit finds the session of a call to a protected path (GES-06..GES-09, GES-22); of a denied call too, for the log.
func (m *Mock) admit(c *call) (*session, reply) {
	found, r := m.judgeSession(c)
	s := found
	if r.denied() {
		m.markedByDenied(c)
		if s = m.admittedWrongly(c, found, r); s == nil {
			return found, r
		}
	}
	if r := m.turnedAwayWrongly(c, s); r.denied() {
		return s, r
	}
	s.used, s.everUsed = m.now(), true
	return s, reply{}
}

func (m *Mock) judgeSession(c *call) (*session, reply) {
	value, flaw := m.bearer(c)
	if flaw != wellFormed {
		return nil, m.deny(c, noSession, "%s", m.whyHeader(c, flaw, "session token"))
	}
	s := m.sessions[value]
	switch {
	case s == nil && m.token(value) != nil:
		return nil, m.deny(c, apiTokenHere, "the API token stands where a session token belongs: exchange it at /helo first")
	case s == nil:
		return nil, m.deny(c, unknownSession, "%s", m.whyUnknown(value, "no session has this token: get one from /helo or /auth"))
	case m.over(s):
		return s, m.deny(c, endedSession, "%s", m.whyEnded(s))
	case s.account != c.account:
		return s, m.deny(c, foreignSession, "the session is of account %s, the path says %s", s.account.number, c.number)
	}
	return s, reply{}
}

func (m *Mock) whyEnded(s *session) string {
	if s.ended {
		return "the session was ended by this server: get a new one from /helo or /auth"
	}
	ago := m.now().Sub(m.ends(s)) / time.Second
	return fmt.Sprintf("the session expired %d s ago, after %s: get a new one from /helo or /auth", int(ago), m.lifetime)
}
