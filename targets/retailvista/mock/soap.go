package mock

import (
	"encoding/xml"
	"net/http"
	"strings"
)

// Namespaces and types of SOAP 1.1 and of the service.
const (
	envelopeNS   = "http://schemas.xmlsoap.org/soap/envelope/"
	envelope12NS = "http://www.w3.org/2003/05/soap-envelope"
	serviceNS    = "http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"
	soapType     = "text/xml; charset=utf-8"
	tokenElement = "Retail3000AuthenticateToken"
)

// soapStyle is how envelopes are written: the prefix of SOAP's namespace, that of the service's, and whether a declaration
// stands in front.
type soapStyle struct {
	prefix, service string // "" makes it the default namespace
	declared        bool
}

var soapStyles = []soapStyle{
	{"soap", "", true}, {"SOAP-ENV", "ns1", true}, {"s", "", false}, {"", "r", true}, {"soapenv", "ret", false},
}

func prefixed(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

func declare(prefix string) string { return strings.TrimSuffix("xmlns:"+prefix, ":") }

// envelope writes content into an envelope.
func (s soapStyle) envelope(content *element) []byte {
	var out []byte
	if s.declared {
		out = []byte(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	}
	return append(out, render(tag(prefixed(s.prefix, "Envelope"), []string{declare(s.prefix), envelopeNS},
		tag(prefixed(s.prefix, "Body"), nil, content)))...)
}

// fault writes a fault; code is one of SOAP 1.1's.
func (s soapStyle) fault(code, text string) []byte {
	// faultcode holds a qualified name, which the default namespace reaches too; the elements below are in none.
	inner := []*element{word("faultcode", prefixed(s.prefix, code)), word("faultstring", text)}
	if s.prefix == "" {
		inner[0] = tag("faultcode", []string{"xmlns", "", "xmlns:e", envelopeNS})
		inner[0].text = "e:" + code
		inner[1] = tag("faultstring", []string{"xmlns", ""})
		inner[1].text = text
	}
	return s.envelope(tag(prefixed(s.prefix, "Fault"), nil, inner...))
}

// result writes the response of an operation.
func (s soapStyle) result(operation, text string) []byte {
	return s.envelope(tag(prefixed(s.service, operation+"Response"), []string{declare(s.service), serviceNS},
		word(prefixed(s.service, operation+"Result"), text)))
}

// message is a SOAP request, taken apart.
type message struct {
	root      *element
	headers   []*element
	operation *element
}

// readMessage takes a request apart, or says what the fault is.
func (q *question) readMessage() (message, outcome) {
	const only11 = "This service speaks SOAP 1.1."
	root := q.doc
	switch {
	case q.flaw != nil:
		return message{root: root}, refuse(badXML, "Client", "The request could not be read as XML.", whyNoXML(q.body, q.flaw))
	case root.name == xml.Name{Space: envelope12NS, Local: "Envelope"}:
		return message{root: root}, refuse(wrongVersion, "VersionMismatch", only11, "the envelope is of SOAP 1.2: take the namespace "+envelopeNS)
	case root.name.Local == "Envelope" && root.name.Space != envelopeNS:
		return message{root: root}, refuse(wrongVersion, "VersionMismatch", only11, "the envelope is in another namespace than "+envelopeNS)
	case root.name.Local != "Envelope":
		return message{root: root}, refuse(noEnvelope, "Client", "The request has no SOAP envelope.", "the body is XML, but its root is no soap:Envelope")
	}
	m := message{root: root}
	headers, bodies := root.all(envelopeNS, "Header"), root.all(envelopeNS, "Body")
	if len(bodies) != 1 || len(headers) > 1 || len(headers) == 1 && root.children[0] != headers[0] {
		return m, refuse(noEnvelope, "Client", "The SOAP envelope is malformed.",
			"the envelope needs one soap:Body, and at most one soap:Header in front of it")
	}
	if len(headers) == 1 {
		m.headers = headers[0].children
	}
	if !strings.HasPrefix(strings.ToLower(q.header.Get("Content-Type")), "text/xml") {
		out := refuse(wrongType, "Client", "The Content-Type has to be text/xml.", "the Content-Type is not text/xml, which SOAP 1.1 wants")
		out.status = http.StatusUnsupportedMediaType
		return m, out
	}
	var out outcome
	if m.operation, out = q.operation(bodies[0]); out.reason == none {
		out = m.understood()
	}
	return m, out
}

// understood refuses a header that has to be understood and is not.
func (m message) understood() outcome {
	for _, h := range m.headers {
		mine := h.name == xml.Name{Space: serviceNS, Local: tokenElement}
		if h.attr(envelopeNS, "mustUnderstand") == "1" && h.attr(envelopeNS, "actor") == "" && !mine {
			return refuse(notUnderstood, "MustUnderstand", "A SOAP header was not understood.",
				"a SOAP header that is marked mustUnderstand is none of this service's")
		}
	}
	return outcome{}
}

// operation finds the operation that both SOAPAction and body name.
func (q *question) operation(body *element) (*element, outcome) {
	action := q.header.Get("SOAPAction")
	if len(q.header["Soapaction"]) != 1 || action == "" || action == `""` {
		return nil, refuse(wrongAction, "Client", "The HTTP header SOAPAction is missing.",
			"the HTTP header SOAPAction is missing or empty: it is "+serviceNS+"/ValidateUser, say")
	}
	name, ours := strings.CutPrefix(strings.Trim(action, `"`), serviceNS+"/")
	if !ours || operations[name] == "" {
		why := "the SOAPAction names no operation of this service: ValidateUser is " + serviceNS + "/ValidateUser"
		return nil, refuse(wrongAction, "Client", "The value of the HTTP header SOAPAction was not recognized.", why)
	}
	found := body.all(serviceNS, name)
	if len(found) != 1 {
		return nil, refuse(wrongAction, "Client", "The body does not hold the operation that SOAPAction names.", whyNoOperation(body, name))
	}
	return found[0], outcome{}
}
