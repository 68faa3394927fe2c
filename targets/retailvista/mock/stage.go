package mock

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// announce tells the stage of a call, once, and keeps its cue. A call that waits for a 100 is announced before its body is
// there: called again, it fills in the body, and the facts that rest on it, for the judgement.
func (g *gateway) announce(c *conn, k *call) {
	if g.m.stage == nil {
		return
	}
	announced := k.arrival != nil
	if !announced {
		k.arrival = k.arrive()
	}
	g.m.describe(k)
	if announced {
		return
	}
	ctx, stop := c.watch(g.ctx)
	defer stop()
	k.cue = g.m.stage.Arrived(ctx, k.arrival)
}

// arrive is what the head of a call says.
func (c *call) arrive() *targets.Arrival {
	a := &targets.Arrival{At: time.Now(), Conn: c.conn.caller, Method: c.method, URI: c.target, Header: http.Header{}}
	for _, f := range c.fields {
		a.Header.Add(f.Name, textproto.TrimString(f.Value))
	}
	if c.unread != nil && c.target != "" {
		a.Method = strings.Fields(string(c.unread))[0]
	}
	return a
}

// describe gives an arrival its body, or all that came of what is no HTTP, and the facts.
func (m *Mock) describe(c *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.arrival.Body, c.arrival.Facts = c.body, m.facts(c)
	if c.unread != nil {
		c.arrival.Body = c.unread
	}
}

// watch gives a context that ends with the outer one, or when the peer ends the connection. What the peer sends until stop
// stays buffered, for the next call.
func (c *conn) watch(outer context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(outer)
	over := make(chan struct{})
	_ = c.SetReadDeadline(time.Time{})
	go func() {
		defer close(over)
		for {
			_, err := c.in.Peek(c.in.Buffered() + 1)
			switch {
			case err == nil:
				continue
			case !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, bufio.ErrBufferFull):
				cancel()
			}
			return
		}
	}()
	return ctx, func() {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // long ago: whoever reads gives up
		<-over
		_ = c.SetReadDeadline(time.Now().Add(readDeadline))
		cancel()
	}
}

// cued is the verdict that the stage gave in the gateway's place, if it gave one.
func (c *call) cued() (verdict, bool) {
	switch r := c.cue.Reply; {
	case c.cue.Silence != "":
		return verdict{kind: silence, reason: onCue, way: c.cue.Silence}, true
	case r != nil:
		said := mockkit.Reply{Status: r.Status, Header: r.Header, ContentType: r.Type, Body: []byte(r.Body)}
		return verdict{kind: replied, reason: onCue, reply: said}, true
	}
	return verdict{}, false
}

// judged tells the stage what becomes of a call, before its caller can know.
func (g *gateway) judged(k *call, v verdict, status int) {
	if k.arrival == nil {
		return
	}
	g.m.conclude(k, v, status)
	g.m.stage.Judged(k.arrival)
}

// conclude writes down what becomes of a call. Neither reason nor explanation ever repeats what was sent: nothing in them
// has to be masked.
func (m *Mock) conclude(c *call, v verdict, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := c.arrival
	a.Status, a.Cued = status, v.reason == onCue
	because, why := v.reason, v.why
	if v.kind == forwarded {
		because, why = c.answer.reason, c.answer.why
	}
	switch {
	case v.kind == silence:
		a.Outcome = targets.OutcomeSilence
	case v.kind == forwarded && because == none, v.kind == replied && (status/100 == 2 || status/100 == 3):
		a.Outcome = targets.OutcomeAccepted
		return
	default:
		a.Outcome = targets.OutcomeDenied
	}
	a.Reason, a.Why, a.Right = string(because), why, c.right(because, v.token)
}
