package mock

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// gateway is the server in front. It has connections of its own, since net/http cannot say nothing at all.
type gateway struct {
	m        *Mock
	door     *door
	listener net.Listener // the door, or what wraps it
	upstream string       // host:port of Retail3000
	client   *http.Transport
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc

	mu    sync.Mutex
	conns map[net.Conn]bool
	ended bool
	wait  sync.WaitGroup
}

// openGateway serves the mock's gateway until Close, behind what wrap makes of the listener; nil leaves it as it is.
func openGateway(m *Mock, listener net.Listener, wrap func(net.Listener) net.Listener, upstream string) *gateway {
	g := &gateway{m: m, door: newDoor(listener), upstream: upstream, conns: map[net.Conn]bool{}, client: newTransport()}
	g.listener = g.door
	if wrap != nil {
		g.listener = wrap(g.door)
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.wait.Go(g.accept)
	return g
}

// Close ends every connection, and returns once nothing of the gateway runs any more.
func (g *gateway) Close() error {
	err := g.listener.Close()
	g.cancel()
	g.mu.Lock()
	g.ended = true
	for c := range g.conns {
		_ = c.Close()
	}
	g.mu.Unlock()
	g.wait.Wait()
	g.client.CloseIdleConnections()
	return err
}

func (g *gateway) accept() {
	for {
		c, err := g.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of descriptors, say: the connections that end give some back
			if g.pause(10*time.Millisecond) != nil {
				return
			}
			continue
		}
		if g.track(c) {
			g.wait.Go(func() {
				defer g.forget(c)
				g.converse(newConn(c, g.door.behind(c)))
			})
		}
	}
}

// track keeps the connection for Close, unless that was already.
func (g *gateway) track(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		_ = c.Close()
		return false
	}
	g.conns[c] = true
	return true
}

func (g *gateway) forget(c net.Conn) {
	_ = c.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

// pause waits, unless the gateway closes meanwhile.
func (g *gateway) pause(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-g.ctx.Done():
		return g.ctx.Err()
	}
}

// converse answers the calls of one connection in their order, until one of them ends it.
func (g *gateway) converse(c *conn) {
	for {
		k, err := c.next()
		if err != nil {
			return
		}
		if !g.attend(c, k) {
			return
		}
	}
}

// attend answers one call, or meets it with silence, and says whether the connection goes on.
func (g *gateway) attend(c *conn, k *call) bool {
	if k.expects {
		g.announce(c, k) // before the 100, which is a byte already
	}
	whole := g.invite(c, k)
	tooLong := whole && c.body(k) != nil
	k.followed = c.in.Buffered() > 0
	if g.m.stage != nil || len(k.values("ApiToken")) == 0 {
		k.doc, k.docFlaw = parseXML(k.body) // without the lock: a large document holds up nobody else
	}
	g.announce(c, k)
	v := g.m.decide(k, tooLong)
	if v.leaks {
		g.forward(k)
	}
	if v.kind == silence {
		g.judged(k, v, 0)
		g.fallSilent(c, v)
		return false
	}
	reply := v.reply
	if v.kind == forwarded {
		k.token = v.token.name
		reply = g.m.broughtBackWrongly(g.forward(k))
		g.m.answered(v, reply.Status)
	}
	g.judged(k, v, reply.Status)
	closes := k.closes || k.cue.Close || !whole || k.flaw != "" || tooLong || v.kind == denied && g.m.vary.deniedCloses
	if err := c.say(g.m.text(k, reply, closes)); err != nil {
		return false
	}
	if closes {
		c.end()
	}
	return !closes
}

// invite asks for a body that waits for a 100, which counts as a reply: only a call that is going to be answered gets one
// (RTV-03). It says whether the body is to be read.
func (g *gateway) invite(c *conn, k *call) bool {
	if !k.expects || k.flaw != "" {
		return true
	}
	if k.cue.Silence != "" || k.cue.Reply == nil && !g.m.answers(k) {
		return false
	}
	return c.say([]byte("HTTP/1.1 100 Continue\r\n\r\n")) == nil
}

// fallSilent ends the connection's use without a byte (RTV-02), in the way of the variation or of the cue.
func (g *gateway) fallSilent(c *conn, v verdict) {
	if g.pause(g.m.vary.pause+v.delay) != nil || v.stray != "" && c.say([]byte(v.stray)) != nil {
		return
	}
	switch cmp.Or(v.way, g.m.vary.silence) {
	case silenceReset:
		c.reset()
	case silenceOpen:
		c.hold()
	default:
		c.end()
	}
}

func reply(status int, contentType, body string) mockkit.Reply {
	return mockkit.Reply{Status: status, ContentType: contentType, Body: []byte(body)}
}
