package zoo

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

const (
	testToken    = "47ddedc5-6967-4da0-a849-1b441286f665"
	testPassword = `p&s<"é'>`
)

// The answers of a script that are none.
const closed, reset, open = "closed", "reset", "open"

const success = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
	`<ValidateUserResponse xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents">` +
	`<ValidateUserResult>LoginSuccessful</ValidateUserResult></ValidateUserResponse></s:Body></s:Envelope>`

func answer(status int, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d Status\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

func soapFault(text string) string {
	return answer(500, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client</faultcode>`+
		`<faultstring>`+text+`</faultstring></e:Fault></e:Body></e:Envelope>`)
}

// request is one that the gateway received.
type request struct {
	*http.Request
	text string // of the body
}

// gateway answers requests by a script, whose last line stands for all that follow.
type gateway struct {
	url      string
	listener net.Listener
	script   []string
	during   func() // called for each request before it is answered, unless it is nil

	mu       sync.Mutex
	requests []request
	conns    []net.Conn
	served   sync.WaitGroup
}

func newGateway(t *testing.T, script ...string) *gateway {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{url: "http://" + listener.Addr().String() + "/grs", listener: listener, script: script}
	g.served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			g.served.Go(func() { g.serve(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		g.mu.Lock()
		for _, conn := range g.conns {
			conn.Close()
		}
		g.mu.Unlock()
		g.served.Wait()
	})
	return g
}

// serve takes one request: the client has a connection for each.
func (g *gateway) serve(conn *net.TCPConn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	g.mu.Lock()
	g.requests, g.conns = append(g.requests, request{r, string(body)}), append(g.conns, conn)
	line := g.script[min(len(g.requests), len(g.script))-1]
	g.mu.Unlock()
	if g.during != nil {
		g.during()
	}
	switch line {
	case closed:
	case reset:
		_ = conn.SetLinger(0)
	case open:
		_, _ = io.Copy(io.Discard, in) // until the peer goes
	default:
		_, _ = io.WriteString(conn, line)
	}
}

func (g *gateway) seen() []request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.requests[:len(g.requests):len(g.requests)]
}

// trial is one run of the program, and what was seen of it.
type trial struct {
	*testing.T
	ctx            context.Context
	mistake        string
	env            map[string]string
	tries          int // where the client's own would take too long; 0 leaves them
	stdout, stderr bytes.Buffer

	mu     sync.Mutex
	pauses []time.Duration
	client *client

	code     int
	requests []request
}

func newTrial(t *testing.T, mistake string) *trial {
	return &trial{T: t, ctx: t.Context(), mistake: mistake, env: map[string]string{
		"AUTHBENCH_ACTION": "read", "HOME": t.TempDir(), envAPIToken: testToken, envUsername: "ana", envPassword: testPassword,
		envCompany: "1234567", envStore: "765432",
	}}
}

func (r *trial) program() targets.ClientProgram {
	return targets.ClientProgram{
		Mistake: r.mistake, Env: func(name string) string { return r.env[name] }, Stdout: &r.stdout, Stderr: &r.stderr,
	}
}

// meets runs the program against a script.
func (r *trial) meets(script ...string) *trial {
	r.Helper()
	return r.against(newGateway(r.T, script...))
}

// against runs the program. Its pauses are noted, and skipped.
func (r *trial) against(g *gateway) *trial {
	r.Helper()
	r.env[envURL] = g.url
	c, err := newClient(r.program())
	if err != nil {
		r.Error(err)
		return r
	}
	r.client, r.pauses = c, nil
	if r.tries > 0 {
		c.tries = r.tries
	}
	r.stdout.Reset()
	r.stderr.Reset()
	c.wait = func(ctx context.Context, d time.Duration) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.pauses = append(r.pauses, d)
		return ctx.Err()
	}
	r.code, r.requests = c.run(r.ctx), g.seen()
	return r
}

// reads is how many reads the program is told to make.
func (r *trial) reads(n int) *trial {
	r.env["AUTHBENCH_ACTION"] = fmt.Sprintf("reads:%d", n)
	return r
}

// ends requires an exit code and a number of requests.
func (r *trial) ends(code, requests int) {
	r.Helper()
	if r.code != code || len(r.requests) != requests {
		r.Errorf("exit %d after %d requests, not %d after %d: %s", r.code, len(r.requests), code, requests, r.stderr.String())
	}
}

// count is how many requests are such.
func (r *trial) count(such func(request) bool) (n int) {
	for _, q := range r.requests {
		if such(q) {
			n++
		}
	}
	return n
}

func (r *trial) want(holds bool, what string) {
	r.Helper()
	if !holds {
		r.Errorf("not so: %s", what)
		for _, q := range r.requests {
			r.Logf("%s %s %v\n%s", q.Method, q.RequestURI, q.Header, q.text)
		}
	}
}

func hasAPIToken(q request) bool { return q.Header.Get("ApiToken") == testToken }

// header and body are those of the envelope.
func header(q request) string { return between(q.text, "<soap:Header>", "</soap:Header>") }
func body(q request) string   { return between(q.text, "<soap:Body>", "</soap:Body>") }

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	inner, _, _ := strings.Cut(rest, to)
	return inner
}

const tokenName = "Retail3000AuthenticateToken"

func hasSOAPHeader(q request) bool { return strings.Contains(header(q), tokenName) }
