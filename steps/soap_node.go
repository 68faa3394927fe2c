package steps

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// What a call of RetailVista is made of.
const (
	soap11           = "http://schemas.xmlsoap.org/soap/envelope/"
	serviceNamespace = "http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"
	soapToken        = "Retail3000AuthenticateToken"
)

// soapNode is one element of a call.
type soapNode struct {
	XMLName xml.Name
	Attrs   []xml.Attr
	Text    string // of this element alone, put together
	Nodes   []soapNode
}

// The bounds of what is parsed: no mock reads more of a body.
const (
	maxSOAP      = 4 << 20
	maxSOAPDepth = 64
)

// Why a body is no XML of SOAP's. None of them repeats a part of it: it may be a secret.
var (
	errNoXML        = errors.New("its body is no well-formed XML")
	errDocumentType = errors.New("its body has a document type, which SOAP 1.1 forbids")
	errPrefix       = errors.New("its body has a prefix that stands for no namespace")
	// errEncoding is no flaw: XML may be written in an encoding that is not known here.
	errEncoding = errors.New("its body is in an encoding that is not known here")
)

// parseSOAP reads a body as XML: in UTF-8 or UTF-16, which everyone has to read, or in the few other encodings that need no
// tables.
func parseSOAP(body []byte) (soapNode, error) {
	p := soapParser{dec: xml.NewDecoder(io.LimitReader(bytes.NewReader(inUTF8(body)), maxSOAP)), spaces: []string{xmlNamespace, ""}}
	unknown := false
	p.dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be":
			return in, nil
		case "iso-8859-1", "latin1":
			return fromLatin1(in)
		}
		unknown = true
		return nil, fmt.Errorf("the encoding %q is not known", label)
	}
	root, err := p.document()
	if unknown {
		err = errEncoding
	}
	return root, err
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// inUTF8 is the body without its byte order mark, in UTF-8 where it was UTF-16.
func inUTF8(body []byte) []byte {
	order := orderOf(body)
	if order == nil {
		return bytes.TrimPrefix(body, []byte("\ufeff"))
	}
	var units []uint16
	for ; len(body) > 1; body = body[2:] {
		units = append(units, order.Uint16(body))
	}
	return []byte(strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff"))
}

func isUTF16(body []byte) bool { return orderOf(body) != nil }

// orderOf is the order of the bytes of UTF-16, nil for what is none.
func orderOf(body []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}), bytes.HasPrefix(body, []byte("<\x00")):
		return binary.LittleEndian
	case bytes.HasPrefix(body, []byte{0xfe, 0xff}), bytes.HasPrefix(body, []byte("\x00<")):
		return binary.BigEndian
	}
	return nil
}

func fromLatin1(in io.Reader) (io.Reader, error) {
	raw, err := io.ReadAll(in)
	runes := make([]rune, len(raw))
	for i, c := range raw {
		runes[i] = rune(c)
	}
	return strings.NewReader(string(runes)), err
}

type soapParser struct {
	dec    *xml.Decoder
	spaces []string // all that a prefix stands for somewhere
}

// document is the root element; whatever follows it has to be nothing.
func (p *soapParser) document() (root soapNode, err error) {
	seen := false
	for {
		token, err := p.dec.Token()
		if err == io.EOF && seen {
			return root, nil
		}
		if err != nil {
			return root, errNoXML
		}
		switch t := token.(type) {
		case xml.Directive:
			return root, errDocumentType
		case xml.StartElement:
			if seen {
				return root, errNoXML
			}
			seen = true
			if root, err = p.element(t, 1); err != nil {
				return root, err
			}
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return root, errNoXML
			}
		}
	}
}

func (p *soapParser) element(start xml.StartElement, depth int) (soapNode, error) {
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			p.spaces = append(p.spaces, a.Value)
		}
	}
	n := soapNode{XMLName: start.Name, Attrs: start.Attr}
	// The decoder leaves a prefix that nobody declared in the namespace's place.
	unbound := func(a xml.Attr) bool { return a.Name.Space != "xmlns" && !slices.Contains(p.spaces, a.Name.Space) }
	switch {
	case depth > maxSOAPDepth || twice(start.Attr):
		return n, errNoXML
	case !slices.Contains(p.spaces, start.Name.Space) || slices.ContainsFunc(start.Attr, unbound):
		return n, errPrefix
	}
	var text []byte
	for {
		token, err := p.dec.Token()
		if err != nil {
			return n, errNoXML
		}
		switch t := token.(type) {
		case xml.StartElement:
			child, err := p.element(t, depth+1)
			if err != nil {
				return n, err
			}
			n.Nodes = append(n.Nodes, child)
		case xml.CharData:
			text = append(text, t...)
		case xml.EndElement:
			n.Text = string(text)
			return n, nil
		}
	}
}

// twice says whether an attribute comes more than once, which the decoder lets pass.
func twice(attrs []xml.Attr) bool {
	for i, a := range attrs {
		if slices.ContainsFunc(attrs[:i], func(b xml.Attr) bool { return a.Name == b.Name }) {
			return true
		}
	}
	return false
}

// named are the children of that local name.
func (n soapNode) named(local string) []soapNode {
	return slices.DeleteFunc(slices.Clone(n.Nodes), func(child soapNode) bool { return child.XMLName.Local != local })
}

// parts are the children of that name in the element's own namespace: those of an envelope are SOAP's, whatever its version.
func (n soapNode) parts(local string) []soapNode {
	return slices.DeleteFunc(n.named(local), func(child soapNode) bool { return child.XMLName.Space != n.XMLName.Space })
}

// all are the elements of that local name at any depth.
func (n soapNode) all(local string) []soapNode {
	found := n.named(local)
	for _, child := range n.Nodes {
		found = append(found, child.all(local)...)
	}
	return found
}

// texts are what its elements and attributes hold, as it was meant: with no reference left in it.
func (n soapNode) texts() []string {
	list := []string{n.Text}
	for _, a := range n.Attrs {
		list = append(list, a.Value)
	}
	for _, child := range n.Nodes {
		list = append(list, child.texts()...)
	}
	return list
}
