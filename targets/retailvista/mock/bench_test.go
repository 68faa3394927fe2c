package mock

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

var start = time.Date(2026, 11, 24, 10, 0, 7, 0, time.UTC)

// bench is a running mock that is asked over raw connections.
type bench struct {
	t      testing.TB
	m      *Mock
	served *targets.Mock
	c      targets.Credentials
}

func newBench(t testing.TB, opt targets.MockOptions) *bench {
	t.Helper()
	if opt.Clock == nil {
		opt.Clock = targets.NewManual(start)
	}
	m := New(opt)
	served, err := serve(m, opt)
	if err != nil {
		t.Fatal(err)
	}
	served.Close = sync.OnceValue(served.Close)
	t.Cleanup(func() {
		if err := served.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{t, m, served, served.Credentials}
}

func (b *bench) address() string {
	return strings.TrimSuffix(strings.TrimPrefix(b.served.URL, "http://"), base)
}

// ask is a request that is about to be sent.
type ask struct {
	method, target, proto string
	fields                []wire.Field
	body                  string
	chunked               bool
	trailer               string
	noLength              bool
}

// good is a call that succeeds.
func (b *bench) good() *ask {
	return &ask{
		method: "POST", target: service, proto: "HTTP/1.1", body: b.envelope(b.login()),
		fields: []wire.Field{
			{Name: "Host", Value: b.address()}, {Name: "User-Agent", Value: "test"}, {Name: "Content-Type", Value: "text/xml; charset=utf-8"},
			{Name: "SOAPAction", Value: `"` + serviceNS + `/ValidateUser"`}, {Name: "ApiToken", Value: b.c["api_token"]},
		},
	}
}

// silent is a good call without the token.
func (b *bench) silent() *ask { return b.good().drop("ApiToken") }

func (a *ask) drop(name string) *ask {
	a.fields = slices.DeleteFunc(a.fields, func(f wire.Field) bool { return f.Name == name })
	return a
}

func (a *ask) add(name, value string) *ask {
	a.fields = append(a.fields, wire.Field{Name: name, Value: value})
	return a
}

func (a *ask) set(name, value string) *ask { return a.drop(name).add(name, value) }

func (a *ask) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\n", a.method, a.target, a.proto)
	for _, f := range a.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	switch {
	case a.chunked:
		half := len(a.body) / 2
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n0\r\n%s\r\n",
			half, a.body[:half], len(a.body)-half, a.body[half:], a.trailer)
		return b.Bytes()
	case !a.noLength:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(a.body))
	}
	b.WriteString("\r\n" + a.body)
	return b.Bytes()
}

// login are the fields of the token header, escaped, in their order.
func (b *bench) login() [][2]string {
	return [][2]string{
		{"Username", b.c["username"]}, {"Password", b.c["password"]}, {"CompanyNumber", b.c["company_number"]},
		{"StoreNumber", b.c["store_number"]}, {"ScannerNumber", "1"}, {"MobileDeviceNumber", "2"},
	}
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

func tokenXML(login [][2]string) string {
	var b strings.Builder
	b.WriteString(`<` + tokenElement + ` xmlns="` + serviceNS + `">`)
	for _, f := range login {
		fmt.Fprintf(&b, "<%s>%s</%s>", f[0], escaped(f[1]), f[0])
	}
	b.WriteString(`</` + tokenElement + `>`)
	return b.String()
}

func (b *bench) envelope(login [][2]string) string {
	return soapXML(`<soap:Header>`+tokenXML(login)+`</soap:Header>`, `<ValidateUser xmlns="`+serviceNS+`"/>`)
}

func soapXML(header, body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + envelopeNS + `">` + header +
		`<soap:Body>` + body + `</soap:Body></soap:Envelope>`
}

// got is what came back: a reply, or how the connection ended without one.
type got struct {
	end     string // replied, closed, reset; partial with bytes that are no reply
	status  int
	header  http.Header
	body    string
	interim bool // a 100 came first
}

func (g got) String() string { return fmt.Sprintf("%s %d %q", g.end, g.status, g.body) }

// line is one open connection.
type line struct {
	net.Conn
	t  testing.TB
	in *bufio.Reader
}

func (b *bench) dial(from string) *line {
	b.t.Helper()
	dialer := net.Dialer{}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	c, err := dialer.Dial("tcp", b.address())
	if err != nil {
		b.t.Fatal(err)
	}
	_ = c.(*net.TCPConn).SetLinger(0) // tens of thousands of closed connections would use the ports up
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	b.t.Cleanup(func() { c.Close() })
	return &line{c, b.t, bufio.NewReader(c)}
}

func (l *line) send(text []byte) {
	l.t.Helper()
	if _, err := l.Write(text); err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		l.t.Fatal(err)
	}
}

// receive reads one reply, or how the connection ends.
func (l *line) receive(method string) got {
	l.t.Helper()
	g := got{end: "replied"}
	for {
		if _, err := l.in.Peek(1); err != nil {
			return got{end: ending(l.t, err), interim: g.interim}
		}
		resp, err := http.ReadResponse(l.in, &http.Request{Method: method})
		if err != nil {
			return got{end: "partial", interim: g.interim}
		}
		if resp.StatusCode == 100 {
			g.interim = true
			continue
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return got{end: "partial"}
		}
		g.status, g.header, g.body = resp.StatusCode, resp.Header, string(text)
		return g
	}
}

func ending(t testing.TB, err error) string {
	t.Helper()
	switch {
	case errors.Is(err, io.EOF):
		return "closed"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	}
	t.Errorf("waiting for a reply: %v", err)
	return "error"
}

// do sends one request on a connection of its own.
func (b *bench) do(a *ask) got {
	b.t.Helper()
	return b.doFrom("", a)
}

func (b *bench) doFrom(from string, a *ask) got {
	b.t.Helper()
	l := b.dial(from)
	defer l.Close()
	l.send(a.bytes())
	return l.receive(a.method)
}

func (g got) succeeded() bool {
	return g.end == "replied" && g.status == 200 && strings.Contains(g.body, "LoginSuccessful")
}

func (g got) silent() bool { return !g.interim && (g.end == "closed" || g.end == "reset") }

// denied is an explicit denial with a reason that a person can read.
func (g got) denied() bool {
	fault := g.status == 500 && strings.Contains(g.body, "Fault>")
	return g.end == "replied" && (g.status >= 400 && g.status < 500 || fault) && len(strings.Fields(g.body)) > 2
}

// log are the entries of the traffic log.
func (b *bench) log() []entry { return b.m.Log().([]entry) }

// field is a good call with another value in its token header, escaped; none leaves the field out.
func (b *bench) field(name, value string) *ask {
	login := b.login()
	for i, f := range login {
		if f[0] == name {
			login[i][1] = value
			if value == "none" {
				login = append(login[:i], login[i+1:]...)
				break
			}
		}
	}
	a := b.good()
	a.body = b.envelope(login)
	return a
}

// basic is the header Authorization of the scheme Basic.
func basic(name, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return r.Header.Get("Authorization")
}

// unknownGUID was given to nobody.
const unknownGUID = "0b6ffa1a-6a3c-4a07-8f0d-3a8c55a1b7aa"

const operationXML = `<ValidateUser xmlns="` + serviceNS + `"/>`
