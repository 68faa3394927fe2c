package mock

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// judgedWrongly is what a faulty gateway makes of a verdict; without a fault it is the verdict.
func (m *Mock) judgedWrongly(c *call, v verdict) verdict {
	if m.faults.None() {
		return v
	}
	value := strings.Join(c.values("ApiToken"), "")
	switch v.reason {
	case noHeader:
		v = m.missedWrongly(c, v)
	case emptyToken:
		v = m.emptyWrongly(c, v)
	case noGUID, unknownToken:
		v = m.invalidWrongly(c, v, value)
	case disabledToken:
		v = m.disabledWrongly(v)
	case twoTokens:
		v = m.doubledWrongly(c, v)
	case addressDenied:
		if m.faults.Has("ip-not-checked") {
			v = opened(v.token)
		}
		v.leaks = m.faults.Has("ip-denied-and-forwarded")
	case none:
		v = m.turnedAwayWrongly(c, v)
	}
	if v.kind == denied && v.reason != none && v.reason != noHeader {
		m.deniedWrongly(&v)
	}
	return v
}

func opened(t *apiToken) verdict { return verdict{kind: forwarded, token: t} }

// emptyWrongly misjudges an empty token (RTV-05).
func (m *Mock) emptyWrongly(c *call, v verdict) verdict {
	var sent string
	for _, f := range c.fields {
		if strings.EqualFold(f.Name, "ApiToken") {
			sent = strings.TrimPrefix(f.Value, " ") // the one after the colon
		}
	}
	blank, tab := sent != "", strings.Contains(sent, "\t")
	switch {
	case m.faults.Has("empty-is-forwarded"), m.faults.Has("blank-is-forwarded") && blank:
		return opened(m.named("api_token"))
	case m.faults.Has("empty-is-silent"),
		m.faults.Has("spaces-are-silent") && blank && !tab,
		m.faults.Has("tab-is-silent") && tab,
		m.faults.Has("empty-on-get-is-silent") && c.method == http.MethodGet,
		m.faults.Has("empty-on-unknown-path-is-silent") && c.path != service,
		m.faults.Has("empty-without-body-is-silent") && c.method == http.MethodPost && len(c.body) == 0:
		v.kind = silence
	case m.faults.Has("empty-without-reason"):
		v.reply.Body = nil
	case m.faults.Has("empty-breaks-down"):
		v.reply = brokenDown
	}
	v.leaks = m.faults.Has("empty-denied-and-forwarded")
	return v
}

// brokenDown is the reply of a server that came to grief, and is no denial.
var brokenDown = reply(http.StatusInternalServerError, "text/plain; charset=utf-8", "Internal Server Error\n")

// invalidWrongly misjudges a value that is no token (RTV-06).
func (m *Mock) invalidWrongly(c *call, v verdict, value string) verdict {
	if t := m.takenWrongly(c, v, value); t != nil {
		return opened(t)
	}
	switch {
	case m.faults.Has("invalid-is-silent"),
		m.faults.Has("word-is-silent") && isWord(value),
		m.faults.Has("unknown-guid-is-silent") && v.reason == unknownToken:
		v.kind = silence
	case m.faults.Has("invalid-without-reason"):
		v.reply.Body = nil
	case m.faults.Has("invalid-breaks-down"):
		v.reply = brokenDown
	}
	v.leaks = m.faults.Has("invalid-denied-and-forwarded")
	return v
}

func isWord(value string) bool {
	return strings.Trim(strings.ToLower(value), "abcdefghijklmnopqrstuvwxyz") == ""
}

