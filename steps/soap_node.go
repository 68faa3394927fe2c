package steps

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
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
	Text    string     `xml:",chardata"`
	Nodes   []soapNode `xml:",any"`
}

// maxSOAP bounds what is parsed.
const maxSOAP = 1 << 20

// parseSOAP reads a body as XML: in UTF-8, or in the few other encodings that need no tables.
func parseSOAP(body []byte) (soapNode, error) {
	var root soapNode
	dec := xml.NewDecoder(io.LimitReader(bytes.NewReader(body), maxSOAP))
	dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "us-ascii", "ascii":
			return in, nil
		case "iso-8859-1", "latin1":
			raw, err := io.ReadAll(in)
			runes := make([]rune, len(raw))
			for i, c := range raw {
				runes[i] = rune(c)
			}
			return strings.NewReader(string(runes)), err
		}
		return nil, fmt.Errorf("the encoding %q is not known", label)
	}
	if err := dec.Decode(&root); err != nil {
		return root, err
	}
	for { // whatever follows has to be nothing
		token, err := dec.Token()
		switch t := token.(type) {
		case nil:
			if err == io.EOF {
				return root, nil
			}
			return root, err
		case xml.StartElement:
			return root, fmt.Errorf("a second root element follows")
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return root, fmt.Errorf("text follows the root element")
			}
		}
	}
}

// named are the children of that local name.
func (n soapNode) named(local string) []soapNode {
	var found []soapNode
	for _, child := range n.Nodes {
		if child.XMLName.Local == local {
			found = append(found, child)
		}
	}
	return found
}

// all are the elements of that local name at any depth.
func (n soapNode) all(local string) []soapNode {
	found := n.named(local)
	for _, child := range n.Nodes {
		found = append(found, child.all(local)...)
	}
	return found
}
