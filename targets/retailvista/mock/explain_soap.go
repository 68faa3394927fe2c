package mock

import (
	"errors"
	"net/url"
	"strings"
)

// whyNoXML says what a body is instead. The body is never repeated: it may hold the password.
func whyNoXML(body []byte, err error) string {
	switch text := strings.TrimSpace(string(decoded(body))); {
	case text == "":
		return "the body is empty: send a SOAP 1.1 envelope"
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		return "the body is JSON: send a SOAP 1.1 envelope"
	case !strings.HasPrefix(text, "<"):
		return "the body is no XML: send a SOAP 1.1 envelope"
	case err == errDirective || err == errTooDeep || err == errTooMany || err == errOutside || err == errNoElement:
		return "the body is XML that this server does not read: " + err.Error()
	case errors.Is(err, errCharset):
		return "the body is XML that this server does not read: " + errCharset.Error()
	case strings.Contains(err.Error(), "unexpected EOF"):
		return "the body is XML that breaks off: is the Content-Length right, and the last tag there?"
	case strings.Contains(err.Error(), "entity"):
		return "the body is no well-formed XML: an & has to be written as &amp;, and no entity may be used that XML does not define"
	}
	return "the body is no well-formed XML: are & and < escaped, and all elements closed?"
}

// whyNoOperation says why the body does not hold the operation that SOAPAction names.
func whyNoOperation(body *element, name string) string {
	says := "the SOAPAction names " + name + ", and the body "
	for _, e := range body.children {
		switch {
		case e.name.Local == name && e.name.Space == serviceNS:
			return says + "holds it more than once"
		case e.name.Local == name:
			return says + "holds it in another namespace than " + serviceNS
		}
	}
	if len(body.children) == 0 {
		return says + "is empty"
	}
	return says + "holds something else"
}

// whyNoToken says where the Retail3000AuthenticateToken is instead, if it is anywhere (RTV-09).
func whyNoToken(msg message, found int, near []*element) string {
	const right = ": put it into soap:Header, in the namespace " + serviceNS
	switch {
	case found > 1:
		return "the SOAP header holds more than one Retail3000AuthenticateToken"
	case len(near) > 0 && near[0].name.Local != tokenElement:
		return "the SOAP header's element is spelled in another case than Retail3000AuthenticateToken"
	case len(near) > 0 && near[0].name.Space == "":
		return "the SOAP header's Retail3000AuthenticateToken is in no namespace" + right
	case len(near) > 0:
		return "the SOAP header's Retail3000AuthenticateToken is in the wrong namespace" + right
	}
	for _, body := range msg.root.all(envelopeNS, "Body") {
		if !body.walk(func(e *element) bool { return e.name.Local != tokenElement }) {
			return "the Retail3000AuthenticateToken is in soap:Body" + right
		}
	}
	switch {
	case len(msg.root.all(envelopeNS, "Header")) == 0:
		return "there is no soap:Header: it has to hold the Retail3000AuthenticateToken; an ApiToken alone opens nothing"
	case len(msg.headers) == 0:
		return "the soap:Header is empty: it has to hold the Retail3000AuthenticateToken"
	}
	return "the soap:Header holds no Retail3000AuthenticateToken"
}

// whyField says why a field of the Retail3000AuthenticateToken does not count.
func whyField(token *element, field string, state fieldState) string {
	says := "the Retail3000AuthenticateToken's " + field + " is " + string(state)
	switch state {
	case empty:
		return says + ": is the variable that holds it?"
	case twice:
		return says + " in it"
	}
	for _, child := range token.children {
		switch {
		case child.name.Local == field:
			return says + ": there is one in another namespace; it has to be in " + serviceNS
		case strings.EqualFold(child.name.Local, field):
			return says + ": there is one that is spelled in another case"
		}
	}
	return says
}

// whyWrong says how a field was mangled on its way, if that can be told; it never shows one.
func (m *Mock) whyWrong(field, given string) string {
	expected, others := m.expected(field), map[string]string{
		"the user name": m.user.name, "the password": m.user.password, "the company number": m.user.company, "the store number": m.user.store,
	}
	own := map[string]string{
		"Username": "the user name", "Password": "the password", "CompanyNumber": "the company number", "StoreNumber": "the store number",
	}[field]
	unescaped, err := url.QueryUnescape(given)
	again, flaw := parseXML([]byte("<a>" + given + "</a>"))
	switch {
	case strings.EqualFold(given, expected):
		return own + " is in another case"
	case strings.TrimSpace(given) == expected:
		return own + " has white space around it"
	case flaw == nil && again.text == expected:
		return own + " was XML-escaped twice"
	case err == nil && unescaped == expected:
		return own + " was URL-escaped: XML wants it as it is, but for & and <"
	case strings.TrimLeft(given, "0") == strings.TrimLeft(expected, "0"):
		return own + " is written with other leading zeros"
	case strings.HasPrefix(expected, given):
		return own + " is cut short"
	}
	for name, value := range others {
		if value == given {
			return name + " stands where " + own + " belongs"
		}
	}
	return own + " is wrong"
}
