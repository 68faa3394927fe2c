package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Conn is one open connection, for exchanges one after the other. It is not safe for concurrent use.
type Conn struct {
	peer     *Peer
	conn     net.Conn
	counted  *countingReader
	head     *io.LimitedReader // bounds the head of a reply, then its body
	raw      recorder          // heads as they come
	buffered *bufio.Reader
	kept     bool
}

// Dial opens a connection. Without one the exchange says why.
func (p *Peer) Dial(ctx context.Context) (*Conn, Exchange) {
	conn, end, err := p.dial(ctx)
	if err != nil {
		return nil, Exchange{End: end, Err: err}
	}
	if tcp, ok := conn.(*net.TCPConn); ok && p.Abrupt {
		_ = tcp.SetLinger(0) // without it the port is only occupied longer
	}
	c := &Conn{peer: p, conn: conn, counted: &countingReader{r: conn}, kept: true}
	c.head = &io.LimitedReader{R: c.counted}
	c.buffered = bufio.NewReader(io.TeeReader(c.head, &c.raw))
	return c, Exchange{}
}

// Close ends the connection.
func (c *Conn) Close() { _ = c.conn.Close() }

// Kept says whether the peer left the connection open for another exchange.
func (c *Conn) Kept() bool { return c.kept }

// Do makes one exchange, and leaves the connection open for another where the peer does.
func (c *Conn) Do(ctx context.Context, r Request) Exchange {
	start := time.Now()
	x := c.exchange(ctx, c.peer.bytes(r, false), r.Method, nil)
	x.Took = time.Since(start)
	return x
}

// DoWithin is Do with a patience of its own for the reply; 0 leaves it to the context.
func (c *Conn) DoWithin(ctx context.Context, patience time.Duration, r Request) Exchange {
	peer := *c.peer
	peer.Patience = patience
	c.peer = &peer
	return c.Do(ctx, r)
}

