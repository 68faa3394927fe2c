package mock

import (
	"bytes"
	"encoding/xml"
	"net/http"

	"github.com/authbench/authbench/targets/mockkit"
)

// passedWrongly is the body that a faulty gateway hands to Retail3000 (RTV-01).
func (m *Mock) passedWrongly(c *call) []byte {
	switch {
	case m.faults.Has("body-re-encoded"):
		if doc, err := parseXML(c.body); err == nil {
			return render(resolved(doc, ""))
		}
	case m.faults.Has("comments-stripped"):
		return withoutComments(c.body)
	case m.faults.Has("non-ascii-mangled"):
		return bytes.Map(func(r rune) rune {
			if r > 126 && r != 'é' {
				return '?'
			}
			return r
		}, c.body)
	case m.faults.Has("large-body-cut"):
		return c.body[:min(len(c.body), largeBody)]
	case m.faults.Has("chunked-body-lost") && c.chunked():
		return nil
	}
	return c.body
}

// resolved copies an element with each namespace as the default one.
func resolved(e *element, outer string) *element {
	made := &element{name: xml.Name{Local: e.name.Local}, text: e.text}
	if e.name.Space != outer {
		made.attrs = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: e.name.Space}}
	}
	for _, child := range e.children {
		made.children = append(made.children, resolved(child, e.name.Space))
	}
	return made
}

func withoutComments(body []byte) []byte {
	var out []byte
	dec := xml.NewDecoder(bytes.NewReader(body))
	for from := int64(0); ; from = dec.InputOffset() {
		token, err := dec.RawToken()
		if err != nil {
			return append(out, body[from:]...)
		}
		if _, comment := token.(xml.Comment); !comment {
			out = append(out, body[from:dec.InputOffset()]...)
		}
	}
}

// broughtBackWrongly is the reply that a faulty gateway makes of Retail3000's.
func (m *Mock) broughtBackWrongly(r mockkit.Reply) mockkit.Reply {
	if m.faults.Has("refusal-hidden") && r.Status == http.StatusInternalServerError {
		return mockkit.Reply{Status: http.StatusBadGateway}
	}
	if m.faults.Has("reply-not-brought-back") && r.Status == http.StatusOK {
		return mockkit.Reply{Status: http.StatusAccepted}
	}
	return r
}
