package mock

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/authbench/authbench/targets"
)

// facts are what the mock knows of a request by itself: key, the configuration name of the key; salt, where it looks like a
// number; hash, none or right or wrong by this server's own order and the salt that was sent.
func (m *Mock) facts(r *http.Request, body []byte) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.read(r, body)
	facts := map[string]string{"key": "none", "hash": "none"}
	var k *key
	if public := pick(c.keys, m.vary.twice); public != "" {
		facts["key"] = string(unknownKey)
		if k = m.find(public); k != nil {
			facts["key"] = k.publicName
		}
	}
	salt := pick(c.salts, m.vary.twice)
	if likeNumber(salt) {
		facts["salt"] = salt
	}
	if len(c.hashes) > 0 {
		facts["hash"] = "wrong"
		if k != nil && m.hashIsRight(k, salt, pick(c.hashes, m.vary.twice)) {
			facts["hash"] = "right"
		}
	}
	return facts
}

// complete tells the stage what became of a request. The caller holds m.mu.
func (m *Mock) complete(a *targets.Arrival, c call, d decision, r reply) {
	a.Outcome, a.Status, a.Wrote = targets.OutcomeAccepted, r.status, r.wrote
	because := d.reason
	switch {
	case because != accepted:
		a.Why = m.mask().Text(d.why())
	case r.reason != accepted: // the credentials are good, and yet the caller gets nothing
		because, a.Why = r.reason, whyFailed[r.reason]
	default:
		return
	}
	a.Outcome, a.Reason, a.Right = targets.OutcomeDenied, string(because), m.right(c, d.key, because)
}

// whyFailed explains what is wrong with a call whose credentials are good.
var whyFailed = map[reason]string{
	noResource: "there is nothing at this path: the customers are at /api/customers",
	noMethod:   "the path does not know this method: GET reads, and POST makes a customer at /api/customers",
	badBody:    `the body is no customer: send {"name":"..."}`,
}

// right is the request that would have been right in the place of one that was denied for a reason, secrets as their names; ""
// where none would have been. The caller holds m.mu.
func (m *Mock) right(c call, k *key, because reason) string {
	switch because {
	case deletedKey, notPermitted, noMethod:
		return ""
	}
	method, path := http.MethodGet, "/api/customers"
	for _, sent := range []string{c.tidy, c.path} {
		if names[sent] != nil {
			path = sent
		}
	}
	if c.method == http.MethodHead || c.method == http.MethodPost && path == "/api/customers" {
		method = c.method
	}
	line := method + " " + path + "?" + strings.Join(append(m.others(c), m.signed(c, k, because)...), "&")
	if because == badBody {
		line += "\n\n" + `{"name":"..."}`
	}
	return line
}

// signed are the parameters that a key has to come with, as of now.
func (m *Mock) signed(c call, k *key, because reason) []string {
	public, private := "public_key", "private_key"
	if k != nil && k.publicName != "" {
		public, private = k.publicName, k.privateName
	}
	parameters := []string{"apikey=<" + public + ">"}
	if private == "" {
		return parameters
	}
	at := m.now().Unix()
	if sent, err := strconv.ParseInt(pick(c.salts, m.vary.twice), 10, 64); err == nil && because == usedHash {
		at = max(at, sent+1)
	}
	return append(parameters, fmt.Sprintf("apisalt=%d", at), fmt.Sprintf(`apihash=<sha256(%s + %s + "%d")>`, private, public, at))
}

// others are the caller's own parameters, but those that hold a secret: that is never right (GILC-04).
func (m *Mock) others(c call) []string {
	var kept []string
	for part := range strings.SplitSeq(c.query, "&") {
		name, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		switch strings.ToLower(name) {
		case "apikey", "apisalt", "apihash":
			continue
		}
		if part != "" && err == nil && m.mask().Text(part) == part && !hashes.MatchString(part) {
			kept = append(kept, part)
		}
	}
	return kept
}
