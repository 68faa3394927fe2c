package load

import (
	"cmp"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
	wires "github.com/authbench/authbench/targets/wire"
)

const (
	// hidden stands where a secret stood.
	hidden = "***"
	// maxWitness is how many bytes of a reply's body a witness shows.
	maxWitness = 200
	// maxSearched is how many bytes of it are searched for secrets, some of which may reach beyond what is shown.
	maxSearched = 1 << 10
	// minDerived is the length from which a value that was put into a request is looked for in the reply. Shorter ones
	// would be found inside ordinary words, and are no secrets.
	minDerived = 8
)

// tokenLike is what stands in a reply and may be a secret that nobody told us: a hash or a token that the target makes. The
// name before it is masked with it.
var tokenLike = regexp.MustCompile(`^(?:[0-9A-Za-z_.~+=-]{24,}|"[^"]*token[^"]*"\s*:\s*"[^"]*("|$))`)

// masker replaces secrets in what a witness shows. It is immutable.
type masker []string // the secrets in the forms they may appear in, the longest first

func newMasker(values ...string) masker {
	var m masker
	for _, v := range values {
		m = append(m, wires.Encodings(v)...)
	}
	slices.SortFunc(m, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(m)
}

func credentialMasker(c targets.Credentials) masker {
	values := make([]string, 0, len(c))
	for _, v := range c {
		values = append(values, v)
	}
	return newMasker(values...)
}

func (m masker) text(s string) string { return m.excerpt(s, len(s), false) }

// excerpt masks the first n bytes of s. A secret that reaches over the n-th byte is masked as a whole: cutting first would
// show its beginning. If s itself is only the beginning of a text (partial), what could be a secret's beginning at its end
// is masked too.
func (m masker) excerpt(s string, n int, partial bool) string {
	var b strings.Builder
	for i := 0; i < len(s) && i < n; {
		if skip := m.secretAt(s[i:], partial); skip > 0 {
			b.WriteString(hidden)
			i += skip
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func (m masker) secretAt(rest string, partial bool) int {
	if found := tokenLike.FindString(rest); found != "" {
		return len(found)
	}
	for _, secret := range m {
		if strings.HasPrefix(rest, secret) {
			return len(secret)
		}
		if partial && strings.HasPrefix(secret, rest) {
			return len(rest)
		}
	}
	return 0
}

// witness writes down an exchange without its secrets: of the request the line, Host and the names of the other headers, of
// the reply the status line, Content-Type and the beginning of the body, or how it failed. Names of query parameters are
// kept, values never: credentials travel there, as they do in headers.
func (m masker) witness(req *http.Request, resp *http.Response, failure *failure, body *reply) *record.Exchange {
	var request, response strings.Builder
	request.WriteString(req.Method + " " + m.text(req.URL.EscapedPath()) + maskedQuery(m, req.URL.RawQuery) + " HTTP/1.1\n")
	request.WriteString("Host: " + cmp.Or(req.Host, req.URL.Host) + "\n")
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		request.WriteString(m.text(name) + ": " + hidden + "\n")
	}
	all := m.and(req)
	if failure != nil {
		text := "no complete reply: " + failure.kind + ": " + oneLine(failure.Error())
		return &record.Exchange{Request: request.String(), Response: all.excerpt(text, maxWitness, false)}
	}
	proto, reason, _ := strings.Cut(resp.Proto+" "+resp.Status, " ")
	code, reason, _ := strings.Cut(reason, " ")
	response.WriteString(strings.TrimSpace(proto+" "+code+" "+all.text(reason)) + "\n")
	if kind := resp.Header.Get("Content-Type"); kind != "" {
		response.WriteString("Content-Type: " + all.excerpt(kind, maxWitness, false) + "\n")
	}
	if len(body.data) > 0 {
		// What is kept is more than what is shown, but masking all of it would take long.
		head := body.data[:min(len(body.data), maxSearched)]
		response.WriteString("\n" + all.excerpt(string(head), maxWitness, body.cut || len(head) < len(body.data)))
	}
	return &record.Exchange{Request: request.String(), Response: response.String()}
}

// and returns a masker that also knows the values of a request's query and headers.
func (m masker) and(req *http.Request) masker {
	values := make([]string, 0, len(m)+8)
	for _, list := range req.URL.Query() {
		values = append(values, long(list)...)
	}
	for _, list := range req.Header {
		values = append(values, long(list)...)
	}
	return newMasker(append(values, m...)...)
}

// long returns the values, and the words inside them (as in "Bearer TOKEN" and "session=TOKEN"), that are long enough to be looked for.
func long(values []string) []string {
	var found []string
	for _, v := range values {
		for _, word := range append(strings.FieldsFunc(v, func(c rune) bool { return strings.ContainsRune(" \t=;,\"", c) }), v) {
			if len(word) >= minDerived {
				found = append(found, word)
			}
		}
	}
	return found
}

// maskedQuery keeps the order and the names of the parameters. One without a value may be a credential itself.
func maskedQuery(m masker, raw string) string {
	if raw == "" {
		return ""
	}
	parts := strings.Split(raw, "&")
	for i, part := range parts {
		name, _, found := strings.Cut(part, "=")
		if !found {
			parts[i] = hidden
			continue
		}
		parts[i] = m.text(name) + "=" + hidden
	}
	return "?" + strings.Join(parts, "&")
}
