package mock

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// judgedWrongly is what a faulty gateway makes of a verdict; without a fault it is the verdict.
func (m *Mock) judgedWrongly(c *call, v verdict) verdict {
	if len(m.faults) == 0 {
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
		if m.faults["ip-not-checked"] {
			v = opened(v.token)
		}
		v.leaks = m.faults["ip-denied-and-forwarded"]
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
	case m.faults["empty-is-forwarded"], m.faults["blank-is-forwarded"] && blank:
		return opened(m.named("api_token"))
	case m.faults["empty-is-silent"],
		m.faults["spaces-are-silent"] && blank && !tab,
		m.faults["tab-is-silent"] && tab,
		m.faults["empty-on-get-is-silent"] && c.method == http.MethodGet,
		m.faults["empty-on-unknown-path-is-silent"] && c.path != service,
		m.faults["empty-without-body-is-silent"] && c.method == http.MethodPost && len(c.body) == 0:
		v.kind = silence
	case m.faults["empty-without-reason"]:
		v.reply.Body = nil
	case m.faults["empty-breaks-down"]:
		v.reply = brokenDown
	}
	v.leaks = m.faults["empty-denied-and-forwarded"]
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
	case m.faults["invalid-is-silent"],
		m.faults["word-is-silent"] && isWord(value),
		m.faults["unknown-guid-is-silent"] && v.reason == unknownToken:
		v.kind = silence
	case m.faults["invalid-without-reason"]:
		v.reply.Body = nil
	case m.faults["invalid-breaks-down"]:
		v.reply = brokenDown
	}
	v.leaks = m.faults["invalid-denied-and-forwarded"]
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
	case m.faults["invalid-is-forwarded"],
		m.faults["any-guid-forwarded"] && v.reason == unknownToken,
		m.faults["zero-guid-forwarded"] && strings.Trim(value, "0-") == "",
		m.faults["word-is-forwarded"] && isWord(value),
		m.faults["last-digit-ignored"] && len(value) == len(t.guid) && value[:35] == t.guid[:35],
		m.faults["cut-token-forwarded"] && len(value) > 7 && strings.HasPrefix(t.guid, value),
		m.faults["longer-token-forwarded"] && times == 1 && strings.HasPrefix(value, t.guid),
		m.faults["repeated-token-forwarded"] && times > 1,
		m.faults["username-as-token"] && value == m.user.name,
		m.faults["invalid-passes-on-opened-connection"] && c.conn.opened != nil:
		return t
	}
	return nil
}

// disabledWrongly misjudges a token that is disabled (RTV-07).
func (m *Mock) disabledWrongly(v verdict) verdict {
	switch {
	case m.faults["disabled-forwarded"], m.faults["disabled-only-checked-at-start"] && !v.token.atStart:
		return opened(v.token)
	case m.faults["disabled-is-silent"]:
		v.kind = silence
	case m.faults["disabled-without-reason"]:
		v.reply.Body = nil
	}
	v.leaks = m.faults["disabled-denied-and-forwarded"]
	return v
}

// doubledWrongly picks one of two ApiToken headers (RTV-15).
func (m *Mock) doubledWrongly(c *call, v verdict) verdict {
	values := c.values("ApiToken")
	last := len(values) - 1
	kept := slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
	switch {
	case m.faults["duplicate-first-wins"]:
		return m.judgeToken(c, values[0])
	case m.faults["duplicate-last-wins"]:
		return m.judgeToken(c, values[last])
	case m.faults["duplicate-empty-ignored"] && len(kept) == 1:
		return m.judgeToken(c, kept[0])
	case m.faults["duplicate-any-good-wins"]:
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
	case m.faults["header-name-case-sensitive"] && name != "ApiToken",
		m.faults["header-name-in-three-cases-only"] && !slices.Contains([]string{"ApiToken", "apitoken", "APITOKEN"}, name),
		m.faults["one-call-per-connection"] && c.again,
		m.faults["pipelined-good-call-lost"] && c.followed:
		v.kind, v.why = silence, "this server wrongly meets a good call with silence"
	case m.faults["chunked-refused"] && c.chunked():
		return refused(http.StatusLengthRequired, "A Content-Length is needed.\n")
	case m.faults["large-body-refused"] && len(c.body) >= largeBody:
		return refused(http.StatusRequestEntityTooLarge, "The body is too large.\n")
	case m.faults["foreign-prefix-refused"] && !bytes.Contains(c.body, []byte("<soap:Envelope")):
		return refused(http.StatusBadRequest, "There is no soap:Envelope.\n")
	case m.faults["gateway-answers-for-retail3000"] && !bytes.Contains(c.body, []byte(":Header>")):
		r := refused(http.StatusInternalServerError, "")
		r.reply.ContentType, r.reply.Body = soapType, m.vary.soap.fault("Client", "The SOAP header is missing.")
		return r
	}
	return v
}
