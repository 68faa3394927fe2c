package mock

import (
	"fmt"
	"net/http"
	"strings"
)

// The traces of Retail3000's kind of server.
const (
	gatewayTrace = "   at RetailVista.Gateway.ApiTokenModule.Authorize(HttpContext context) in C:\\build\\Gateway\\ApiTokenModule.cs:line 118\n" +
		"   at RetailVista.Gateway.Pipeline.Invoke(HttpContext context) in C:\\build\\Gateway\\Pipeline.cs:line 41\n"
	serviceTrace = "   at Retail3000.Webservice.WebserviceSecurityComponents.ValidateUser() in C:\\build\\SecurityComponents.asmx.cs:line 77\n" +
		"   at System.Web.Services.Protocols.SoapServerProtocol.ReadParameters()\n"
)

// deniedWrongly spoils an explicit denial (RTV-05, RTV-06, RTV-14).
func (m *Mock) deniedWrongly(v *verdict) {
	text, status := texts[v.reason][m.vary.wording], v.reply.Status
	say := func(more string) { v.reply = m.denialOf(status, text+more) }
	switch {
	case m.faults.Has("denial-without-reason"):
		v.reply.Body = nil
	case m.faults.Has("denial-is-a-number"):
		v.reply.Body = []byte("-2147024891\n")
	case m.faults.Has("denial-is-200-success"):
		v.reply.Status = http.StatusOK
	case m.faults.Has("denial-breaks-down"):
		v.reply = brokenDown
	case m.faults.Has("denial-with-stack-trace"):
		say("\n" + gatewayTrace)
	case m.faults.Has("reason-leaks-token") && (v.reason == unknownToken || v.reason == noGUID):
		say(" Did you mean " + m.named("api_token").guid + "?")
	case m.faults.Has("empty-reason-leaks-tokens") && v.reason == emptyToken:
		say(" Take " + m.named("other_api_token").guid + ", say.")
	case m.faults.Has("disabled-reason-leaks-token") && v.reason == disabledToken:
		say(" It is " + v.token.guid + ".")
	}
}

// refusedWrongly spoils a fault of Retail3000's (RTV-14).
func (m *Mock) refusedWrongly(q *question, out outcome) outcome {
	if out.fault == "" {
		return out
	}
	switch {
	case m.faults.Has("fault-with-stack-trace"),
		m.faults.Has("xml-fault-with-stack-trace") && out.reason == badXML,
		m.faults.Has("unknown-operation-with-stack-trace") && out.reason == wrongAction,
		m.faults.Has("missing-soap-header-with-stack-trace") && out.reason == noSOAPHeader,
		m.faults.Has("wrong-user-with-stack-trace") && out.reason == wrongUser:
		out.fault += "\n" + serviceTrace
	case m.faults.Has("xml-fault-shows-body") && out.reason == badXML:
		out.fault += " The document was: " + string(q.body)
	case m.faults.Has("wrong-user-fault-shows-password") && out.reason == wrongUser:
		out.fault += fmt.Sprintf(" %s has the password %s.", m.user.name, m.user.password)
	}
	return out
}

// forgives overlooks what is wrong with a field (RTV-11).
func (m *Mock) forgives(field string, state fieldState, value string) bool {
	switch field {
	case "Username":
		return m.faults.Has("soap-username-not-checked") && state == wrong || m.faults.Has("soap-username-missing-ok") && state == missing ||
			m.faults.Has("soap-username-empty-ok") && state == empty
	case "Password":
		return m.faults.Has("soap-password-not-checked") && state == wrong || m.faults.Has("soap-password-missing-ok") && state == missing ||
			m.faults.Has("soap-password-empty-ok") && state == empty ||
			m.faults.Has("soap-password-in-any-case") && strings.EqualFold(value, m.user.password)
	case "CompanyNumber":
		return m.faults.Has("soap-company-not-checked") && state == wrong || m.faults.Has("soap-company-missing-ok") && state == missing ||
			m.faults.Has("soap-company-empty-ok") && state == empty
	}
	return m.faults.Has("soap-store-not-checked") && state == wrong || m.faults.Has("soap-store-missing-ok") && state == missing ||
		m.faults.Has("soap-store-empty-ok") && state == empty
}

// authenticatedWrongly lets a call through that Retail3000 has to refuse (RTV-09, RTV-10).
func (m *Mock) authenticatedWrongly(q *question, msg message, out outcome) bool {
	if q.call == nil || m.faults.Has("soap-header-not-checked") {
		return q.call != nil
	}
	before := q.call.conn.admitted
	switch out.reason {
	case noSOAPHeader:
		return m.faults.Has("soap-header-remembered") && before || m.faults.Has("soap-header-remembered-by-token") && m.admitted[q.call.token] ||
			m.foundWrongly(msg)
	case missingField:
		return m.faults.Has("empty-soap-token-ok") && isEmptyToken(msg)
	case wrongUser:
		return m.faults.Has("wrong-password-after-good-ok") && before
	}
	return false
}

// foundWrongly takes what stands in the place of the Retail3000AuthenticateToken.
func (m *Mock) foundWrongly(msg message) bool {
	hasHeader := len(msg.root.all(envelopeNS, "Header")) > 0
	inBody := !msg.root.all(envelopeNS, "Body")[0].walk(func(e *element) bool { return e.name.Local != tokenElement })
	return m.faults.Has("soap-header-missing-ok") && !hasHeader && !inBody ||
		m.faults.Has("empty-soap-header-ok") && hasHeader && len(msg.headers) == 0 && !inBody ||
		m.faults.Has("soap-token-from-body") && inBody
}

func isEmptyToken(msg message) bool {
	token, _ := findToken(msg)
	return token != nil && len(token.children) == 0
}

// loggedWrongly spoils an entry of the traffic log (RTV-18), or says that there is none.
func (m *Mock) loggedWrongly(e *entry, body []byte) (kept bool) {
	if m.faults.Has("log-without-token-name") {
		e.Token = ""
	}
	switch password := m.user.password; {
	case m.faults.Has("log-keeps-password"),
		m.faults.Has("log-keeps-password-in-summary") && !m.full,
		m.faults.Has("log-keeps-password-in-full") && m.full:
		e.Detail += "Password: " + password
	case m.faults.Has("log-keeps-escaped-password") && m.full:
		e.Detail = strings.ReplaceAll(string(body), password, "<password>")
	}
	return !(m.faults.Has("log-without-entry") && e.Verdict == string(forwarded) || m.faults.Has("log-skips-denied") && e.Verdict == string(denied))
}
