package mock

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// numberHeader carries the number of the call from the gateway to Retail3000, so that both lines of the log can be joined.
const numberHeader = "X-Request-Id"

// handed are the fields of a request that are handed on. The ApiToken is not: it is the gateway's business alone.
var handed = []string{"Content-Type", "Soapaction", "Accept", "User-Agent"}

func newTransport() *http.Transport {
	return &http.Transport{
		DisableCompression: true, MaxIdleConnsPerHost: 64, ResponseHeaderTimeout: readDeadline,
		IdleConnTimeout: 10 * time.Second, // before Retail3000 closes one: what was sent on it would be lost
	}
}

// forward hands the call to Retail3000, once and byte for byte, and returns its reply (RTV-01).
func (g *gateway) forward(k *call) mockkit.Reply {
	target, err := url.ParseRequestURI(k.req.RequestURI)
	if err != nil {
		return reply(http.StatusBadGateway, "text/plain; charset=utf-8", "The request target cannot be forwarded.\n")
	}
	target.Scheme, target.Host = "http", g.upstream
	g.m.begin(k)
	defer g.m.end(k)
	if g.m.faults.Has("forwarded-twice") {
		g.fetch(g.request(k, target))
	}
	return g.fetch(g.request(k, target))
}

func (g *gateway) request(k *call, target *url.URL) *http.Request {
	body := g.m.passedWrongly(k)
	req := (&http.Request{
		Method: k.method, URL: target, Host: k.req.Host, Header: http.Header{}, ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)), // without GetBody nothing can be sent twice
	}).WithContext(g.ctx)
	if len(body) == 0 {
		req.Body = http.NoBody
	}
	for _, name := range handed {
		if values := k.req.Header[name]; len(values) > 0 {
			req.Header[name] = values
		}
	}
	if req.Header["User-Agent"] == nil {
		req.Header["User-Agent"] = []string{""} // keeps net/http from adding its own
	}
	req.Header.Set(numberHeader, strconv.Itoa(k.number))
	return req
}

func (g *gateway) fetch(req *http.Request) mockkit.Reply {
	unreachable := reply(http.StatusBadGateway, "text/plain; charset=utf-8", "Retail3000 cannot be reached.\n")
	resp, err := g.client.RoundTrip(req)
	if err != nil {
		return unreachable
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return unreachable
	}
	r := mockkit.Reply{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), Body: body}
	if allow := resp.Header.Get("Allow"); allow != "" {
		r.Header = map[string]string{"Allow": allow}
	}
	return r
}

// begin and end tell for how long a call is with Retail3000.
func (m *Mock) begin(c *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.underway[c.number] = c
	c.answer = outcome{reason: notReached, why: "Retail3000 did not answer"}
}

func (m *Mock) end(c *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.underway, c.number)
}
