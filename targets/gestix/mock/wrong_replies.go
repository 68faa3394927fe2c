package mock

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// saidWrongly spoils a reply after the verdict was reached.
func (m *Mock) saidWrongly(c *call, r reply) reply {
	if m.faults.None() {
		return r
	}
	if object, ok := r.body.(map[string]any); ok {
		m.shownWrongly(c, r, object)
		if r.denied() {
			m.erredWrongly(c, r, object)
		} else {
			m.toldWrongly(c, r, object)
		}
	}
	r.status = m.statusWrongly(c, r)
	if m.bareWrongly(c, r) {
		r.body = denials[r.reason].message
	}
	if m.faults.Has("read-shows-token") && !r.denied() && c.method == http.MethodGet && kinds[c.resource].create != nil {
		r.header = map[string]string{"X-Debug": base64.StdEncoding.EncodeToString([]byte("token:" + m.named("api_token").value))}
	}
	if m.faults.Has("helo-query-redirected") && r.reason == badHeader && len(c.query) > 0 {
		r.status = http.StatusFound
		r.header = map[string]string{"Location": c.resource + "?login=" + c.query[0][1]}
	}
	return r
}

// statusWrongly is the status of a reply, or another one.
func (m *Mock) statusWrongly(c *call, r reply) int {
	_, flaw := m.bearer(c)
	is := func(reasons ...reason) bool { return slices.Contains(reasons, r.reason) }
	switch {
	case m.faults.Has("helo-400-as-403") && is(badHeader),
		m.faults.Has("helo-missing-header-is-403") && is(badHeader) && flaw == noHeader,
		m.faults.Has("helo-empty-token-is-403") && is(badHeader) && (flaw == emptyHeader || flaw == noToken),
		m.faults.Has("helo-other-scheme-is-403") && is(badHeader) && (flaw == noScheme || flaw == otherScheme),
		m.faults.Has("auth-missing-parameter-is-403") && is(missingParameter),
		m.faults.Has("missing-nonce-is-403") && is(noNonce), m.faults.Has("malformed-nonce-is-403") && is(malformedNonce):
		return http.StatusForbidden
	case m.faults.Has("helo-403-as-401") && is(unknownAPIToken, revokedAPIToken),
		m.faults.Has("auth-failed-is-401") && is(wrongUser, wrongPassword),
		m.faults.Has("expires-as-401") && is(endedSession), m.faults.Has("missing-session-is-401") && is(noSession, unknownSession),
		m.faults.Has("api-token-denied-by-401") && is(apiTokenHere):
		return http.StatusUnauthorized
	case m.faults.Has("helo-revoked-is-400") && is(revokedAPIToken), m.faults.Has("missing-session-is-400") && is(noSession),
		m.faults.Has("duplicate-is-400") && is(duplicate):
		return http.StatusBadRequest
	case m.faults.Has("malformed-nonce-is-409") && is(malformedNonce):
		return http.StatusConflict
	case m.faults.Has("malformed-nonce-is-500") && is(malformedNonce):
		return http.StatusInternalServerError
	case m.faults.Has("rejected-nonce-is-200") && is(staleNonce), m.faults.Has("403-as-200") && r.status == http.StatusForbidden:
		return http.StatusOK
	}
	return r.status
}

// bareWrongly tells the errors that come without an error object (GES-20).
func (m *Mock) bareWrongly(c *call, r reply) bool {
	switch r.reason {
	case badHeader:
		return m.faults.Has("helo-bare-error")
	case missingParameter:
		return m.faults.Has("auth-bare-error")
	case noNonce:
		return m.faults.Has("missing-nonce-bare-error")
	case malformedNonce:
		return m.faults.Has("malformed-nonce-bare-error")
	case staleNonce:
		return m.faults.Has("rejected-nonce-bare-error")
	case duplicate:
		return m.faults.Has("duplicate-bare-error")
	}
	return false
}

