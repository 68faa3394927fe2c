package mock

import (
	"net/http"
	"strings"
)

// fieldState is how a field of the Retail3000AuthenticateToken was found.
type fieldState string

const (
	right   fieldState = "right"
	missing fieldState = "missing"
	empty   fieldState = "empty"
	twice   fieldState = "twice"
	wrong   fieldState = "wrong"
)

// required are the fields that all have to be right (RTV-11), in the order in which they are looked at.
var required = []string{"Username", "Password", "CompanyNumber", "StoreNumber"}

// authenticate looks at the Retail3000AuthenticateToken, on every call anew (RTV-09, RTV-10).
func (m *Mock) authenticate(msg message) outcome {
	token, why := findToken(msg)
	if token == nil {
		return m.turnAway(msg, noSOAPHeader, m.vary.missingAsResult, "The SOAP header Retail3000AuthenticateToken is missing.", why)
	}
	for _, field := range required {
		state, value := m.look(token, field)
		var out outcome
		switch {
		case state == right || m.forgives(field, state, value):
			continue
		case state != wrong:
			out = m.turnAway(msg, missingField, m.vary.missingAsResult, "The Retail3000AuthenticateToken is incomplete.", whyField(token, field, state))
		default:
			out = m.turnAway(msg, wrongUser, m.vary.refusalAsResult, "The user could not be authenticated.", m.whyWrong(field, value))
		}
		out.field = field + " " + string(state)
		return out
	}
	return outcome{}
}

// turnAway refuses by a fault, or by a result that says so where the operation has one.
func (m *Mock) turnAway(msg message, because reason, asResult bool, text, why string) outcome {
	out := refuse(because, "Client", text, why)
	if asResult && msg.operation.name.Local == "ValidateUser" {
		out.fault, out.kind, out.status = "", soapType, http.StatusOK
		out.body = m.vary.soap.result("ValidateUser", m.vary.refusedResult)
	}
	return out
}

// findToken is the one Retail3000AuthenticateToken of the SOAP header; without one it says why.
func findToken(msg message) (*element, string) {
	var found, near []*element
	for _, h := range msg.headers {
		switch {
		case h.name.Local == tokenElement && h.name.Space == serviceNS:
			found = append(found, h)
		case strings.EqualFold(h.name.Local, tokenElement):
			near = append(near, h)
		}
	}
	if len(found) == 1 {
		return found[0], ""
	}
	return nil, whyNoToken(msg, len(found), near)
}

// look compares one field. A password is compared to the letter; white space around the others means nothing.
func (m *Mock) look(token *element, field string) (fieldState, string) {
	values := token.all(serviceNS, field)
	switch len(values) {
	case 0:
		return missing, ""
	case 1:
	default:
		return twice, ""
	}
	value := values[0].text
	if field != "Password" {
		value = strings.TrimSpace(value)
	}
	switch value {
	case "":
		return empty, ""
	case m.expected(field):
		return right, value
	}
	return wrong, value
}

func (m *Mock) expected(field string) string {
	switch field {
	case "Username":
		return m.user.name
	case "Password":
		return m.user.password
	case "CompanyNumber":
		return m.user.company
	}
	return m.user.store
}