// Pipeline sends two requests at once and reads their replies one after the other. Where the first is not answered the second
// counts as not sent. The second reply is waited for as long as patience says, 0 leaving it to the context.
func (c *Conn) Pipeline(ctx context.Context, patience time.Duration, first, second Request) (a, b Exchange) {
	one, two := c.peer.bytes(first, false), c.peer.bytes(second, true)
	a = c.exchange(ctx, slices.Concat(one, two), first.Method, nil)
	a.Sent, b.Sent = one, two
	if a.End != Replied || !c.kept {
		if a.End == Replied { // the peer said that it answers no other
			b.End, b.Err = Closed, errors.New("the connection was closed with the reply before")
		}
		return a, b
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.bePatient(ctx, patience)
	ahead := int64(c.buffered.Buffered())
	before := c.counted.n
	reply, err := c.read(second.Method)
	if err != nil {
		b.End, b.Err = classify(err, c.counted.n-before+ahead, ctx)
		return a, b
	}
	b.Reply, b.End = reply, Replied
	return a, b
}

// exchange sends the bytes and reads one reply. Unless it is nil, release is called before the last byte is sent.
func (c *Conn) exchange(ctx context.Context, send []byte, method string, release func()) (x Exchange) {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	x.Sent = send
	before := c.counted.n
	// A server may reply and close before it has read everything: the reply counts, so a write error is not the end.
	writeErr := c.write(send, release)
	c.bePatient(ctx, c.peer.Patience)
	reply, err := c.read(method)
	if err == nil {
		x.Reply, x.End = reply, Replied
		return x
	}
	c.kept = false
	received := c.counted.n - before
	if received == 0 && writeErr != nil && !isTimeout(err) {
		err = writeErr
	}
	x.End, x.Err = classify(err, received, ctx)
	return x
}

// bePatient bounds the wait for a reply, which begins now; 0 leaves it to the context.
func (c *Conn) bePatient(ctx context.Context, patience time.Duration) {
	if patience <= 0 {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	if ctx.Err() != nil { // and had set a deadline of its own
		_ = c.conn.SetDeadline(time.Unix(1, 0))
	}
}

func (c *Conn) write(send []byte, release func()) error {
	last := len(send)
	if release != nil {
		last--
	}
	_, err := c.conn.Write(send[:last])
	if release != nil {
		release()
		if err == nil {
			_, err = c.conn.Write(send[last:])
		}
	}
	return err
}

// read parses one reply, and keeps the heads of interim ones (1xx) beside it.
func (c *Conn) read(method string) (*Reply, error) {
	c.raw.start(c.buffered)
	c.head.N = maxHead
	interim := ""
	for {
		from := c.parsed()
		resp, err := http.ReadResponse(c.buffered, &http.Request{Method: method})
		if err != nil {
			if c.head.N == 0 {
				err = errors.New("the head of the reply is endless")
			}
			return nil, err
		}
		head := strings.TrimRight(string(c.raw.kept[from:c.parsed()]), "\r\n")
		if resp.StatusCode >= 100 && resp.StatusCode < 200 {
			interim += head + "\r\n\r\n"
			continue
		}
		reply := &Reply{Status: resp.StatusCode, Line: resp.Proto + " " + resp.Status, Header: resp.Header, Head: head, Interim: interim}
		return reply, c.body(resp, reply)
	}
}

// parsed is how many of the recorded bytes have been parsed: the rest waits in the buffer.
func (c *Conn) parsed() int { return len(c.raw.kept) - c.buffered.Buffered() }

// body reads the body to its end, so that a reply is known to be whole, and keeps its beginning.
func (c *Conn) body(resp *http.Response, reply *Reply) error {
	c.raw.off = true
	c.head.N = 2*endless + maxHead // chunk framing comes on top of the body
	kept := &beginning{most: c.peer.MaxBody}
	size, err := io.Copy(kept, io.LimitReader(resp.Body, endless+1))
	if size > endless || c.head.N == 0 {
		return errors.New("the body of the reply is endless")
	}
	if err != nil {
		return fmt.Errorf("the body of the reply is not whole: %w", err)
	}
	reply.Body, reply.Cut, reply.Trailer = kept.bytes, size > c.peer.MaxBody, resp.Trailer
	c.kept = c.kept && !resp.Close
	return nil
}

// Together makes the exchanges at the same time, each on a connection of its own: all connections are open and every request
// is sent but for its last byte before the first last byte follows. An exchange whose connection cannot be had says so, and
// the others go on without it.
func (p *Peer) Together(ctx context.Context, requests []Request) []Exchange {
	done := make([]Exchange, len(requests))
	var ready, ended sync.WaitGroup
	open := make(chan struct{})
	ready.Add(len(requests))
	for i, r := range requests {
		ended.Go(func() {
			arrive := sync.OnceFunc(ready.Done)
			defer arrive() // also without a connection: nobody waits for it
			start := time.Now()
			c, failed := p.Dial(ctx)
			if c == nil {
				done[i] = failed
				return
			}
			defer c.Close()
			done[i] = c.exchange(ctx, p.bytes(r, true), r.Method, func() { arrive(); <-open })
			done[i].Took = time.Since(start)
		})
	}
	ready.Wait()
	close(open)
	ended.Wait()
	return done
}

// recorder keeps what a connection brings until a body begins.
type recorder struct {
	kept []byte
	off  bool
}

// start begins a new record with what was read ahead of the last reply.
func (r *recorder) start(ahead *bufio.Reader) {
	rest, _ := ahead.Peek(ahead.Buffered()) // what is buffered can be looked at
	r.kept, r.off = append(r.kept[:0], rest...), false
}

func (r *recorder) Write(p []byte) (int, error) {
	if !r.off {
		r.kept = append(r.kept, p...)
	}
	return len(p), nil
}

// beginning keeps at most so many bytes of what is written to it.
type beginning struct {
	bytes []byte
	most  int64
}

func (b *beginning) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p[:min(int64(len(p)), b.most-int64(len(b.bytes)))]...)
	return len(p), nil
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