// erredWrongly spoils an error object (GES-20).
func (m *Mock) erredWrongly(c *call, r reply, object map[string]any) {
	if m.faults.Has("error-without-code") {
		delete(object, "code")
	}
	if m.faults.Has("error-without-message") {
		delete(object, "message")
	}
	if m.faults.Has("error-without-timestamp") {
		delete(object, "timestamp")
	}
	if m.faults.Has("error-timestamp-broken") {
		object["timestamp"] = m.now().Format("02/01/2006 15:04")
	}
	if m.faults.Has("error-timestamp-is-number") {
		object["timestamp"] = m.now().Unix()
	}
	if m.faults.Has("code-changes-each-time") && r.reason == noNonce {
		if m.calls["errors"]++; m.calls["errors"]%2 == 0 {
			object["code"] = "INVALID_ARGUMENT_AGAIN"
		}
	}
	if m.faults.Has("missing-nonce-other-code") && r.reason == noNonce {
		object["code"] = "NONCE_REQUIRED"
	}
	if m.faults.Has("auth-failed-other-code") && (r.reason == wrongUser || r.reason == wrongPassword) {
		object["code"] = "INVALID_ARGUMENT"
	}
	if m.faults.Has("auth-tells-users-apart") && r.reason == wrongUser {
		object["message"] = "there is no such user"
	}
}

// toldWrongly spoils what a good call is told (GES-01, GES-04, GES-21).
func (m *Mock) toldWrongly(c *call, r reply, object map[string]any) {
	token, versions := object["xa-token"], object["versions"]
	helo, auth, status := c.resource == "/helo", c.resource == "/auth", c.resource == "/status"
	if m.faults.Has("empty-xa-token") && helo {
		object["xa-token"] = ""
	}
	if m.faults.Has("wrong-token-field") && helo || m.faults.Has("auth-wrong-token-field") && auth {
		delete(object, "xa-token")
		object["token"] = token
	}
	if m.faults.Has("xa-token-in-object") && helo {
		object["xa-token"] = map[string]any{"value": token}
	}
	if m.faults.Has("status-incomplete") && status || m.faults.Has("status-incomplete-for-users") && status && r.session.by == nil {
		delete(versions.(map[string]any), "current_api_version")
	}
	if m.faults.Has("status-without-errors") && status {
		delete(object, "errors")
	}
	if m.faults.Has("status-time-broken") && status {
		object["server_time"] = m.now().Format("02/01/2006 15:04")
	}
}

// shownWrongly shows a secret (GES-24).
func (m *Mock) shownWrongly(c *call, r reply, object map[string]any) {
	header := c.header.Get("Authorization")
	_, last, _ := strings.Cut(header, " ")
	password := strings.Join(c.values("password"), "")
	say := func(what string) { object["message"] = denials[r.reason].message + ": " + what }
	switch {
	case m.faults.Has("token-echoed") && c.resource == "/helo" && !r.denied():
		object["api_token"] = last
	case m.faults.Has("echo-header-in-error") && r.reason == badHeader:
		say(header)
	case m.faults.Has("echo-query-in-error") && r.denied() && c.rawQuery != "":
		object["path"] = c.raw + "?" + c.rawQuery
	case m.faults.Has("echo-revoked-token") && r.reason == revokedAPIToken, m.faults.Has("echo-bearer-in-403") && r.reason == apiTokenHere:
		say(last)
	case m.faults.Has("echo-password") && c.resource == "/auth" && !r.denied():
		object["user"] = map[string]any{"name": m.user.name, "password": password}
	case m.faults.Has("echo-lone-password") && r.reason == missingParameter, m.faults.Has("echo-wrong-login") && r.reason == wrongUser:
		say(password)
	case m.faults.Has("status-shows-token") && c.resource == "/status" && !r.denied():
		object["token"] = base64.StdEncoding.EncodeToString([]byte(m.named("api_token").value))
	}
}
