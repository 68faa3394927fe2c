package mock

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// The gateway waits so long for a request to begin, for it to be whole, and for the peer to take its end.
const (
	idleDeadline = 2 * time.Minute
	readDeadline = 30 * time.Second
	linger       = 2 * time.Second
)

var (
	errGone    = errors.New("the peer has sent no further request")
	errTLS     = errors.New("it begins a TLS handshake, and this port speaks plain HTTP")
	errTooLong = errors.New("the body is longer than this server reads")
)

// tlsHandshake is the first byte of a TLS connection: RFC 8446, 5.1.
const tlsHandshake = 0x16

// conn is one connection to the gateway. Its calls are read and answered one after the other.
type conn struct {
	net.Conn
	tcp    *net.TCPConn  // below whatever wraps it
	in     *bufio.Reader // large enough for a whole head
	caller string        // address and port
	peer   string        // the address alone
	calls  int           // read so far

	opened   *apiToken // what faults remember of an earlier call
	admitted bool
}

func newConn(c net.Conn, tcp *net.TCPConn) *conn {
	caller := c.RemoteAddr().String()
	peer, _, _ := net.SplitHostPort(caller)
	return &conn{Conn: c, tcp: tcp, in: bufio.NewReaderSize(c, maxHead), caller: caller, peer: peer}
}

// next reads the head of the next call; errGone says that there is none.
func (c *conn) next() (*call, error) {
	pipelined := c.calls > 0 && c.in.Buffered() > 0
	_ = c.SetReadDeadline(time.Now().Add(idleDeadline))
	head, err := c.head()
	if len(head) == 0 {
		return nil, errGone
	}
	c.calls++
	var k *call
	if err == errTLS {
		k = newCall(head, nil, err.Error())
	} else if err != nil {
		k = newCall(head, nil, "its head has no end")
	} else if req, err := http.ReadRequest(c.in); err != nil {
		k = newCall(head, nil, "its head is no HTTP")
	} else {
		k = newCall(head, req, "")
	}
	k.conn, k.peer, k.again, k.pipelined = c, c.peer, c.calls > 1, pipelined
	return k, nil
}

// head waits until a whole head is buffered, and returns a copy of it. With an error it is what came of one.
func (c *conn) head() ([]byte, error) {
	for { // a blank line before a request is skipped: RFC 9112, 2.2
		first, err := c.in.Peek(1)
		if err != nil {
			return nil, err
		}
		if first[0] == tlsHandshake { // its peer would wait for an answer that never comes
			seen, _ := c.in.Peek(c.in.Buffered())
			return bytes.Clone(seen), errTLS
		}
		if first[0] != '\r' && first[0] != '\n' {
			break
		}
		_, _ = c.in.Discard(1)
	}
	_ = c.SetReadDeadline(time.Now().Add(readDeadline))
	for {
		seen, _ := c.in.Peek(c.in.Buffered())
		if end := headEnd(seen); end > 0 {
			return bytes.Clone(seen[:end]), nil
		}
		if _, err := c.in.Peek(len(seen) + 1); err != nil { // too long, or the peer has gone
			return bytes.Clone(seen), err
		}
	}
}

// headEnd is where the blank line after a head ends, or 0.
func headEnd(text []byte) int {
	for i, b := range text {
		if b != '\n' {
			continue
		}
		if rest := text[i+1:]; bytes.HasPrefix(rest, []byte("\n")) {
			return i + 2
		} else if bytes.HasPrefix(rest, []byte("\r\n")) {
			return i + 3
		}
	}
	return 0
}

// body reads the body of a call, its chunks and trailers included. A body that is not whole is a flaw of the call.
func (c *conn) body(k *call) error {
	if k.flaw != "" {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(k.req.Body, maxBody+1))
	k.read = true
	k.body = body[:min(len(body), maxBody)]
	switch {
	case len(body) > maxBody:
		return errTooLong
	case err != nil:
		k.flaw = "its body is not whole"
	}
	return nil
}

// say writes the whole text.
func (c *conn) say(text []byte) error {
	_ = c.SetWriteDeadline(time.Now().Add(readDeadline))
	_, err := c.Write(text)
	return err
}

// end closes the connection in order: what the peer still sends is read for a while, since closing on unread bytes would
// make a RST of the FIN.
func (c *conn) end() {
	half, ok := c.Conn.(interface{ CloseWrite() error }) // TLS has words of its own for it
	if !ok {
		half = c.tcp
	}
	if half.CloseWrite() == nil {
		_ = c.SetReadDeadline(time.Now().Add(linger))
		_, _ = io.Copy(io.Discard, c.in)
	}
	_ = c.Close()
}

// reset closes the connection by RST.
func (c *conn) reset() {
	_ = c.tcp.SetLinger(0)
	_ = c.tcp.Close()
}

// hold says nothing until the peer goes or the gateway closes.
func (c *conn) hold() {
	_ = c.SetReadDeadline(time.Time{})
	_, _ = io.Copy(io.Discard, c.in)
	_ = c.Close()
}
