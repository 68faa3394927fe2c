package mock

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// The faults that lose a race have to show on any machine: between check and write they wait until no further write of the
// session has come for a quiet moment, which brings together all that are under way.
const (
	quiet    = 25 * time.Millisecond
	patience = 250 * time.Millisecond
)

// party is the writes of one session that are under way together.
type party struct {
	members []*member
	joined  chan struct{} // tells the first member of another one
	over    chan struct{} // closed when every member has its reply
	created bool          // a member has made a record
}

type member struct {
	nonce int64
	act   func(*party) reply
	reply reply
}

func (m *Mock) races() bool {
	return m.faults.Has("nonce-race") || m.faults.Has("nonce-race-sets-back") || m.faults.Has("race-loses-writes") || m.faults.Has("race-writes-twice")
}

// race is a write whose check and change are not one step (GES-16).
func (m *Mock) race(c *call, s *session, n int64) reply {
	if m.faults.Has("nonce-race") || m.faults.Has("nonce-race-sets-back") {
		if r := m.rising(c, s, n); r.denied() {
			return r
		}
		return m.together(s, n, func(*party) reply { return m.take(c, s, n) })
	}
	return m.together(s, n, func(p *party) reply {
		if r := m.rising(c, s, n); r.denied() {
			return r
		}
		if m.faults.Has("race-loses-writes") && p.created {
			m.recordID-- // the id of the one before, whose record goes lost
		}
		r := m.take(c, s, n)
		if r.denied() || c.method != http.MethodPost {
			return r
		}
		p.created = true
		if m.faults.Has("race-writes-twice") && len(p.members) > 1 {
			m.force(c)
		}
		return r
	})
}

// together lets the writes of a session gather, then acts for one after the other: the lowest nonce first, or last where
// the mark is to go back. The caller holds m.mu, which is given up meanwhile.
func (m *Mock) together(s *session, n int64, act func(*party) reply) reply {
	me := &member{nonce: n, act: act}
	p := s.party
	if p != nil {
		p.members = append(p.members, me)
		select {
		case p.joined <- struct{}{}:
		default: // told already
		}
		m.mu.Unlock()
		<-p.over
		m.mu.Lock()
		return me.reply
	}
	p = &party{members: []*member{me}, joined: make(chan struct{}, 1), over: make(chan struct{})}
	s.party = p
	m.mu.Unlock()
	p.gather()
	m.mu.Lock()
	s.party = nil
	slices.SortStableFunc(p.members, func(a, b *member) int {
		if m.faults.Has("nonce-race-sets-back") {
			a, b = b, a
		}
		return cmp.Compare(a.nonce, b.nonce)
	})
	for _, each := range p.members {
		each.reply = each.act(p)
	}
	close(p.over)
	return me.reply
}

// gather returns once nobody has joined for a quiet moment, or when patience is at its end.
func (p *party) gather() {
	last := time.After(patience)
	for {
		select {
		case <-p.joined:
		case <-time.After(quiet):
			return
		case <-last:
			return
		}
	}
}
