package mock

import (
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Retail3000's reasons.
const (
	noSuchService reason = "no such service"
	wrongMethod   reason = "method not allowed"
	badXML        reason = "no XML"
	noEnvelope    reason = "no SOAP envelope"
	wrongVersion  reason = "not SOAP 1.1"
	wrongType     reason = "not text/xml"
	wrongAction   reason = "wrong SOAPAction"
	notUnderstood reason = "header not understood"
	noSOAPHeader  reason = "no Retail3000AuthenticateToken"
	missingField  reason = "field missing"
	wrongUser     reason = "wrong credentials"
)

// operations are those of the service, with the schema type of their results.
var operations = map[string]string{"ValidateUser": "s:string", "GetServerTime": "s:dateTime"}

var operationNames = []string{"ValidateUser", "GetServerTime"}

// question is what Retail3000 received.
type question struct {
	number                       int // of the call at the gateway
	method, path, rawQuery, host string
	header                       http.Header
	body                         []byte
	doc                          *element // the body as XML, as far as it could be read
	flaw                         error    // why it could not
	call                         *call    // at the gateway, for faults; nil when it did not come through it
}

// outcome is what Retail3000 makes of it.
type outcome struct {
	status int
	kind   string // Content-Type
	body   []byte
	allow  string

	reason      reason
	why         string // explains it to the client's author
	field       string // of the Retail3000AuthenticateToken that is not right, and how it is
	code, fault string // of a SOAP fault that is still to be written
}

func refuse(because reason, code, text, why string) outcome {
	return outcome{status: http.StatusInternalServerError, reason: because, why: why, code: code, fault: text}
}

// ServeHTTP is the Retail3000 API server.
func (m *Mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &question{method: r.Method, path: r.URL.EscapedPath(), rawQuery: r.URL.RawQuery, host: r.Host, header: r.Header}
	q.body, _ = io.ReadAll(io.LimitReader(r.Body, maxBody)) // the gateway sends no more than that
	q.doc, q.flaw = parseXML(q.body)                        // before the lock: a large document holds up nobody else
	q.number, _ = strconv.Atoi(r.Header.Get(numberHeader))
	m.mu.Lock()
	q.call = m.underway[q.number]
	out := m.ask(q)
	if q.call != nil {
		q.call.answer = out
	}
	m.noteUpstream(q, out)
	m.mu.Unlock()
	w.Header().Set("Content-Type", out.kind)
	if out.allow != "" {
		w.Header().Set("Allow", out.allow)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
}

// ask answers one question, faults written out.
func (m *Mock) ask(q *question) outcome {
	out := m.refusedWrongly(q, m.judgeQuestion(q))
	if out.fault != "" {
		out.kind, out.body = soapType, m.vary.soap.fault(out.code, out.fault)
	}
	return out
}

func (m *Mock) judgeQuestion(q *question) outcome {
	const plain = "text/plain; charset=utf-8"
	switch {
	case q.path != service:
		return outcome{status: http.StatusNotFound, kind: plain, body: []byte("There is no such service.\n"), reason: noSuchService,
			why: "the service is at " + service}
	case q.method == http.MethodGet && strings.EqualFold(q.rawQuery, "wsdl"):
		return outcome{status: http.StatusOK, kind: soapType, body: wsdl("http://" + q.host + service)}
	case q.method != http.MethodPost:
		return outcome{status: http.StatusMethodNotAllowed, kind: plain, body: []byte("SOAP is called by POST.\n"), allow: "GET, POST",
			reason: wrongMethod, why: "SOAP is called by POST; GET brings the WSDL, with ?wsdl"}
	}
	msg, out := q.readMessage()
	if out.reason != none {
		return out
	}
	operation := msg.operation.name.Local
	if out := m.authenticate(msg); out.reason != none && !m.authenticatedWrongly(q, msg, out) {
		return out
	}
	if q.call != nil {
		q.call.conn.admitted = true
		m.admitted[q.call.token] = true
	}
	text := "LoginSuccessful"
	if operation == "GetServerTime" {
		text = m.now().UTC().Format("2006-01-02T15:04:05Z")
	}
	return outcome{status: http.StatusOK, kind: soapType, body: m.vary.soap.result(operation, text)}
}

func (e *element) attr(space, local string) string {
	for _, a := range e.attrs {
		if a.Name == (xml.Name{Space: space, Local: local}) {
			return a.Value
		}
	}
	return ""
}
