package zoo

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// What the environment tells.
const (
	envURL      = "AUTHBENCH_URL"
	envAPIToken = "RETAILVISTA_API_TOKEN"
	envUsername = "RETAILVISTA_USERNAME"
	envPassword = "RETAILVISTA_PASSWORD"
	envCompany  = "RETAILVISTA_COMPANY_NUMBER"
	envStore    = "RETAILVISTA_STORE_NUMBER"
)

const (
	soap11    = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12    = "http://www.w3.org/2003/05/soap-envelope"
	service   = "http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"
	operation = "ValidateUser"
)

// call is one call as it is going to be sent.
type call struct {
	part, try int // part from 0, try from 1
	url       string
	header    map[string][]string
	envelope  string   // its namespace
	token     *block   // the Retail3000AuthenticateToken
	headers   []*block // of the SOAP header
	bodies    []*block // of the SOAP body
	encode    func(string) []byte
}

// block is an element of the service in an envelope, and the fields in it.
type block struct {
	name, namespace string
	bare            bool // its fields are in no namespace
	fields          []field
}

// field is an element that holds text, escaped already.
type field struct{ name, text string }

// newCall puts together what the contract asks for (RTVC-01, RTVC-02, RTVC-07), before anything spoils it.
func (c *client) newCall(part, try int) (*call, error) {
	for _, name := range []string{envURL, envAPIToken, envUsername, envPassword, envCompany, envStore} {
		if c.env(name) == "" {
			return nil, fmt.Errorf("%s is not set: this client needs it", name)
		}
	}
	token := &block{name: "Retail3000AuthenticateToken", namespace: service, fields: []field{
		{"Username", escape(c.env(envUsername))}, {"Password", escape(c.env(envPassword))},
		{"CompanyNumber", escape(c.env(envCompany))}, {"StoreNumber", escape(c.env(envStore))},
		{"ScannerNumber", ""}, {"MobileDeviceNumber", ""},
	}}
	q := &call{
		part: part, try: try, url: strings.TrimSuffix(c.env(envURL), "/") + "/securitycomponents.asmx",
		header: map[string][]string{
			"ApiToken":     {c.env(envAPIToken)},
			"Content-Type": {"text/xml; charset=utf-8"},
			"SOAPAction":   {`"` + service + "/" + operation + `"`},
		},
		envelope: soap11, token: token, headers: []*block{token}, bodies: []*block{{name: operation, namespace: service}},
		encode: func(text string) []byte { return []byte(text) },
	}
	c.edit(q)
	return q, nil
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory: it cannot fail
	return b.String()
}

// bytes is the envelope.
func (q *call) bytes() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	fmt.Fprintf(&b, `<soap:Envelope xmlns:soap="%s">`, q.envelope)
	if len(q.headers) > 0 {
		writePart(&b, "soap:Header", q.headers)
	}
	writePart(&b, "soap:Body", q.bodies)
	b.WriteString("</soap:Envelope>\n")
	return q.encode(b.String())
}

func writePart(b *strings.Builder, name string, blocks []*block) {
	fmt.Fprintf(b, "<%s>", name)
	for _, k := range blocks {
		prefix := "rv:"
		if k.bare {
			prefix = ""
		}
		fmt.Fprintf(b, `<rv:%s xmlns:rv="%s">`, k.name, k.namespace)
		for _, f := range k.fields {
			fmt.Fprintf(b, "<%[1]s>%[2]s</%[1]s>", prefix+f.name, f.text)
		}
		fmt.Fprintf(b, "</rv:%s>", k.name)
	}
	fmt.Fprintf(b, "</%s>", name)
}

// set gives a field of the Retail3000AuthenticateToken another text.
func (q *call) set(name, text string) {
	for i := range q.token.fields {
		if q.token.fields[i].name == name {
			q.token.fields[i].text = text
		}
	}
}

// drop leaves a field out.
func (q *call) drop(name string) {
	q.token.fields = slices.DeleteFunc(q.token.fields, func(f field) bool { return f.name == name })
}

// reply is what a reply says, whatever its status.
type reply struct {
	soap   bool
	result string // of the operation; "" for a fault, and for what is no SOAP
	reason string // what a person can read of it (RTVC-06)
}

// readReply reads an envelope in any legal form, or else the words of a page, of JSON or of a text.
func readReply(body []byte) reply {
	var e struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Fault *struct {
				Code string `xml:"faultcode"`
				Text string `xml:"faultstring"`
			} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
			Response struct {
				Result string `xml:"ValidateUserResult"`
			} `xml:"http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents ValidateUserResponse"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	if xml.Unmarshal(body, &e) != nil {
		return reply{reason: words(body)}
	}
	if f := e.Body.Fault; f != nil {
		return reply{soap: true, reason: squeeze(f.Code + " " + f.Text)}
	}
	result := strings.TrimSpace(e.Body.Response.Result)
	return reply{soap: true, result: result, reason: "the result is " + squeeze(result)}
}

var tags = regexp.MustCompile(`<[^>]*>`)

func words(body []byte) string {
	var value any
	if json.Unmarshal(body, &value) == nil {
		if list := spoken(value); len(list) > 0 {
			return squeeze(strings.Join(list, " "))
		}
	}
	text := string(body)
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		text = html.UnescapeString(tags.ReplaceAllString(text, " "))
	}
	return squeeze(text)
}

// spoken are the texts in a JSON value, by the order of their names.
func spoken(value any) (list []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, v := range value {
			list = append(list, spoken(v)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			list = append(list, spoken(value[name])...)
		}
	}
	return list
}

func squeeze(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
}
