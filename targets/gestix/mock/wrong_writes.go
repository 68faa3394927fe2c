package mock

import (
	"fmt"
	"maps"
	"net/http"
)

// keep stores a new record, once.
func (m *Mock) keep(s *shelf, record map[string]any) {
	m.add(s, record)
	if m.faults.Has("post-writes-twice") {
		m.add(s, maps.Clone(record))
	}
}

// writtenWrongly writes what was denied (GES-07, GES-11, GES-12, GES-15), and returns the id of the record; "" for none.
func (m *Mock) writtenWrongly(c *call, r reply) string {
	if m.faults.None() || !writes(c) || c.account == nil || c.account.shelves[c.resource] == nil {
		return ""
	}
	post, put := c.method == http.MethodPost, c.method == http.MethodPut
	var written bool
	switch r.reason {
	case staleNonce:
		written = m.faults.Has("rejected-write-is-written") && post || m.faults.Has("rejected-put-is-written") && put
	case noNonce:
		written = m.faults.Has("missing-nonce-is-written")
	case malformedNonce:
		written = m.faults.Has("malformed-nonce-is-written")
	case noSession, unknownSession:
		written = m.faults.Has("sessionless-write-is-written")
	case apiTokenHere:
		written = m.faults.Has("api-token-write-is-written")
	case endedSession:
		written = m.faults.Has("expired-write-is-written")
	case foreignSession:
		written = m.faults.Has("foreign-write-is-written")
	}
	if !written {
		return ""
	}
	return m.force(c)
}

// force writes without asking anything, and returns the id of the record; "" for none.
func (m *Mock) force(c *call) string {
	shelf := c.account.shelves[c.resource]
	record, why := decode(c, nil)
	switch ids := c.values("id"); {
	case why != "":
	case c.method == http.MethodPost:
		m.add(shelf, record)
		return fmt.Sprint(record["id"])
	case len(ids) == 1 && shelf.byID[ids[0]] != nil:
		changed := maps.Clone(shelf.byID[ids[0]])
		maps.Copy(changed, record)
		changed["id"] = shelf.byID[ids[0]]["id"]
		shelf.byID[ids[0]] = changed
		return ids[0]
	}
	return ""
}
