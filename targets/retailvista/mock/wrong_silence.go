package mock

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// missedWrongly is what a faulty gateway makes of a call without the header ApiToken (RTV-02, RTV-03, RTV-04).
func (m *Mock) missedWrongly(c *call, v verdict) verdict {
	where := m.misplaced(c)
	r, speaks := m.spokenWrongly(c, where)
	switch {
	case m.opensWrongly(c, where):
		return verdict{kind: forwarded, token: m.named("api_token")}
	case speaks:
		v.kind, v.reply = denied, r
	}
	v.leaks = m.faults.Has("silent-call-is-forwarded")
	if m.faults.Has("missing-one-byte") {
		v.stray = "H"
	}
	if real := c.path == service; m.faults.Has("missing-slower-for-real-path") && real || m.faults.Has("missing-slower-for-unknown-path") && !real {
		v.delay = 8 * time.Millisecond
	}
	return v
}

// spokenWrongly is the reply of a gateway that cannot keep silent.
func (m *Mock) spokenWrongly(c *call, where place) (mockkit.Reply, bool) {
	const page = "<html><head><title>400 Bad Request</title></head><body><center><h1>400 Bad Request</h1></center></body></html>\n"
	switch {
	case m.faults.Has("missing-is-empty-200"):
		return mockkit.Reply{Status: http.StatusOK}, true
	case m.faults.Has("missing-is-400-by-proxy"):
		return reply(http.StatusBadRequest, "text/html", page), true
	case m.faults.Has("missing-speaks-on-options") && c.method == http.MethodOptions:
		return mockkit.Reply{Status: http.StatusOK, Header: map[string]string{"Allow": "GET, POST, OPTIONS"}}, true
	case m.faults.Has("missing-speaks-on-wsdl") && c.method == http.MethodGet && strings.EqualFold(c.req.URL.RawQuery, "wsdl"):
		return mockkit.Reply{Status: http.StatusOK, ContentType: soapType, Body: wsdl("http://" + c.req.Host + service)}, true
	case m.faults.Has("missing-is-401"),
		m.faults.Has("misplaced-token-gets-hint") && where != nowhere && where != inMisspeltHeader,
		m.faults.Has("missing-speaks-to-soap-call") && c.plain() && where == nowhere,
		m.faults.Has("missing-speaks-on-second-call") && c.again,
		m.faults.Has("missing-speaks-when-pipelined") && c.pipelined,
		m.speaksOfMethod(c), m.speaksOfPath(c), m.speaksOfBody(c), m.speaksOfHead(c):
		return reply(http.StatusUnauthorized, "text/plain; charset=utf-8", "The ApiToken is missing.\n"), true
	}
	return mockkit.Reply{}, false
}

// plain tells a SOAP call about which nothing is out of the ordinary.
func (c *call) plain() bool {
	return c.method == http.MethodPost && c.path == service && !c.http10 && !c.again && !c.expects && !c.chunked() &&
		len(c.fields) < manyFields && len(c.body) < largeBody && c.hasSOAPHeader()
}

const (
	manyFields = 20
	largeBody  = 64 << 10
)

func (c *call) chunked() bool { return slices.Contains(c.req.TransferEncoding, "chunked") }

func (c *call) hasSOAPHeader() bool {
	return c.doc != nil && c.doc.name.Local == "Envelope" && len(c.doc.all(envelopeNS, "Header")) > 0
}

func (m *Mock) speaksOfMethod(c *call) bool {
	switch c.method {
	case http.MethodGet:
		return m.faults.Has("missing-speaks-on-get")
	case http.MethodHead:
		return m.faults.Has("missing-speaks-on-head")
	case http.MethodPut:
		return m.faults.Has("missing-speaks-on-put")
	case http.MethodDelete:
		return m.faults.Has("missing-speaks-on-delete")
	case http.MethodPost, http.MethodOptions:
		return false
	}
	return m.faults.Has("missing-speaks-on-unknown-method")
}

func (m *Mock) speaksOfPath(c *call) bool {
	switch strings.TrimSuffix(c.path, "/") {
	case service:
		return false
	case "", base:
		return m.faults.Has("missing-speaks-on-root")
	}
	return m.faults.Has("missing-speaks-on-unknown-path")
}

func (m *Mock) speaksOfBody(c *call) bool {
	if c.method != http.MethodPost {
		return false
	}
	switch {
	case len(c.body) == 0:
		return m.faults.Has("missing-speaks-on-no-body") && !c.expects
	case len(c.body) >= largeBody: // XML or not
		return m.faults.Has("missing-speaks-on-large-body")
	case c.doc == nil:
		return m.faults.Has("missing-speaks-on-non-xml")
	case c.chunked():
		return m.faults.Has("missing-speaks-on-chunked") && len(c.req.Trailer) == 0
	}
	return m.faults.Has("missing-speaks-without-soap-header") && !c.hasSOAPHeader()
}

func (m *Mock) speaksOfHead(c *call) bool {
	switch {
	case c.http10:
		return m.faults.Has("missing-speaks-on-http10") && c.closes || m.faults.Has("missing-speaks-on-kept-http10") && !c.closes
	}
	return m.faults.Has("missing-speaks-on-many-headers") && len(c.fields) >= manyFields
}

// opensWrongly lets a call through that has no header ApiToken.
func (m *Mock) opensWrongly(c *call, where place) bool {
	named := func(name string) bool {
		return slices.ContainsFunc(c.values(name), m.holdsToken)
	}
	switch {
	case m.faults.Has("missing-is-forwarded"),
		m.faults.Has("connection-remembers-token") && c.conn.opened != nil,
		m.faults.Has("name-with-dash-accepted") && named("Api-Token"),
		m.faults.Has("name-with-x-accepted") && named("X-ApiToken"),
		m.faults.Has("name-in-plural-accepted") && named("ApiTokens"),
		m.faults.Has("name-token-accepted") && named("Token"):
		return true
	}
	switch where {
	case inQuery:
		return m.faults.Has("token-from-query")
	case inCookie:
		return m.faults.Has("token-from-cookie")
	case inAuthorization:
		return m.faults.Has("token-from-authorization")
	case asBearer:
		return m.faults.Has("token-from-bearer")
	case asBasic:
		return m.faults.Has("token-from-basic")
	case inTrailer:
		return m.faults.Has("token-from-trailer")
	case inSOAPHeader:
		return m.faults.Has("token-from-soap-header")
	case inSOAPToken:
		return m.faults.Has("token-from-soap-token")
	case inSOAPAction:
		return m.faults.Has("token-from-soapaction")
	case inPath:
		return m.faults.Has("token-from-path")
	}
	return false
}
