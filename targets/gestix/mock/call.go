package mock

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxBody bounds what is read of a request's body.
const maxBody = 1 << 20

// version ends the base path of every account.
const version = "/v4.0.0"

// resources are the paths below an account's base, with the methods that each knows.
var resources = map[string][]string{
	"/helo":      {http.MethodGet},
	"/auth":      {http.MethodPost},
	"/status":    {http.MethodGet},
	"/customers": {http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
	"/invoices":  {http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
}

// call is what a request says, before anything is believed.
type call struct {
	method   string
	raw      string // path as it was sent, still escaped
	number   string // the account's, out of the path
	resource string // such as /customers; "" when the path is none of ours
	account  *account
	query    [][2]string
	rawQuery string
	header   http.Header
	conn     string // which connection it came on
	body     []byte
	tooLong  bool
}

// read takes the request apart.
func read(r *http.Request, body []byte) *call {
	c := &call{
		method: r.Method, raw: r.URL.EscapedPath(), query: parseQuery(r.URL.RawQuery), rawQuery: r.URL.RawQuery,
		header: r.Header, conn: r.RemoteAddr, body: body, tooLong: len(body) > maxBody,
	}
	c.number, c.resource = route(r.URL.Path)
	return c
}

// route splits /api/{account}/v4.0.0/{resource}.
func route(path string) (number, resource string) {
	rest, ours := strings.CutPrefix(path, "/api/")
	number, rest, _ = strings.Cut(rest, "/")
	resource, versioned := strings.CutPrefix("/"+rest, version)
	digits := number != "" && strings.Trim(number, "0123456789") == ""
	if !ours || !versioned || !digits || resources[resource] == nil {
		return "", ""
	}
	return number, resource
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

// values are those of one query parameter.
func (c *call) values(name string) []string {
	var list []string
	for _, pair := range c.query {
		if pair[0] == name {
			list = append(list, pair[1])
		}
	}
	return list
}

func (c *call) knowsMethod() bool { return slices.Contains(resources[c.resource], c.method) }

// flaw is what is wrong with an Authorization header; the empty one is nothing.
type flaw string

const (
	wellFormed  flaw = ""
	noHeader    flaw = "no header"
	twoHeaders  flaw = "two headers"
	emptyHeader flaw = "empty header"
	noToken     flaw = "no token"
	noScheme    flaw = "no scheme"
	otherScheme flaw = "other scheme"
	otherCase   flaw = "scheme in another case"
	spacedToken flaw = "spaces in the token"
)

// bearer reads `Authorization: Bearer <token>` to the letter (GES-02, GES-07); the case of the scheme is left open (GES-25).
func (m *Mock) bearer(c *call) (string, flaw) {
	values := c.header.Values("Authorization")
	switch {
	case len(values) == 0:
		return "", noHeader
	case len(values) > 1:
		return "", twoHeaders
	case values[0] == "":
		return "", emptyHeader
	}
	scheme, token, spaced := strings.Cut(values[0], " ")
	switch {
	case strings.EqualFold(scheme, "Bearer") && token == "":
		return "", noToken
	case !spaced:
		return "", noScheme
	case !strings.EqualFold(scheme, "Bearer"):
		return "", otherScheme
	case scheme != "Bearer" && !m.vary.anyCase:
		return "", otherCase
	case strings.ContainsAny(token, " \t,"):
		return "", spacedToken
	}
	return token, wellFormed
}
