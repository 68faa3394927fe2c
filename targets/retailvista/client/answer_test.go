package client_test

import (
	"encoding/xml"
	"reflect"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets/retailvista/client"
)

const soap11 = `xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`

// envelope is a SOAP envelope around a body, as another toolkit would write it.
func envelope(body string) string {
	return `<s:Envelope ` + soap11 + `><s:Body>` + body + `</s:Body></s:Envelope>`
}

// result is the answer to an operation in the vendor's namespace.
func result(operation, text string) string {
	return envelope(`<` + operation + `Response xmlns="` + client.DefaultNamespace + `"><` + operation + `Result>` + text +
		`</` + operation + `Result></` + operation + `Response>`)
}

func fault(code, text string) string {
	return envelope(`<s:Fault><faultcode>` + code + `</faultcode><faultstring>` + text + `</faultstring></s:Fault>`)
}

func deep(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }

var answers = []struct {
	name, body string
	want       client.Answer
}{
	{"asmx", `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body><ValidateUserResponse xmlns="` +
		client.DefaultNamespace + `"><ValidateUserResult>LoginSuccessful</ValidateUserResult></ValidateUserResponse></soap:Body></soap:Envelope>`,
		client.Answer{Operation: "ValidateUser", Result: "LoginSuccessful"}},
	{"default namespace", `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><x xmlns="urn:h">h<y/></x></Header><Body><n:AResponse xmlns:n="urn:n"><n:AResult>r</n:AResult></n:AResponse></Body></Envelope>`,
		client.Answer{Operation: "A", Result: "r"}},
	{"byte order mark, comments, white space", "\uFEFF<?xml version='1.0'?>\r\n<!-- c --> " + envelope("\n <!-- c --><AResponse> <AResult>a<!-- c -->b</AResult></AResponse>\n") + "\n<!-- c -->\n",
		client.Answer{Operation: "A", Result: "ab"}},
	{"escaped", result("A", ` &lt;&amp;&#233;<![CDATA[<b>]]> `), client.Answer{Operation: "A", Result: " <&é<b> "}},
	{"no result", envelope(`<AResponse/>`), client.Answer{Operation: "A"}},
	{"empty result", result("A", ""), client.Answer{Operation: "A"}},
	{"result in no namespace", envelope(`<n:AResponse xmlns:n="urn:n"><AResult>r</AResult></n:AResponse>`), client.Answer{Operation: "A", Result: "r"}},
	{"result in another namespace", envelope(`<n:AResponse xmlns:n="urn:n"><AResult xmlns="urn:m">r</AResult></n:AResponse>`), client.Answer{Operation: "A"}},
	{"result beside others", envelope(`<AResponse><b>1</b><AResult>r</AResult><BResult>2</BResult></AResponse>`), client.Answer{Operation: "A", Result: "r"}},
	{"result further down", envelope(`<AResponse><b><AResult>r</AResult></b></AResponse>`), client.Answer{Operation: "A"}},
	{"result of another operation", envelope(`<AResponse><BResult>r</BResult></AResponse>`), client.Answer{Operation: "A"}},
	{"result with elements", result("A", `Login<b/>Successful`), client.Answer{Operation: "A"}},
	{"as deep as may be", envelope(`<AResponse>` + deep(61) + `</AResponse>`), client.Answer{Operation: "A"}},
	{"fault", fault("soap:Client", "no &amp; no"), client.Answer{Fault: &client.Fault{Code: "Client", Text: "no & no"}}},
	{"fault without prefix", fault(" Server ", ""), client.Answer{Fault: &client.Fault{Code: "Server"}}},
	{"fault with a dotted code", fault("s:Client.Auth", "x"), client.Answer{Fault: &client.Fault{Code: "Client.Auth", Text: "x"}}},
	{"fault in the envelope's namespace", envelope(`<s:Fault><s:faultcode>s:VersionMismatch</s:faultcode><s:faultstring>x</s:faultstring></s:Fault>`),
		client.Answer{Fault: &client.Fault{Code: "VersionMismatch", Text: "x"}}},
	{"fault with elements in its text", fault("s:Client", "a<b>c</b>d"), client.Answer{Fault: &client.Fault{Code: "Client", Text: "acd"}}},
	{"fault with detail", envelope(`<s:Fault><detail><faultcode>no</faultcode></detail><faultcode>s:MustUnderstand</faultcode><faultactor/></s:Fault>`),
		client.Answer{Fault: &client.Fault{Code: "MustUnderstand"}}},
	{"empty fault", envelope(`<s:Fault/>`), client.Answer{Fault: &client.Fault{}}},
}

