package steps

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
)

// forbidden is how Gestix denies, whatever the reason.
var forbidden = targets.CuedReply{
	Status: http.StatusForbidden, Type: "application/json",
	Body: `{"code":"AUTH_FAILED","message":"the session token is not accepted","timestamp":"2026-11-24T10:00:00Z"}`,
}

// endsBefore ends all sessions just before the n-th protected call is judged, once.
func (b *bench) endsBefore(n int) rule {
	var mu sync.Mutex
	count := 0
	return func(_ context.Context, a *targets.Arrival) (targets.Cue, bool) {
		if !isProtected(a) {
			return targets.Cue{}, false
		}
		mu.Lock()
		defer mu.Unlock()
		if count++; count == n {
			b.mock.Steered.(targets.SessionEnder).EndSessions()
		}
		return targets.Cue{}, false
	}
}

// quiet is how long no further request may come before those that are held are let go.
const quiet = 300 * time.Millisecond

// heldTogether holds the first n protected calls until all of them are there, or no further one comes.
func (b *bench) heldTogether(n int) rule {
	gate := newGate(n)
	return func(ctx context.Context, a *targets.Arrival) (targets.Cue, bool) {
		if isProtected(a) {
			gate.pass(ctx)
		}
		return targets.Cue{}, false
	}
}

// gate opens once n have come to it, or none has come for a while; then it stays open.
type gate struct {
	mu    sync.Mutex
	left  int
	open  chan struct{}
	timer *time.Timer
}

func newGate(n int) *gate { return &gate{left: n, open: make(chan struct{})} }

func (g *gate) pass(ctx context.Context) {
	g.mu.Lock()
	switch {
	case g.left <= 0:
		g.mu.Unlock()
		return
	case g.timer == nil:
		g.timer = time.AfterFunc(quiet, g.release)
	default:
		g.timer.Reset(quiet)
	}
	g.left--
	full := g.left == 0
	g.mu.Unlock()
	if full {
		g.release()
	}
	select {
	case <-g.open:
	case <-ctx.Done():
	}
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = 0
	g.timer.Stop()
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// rejecting answers the first write, or every one, by 400 or 409.
func rejecting(every bool, status string) rule {
	reply := targets.CuedReply{
		Status: http.StatusBadRequest, Type: "application/json",
		Body: `{"code":"INVALID_ARGUMENT","message":"the record cannot be taken","timestamp":"2026-11-24T10:00:00Z"}`,
	}
	if status == "409" {
		reply.Status = http.StatusConflict
		reply.Body = `{"code":"DUPLICATE_ENTRY","message":"the record exists already","timestamp":"2026-11-24T10:00:00Z"}`
	}
	var mu sync.Mutex
	done := false
	return func(_ context.Context, a *targets.Arrival) (targets.Cue, bool) {
		if !isWrite(*a) {
			return targets.Cue{}, false
		}
		mu.Lock()
		defer mu.Unlock()
		if done && !every {
			return targets.Cue{}, false
		}
		done = true
		return targets.Cue{Reply: &reply}, true
	}
}

// maxAlone is how many writes that come alone are held before it is believed that the client sends one after the other.
const maxAlone = 2

// sorter holds writes until no further one comes, and lets those that it holds go in falling order of their nonces, each once
// the one before has been judged.
type sorter struct {
	b *bench

	mu    sync.Mutex
	held  []heldWrite
	alone int
	timer *time.Timer
}

type heldWrite struct {
	number int
	nonce  int64
	free   chan struct{}
}

// fallingOrder is the order that a client which sends several writes at once has to reckon with: no server owes it another.
func (b *bench) fallingOrder() rule {
	s := &sorter{b: b}
	return func(ctx context.Context, a *targets.Arrival) (targets.Cue, bool) {
		if isWrite(*a) {
			s.hold(ctx, a)
		}
		return targets.Cue{}, false
	}
}

func (s *sorter) hold(ctx context.Context, a *targets.Arrival) {
	nonce, _ := nonceOf(*a)
	s.mu.Lock()
	if s.alone >= maxAlone {
		s.mu.Unlock()
		return
	}
	w := heldWrite{a.Number, nonce, make(chan struct{})}
	s.held = append(s.held, w)
	if s.timer == nil {
		s.timer = time.AfterFunc(quiet, func() { s.release() })
	} else {
		s.timer.Reset(quiet)
	}
	s.mu.Unlock()
	select {
	case <-w.free:
	case <-ctx.Done():
	}
}

func (s *sorter) release() {
	s.mu.Lock()
	held := s.held
	s.held = nil
	if len(held) == 1 {
		s.alone++
	}
	s.mu.Unlock()
	slices.SortFunc(held, func(x, y heldWrite) int { return int(min(1, max(-1, y.nonce-x.nonce))) })
	for _, w := range held {
		judged := s.b.stage.whenJudged(w.number)
		close(w.free)
		select {
		case <-judged:
		case <-s.b.stage.done.Done():
		}
	}
}
