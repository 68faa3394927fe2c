package mock

import (
	"net/http"
	"strconv"
)

// parseNonce takes the digits of a positive number of 64 bits, nothing else (GES-12).
func parseNonce(text string) (int64, bool) {
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 1
}

// unchecked is the nonce of a write that needs none.
const unchecked int64 = 0

// needsNonce tells the methods that carry a nonce (GES-11); DELETE and PATCH are left open (GES-18).
func (m *Mock) needsNonce(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || !m.vary.looseMethods
}

// nonce reads the nonce of a write from the query (GES-11, GES-12, GES-17).
func (m *Mock) nonce(c *call, s *session) (int64, reply) {
	if !m.needsNonce(c.method) {
		return unchecked, reply{}
	}
	given := m.givenWrongly(c, c.values("nonce"))
	switch {
	case len(given) == 0 && m.missingAcceptedWrongly(c, s):
		return unchecked, reply{}
	case len(given) == 0:
		return 0, m.deny(c, noNonce, "%s", whyNoNonce(c))
	case len(given) > 1:
		return 0, m.deny(c, malformedNonce, "the query has %d nonces", len(given))
	}
	n, ok := parseNonce(given[0])
	if !ok {
		n, ok = m.readWrongly(c, given[0])
	} else if m.unreadWrongly(n) {
		ok = false
	}
	if !ok {
		return 0, m.deny(c, malformedNonce, "the nonce is no positive integer of 64 bits: %s", whyMalformed(given[0]))
	}
	return n, reply{}
}

// rising judges that a nonce is greater than the one before in its session (GES-13, GES-14).
func (m *Mock) rising(c *call, s *session, n int64) reply {
	mark := *m.markOf(c, s)
	if n == unchecked || m.greater(c, s, n, mark) {
		return reply{}
	}
	return m.deny(c, staleNonce, "%s", whyStale(n, mark))
}

// write judges the nonce, then the body, and changes a record. All of it happens under one lock (GES-16).
func (m *Mock) write(c *call, s *session) reply {
	n, r := m.nonce(c, s)
	if r.denied() {
		return m.rejectedWrongly(c, s, n, r)
	}
	if m.races() {
		return m.race(c, s, n)
	}
	if r := m.rising(c, s, n); r.denied() {
		return m.rejectedWrongly(c, s, n, r)
	}
	return m.take(c, s, n)
}

// take changes the record and moves the mark. Whether a write that fails for another reason uses its nonce up is left
// open (GES-18).
func (m *Mock) take(c *call, s *session, n int64) reply {
	r := m.change(c)
	if n != unchecked && (!r.denied() || m.vary.failureUsesNonce) {
		*m.markOf(c, s) = n
		m.markedWrongly(c, s, n, r)
	}
	return r
}