func TestParseAnswer(t *testing.T) {
	for _, c := range answers {
		got, err := client.ParseAnswer([]byte(c.body))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, error %v; want %+v", c.name, got, err, c.want)
		}
	}
}

const (
	dtd  = `<!DOCTYPE Envelope>`
	bomb = `<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`
)

var refused = []struct{ name, body, want string }{
	{"nothing", "", "has no element"},
	{"text", "denied", "has text where"},
	{"only a comment", "<!-- -->", "has no element"},
	{"cut off", envelope(`<AResponse/>`)[:100], "unexpected EOF"},
	{"not closed", strings.TrimSuffix(envelope(`<AResponse/>`), `</s:Envelope>`), "unexpected EOF"},
	{"closed wrongly", `<s:Envelope ` + soap11 + `></s:Body></s:Envelope>`, "closed by"},
	{"HTML", `<html><body>denied</body></html>`, `its root element is "html"`},
	{"SOAP 1.2", strings.ReplaceAll(envelope(`<AResponse/>`), "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
		`its root element is "Envelope" in the namespace "http://www.w3.org/2003/05/soap-envelope"`},
	{"wrong namespace", `<Envelope><Body><AResponse/></Body></Envelope>`, "its root element is"},
	{"prefix without namespace", `<s:Envelope><s:Body><AResponse/></s:Body></s:Envelope>`, "its root element is"},
	{"body in no namespace", `<s:Envelope ` + soap11 + `><Body><AResponse/></Body></s:Envelope>`, `has "Body" in the namespace ""`},
	{"no body", `<s:Envelope ` + soap11 + `><s:Header/></s:Envelope>`, "has no body"},
	{"two bodies", `<s:Envelope ` + soap11 + `><s:Body><AResponse/></s:Body><s:Body/></s:Envelope>`, "not allowed"},
	{"header after the body", `<s:Envelope ` + soap11 + `><s:Body><AResponse/></s:Body><s:Header/></s:Envelope>`, "not allowed"},
	{"two headers", `<s:Envelope ` + soap11 + `><s:Header/><s:Header/><s:Body><AResponse/></s:Body></s:Envelope>`, "not allowed"},
	{"empty body", envelope(""), "its body is empty"},
	{"two responses", envelope(`<AResponse/><BResponse/>`), "more than one element"},
	{"fault and response", envelope(`<s:Fault/><AResponse/>`), "more than one element"},
	{"fault in no namespace", envelope(`<Fault/>`), "neither a response nor a fault"},
	{"call", envelope(`<ValidateUser/>`), "neither a response nor a fault"},
	{"response to nothing", envelope(`<Response/>`), "neither a response nor a fault"},
	{"response in the envelope's namespace", envelope(`<s:AResponse/>`), "neither a response nor a fault"},
	{"text in the body", envelope(`x<AResponse/>`), "has text where"},
	{"text in the response", envelope(`<AResponse>LoginSuccessful</AResponse>`), "has text where"},
	{"two results", envelope(`<AResponse><AResult>1</AResult><AResult>2</AResult></AResponse>`), "twice"},
	{"two fault codes", envelope(`<s:Fault><faultcode>1</faultcode><faultcode>2</faultcode></s:Fault>`), "twice"},
	{"two roots", envelope(`<AResponse/>`) + envelope(`<AResponse/>`), "second root"},
	{"an end after the end", envelope(`<AResponse/>`) + "</s:Envelope>", "unexpected end element"},
	{"garbage after the end", envelope(`<AResponse/>`) + "x", "has text where"},
	{"zero byte after the end", envelope(`<AResponse/>`) + "\x00", "illegal character"},
	{"garbage before the start", "x" + envelope(`<AResponse/>`), "has text where"},
	{"DTD", dtd + envelope(`<AResponse/>`), "document type"},
	{"DTD after the end", envelope(`<AResponse/>`) + dtd, "document type"},
	{"external entity", `<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + result("A", "&x;"), "document type"},
	{"entity bomb", bomb + result("A", "&b;"), "document type"},
	{"undefined entity", result("A", "&nbsp;"), "invalid character entity"},
	{"directive inside", envelope(`<!ELEMENT x><AResponse/>`), "document type"},
	{"processing instruction", `<?xml-stylesheet href="x"?>` + envelope(`<AResponse/>`), "processing instruction"},
	{"declaration inside", envelope(`<?xml version="1.0"?><AResponse/>`), "processing instruction"},
	{"declaration after white space", ` <?xml version="1.0"?>` + envelope(`<AResponse/>`), "processing instruction"},
	{"another encoding", `<?xml version="1.0" encoding="iso-8859-1"?>` + envelope(`<AResponse/>`), "encoding"},
	{"another version", `<?xml version="1.1"?>` + envelope(`<AResponse/>`), "version"},
	{"no UTF-8", result("A", "\xff"), "invalid UTF-8"},
	{"control character", result("A", "&#1;"), "illegal character"},
	{"too deep", envelope(`<AResponse>` + deep(62) + `</AResponse>`), "deeper than 64"},
	{"far too deep", strings.Repeat(`<s:Envelope `+soap11+`>`, 1000), "not allowed"},
	{"deep header", `<s:Envelope ` + soap11 + `><s:Header>` + deep(10000), "deeper than 64"},
	{"huge", envelope(`<AResponse/>`) + strings.Repeat(" ", 1<<20), "longer than 1048576 bytes"},
	{"huge name", `<` + strings.Repeat("a", 1<<19) + `></` + strings.Repeat("b", 1<<18) + `>`, "its root element is"},
	{"huge name closed wrongly", `<s:Envelope ` + soap11 + `></` + strings.Repeat("b", 1<<18) + `>`, "closed by"},
}

func TestParseAnswerRefuses(t *testing.T) {
	for _, c := range refused {
		got, err := client.ParseAnswer([]byte(c.body))
		if err == nil || got != (client.Answer{}) || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 400 {
			t.Errorf("%s: %+v, error %.1000v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestLoginSuccessful(t *testing.T) {
	for _, c := range []struct {
		answer client.Answer
		want   bool
	}{
		{client.Answer{Operation: "ValidateUser", Result: "LoginSuccessful"}, true},
		{client.Answer{Operation: "ValidateUser", Result: "LoginFailed"}, false},
		{client.Answer{Operation: "ValidateUser", Result: "loginsuccessful"}, false},
		{client.Answer{Operation: "ValidateUser", Result: "LoginSuccessful\n"}, false},
		{client.Answer{Operation: "ValidateUser"}, false},
		{client.Answer{}, false},
		{client.Answer{Result: "LoginSuccessful", Fault: &client.Fault{}}, false},
	} {
		if got := c.answer.LoginSuccessful(); got != c.want {
			t.Errorf("%+v: %v", c.answer, got)
		}
	}
}

// Whatever is accepted is well-formed to encoding/xml too, and says the same there.
func FuzzParseAnswer(f *testing.F) {
	for _, c := range answers {
		f.Add([]byte(c.body))
	}
	for _, c := range refused {
		if len(c.body) < 10000 {
			f.Add([]byte(c.body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := client.ParseAnswer(body)
		if err != nil {
			if got != (client.Answer{}) {
				t.Errorf("%+v beside error %v", got, err)
			}
			return
		}
		if (got.Operation == "") != (got.Fault != nil) || (got.Fault != nil && got.Result != "") {
			t.Errorf("neither a result nor a fault: %+v", got)
		}
		var whole struct {
			XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
			Body    struct {
				Any struct {
					XMLName xml.Name
					Inner   string `xml:",innerxml"`
				} `xml:",any"`
			} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
		}
		if err := xml.Unmarshal(body, &whole); err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		name := whole.Body.Any.XMLName.Local
		if got.Fault == nil && name != got.Operation+"Response" || got.Fault != nil && name != "Fault" {
			t.Errorf("%+v is read out of %s", got, name)
		}
	})
}
