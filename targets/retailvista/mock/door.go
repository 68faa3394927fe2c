package mock

import (
	"net"
	"sync"
)

// door is the listener that callers connect to, below whatever wraps it. A wrapped connection need not tell of the TCP
// connection behind it, which alone can be closed by halves or reset: the door remembers it.
type door struct {
	net.Listener
	mu   sync.Mutex
	open map[string]*net.TCPConn // by the caller's address and port
}

func newDoor(l net.Listener) *door { return &door{Listener: l, open: map[string]*net.TCPConn{}} }

// Accept waits for the next caller.
func (d *door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.open[c.RemoteAddr().String()] = tcp
	}
	return c, err
}

// behind is the TCP connection behind one that came through the door, which then forgets it.
func (d *door) behind(c net.Conn) *net.TCPConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	caller := c.RemoteAddr().String()
	defer delete(d.open, caller)
	return d.open[caller]
}