// takenWrongly is the token for which a faulty gateway takes a value; nil is right.
func (m *Mock) takenWrongly(c *call, v verdict, value string) *apiToken {
	t := m.named("api_token")
	times := strings.Count(value, t.guid)
	switch {
	case m.faults.Has("invalid-is-forwarded"),
		m.faults.Has("any-guid-forwarded") && v.reason == unknownToken,
		m.faults.Has("zero-guid-forwarded") && strings.Trim(value, "0-") == "",
		m.faults.Has("word-is-forwarded") && isWord(value),
		m.faults.Has("last-digit-ignored") && len(value) == len(t.guid) && value[:35] == t.guid[:35],
		m.faults.Has("cut-token-forwarded") && len(value) > 7 && strings.HasPrefix(t.guid, value),
		m.faults.Has("longer-token-forwarded") && times == 1 && strings.HasPrefix(value, t.guid),
		m.faults.Has("repeated-token-forwarded") && times > 1,
		m.faults.Has("username-as-token") && value == m.user.name,
		m.faults.Has("invalid-passes-on-opened-connection") && c.conn.opened != nil:
		return t
	}
	return nil
}

// disabledWrongly misjudges a token that is disabled (RTV-07).
func (m *Mock) disabledWrongly(v verdict) verdict {
	switch {
	case m.faults.Has("disabled-forwarded"), m.faults.Has("disabled-only-checked-at-start") && !v.token.atStart:
		return opened(v.token)
	case m.faults.Has("disabled-is-silent"):
		v.kind = silence
	case m.faults.Has("disabled-without-reason"):
		v.reply.Body = nil
	}
	v.leaks = m.faults.Has("disabled-denied-and-forwarded")
	return v
}

// doubledWrongly picks one of two ApiToken headers (RTV-15).
func (m *Mock) doubledWrongly(c *call, v verdict) verdict {
	values := c.values("ApiToken")
	last := len(values) - 1
	kept := slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
	switch {
	case m.faults.Has("duplicate-first-wins"):
		return m.judgeToken(c, values[0])
	case m.faults.Has("duplicate-last-wins"):
		return m.judgeToken(c, values[last])
	case m.faults.Has("duplicate-empty-ignored") && len(kept) == 1:
		return m.judgeToken(c, kept[0])
	case m.faults.Has("duplicate-any-good-wins"):
		for _, value := range values {
			if one := m.judgeToken(c, value); one.kind == forwarded {
				return one
			}
		}
	}
	return v
}

// turnedAwayWrongly does not let a good call through.
func (m *Mock) turnedAwayWrongly(c *call, v verdict) verdict {
	name := ""
	for _, f := range c.fields {
		if strings.EqualFold(f.Name, "ApiToken") {
			name = f.Name
		}
	}
	refused := func(status int, text string) verdict {
		return verdict{kind: denied, token: v.token, why: "this server wrongly refuses a good call",
			reply: reply(status, "text/plain; charset=utf-8", text)}
	}
	switch {
	case m.faults.Has("header-name-case-sensitive") && name != "ApiToken",
		m.faults.Has("header-name-in-three-cases-only") && !slices.Contains([]string{"ApiToken", "apitoken", "APITOKEN"}, name),
		m.faults.Has("one-call-per-connection") && c.again,
		m.faults.Has("pipelined-good-call-lost") && c.followed:
		v.kind, v.why = silence, "this server wrongly meets a good call with silence"
	case m.faults.Has("chunked-refused") && c.chunked():
		return refused(http.StatusLengthRequired, "A Content-Length is needed.\n")
	case m.faults.Has("large-body-refused") && len(c.body) >= largeBody:
		return refused(http.StatusRequestEntityTooLarge, "The body is too large.\n")
	case m.faults.Has("foreign-prefix-refused") && !bytes.Contains(c.body, []byte("<soap:Envelope")):
		return refused(http.StatusBadRequest, "There is no soap:Envelope.\n")
	case m.faults.Has("gateway-answers-for-retail3000") && !bytes.Contains(c.body, []byte(":Header>")):
		r := refused(http.StatusInternalServerError, "")
		r.reply.ContentType, r.reply.Body = soapType, m.vary.soap.fault("Client", "The SOAP header is missing.")
		return r
	}
	return v
}
