package mock

import (
	"encoding/json"
	"net/http"

	"github.com/authbench/authbench/targets/mockkit"
)

// texts tell each reason to the caller, in one of three wordings. None says more than the caller may know (RTV-14).
var texts = map[reason][3]string{
	malformed: {"The request is malformed.", "This is no HTTP request that can be read.", "Bad request: it could not be parsed."},
	tooLongBody: {
		"The body of the request is too long.", "Request bodies of this size are not accepted.", "The message exceeds the limit of this gateway.",
	},
	emptyToken: {
		"The ApiToken is empty.", "An ApiToken header was passed, but it has no value.", "Access denied: no value was given for the API token.",
	},
	noGUID: {
		"The ApiToken is invalid: it is not a GUID.", "The value of the ApiToken header has not the format of a GUID.",
		"Access denied: the API token is malformed.",
	},
	unknownToken: {
		"The ApiToken is invalid: it is not known.", "No application integration is registered for this ApiToken.",
		"Access denied: this API token does not exist.",
	},
	disabledToken: {
		"The ApiToken is disabled.", "This application integration is temporarily disabled; contact the support desk.",
		"Access denied: the API token has been blocked.",
	},
	twoTokens: {
		"The ApiToken header was passed more than once.", "Exactly one ApiToken header is expected.",
		"Access denied: the API token is ambiguous.",
	},
	addressDenied: {
		"The ApiToken may not be used from this IP address.", "Your IP address is not registered for this application integration.",
		"Access denied for this address.",
	},
	tooMuch: {
		"Too many calls: the fair use policy applies, try again in a minute.", "Access is suspended for a minute: fair use limit reached.",
		"Access denied: more calls than the fair use policy allows.",
	},
	noSuchForwarded: {"This method is not forwarded.", "The gateway does not forward this method.", "Method refused by the gateway."},
}

// denial is the explicit denial for a reason, in the form of the variation (RTV-05, RTV-06, RTV-17).
func (m *Mock) denial(because reason) mockkit.Reply {
	r := m.denialOf(m.vary.denialStatus[because], texts[because][m.vary.wording])
	switch because { // these are not about access
	case malformed:
		r.Status = http.StatusBadRequest
	case tooLongBody:
		r.Status = http.StatusRequestEntityTooLarge
	case noSuchForwarded:
		r.Status = http.StatusForbidden
	}
	return r
}

func (m *Mock) denialOf(status int, text string) mockkit.Reply {
	if m.vary.marked {
		text = "<b>Access denied.</b> " + text + " See <i>API token</i> & <i>fair use</i>."
	}
	r := m.denialForm(status, text)
	if status == http.StatusUnauthorized {
		r.Header = map[string]string{"WWW-Authenticate": `ApiToken realm="RetailVista"`} // RFC 9110, 15.5.2 wants one
	}
	return r
}

func (m *Mock) denialForm(status int, text string) mockkit.Reply {
	switch m.vary.denialForm {
	case "json":
		object, _ := json.Marshal(map[string]any{"error": "access_denied", "message": text}) // texts: it cannot fail
		return reply(status, "application/json; charset=utf-8", string(object)+"\n")
	case "html":
		return reply(status, "text/html; charset=utf-8", "<!DOCTYPE html>\n"+string(render(
			tag("html", nil, tag("head", nil, word("title", "Access denied")), tag("body", nil, word("h1", "Access denied"), word("p", text))),
		))+"\n")
	case "soap":
		return reply(status, soapType, string(m.vary.soap.fault("Client", text)))
	}
	return reply(status, "text/plain; charset=utf-8", text+"\n")
}
