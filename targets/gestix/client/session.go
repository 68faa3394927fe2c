package client

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// maxOpenings is how many sessions one call may open (GESC-04).
const maxOpenings = 2

// Session is a session at Gestix that is opened when it is first needed and renewed when it has come to its end, by as many
// session tokens as it takes. It is safe for concurrent use and meant to be shared: by all calls of a program, also by
// several Transports. It never prints its secrets.
type Session struct {
	place place
	door  *door
	opt   Options

	mu sync.Mutex
	// current is the token to use, nil when there is none or when it is known to be denied.
	current *lease
	issued  int // tokens issued so far; the number of the newest
	// opening is the shared opening under way, if any; launched counts them all. failure is how the last one failed, nil
	// while one is under way and after one that succeeded.
	opening  *opening
	launched int
	failure  error
	nonce    int64 // the last one given out
	tally    tally
}

// lease is one session token.
type lease struct {
	token  Token
	number int // 1 for the first token issued
	// renew and end are when Proactive renews the token, and when it is no longer used. Session.mu guards renew.
	renew, end time.Time
	// turn holds an element while a write is on its way. Those who wait to put theirs in are served in order.
	turn chan struct{}
}

// opening is an opening that many calls wait for. lease and err are set before done is closed.
type opening struct {
	done  chan struct{}
	lease *lease
	err   error
}

// call is what a session remembers of a call while it is under way.
type call struct {
	ctx    context.Context
	write  bool // it needs a nonce
	before int  // shared openings launched when it began
	opened int  // openings that it launched itself
	denied bool
}

// NewSession returns a session for the account whose base URL is given, such as https://gestix.example/api/1234/v4.0.0. It
// sends nothing yet. The error says what is wrong with its arguments, without credentials.
func NewSession(baseURL string, c Credentials, opt Options) (*Session, error) {
	opt, err := opt.complete()
	if err != nil {
		return nil, err
	}
	base, place, err := newPlace(baseURL)
	if err != nil {
		return nil, err
	}
	door, err := newDoor(base, c, opt.Base)
	if err != nil {
		return nil, err
	}
	return &Session{place: place, door: door, opt: opt}, nil
}

// Format keeps the secrets out of every %v, %s and %#v.
func (s *Session) Format(f fmt.State, _ rune) { fmt.Fprint(f, "gestix session") }

// Token returns the session token that a call would be sent with now, and opens a session if there is none. Its error is an
// *OpenError, or the cause of the context's end.
func (s *Session) Token(ctx context.Context) (Token, error) {
	l, err := s.lease(s.begin(ctx, false))
	if err != nil {
		return "", err
	}
	return l.token, nil
}

func (s *Session) begin(ctx context.Context, write bool) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &call{ctx: ctx, write: write, before: s.launched}
}

// lease returns the token to send a call with.
//
// While an opening is under way all wait for it. When it fails all who waited get its error, and so do calls that began
// before it and are denied only now: they would be a storm of openings, one after the other. A call that begins later tries
// anew.
func (s *Session) lease(c *call) (*lease, error) {
	s.mu.Lock()
	if s.opt.Renewal == Proactive {
		s.renewAhead(c)
	}
	if s.opt.Renewal == Naive && (s.current == nil || c.denied) {
		refresh := s.issued > 0
		s.mu.Unlock()
		return s.openAlone(c, refresh)
	}
	if l := s.current; l != nil {
		s.mu.Unlock()
		return l, nil
	}
	if s.opening == nil && s.failure != nil && s.launched > c.before {
		defer s.mu.Unlock()
		return nil, s.failure
	}
	if s.opening == nil {
		s.launch(c)
	}
	o := s.opening
	s.mu.Unlock()
	select {
	case <-o.done:
		return o.lease, o.err
	case <-c.ctx.Done():
		return nil, context.Cause(c.ctx)
	}
}

// launch begins an opening of its own life: the call that begins it may end before, and others wait for it. So it has none
// of the call's context, not even its values: a trace in them would be called after the call's end. The caller holds s.mu.
func (s *Session) launch(c *call) {
	o := &opening{done: make(chan struct{})}
	s.opening, s.failure = o, nil
	s.launched++
	c.opened++
	refresh := s.issued > 0
	go func() {
		token, asked, err := s.open(context.Background())
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			o.lease = s.keep(token, asked, refresh)
		}
		o.err, s.failure = err, err
		s.opening = nil
		close(o.done)
	}()
}

func (s *Session) openAlone(c *call, refresh bool) (*lease, error) {
	c.opened++
	token, asked, err := s.open(c.ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep(token, asked, refresh), nil
}

func (s *Session) open(ctx context.Context) (_ Token, asked time.Time, _ error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.opt.OpenTimeout, fmt.Errorf("it took longer than %s", s.opt.OpenTimeout))
	defer cancel()
	asked = s.opt.Now()
	token, err := s.door.open(ctx)
	return token, asked, err
}

// keep makes a token the current one. The caller holds s.mu.
func (s *Session) keep(token Token, asked time.Time, refresh bool) *lease {
	s.issued++
	s.tally.Opened++
	if refresh {
		s.tally.Refreshes++
	}
	l := &lease{token: token, number: s.issued, turn: make(chan struct{}, 1)}
	if s.opt.Renewal == Proactive {
		l.renew, l.end = asked.Add(s.renewalAge()), asked.Add(s.opt.Lifetime)
	}
	s.current = l
	return l
}

func (s *Session) renewalAge() time.Duration {
	return time.Duration(s.opt.Fraction * float64(s.opt.Lifetime))
}

// renewAhead begins a renewal in the background when the current token is due for it. One that fails is tried again after a
// quarter of the time that was left to the token. A token that has outlived its time is not used any more. The caller holds
// s.mu.
func (s *Session) renewAhead(c *call) {
	l, now := s.current, s.opt.Now()
	if l == nil || (now.Before(l.renew) && now.Before(l.end)) {
		return
	}
	if s.opening == nil {
		l.renew = now.Add((s.opt.Lifetime - s.renewalAge()) / 4)
		s.tally.ending(l.number, s.issued)
		s.launch(c)
	}
	if !now.Before(l.end) {
		s.drop(l)
	}
}

// drop gives a token up, unless it has been replaced already. The caller holds s.mu.
func (s *Session) drop(l *lease) {
	if l != nil && s.current == l {
		s.current = nil
	}
}

// writeLease returns the token to send a write with, and takes its turn (GESC-07); lease.pass gives it on. A write that has
// not been sent when its token is replaced takes the new one.
func (s *Session) writeLease(c *call) (*lease, error) {
	for {
		l, err := s.lease(c)
		if err != nil {
			return nil, err
		}
		if c.ctx.Err() != nil {
			return l, context.Cause(c.ctx)
		}
		select {
		case l.turn <- struct{}{}:
		case <-c.ctx.Done():
			return l, context.Cause(c.ctx)
		}
		if !s.replaced(c, l) {
			return l, nil
		}
		l.pass()
	}
}

func (l *lease) pass() { <-l.turn }

func (s *Session) replaced(c *call, l *lease) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current != l && s.opt.Renewal != Naive && c.opened < maxOpenings
}

// nextNonce returns a nonce greater than all before (GESC-06), whatever token they went with, and counts a write. It is the
// time in microseconds where that is greater: also a program that is started again goes on above its last nonces, and the
// number is exact in a server that keeps numbers as doubles.
func (s *Session) nextNonce() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonce = max(s.nonce+1, s.opt.Now().UnixMicro())
	s.tally.Writes++
	return s.nonce
}
