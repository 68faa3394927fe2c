package steps

import (
	"net"
	"sync"
)

// maxTapped bounds what is kept of each connection, and of all of them.
const (
	maxTapped    = 1 << 20
	maxTappedAll = 32 << 20
)

// tap keeps what callers send to a listener, byte by byte, whatever it is. It is safe for concurrent use.
type tap struct {
	mu    sync.Mutex
	conns []*tapped
	kept  int
	cut   bool // there was more
}

// wrap puts the tap between a listener and its callers.
func (t *tap) wrap(l net.Listener) net.Listener { return &tapListener{l, t} }

// sent is what came over each connection; cut says that there was more than is kept.
func (t *tap) sent() (list [][]byte, cut bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		list = append(list, c.bytes)
	}
	return list, t.cut
}

type tapListener struct {
	net.Listener
	tap *tap
}

func (l *tapListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	kept := &tapped{Conn: c, tap: l.tap}
	l.tap.mu.Lock()
	defer l.tap.mu.Unlock()
	l.tap.conns = append(l.tap.conns, kept)
	return kept, nil
}

// tapped is one connection. The lock of the tap guards its bytes.
type tapped struct {
	net.Conn
	tap   *tap
	bytes []byte
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	more := p[:max(0, min(n, maxTapped-len(c.bytes), maxTappedAll-c.tap.kept))]
	c.bytes = append(c.bytes, more...)
	c.tap.kept += len(more)
	c.tap.cut = c.tap.cut || len(more) < n
	return n, err
}

// NetConn is the connection itself, for who wants to end it by RST.
func (c *tapped) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the sending side of the connection.
func (c *tapped) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Conn.Close()
}
