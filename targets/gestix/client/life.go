package client

import (
	"net/http"
	"time"
)

// Life is what became of the sessions that a Session kept.
//
// An expiry is a wave. It begins with the first 403 on a token that was issued after the last wave began, or with a renewal
// ahead of time; every later 403 on a token issued before belongs to it; it ends with the first 2xx reply to a token issued
// after it began. So a burst of denied calls is one expiry, in whatever order their replies come in. A server that denies
// for another reason than expiry does so by 403 as well (GES-07), and is counted the same.
type Life struct {
	Name string // of the way to renew
	// Opened counts the sessions opened, Refreshes those of them that were opened when there had been one before, and
	// Expiries the waves: one refresh for each is the ideal.
	Opened, Refreshes, Expiries int
	// Denied counts the calls answered by 403, each once. Lost counts those that failed for good for want of a session: it
	// could not be opened or not in time, the body could not be sent again, or the call was denied again.
	Denied, Lost int
	// RecoverMean and RecoverMax tell how long it took from a wave's first denied call to its end; a wave without any (a
	// renewal ahead of time) is left out. When a wave begins before the last one has ended, the two count as one outage.
	RecoverMean, RecoverMax time.Duration
	// Writes counts the POST and PUT requests sent, also those repeated, Disordered those of them that were rejected by 400
	// or 409. That is all that the contract says of a rejected nonce (GES-18), so a write that is rejected for its body or
	// as a duplicate is among them.
	Writes, Disordered int
}

// Total returns the lives of several sessions as one, with the name of the first.
func Total(sessions ...*Session) Life {
	var all tally
	for i, s := range sessions {
		s.mu.Lock()
		one := s.tally
		s.mu.Unlock()
		if i == 0 {
			all.Name = string(s.opt.Renewal)
		}
		all.Opened += one.Opened
		all.Refreshes += one.Refreshes
		all.Expiries += one.Expiries
		all.Denied += one.Denied
		all.Lost += one.Lost
		all.Writes += one.Writes
		all.Disordered += one.Disordered
		all.RecoverMax = max(all.RecoverMax, one.RecoverMax)
		all.recovered += one.recovered
		all.recoveries += one.recoveries
	}
	if all.recoveries > 0 {
		all.RecoverMean = all.recovered / time.Duration(all.recoveries)
	}
	return all.Life
}

// Life tells the life of the session so far. It is safe for concurrent use.
func (s *Session) Life() Life { return Total(s) }

// tally is what a Life is made of. Session.mu guards it.
type tally struct {
	Life
	recovered  time.Duration // sum over the recoveries
	recoveries int
	// last is the number of the newest token when the last wave began: those above it were issued after that.
	last int
	// open says that the last wave has not ended, deniedAt when its first call was denied, zero before.
	open     bool
	deniedAt time.Time
}

// ending notes that a token has been denied or is to be renewed, newest being the number of the last one issued.
func (t *tally) ending(token, newest int) {
	if token > t.last {
		t.Expiries++
		t.last, t.open = newest, true
	}
}

func (t *tally) denied(token, newest int, now time.Time) {
	t.ending(token, newest)
	if t.open && t.deniedAt.IsZero() {
		t.deniedAt = now
	}
}

func (t *tally) accepted(token int, now time.Time) {
	if !t.open || token <= t.last {
		return
	}
	if !t.deniedAt.IsZero() {
		took := now.Sub(t.deniedAt)
		t.recovered += took
		t.recoveries++
		t.RecoverMax = max(t.RecoverMax, took)
	}
	t.open, t.deniedAt = false, time.Time{}
}

// settle notes the reply to a call. A token that was denied is given up, so that calls which have not been sent yet wait for
// the next one; but a careless client does not do so.
func (s *Session) settle(c *call, l *lease, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case status == http.StatusForbidden:
		if !c.denied {
			c.denied = true
			s.tally.Denied++
		}
		s.tally.denied(l.number, s.issued, s.opt.Now())
		if s.opt.Renewal != Naive {
			s.drop(l)
		}
	case status/100 == 2:
		s.tally.accepted(l.number, s.opt.Now())
	case c.write && (status == http.StatusBadRequest || status == http.StatusConflict):
		s.tally.Disordered++
	}
}

// lost notes that a call failed for want of a session. The token that it was denied with, if any, is given up in any case:
// a call that cannot be repeated must not leave it to the next one.
func (s *Session) lost(l *lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Lost++
	s.drop(l)
}
