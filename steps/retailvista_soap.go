package steps

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// soap is a SOAP 1.1 call that is being made up. It is written by encoding/xml.
type soap struct {
	namespace, operation string
	prefix               string // of the SOAP elements
	header               []element
	noHeader             bool
	inBody               []element // behind the operation
	comment              string    // inside the envelope
	pretty               bool
}

// element is an XML element in the service's namespace.
type element struct {
	name     string
	text     string
	children []element
}

const soapNamespace = "http://schemas.xmlsoap.org/soap/envelope/"

// bytes is the document.
func (s soap) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	if s.pretty {
		enc.Indent("", "\t")
	}
	w := &xmlWriter{enc: enc}
	named := func(name string) xml.StartElement {
		return xml.StartElement{Name: xml.Name{Local: s.prefix + ":" + name}}
	}
	envelope := named("Envelope")
	envelope.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns:" + s.prefix}, Value: soapNamespace}}
	w.token(envelope)
	if s.comment != "" {
		w.token(xml.Comment(s.comment))
	}
	if !s.noHeader {
		w.token(named("Header"))
		for _, e := range s.header {
			w.element(e, s.namespace)
		}
		w.token(named("Header").End())
	}
	w.token(named("Body"))
	w.element(element{name: s.operation}, s.namespace)
	for _, e := range s.inBody {
		w.element(e, s.namespace)
	}
	w.token(named("Body").End())
	w.token(envelope.End())
	w.err = firstOf(w.err, enc.Close())
	if w.err != nil {
		panic("harness: " + w.err.Error()) // only names of our own are written, and any text can be
	}
	return b.Bytes()
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// xmlWriter keeps the first error.
type xmlWriter struct {
	enc *xml.Encoder
	err error
}

func (w *xmlWriter) token(t xml.Token) {
	if w.err == nil {
		w.err = w.enc.EncodeToken(t)
	}
}

// element writes an element whose namespace is said where it differs from the one around it.
func (w *xmlWriter) element(e element, namespace string) {
	start := xml.StartElement{Name: xml.Name{Local: e.name}}
	if namespace != "" {
		start.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}}
	}
	w.token(start)
	if e.text != "" {
		w.token(xml.CharData(e.text))
	}
	for _, child := range e.children {
		w.element(child, "")
	}
	w.token(start.End())
}

// authenticate is the Retail3000AuthenticateToken with the given fields.
func authenticate(fields ...element) element {
	return element{name: "Retail3000AuthenticateToken", children: fields}
}

// swapCase changes the case of every letter.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
