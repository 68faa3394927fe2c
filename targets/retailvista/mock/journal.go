package mock

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
	"github.com/authbench/authbench/targets/wire"
)

// maxDetail bounds what an entry keeps of headers and body.
const maxDetail = 16 << 10

// entry is one line of the traffic log (RTV-18): a request as the gateway, or as Retail3000 behind it, received it.
type entry struct {
	Time        time.Time `json:"time"`
	Call        int       `json:"call"`   // the same for both lines of one call
	At          string    `json:"at"`     // gateway or upstream
	Method      string    `json:"method"` // as it was sent; told masks it
	Path        string    `json:"path"`
	Token       string    `json:"token"` // the configuration's name of it, "" when there is none or it is not known
	Verdict     string    `json:"verdict"`
	Reason      string    `json:"reason"`
	Explanation string    `json:"explanation"`
	BodySHA256  string    `json:"body_sha256"`
	BodyBytes   int       `json:"body_bytes"`
	Status      int       `json:"status"` // of the reply, 0 while there is none
	Detail      string    `json:"detail,omitempty"`
}

// Log is what the gateway and Retail3000 received, in that order.
func (m *Mock) Log() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []entry{}
	for _, e := range m.journal.List() {
		list = append(list, m.told(*e))
	}
	return list
}

// told masks the stranger's words of an entry for a reader. That is not done on arrival, where it would take another time
// for one path than for another (RTV-16).
func (m *Mock) told(e entry) entry {
	if e.Method != "GET" && e.Method != "POST" || e.Path != service {
		e.Method, e.Path = m.clean(e.Method), m.clean(e.Path)
	}
	return e
}

// note logs a call at the gateway, on arrival. The caller holds m.mu.
func (m *Mock) note(c *call, v *verdict) {
	e := m.newEntry("gateway", c.number, c.method, c.path, c.body)
	e.Verdict, e.Reason, e.Explanation = string(v.kind), string(v.reason), v.why
	if v.token != nil {
		e.Token = v.token.name
	}
	if v.kind == denied || v.kind == replied {
		e.Status = v.reply.Status
	}
	if m.full {
		e.Detail = m.detail(c.fields, c.body)
	}
	v.entry = e
	if m.loggedWrongly(e, c.body) {
		m.journal.Add(e)
	}
	switch {
	case v.reason == onCue: // there is nothing to explain
	case v.kind == silence:
		m.explain(e, "silence ("+m.vary.silence+")")
	case v.kind == denied:
		m.explain(e, fmt.Sprintf("denied %d", e.Status))
	}
}

// noteUpstream logs a call as Retail3000 received it. The caller holds m.mu.
func (m *Mock) noteUpstream(q *question, out outcome) {
	e := m.newEntry("upstream", q.number, q.method, q.path, q.body)
	e.Verdict, e.Reason, e.Explanation, e.Status = "answered", string(out.reason), out.why, out.status
	if out.reason != none {
		e.Verdict = "refused"
	}
	if m.full {
		var fields []wire.Field
		for name, values := range q.header {
			fields = append(fields, wire.Field{Name: name, Value: strings.Join(values, ", ")})
		}
		slices.SortFunc(fields, func(a, b wire.Field) int { return strings.Compare(a.Name, b.Name) })
		e.Detail = m.detail(fields, q.body)
	}
	m.journal.Add(e)
	if out.reason != none {
		m.explain(e, fmt.Sprintf("refused %d", e.Status))
	}
}

func (m *Mock) newEntry(at string, number int, method, path string, body []byte) *entry {
	sum := sha256.Sum256(body)
	return &entry{
		Time: m.now().UTC(), Call: number, At: at, Method: method, Path: path,
		BodySHA256: hex.EncodeToString(sum[:]), BodyBytes: len(body),
	}
}

// explain tells a call that was not answered as its author hoped on the standard error.
func (m *Mock) explain(e *entry, what string) {
	if m.stderr != nil {
		told := m.told(*e)
		fmt.Fprintf(m.stderr, "%s %s %s: %s\n", what, mockkit.Printable(told.Method), mockkit.Printable(told.Path), e.Explanation)
	}
}

// mask knows every token that there was, in the ways in which GUIDs are written, and the user's credentials.
func (m *Mock) mask() *wire.Mask {
	if m.masked == nil {
		m.masked = wire.NewMask(map[string]string{
			"username": m.user.name, "password": m.user.password, "company_number": m.user.company, "store_number": m.user.store,
		})
		for _, t := range m.tokens { // those replaced are in nobody's configuration, but still secret
			m.masked = m.masked.With(t.name, t.guid, strings.ReplaceAll(t.guid, "-", ""))
		}
	}
	return m.masked
}

// clean masks a stranger's text, also where it is escaped in part, or more than once.
func (m *Mock) clean(text string) string {
	text = m.mask().Text(text)
	for inner := unescape(text); ; inner = unescape(inner) {
		if masked := m.mask().Text(inner); masked != inner {
			text, inner = masked, masked
		}
		if unescape(inner) == inner {
			return text
		}
	}
}

// unescape decodes what is percent-encoded, and leaves a percent sign alone that stands for itself.
func unescape(text string) string {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if b, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				out = append(out, b[0])
				i += 2
				continue
			}
		}
		out = append(out, text[i])
	}
	return string(out)
}

// detail is all of a request that may be kept: its header and its elements, secrets masked (RTV-18).
func (m *Mock) detail(fields []wire.Field, body []byte) string {
	var b strings.Builder
	for _, f := range fields {
		value := m.clean(strings.TrimSpace(f.Value))
		switch strings.ToLower(f.Name) {
		case "apitoken", "authorization", "proxy-authorization", "cookie": // whatever it is, it was meant to be a secret
			value = fmt.Sprintf("<%d characters>", len(strings.TrimSpace(f.Value)))
		}
		fmt.Fprintf(&b, "%s: %s\n", m.clean(f.Name), value)
	}
	if doc, err := parseXML(body); doc != nil {
		b.WriteString("\n" + string(render(m.maskedCopy(doc, ""))))
		if err != nil {
			b.WriteString("\n(the rest is no well-formed XML, and left out)")
		}
	} else if len(body) > 0 {
		b.WriteString("\n(no XML, and left out)")
	}
	text := b.String()
	return strings.ToValidUTF8(text[:min(len(text), maxDetail)], "")
}

// maskedCopy copies an element without comments, each namespace as the default one, and with its secrets masked. What
// stands in a Password is masked whatever it is: the wrong one of today may be right elsewhere.
func (m *Mock) maskedCopy(e *element, outer string) *element {
	made := &element{name: xml.Name{Local: m.clean(e.name.Local)}, text: m.clean(strings.TrimSpace(e.text))}
	if strings.EqualFold(e.name.Local, "Password") && e.text != "" {
		made.text = "<password>"
	}
	if e.name.Space != outer {
		made.attrs = append(made.attrs, xml.Attr{Name: xml.Name{Local: "xmlns"}, Value: m.clean(e.name.Space)})
	}
	for _, a := range e.attrs {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			made.attrs = append(made.attrs, xml.Attr{Name: xml.Name{Local: m.clean(a.Name.Local)}, Value: m.clean(a.Value)})
		}
	}
	for _, child := range e.children {
		made.children = append(made.children, m.maskedCopy(child, e.name.Space))
	}
	return made
}
