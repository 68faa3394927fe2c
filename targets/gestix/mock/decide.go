package mock

import (
	"fmt"
	"net/http"
	"strings"
)

// reason is why a call is denied; the empty one is none.
type reason string

const (
	accepted         reason = ""
	noSuchPath       reason = "no such path"
	noSuchMethod     reason = "no such method"
	badHeader        reason = "malformed Authorization header"
	unknownAPIToken  reason = "unknown API token"
	revokedAPIToken  reason = "revoked API token"
	sessionOnHelo    reason = "session token on /helo"
	missingParameter reason = "parameter missing"
	wrongUser        reason = "unknown user"
	wrongPassword    reason = "wrong password"
	noSession        reason = "no session token"
	apiTokenHere     reason = "API token instead of a session token"
	unknownSession   reason = "unknown session token"
	endedSession     reason = "session expired"
	foreignSession   reason = "session of another account"
	noNonce          reason = "no nonce"
	malformedNonce   reason = "malformed nonce"
	staleNonce       reason = "nonce not greater"
	badBody          reason = "bad body"
	duplicate        reason = "duplicate"
	noSuchRecord     reason = "no such record"
)

// denial is how a reason is told to the caller: it never says more than the caller may know.
type denial struct {
	status        int
	code, message string
}

var denials = map[reason]denial{
	noSuchPath:       {http.StatusNotFound, "NOT_FOUND", "there is no such resource"},
	noSuchMethod:     {http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "the resource does not know this method"},
	badHeader:        {http.StatusBadRequest, "INVALID_ARGUMENT", "the Authorization header is missing or malformed"},
	unknownAPIToken:  {http.StatusForbidden, "AUTH_FAILED", "the API token is not accepted"},
	revokedAPIToken:  {http.StatusForbidden, "AUTH_FAILED", "the API token is not accepted"},
	sessionOnHelo:    {http.StatusForbidden, "AUTH_FAILED", "the API token is not accepted"},
	missingParameter: {http.StatusBadRequest, "INVALID_ARGUMENT", "username and password are needed as query parameters"},
	wrongUser:        {http.StatusBadRequest, "AUTH_FAILED", "the credentials are not accepted"},
	wrongPassword:    {http.StatusBadRequest, "AUTH_FAILED", "the credentials are not accepted"},
	noSession:        {http.StatusForbidden, "AUTH_FAILED", "a session token is needed"},
	apiTokenHere:     {http.StatusForbidden, "AUTH_FAILED", "the session token is not accepted"},
	unknownSession:   {http.StatusForbidden, "AUTH_FAILED", "the session token is not accepted"},
	endedSession:     {http.StatusForbidden, "AUTH_FAILED", "the session token is not accepted"},
	foreignSession:   {http.StatusForbidden, "AUTH_FAILED", "the session token is not accepted"},
	noNonce:          {http.StatusBadRequest, "INVALID_ARGUMENT", "the query parameter nonce is missing"},
	malformedNonce:   {http.StatusBadRequest, "INVALID_ARGUMENT", "the nonce is not a positive integer of 64 bits"},
	staleNonce:       {http.StatusBadRequest, "INVALID_ARGUMENT", "the nonce is not greater than the one before"},
	badBody:          {http.StatusBadRequest, "INVALID_ARGUMENT", "the body is not what this resource takes"},
	duplicate:        {http.StatusConflict, "DUPLICATE_ENTRY", "the record exists already"},
	noSuchRecord:     {http.StatusNotFound, "NOT_FOUND", "there is no such record"},
}

// reply is what the server says, before the variation gives it its form.
type reply struct {
	status  int
	reason  reason
	why     string // explains a denial to the client's author
	body    any    // maps and lists; a string is said as text (faults alone)
	header  map[string]string
	session *session // that the call opened or used, for the log
	wrote   string   // the id of the record that was made, changed or deleted
}

func (r reply) denied() bool { return r.reason != accepted }

// deny makes the error object of GES-20 and the explanation of the log.
func (m *Mock) deny(c *call, because reason, why string, args ...any) reply {
	d := denials[because]
	switch because {
	case staleNonce:
		d.status = m.vary.nonceStatus
		if d.status == http.StatusConflict {
			d.code = "DUPLICATE_ENTRY"
		}
	case wrongUser, wrongPassword:
		d.status = m.vary.loginStatus
	}
	object := map[string]any{"code": d.code, "message": d.message, "timestamp": m.vary.stamp(m.now())}
	if m.vary.errorPath && c.resource != "" { // a path that is none of ours may hold a secret (GES-24)
		object["path"] = "/api/" + c.number + version + c.resource
	}
	if m.vary.requestID {
		object["request_id"] = fmt.Sprintf("req-%06d", m.replies)
	}
	return reply{status: d.status, reason: because, why: fmt.Sprintf(why, args...), body: object}
}

// answer judges a call by path and method, then credentials, then nonce, then body. What a fault adds to each verdict
// stands in the functions called ...Wrongly.
func (m *Mock) answer(c *call) reply {
	c.account = m.account(c.number)
	r := m.judge(c)
	if r.denied() {
		r.wrote = m.writtenWrongly(c, r)
	}
	return m.saidWrongly(c, r)
}

func (m *Mock) judge(c *call) reply {
	switch {
	case c.resource == "":
		return m.deny(c, noSuchPath, "%s", whyPath(c.raw))
	case !c.knowsMethod():
		r := m.deny(c, noSuchMethod, "%s knows %s", c.resource, strings.Join(resources[c.resource], ", "))
		r.header = map[string]string{"Allow": strings.Join(resources[c.resource], ", ")}
		return r
	case c.resource == "/helo":
		return m.helo(c)
	case c.resource == "/auth":
		return m.auth(c)
	}
	s, r := m.admit(c)
	switch {
	case r.denied():
	case c.method == http.MethodGet:
		r = m.show(c, s)
	default:
		r = m.write(c, s)
	}
	if r.session == nil {
		r.session = s
	}
	return r
}

// show answers a GET, which needs no nonce (GES-19). Whether one that it has moves the session's mark is left open (GES-18).
func (m *Mock) show(c *call, s *session) reply {
	if r := m.readRefusedWrongly(c, s); r.denied() {
		return r
	}
	if given := c.values("nonce"); m.vary.readsMoveMark && len(given) == 1 {
		if n, ok := parseNonce(given[0]); ok {
			s.mark = max(s.mark, n)
		}
	}
	if c.resource == "/status" {
		return reply{status: 200, body: m.status()}
	}
	return reply{status: 200, body: m.vary.list(c.account.shelves[c.resource].list())}
}

// status tells the state of the server (GES-21).
func (m *Mock) status() map[string]any {
	return map[string]any{
		"status": "ok", "server_time": m.vary.stamp(m.now()),
		"versions": map[string]any{"called_api_version": "v4.0.0", "current_api_version": "v4.0.0"},
		"errors":   m.vary.noErrors,
	}
}
