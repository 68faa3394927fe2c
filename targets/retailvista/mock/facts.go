package mock

import "net/http"

// What facts say, beside the names of credentials, places and reasons.
const (
	factNone    = "none" // nothing to say of
	factTwice   = string(twice)
	factEmpty   = string(empty)
	factUnknown = "unknown"
	factRight   = string(right)
)

// facts are what a call shows of its caller, whoever judges it and whatever comes of it. The caller holds m.mu.
func (m *Mock) facts(c *call) map[string]string {
	return map[string]string{
		"token":     m.tokenFact(c),
		"elsewhere": string(m.misplaced(c)), // the token belongs nowhere but into the header (RTVC-03)
		"soap":      m.soapFact(c),
		"operation": m.clean(c.operation()),
	}
}

// tokenFact is the name of the credential in the header ApiToken, as in the configuration, or what is there instead.
func (m *Mock) tokenFact(c *call) string {
	values := c.values("ApiToken")
	switch {
	case len(values) == 0:
		return factNone
	case len(values) > 1:
		return factTwice
	case values[0] == "":
		return factEmpty
	}
	switch t, because := m.find(values[0]); because {
	case none:
		return t.name
	case unknownToken:
		return factUnknown
	default:
		return string(because)
	}
}

// soapFact is what Retail3000 would say of a call, wherever it was sent and whether or not it gets that far.
func (m *Mock) soapFact(c *call) string {
	if !c.read || c.method != http.MethodPost && len(c.body) == 0 {
		return factNone
	}
	q := &question{header: c.req.Header, body: c.body, doc: c.doc, flaw: c.docFlaw}
	msg, out := q.readMessage()
	if out.reason == none {
		out = m.authenticate(msg)
	}
	switch {
	case out.reason == none:
		return factRight
	case out.field != "":
		return out.field
	}
	return string(out.reason)
}

// operation is the local name of what the body asks for, "" when it is no envelope.
func (c *call) operation() string {
	if c.doc == nil {
		return ""
	}
	for _, body := range c.doc.all(envelopeNS, "Body") {
		for _, e := range body.children {
			return e.name.Local
		}
	}
	return ""
}
