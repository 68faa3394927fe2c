package mock

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// maxBody bounds what is read of a request's body.
const maxBody = 1 << 20

// call is what a request says, before anything is believed.
type call struct {
	method string
	raw    string // path as it was sent, still escaped
	path   string // the resource: decoded, and normalised where this server does that
	once   string // fault path-decoded-twice: tidy, before it is decoded again
	uri    string
	query  string
	keys   []string
	salts  []string
	hashes []string
	body   []byte
	// tidy is set when this server redirects an untidy path to a tidy one instead of answering it.
	tidy string
	odd  bool // fault parameter-order-matters or extra-parameters-refused found what it refuses
}

// read takes the credentials from the URL query (GIL-01).
func (m *Mock) read(r *http.Request, body []byte) call {
	c := call{method: r.Method, raw: r.URL.EscapedPath(), path: r.URL.Path, uri: r.RequestURI, query: r.URL.RawQuery, body: body}
	values := parseQuery(r.URL.RawQuery)
	var names []string
	for _, pair := range values {
		name := pair[0]
		if m.vary.anyCase {
			name = strings.ToLower(name)
		}
		names = append(names, name)
		switch name {
		case "apikey":
			c.keys = append(c.keys, pair[1])
		case "apisalt":
			c.salts = append(c.salts, pair[1])
		case "apihash":
			c.hashes = append(c.hashes, pair[1])
		}
	}
	if m.faults.Has("headers-instead-of-query") {
		c.keys, c.salts, c.hashes = r.Header.Values("apikey"), r.Header.Values("apisalt"), r.Header.Values("apihash")
	}
	order := strings.Join(names, " ")
	c.odd = m.faults.Has("parameter-order-matters") && len(c.salts) > 0 && order != "apikey apisalt apihash" ||
		m.faults.Has("extra-parameters-refused") && len(names) > len(c.keys)+len(c.salts)+len(c.hashes)
	m.route(&c)
	return c
}

// parseQuery keeps pairs in their order and drops those that cannot be unescaped.
func parseQuery(raw string) [][2]string {
	var pairs [][2]string
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if part != "" && err1 == nil && err2 == nil {
			pairs = append(pairs, [2]string{n, v})
		}
	}
	return pairs
}

// route finds the resource that a path stands for. Servers differ here, and each way is legal as long as the permission
// is judged on the resource (GIL-14).
func (m *Mock) route(c *call) {
	tidy := strings.ToLower(path.Clean("/" + c.path))
	switch {
	case m.faults.Has("path-decoded-twice"):
		c.once = tidy
		if again, err := url.PathUnescape(c.path); err == nil {
			c.path = strings.ToLower(path.Clean("/" + again))
		}
	case m.vary.paths == "normalised", m.faults.Has("url-permission-by-prefix"), m.faults.Has("url-permission-on-raw-path"),
		m.faults.Has("role-permission-by-prefix"):
		c.path = tidy
	case m.vary.paths == "redirected" && tidy != c.path:
		c.tidy = tidy
	}
}

// elsewhere says that the call is to another path than the one that faulty servers guard best.
func (c call) elsewhere() bool { return c.path != "/api/customers" }
