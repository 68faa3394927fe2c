package mock

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/authbench/authbench/targets"
)

// facts are what the mock knows of a request by itself: resource, "" for none of ours; credential, what kind of thing stands in
// the Authorization header; session, the number of the one whose token was sent; nonce, where it may be repeated.
func (m *Mock) facts(r *http.Request, body []byte) map[string]string {
	c := read(r, body)
	m.mu.Lock()
	defer m.mu.Unlock()
	facts := map[string]string{"resource": c.resource, "credential": m.credentialOf(c)}
	if value, flaw := m.bearer(c); flaw == wellFormed && m.sessions[value] != nil {
		facts["session"] = strconv.Itoa(m.sessions[value].number)
	}
	if nonce, found := c.plainNonce(); found {
		facts["nonce"] = nonce
	}
	return facts
}

// complete tells the stage what became of a request. The caller holds m.mu.
func (m *Mock) complete(a *targets.Arrival, c *call, r reply, noted entry) {
	if noted.Session > 0 { // in a map of its own: the stage may be reading the other one
		a.Facts = maps.Clone(a.Facts)
		a.Facts["session"] = strconv.Itoa(noted.Session)
	}
	a.Outcome, a.Status, a.Wrote = targets.OutcomeAccepted, r.status, r.wrote
	if r.session != nil && (c.resource == "/helo" || c.resource == "/auth") {
		a.Gave = r.session.token
	}
	if r.denied() {
		a.Outcome, a.Reason, a.Why, a.Right = targets.OutcomeDenied, string(r.reason), m.told(noted).Explanation, m.right(c, r)
	}
}

// right is the request that would have been right in the place of one that was denied, secrets as their names; "" where none
// would have been. The path is the one below the account's base, unless that was what was wrong. The caller holds m.mu.
func (m *Mock) right(c *call, r reply) string {
	home := m.home(c, r)
	if home == nil {
		return ""
	}
	resource, base := c.resource, ""
	if resource == "" {
		if resource = "/" + path.Base(c.raw); resources[resource] == nil {
			resource = "/customers"
		}
	}
	if r.reason == noSuchPath || home != c.account {
		base = home.base()
	}
	method := c.method
	if known := resources[resource]; !slices.Contains(known, method) {
		method = known[0]
	}
	switch resource {
	case "/helo":
		name := "api_token"
		if home != m.accounts[0] {
			name = "other_api_token"
		}
		return method + " " + base + resource + "\nAuthorization: Bearer <" + name + ">"
	case "/auth":
		return method + " " + base + resource + "?username=<username>&password=<password>"
	}
	line := method + " " + base + resource
	if query := m.rightQuery(c, r, method); len(query) > 0 {
		line += "?" + strings.Join(query, "&")
	}
	line += "\nAuthorization: Bearer <session token>"
	if r.reason == badBody {
		line += "\n\n" + example(c)
	}
	return line
}

// home is the account to which the request should have gone; nil says that no request would have been right.
func (m *Mock) home(c *call, r reply) *account {
	value, _ := m.bearer(c)
	t := m.token(value)
	switch {
	case r.reason == revokedAPIToken, r.reason == duplicate, c.resource == "/auth" && m.user.revoked:
		return nil
	case r.reason == unknownAPIToken && t != nil:
		return t.account
	case r.reason == foreignSession && r.session != nil:
		return r.session.account
	case c.resource == "/auth":
		return m.user.account
	case c.account == nil:
		return m.accounts[0]
	}
	return c.account
}

// rightQuery is what belongs in the query: nonce and id, and the caller's own parameters, but what may be a secret.
func (m *Mock) rightQuery(c *call, r reply, method string) []string {
	var query []string
	if method != http.MethodGet && m.needsNonce(method) {
		query = append(query, fmt.Sprintf("nonce=<greater than %d>", m.markBefore(c, r)))
	}
	if r.reason == noSuchRecord {
		query = append(query, "id=<id of a record>")
	}
	for part := range strings.SplitSeq(c.rawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		name = strings.ToLower(name)
		switch {
		case part == "", err != nil, len(value) >= shortestToken, m.mask().Text(part) != part,
			name == "nonce", name == "username", name == "password", name == "id" && r.reason == noSuchRecord:
			continue
		}
		query = append(query, part)
	}
	return query
}

// markBefore is what a nonce has to be greater than: in a session that the caller has to open first, anything above 0 is.
func (m *Mock) markBefore(c *call, r reply) int64 {
	switch r.reason {
	case noNonce, malformedNonce, staleNonce, badBody, noSuchRecord:
		if mark := *m.markOf(c, r.session); mark < math.MaxInt64 {
			return mark
		}
	}
	return 0
}

// example is a body that the write takes.
func example(c *call) string {
	k := kinds[c.resource]
	required := k.create
	if c.method != http.MethodPost {
		required = k.update
	}
	body := map[string]string{}
	for _, name := range append([]string{}, required...) {
		body[name] = "..."
	}
	text, _ := json.Marshal(body) // texts alone: it cannot fail
	return string(text)
}
