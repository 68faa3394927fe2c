package client

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// DefaultNamespace is the namespace of the service that validates users.
const DefaultNamespace = "http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"

// HeaderAPIToken is the HTTP header that the gateway looks at (RTVC-01), written as the vendor writes it.
const HeaderAPIToken = "ApiToken"

// soapNamespace is that of the envelope of SOAP 1.1 (RTVC-07); SOAP 1.2 has another.
const soapNamespace = "http://schemas.xmlsoap.org/soap/envelope/"

// AuthenticateToken is Retail3000AuthenticateToken, the element of the SOAP header that says who calls. Retail3000 wants it
// on every call (RTV-09, RTV-10), with the right user name, password, company number and store number (RTV-11). It never
// prints its values.
type AuthenticateToken struct {
	// These six are always written, also when they are empty.
	Username, Password, CompanyNumber, StoreNumber, ScannerNumber, MobileDeviceNumber string
	// These four are written when they are set. ClientIP is written as ClientIp.
	ClientIP, LanguageCode, ClientApplicationCode, ClientAppVersion string
}

// Format keeps the values out of every %v, %s and %#v.
func (AuthenticateToken) Format(f fmt.State, _ rune) { fmt.Fprint(f, "retail3000 authenticate token") }

// MarshalText keeps the values out of JSON and of logs. It never fails.
func (AuthenticateToken) MarshalText() ([]byte, error) {
	return []byte("retail3000 authenticate token"), nil
}

// fields returns the child elements in the order in which they are written.
func (t *AuthenticateToken) fields() []Field {
	list := []Field{
		{"Username", t.Username}, {"Password", t.Password}, {"CompanyNumber", t.CompanyNumber},
		{"StoreNumber", t.StoreNumber}, {"ScannerNumber", t.ScannerNumber}, {"MobileDeviceNumber", t.MobileDeviceNumber},
	}
	for _, f := range []Field{
		{"ClientIp", t.ClientIP}, {"LanguageCode", t.LanguageCode},
		{"ClientApplicationCode", t.ClientApplicationCode}, {"ClientAppVersion", t.ClientAppVersion},
	} {
		if f.Value != "" {
			list = append(list, f)
		}
	}
	return list
}

// Field is a child element that holds text. It never prints its value, which may be a secret.
type Field struct{ Name, Value string }

// Format keeps the value out of every %v, %s and %#v.
func (v Field) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "field %.40q", v.Name) }

// MarshalText keeps the value out of JSON and of logs. It never fails.
func (v Field) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "field %.40q", v.Name), nil }

// Call is one SOAP 1.1 call. Its methods only read it, so it may be used by many goroutines at once.
type Call struct {
	// Namespace is that of the service; "" means DefaultNamespace. The operation, its fields and the token are all in it.
	Namespace string
	// Operation is the element in the SOAP body, such as ValidateUser.
	Operation string
	// Token is put into the SOAP header; nil means no SOAP header, but see Client.Do.
	Token *AuthenticateToken
	// Fields are the child elements of the operation, in order.
	Fields []Field
}

func (c Call) namespace() string {
	if c.Namespace == "" {
		return DefaultNamespace
	}
	return c.Namespace
}

// SOAPAction returns the namespace, a slash and the operation. The HTTP header SOAPAction carries it in double quotes.
func (c Call) SOAPAction() string { return c.namespace() + "/" + c.Operation }

// Envelope returns the call as a SOAP 1.1 envelope in UTF-8, reserved characters escaped (RTVC-02, RTVC-07). A name that is
// no XML name without a prefix, and text with a character that XML cannot carry, are errors; they do not show any value.
func (c Call) Envelope() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	w := &writer{enc: xml.NewEncoder(&b)}
	w.open("soap:Envelope", "xmlns:soap", soapNamespace)
	if c.Token != nil {
		w.open("soap:Header")
		w.record("Retail3000AuthenticateToken", c.namespace(), c.Token.fields())
		w.close("soap:Header")
	}
	w.open("soap:Body")
	w.record(c.Operation, c.namespace(), c.Fields)
	w.close("soap:Body")
	w.close("soap:Envelope")
	if w.err == nil {
		w.err = w.enc.Close()
	}
	if w.err != nil {
		return nil, fmt.Errorf("retailvista: the call cannot be written: %w", w.err)
	}
	return b.Bytes(), nil
}

// writer writes elements until the first error. Prefixes are part of the names that it gives to the encoder, which would
// otherwise declare the namespace anew in each element.
type writer struct {
	enc *xml.Encoder
	err error
}

func (w *writer) token(t xml.Token) {
	if w.err == nil {
		w.err = w.enc.EncodeToken(t)
	}
}

// open takes attributes as names and values in turn.
func (w *writer) open(name string, attributes ...string) {
	start := xml.StartElement{Name: xml.Name{Local: name}}
	for i := 0; i+1 < len(attributes); i += 2 {
		start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: attributes[i]}, Value: attributes[i+1]})
	}
	w.token(start)
}

func (w *writer) close(name string) { w.token(xml.EndElement{Name: xml.Name{Local: name}}) }

// record writes an element in a namespace with fields in the same namespace.
func (w *writer) record(name, namespace string, fields []Field) {
	w.check(name, "the namespace", namespace)
	w.open(name, "xmlns", namespace)
	for _, f := range fields {
		w.check(f.Name, f.Name, f.Value)
		w.open(f.Name)
		w.token(xml.CharData(f.Value))
		w.close(f.Name)
	}
	w.close(name)
}

// check looks for what the encoder lets pass: it writes any name, and replaces the characters that it cannot write.
func (w *writer) check(name, what, text string) {
	switch {
	case w.err != nil:
	case !isName(name):
		w.err = fmt.Errorf("%.40q is no XML name: use letters, digits, hyphens, underscores and dots", name)
	case !isText(text):
		w.err = errors.New(what + " has a character that XML cannot carry")
	}
}

// isName says whether a name is one that encoding/xml reads back as it is, in no namespace.
func isName(name string) bool {
	if strings.Contains(name, ":") {
		return false
	}
	token, err := xml.NewDecoder(strings.NewReader("<" + name + "/>")).RawToken()
	element, ok := token.(xml.StartElement)
	return err == nil && ok && element.Name.Local == name
}

// isText says whether all characters are such as XML 1.0 allows.
func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	})
}
