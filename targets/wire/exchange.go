// Package wire makes one exchange on one connection and tells exactly what was sent, what came back and how it ended.
// It writes the request itself, so that a path or a query reaches the server byte for byte as a scenario wrote it.
package wire

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// End is how an exchange ended.
type End int

// The ends of an exchange. The zero value says that nothing was sent.
const (
	NotSent     End = iota
	Replied         // a whole reply; of a long body only the beginning is kept
	Closed          // the peer closed the connection without a byte
	Reset           // the peer reset the connection without a byte
	Open            // not a byte until the time was over
	Partial         // bytes that are no whole HTTP reply, or a reply without an end
	Refused         // nobody listens
	Unreachable     // no route, no such host, or no answer to the connection attempt
	TLSFailed       // the TLS handshake failed
)

var endNames = [...]string{"not sent", "replied", "closed", "reset", "open", "partial", "refused", "unreachable", "tls failed"}

func (e End) String() string { return endNames[e] }

// Field is one header line, in the case in which it is to be sent.
type Field struct{ Name, Value string }

// Request is sent as it is written here: nothing is escaped, ordered or completed but Host and the framing of the body.
type Request struct {
	Method  string
	Target  string // the request target: path and query
	Version string // "" is HTTP/1.1
	Header  []Field
	Body    []byte
	Chunked bool    // the body goes in chunks
	Trailer []Field // behind the last chunk
}

// Reply is a parsed HTTP reply.
type Reply struct {
	Status int
	Line   string // the status line as it came
	Header http.Header
	Head   string // status line and header fields as they came
	Body   []byte // decoded from chunks, at most Peer.MaxBody bytes
	Cut    bool   // the body was longer than that
	// Interim are the heads of interim replies (1xx) as they came; Trailer are the fields behind a chunked body.
	Interim string
	Trailer http.Header
}

// Exchange is what went over the wire. Reply is set when End is Replied, and only then.
type Exchange struct {
	Sent  []byte
	Reply *Reply
	End   End
	Err   error         // why End is not Replied
	Took  time.Duration // from dialling to the last byte
}

// Peer is one server. It is safe for concurrent use: each exchange has a connection of its own.
type Peer struct {
	Address string // host:port
	Host    string // the Host header
	TLS     *tls.Config
	MaxBody int64  // bytes kept of a reply's body
	Local   string // the address to call from; "" leaves it to the system
	// Patience is how long a reply is waited for once the request is sent, where that is less than the context allows; 0 leaves
	// it to the context.
	Patience time.Duration
	// Abrupt ends a connection by a reset once the exchange is over. A closed connection occupies its port for a minute, and
	// tens of thousands of exchanges with mocks of our own use the ports up.
	Abrupt bool
}

const (
	defaultMaxBody = 1 << 20
	maxHead        = 256 << 10
	// endless is the length from which a body counts as one without an end. It is read so far, and no reply is made of it.
	endless = 64 << 20
)

// NewPeer returns the server of a base URL. For https the configuration is copied and completed with the server's name.
func NewPeer(base string, conf *tls.Config) (*Peer, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is not a URL with a host", base)
	}
	p := &Peer{Address: u.Host, Host: u.Host, MaxBody: defaultMaxBody}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if port == "" {
		return nil, fmt.Errorf("%q is neither http nor https", base)
	}
	if u.Port() == "" {
		p.Address = net.JoinHostPort(u.Hostname(), port)
	}
	if u.Scheme == "https" {
		if conf == nil {
			conf = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		p.TLS = conf.Clone()
		p.TLS.ServerName = u.Hostname()
		p.TLS.NextProtos = []string{"http/1.1"}
	}
	return p, nil
}

// Do makes the exchange on a connection of its own. It returns when the reply is whole or proves endless, the peer ended, or
// ctx did.
func (p *Peer) Do(ctx context.Context, r Request) (x Exchange) {
	start := time.Now()
	defer func() { x.Took = time.Since(start) }()
	c, failed := p.Dial(ctx)
	if c == nil {
		return failed
	}
	defer c.Close()
	return c.exchange(ctx, p.bytes(r, true), r.Method, nil)
}

func (p *Peer) dial(ctx context.Context) (net.Conn, End, error) {
	var dialer net.Dialer
	if p.Local != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(p.Local)}
	}
	conn, err := dialer.DialContext(ctx, "tcp", p.Address)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, Refused, fmt.Errorf("nobody listens on %s", p.Address)
	case err != nil && ctx.Err() != nil:
		return nil, Unreachable, fmt.Errorf("no answer from %s within the time", p.Address)
	case err != nil:
		var dns *net.DNSError
		if errors.As(err, &dns) {
			return nil, Unreachable, fmt.Errorf("the host name of %s is not known", p.Address)
		}
		return nil, Unreachable, fmt.Errorf("%s cannot be reached: %w", p.Address, unwrapped(err))
	case p.TLS == nil:
		return conn, Replied, nil
	}
	secure := tls.Client(conn, p.TLS)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, TLSFailed, fmt.Errorf("the TLS handshake with %s was not over within the time", p.Address)
		}
		return nil, TLSFailed, fmt.Errorf("the TLS handshake with %s failed: %w", p.Address, err)
	}
	return secure, Replied, nil
}

// bytes are what is sent; last says that no other request follows on the connection.
func (p *Peer) bytes(r Request, last bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\nHost: %s\r\n", r.Method, r.Target, cmp.Or(r.Version, "HTTP/1.1"), p.Host)
	for _, f := range r.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	switch {
	case r.Chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	case len(r.Body) > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	said := slices.ContainsFunc(r.Header, func(f Field) bool { return strings.EqualFold(f.Name, "Connection") })
	if last && !said {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n")
	if r.Chunked {
		writeChunks(&b, r)
	} else {
		b.Write(r.Body)
	}
	return b.Bytes()
}

// chunk is the size of a chunk of a body that goes in chunks.
const chunk = 1000

func writeChunks(b *bytes.Buffer, r Request) {
	for part := range slices.Chunk(r.Body, chunk) {
		fmt.Fprintf(b, "%x\r\n%s\r\n", len(part), part)
	}
	b.WriteString("0\r\n")
	for _, f := range r.Trailer {
		fmt.Fprintf(b, "%s: %s\r\n", f.Name, f.Value)
	}
	b.WriteString("\r\n")
}

func classify(err error, received int64, ctx context.Context) (End, error) {
	switch {
	case received > 0 && isTimeout(err):
		return Partial, fmt.Errorf("the reply was not whole when the time was over, after %d bytes", received)
	case received > 0:
		return Partial, fmt.Errorf("not a whole HTTP reply: %w", unwrapped(err))
	case isTimeout(err):
		if errors.Is(ctx.Err(), context.Canceled) {
			return Open, context.Canceled
		}
		return Open, errors.New("not one byte of a reply before the time was over")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Reset, errors.New("the connection was reset without a reply")
	default:
		return Closed, errors.New("the connection was closed without a reply")
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// unwrapped drops the addresses that net puts around an error: they are in the message already.
func unwrapped(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
