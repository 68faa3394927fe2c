package mock

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// The bounds on what is read of an XML document, beside those on a request's body.
const (
	maxDepth    = 64
	maxElements = 100_000
)

var (
	errNoElement = errors.New("it has no element")
	errDirective = errors.New("it has a document type or another directive")
	errTooDeep   = errors.New("its elements are nested too deeply")
	errTooMany   = errors.New("it has too many elements")
	errOutside   = errors.New("it has text or a second element outside its root")
)

// element is an XML element, read or to be written. In one that was read, name is resolved to its namespace; in one to be
// written it stands as it is, prefix and all.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	text     string // of this element alone, put together
	children []*element
}

// parseXML reads a document. Document types and undefined entities are refused: nothing that a stranger defines is
// expanded. With an error it returns what could be read until then, or nil.
func parseXML(body []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(decoded(body)))
	dec.CharsetReader = charset
	p := &parser{}
	for {
		token, err := dec.Token()
		switch {
		case err == io.EOF && p.root == nil:
			return nil, errNoElement
		case err == io.EOF:
			return p.root, nil
		case err == nil:
			err = p.take(token)
		}
		if err != nil {
			p.finish()
			return p.root, err
		}
	}
}

type parser struct {
	root  *element
	open  []*element
	texts [][]byte // of the open elements
	count int
}

func (p *parser) take(token xml.Token) error {
	depth := len(p.open)
	switch token := token.(type) {
	case xml.Directive:
		return errDirective
	case xml.StartElement:
		p.count++
		e := &element{name: token.Name, attrs: token.Attr}
		switch {
		case depth == 0 && p.root != nil:
			return errOutside
		case depth == maxDepth:
			return errTooDeep
		case p.count > maxElements:
			return errTooMany
		case depth == 0:
			p.root = e
		default:
			p.open[depth-1].children = append(p.open[depth-1].children, e)
		}
		p.open, p.texts = append(p.open, e), append(p.texts, nil)
	case xml.EndElement:
		p.close()
	case xml.CharData:
		if depth > 0 {
			p.texts[depth-1] = append(p.texts[depth-1], token...)
		} else if len(bytes.TrimSpace(token)) > 0 {
			return errOutside
		}
	}
	return nil
}

func (p *parser) close() {
	last := len(p.open) - 1
	p.open[last].text = string(p.texts[last])
	p.open, p.texts = p.open[:last], p.texts[:last]
}

// finish ends the elements of a document that broke off.
func (p *parser) finish() {
	for len(p.open) > 0 {
		p.close()
	}
}

// all returns the children of that name.
func (e *element) all(space, local string) []*element {
	var list []*element
	for _, child := range e.children {
		if child.name.Space == space && child.name.Local == local {
			list = append(list, child)
		}
	}
	return list
}

// walk visits the element and all below it until visit returns false.
func (e *element) walk(visit func(*element) bool) bool {
	if e == nil {
		return true
	}
	if !visit(e) {
		return false
	}
	for _, child := range e.children {
		if !child.walk(visit) {
			return false
		}
	}
	return true
}

// tag makes an element to be written; attrs are names and values in turn.
func tag(name string, attrs []string, children ...*element) *element {
	e := &element{name: xml.Name{Local: name}, children: children}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.attrs = append(e.attrs, xml.Attr{Name: xml.Name{Local: attrs[i]}, Value: attrs[i+1]})
	}
	return e
}

// word makes an element that holds text.
func word(name, text string) *element { return &element{name: xml.Name{Local: name}, text: text} }

// render writes the element. The names have to be such as XML allows; texts may be anything.
func render(e *element) []byte {
	var b bytes.Buffer
	enc := xml.NewEncoder(&b)
	_ = e.encode(enc) // into memory, elements in pairs: it cannot fail
	_ = enc.Flush()
	return b.Bytes()
}

func (e *element) encode(enc *xml.Encoder) error {
	err := enc.EncodeToken(xml.StartElement{Name: e.name, Attr: e.attrs})
	if e.text != "" {
		err = errors.Join(err, enc.EncodeToken(xml.CharData(e.text)))
	}
	for _, child := range e.children {
		err = errors.Join(err, child.encode(enc))
	}
	return errors.Join(err, enc.EncodeToken(xml.EndElement{Name: e.name}))
}
