package client

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxReply is how many bytes of a reply are read at most, maxDepth how deep its elements may stand in each other, the
// envelope being 1.
const (
	maxReply = 1 << 20
	maxDepth = 64
)

// Fault is a SOAP 1.1 fault. Both texts are the server's own words, of any length, and may repeat what it was sent.
type Fault struct {
	// Code comes without its prefix: Client, Server, VersionMismatch, MustUnderstand, or such as Client.Authentication.
	Code string
	// Text is the faultstring.
	Text string
}

// Answer is the reply to a call: a result, or a fault.
type Answer struct {
	// Operation is the name of the element in the SOAP body without its ending "Response", "" for a fault.
	Operation string
	// Result is the text of the element Result, whose name begins with the operation: ValidateUserResult. It is "" when
	// there is none, and when the element holds other elements. White space is kept.
	Result string
	Fault  *Fault // nil for a result
}

// LoginSuccessful says whether the result is the one that ValidateUser has for the right token.
func (a Answer) LoginSuccessful() bool { return a.Fault == nil && a.Result == "LoginSuccessful" }

// ParseAnswer reads a SOAP 1.1 envelope in UTF-8 that holds one response or one fault, with whatever prefixes. It refuses
// what is longer than 1 MiB or nested deeper than 64, what SOAP 1.1 forbids (DTDs, processing instructions), undefined
// entities, and anything but comments and white space around the envelope. Its errors are short, but may repeat names out of
// the reply.
func ParseAnswer(body []byte) (Answer, error) {
	a, _, err := parseAnswer(body)
	if err != nil {
		return Answer{}, fmt.Errorf("retailvista: the reply %w", err)
	}
	return a, nil
}

// parseAnswer also returns the namespace of the response. Its error goes on from "the reply".
func parseAnswer(body []byte) (a Answer, namespace string, err error) {
	if len(body) > maxReply {
		return Answer{}, "", fmt.Errorf("is longer than %d bytes", maxReply)
	}
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	r := &reader{dec: xml.NewDecoder(bytes.NewReader(body))}
	err = r.document(func() (err error) {
		a, namespace, err = r.body()
		return err
	})
	if err != nil {
		return Answer{}, "", fmt.Errorf("is no answer of SOAP 1.1: %s", clip(squeeze(err.Error())))
	}
	return a, namespace, nil
}

// reader reads elements. Each of its methods that reads one begins after the element's start and ends after its end.
type reader struct {
	dec   *xml.Decoder
	depth int
}

// next returns a start, an end or text. At the end of the document it returns io.EOF.
func (r *reader) next() (xml.Token, error) {
	for {
		at := r.dec.InputOffset()
		t, err := r.dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if r.depth++; r.depth > maxDepth {
				return nil, fmt.Errorf("its elements are nested deeper than %d", maxDepth)
			}
		case xml.EndElement:
			r.depth--
		case xml.Directive:
			return nil, errors.New("it has a document type or another directive")
		case xml.ProcInst:
			if t.Target != "xml" || at != 0 {
				return nil, errors.New("it has a processing instruction")
			}
			continue
		case xml.Comment:
			continue
		}
		return t, nil
	}
}

// document reads the envelope and calls body for the SOAP body.
func (r *reader) document(body func() error) error {
	envelopes := 0
	err := r.children(func(e xml.StartElement) error {
		if envelopes++; envelopes > 1 {
			return errors.New("it has a second root element")
		}
		if !isSOAP(e, "Envelope") {
			return fmt.Errorf("its root element is %s", describe(e))
		}
		return r.envelope(body)
	})
	switch {
	case !errors.Is(err, io.EOF):
		return err
	case envelopes == 0:
		return errors.New("it has no element")
	}
	return nil
}

func (r *reader) envelope(body func() error) error {
	bodies, headers := 0, 0
	err := r.children(func(e xml.StartElement) error {
		switch {
		case isSOAP(e, "Header") && headers+bodies == 0:
			headers++
			_, _, err := r.text()
			return err
		case isSOAP(e, "Body") && bodies == 0:
			bodies++
			return body()
		}
		return fmt.Errorf("its envelope has %s where that is not allowed", describe(e))
	})
	if err == nil && bodies == 0 {
		return errors.New("its envelope has no body")
	}
	return err
}

func (r *reader) body() (a Answer, namespace string, err error) {
	count := 0
	err = r.children(func(e xml.StartElement) (err error) {
		if count++; count > 1 {
			return errors.New("its body has more than one element")
		}
		if isSOAP(e, "Fault") {
			a.Fault, err = r.fault()
			return err
		}
		operation, ok := strings.CutSuffix(e.Name.Local, "Response")
		if !ok || operation == "" || e.Name.Space == soapNamespace {
			return fmt.Errorf("its body has %s, which is neither a response nor a fault", describe(e))
		}
		a.Operation, namespace = operation, e.Name.Space
		a.Result, err = r.leaf(operation+"Result", namespace)
		return err
	})
	if err == nil && count == 0 {
		return a, "", errors.New("its body is empty")
	}
	return a, namespace, err
}

func (r *reader) fault() (*Fault, error) {
	texts := map[string]string{}
	err := r.children(func(e xml.StartElement) error {
		text, _, err := r.text()
		if _, twice := texts[e.Name.Local]; twice {
			return fmt.Errorf("its fault has %s twice", describe(e))
		}
		if e.Name.Space == "" || e.Name.Space == soapNamespace { // the standard wants none, some servers write it
			texts[e.Name.Local] = text
		}
		return err
	})
	code := strings.TrimSpace(texts["faultcode"])
	if _, local, ok := strings.Cut(code, ":"); ok {
		code = local
	}
	return &Fault{Code: code, Text: texts["faultstring"]}, err
}

// leaf returns the text of the one child that has the name, in the namespace or in none.
func (r *reader) leaf(name, namespace string) (text string, err error) {
	found := false
	err = r.children(func(e xml.StartElement) error {
		t, plain, err := r.text()
		if e.Name.Local != name || (e.Name.Space != "" && e.Name.Space != namespace) {
			return err
		}
		if found {
			return fmt.Errorf("its response has %s twice", describe(e))
		}
		if found = true; plain {
			text = t
		}
		return err
	})
	return text, err
}

// children calls f for each child element, and refuses text between them.
func (r *reader) children(f func(xml.StartElement) error) error {
	for {
		t, err := r.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := f(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		case xml.CharData:
			if len(bytes.Trim(t, " \t\r\n")) > 0 {
				return errors.New("it has text where that is not allowed")
			}
		}
	}
}

// text returns all text in an element; plain says that no element stands in it.
func (r *reader) text() (_ string, plain bool, _ error) {
	var b strings.Builder
	plain = true
	for own := r.depth; r.depth >= own; {
		t, err := r.next()
		if err != nil {
			return "", false, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			plain = false
		case xml.CharData:
			b.Write(t)
		}
	}
	return b.String(), plain, nil
}

func isSOAP(e xml.StartElement, local string) bool {
	return e.Name == xml.Name{Space: soapNamespace, Local: local}
}

func describe(e xml.StartElement) string {
	return fmt.Sprintf("%.40q in the namespace %.100q", e.Name.Local, e.Name.Space)
}
