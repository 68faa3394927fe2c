package mock

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
)

// mistake is one that a client's author makes, and a piece of what explains it.
type mistake struct {
	name   string
	change func(b *bench, a *ask)
	want   string
}

// in changes the body, field a value in it, header puts a header in the place of the ApiToken, token changes the token.
func in(old, new string) func(*bench, *ask) {
	return func(_ *bench, a *ask) { a.body = strings.Replace(a.body, old, new, 1) }
}

func field(name, value string) func(*bench, *ask) {
	return func(b *bench, a *ask) { a.body = b.field(name, value).body }
}

func header(name, value string) func(*bench, *ask) {
	return func(b *bench, a *ask) {
		a.drop("ApiToken").set(name, strings.ReplaceAll(value, "TOKEN", b.c["api_token"]))
	}
}

func token(change func(token string) string) func(*bench, *ask) {
	return func(b *bench, a *ask) { a.set("ApiToken", change(b.c["api_token"])) }
}

func mistakesOfPlace() []mistake {
	return []mistake{
		{"nowhere", func(_ *bench, a *ask) { a.drop("ApiToken") }, "there is no HTTP header ApiToken: send it"},
		{"query", func(b *bench, a *ask) { a.drop("ApiToken").target += "?t=" + b.c["api_token"] }, "in the query"},
		{"query by name", func(_ *bench, a *ask) { a.drop("ApiToken").target += "?ApiToken=x" }, "in the query"},
		{"path", func(b *bench, a *ask) { a.drop("ApiToken").target += "/" + b.c["api_token"] }, "in the path"},
		{"cookie", header("Cookie", "ApiToken=TOKEN"), "in a cookie"},
		{"authorization", header("Authorization", "TOKEN"), "in the header Authorization, where"},
		{"bearer", header("Authorization", "Bearer TOKEN"), "as Bearer"},
		{"basic", func(b *bench, a *ask) { a.drop("ApiToken").add("Authorization", basic("u", b.c["api_token"])) }, "as Basic"},
		{"misspelt", header("Api-Token", "TOKEN"), "misspelt"},
		{"misspelt, unknown", header("X-Api-Key", "what"), "misspelt"},
		{"another header", header("X-Auth", "TOKEN"), "in another header"},
		{"SOAPAction", header("SOAPAction", "TOKEN"), "in the SOAPAction"},
		{"trailer", func(b *bench, a *ask) {
			a.drop("ApiToken").chunked, a.trailer = true, "ApiToken: "+b.c["api_token"]+"\r\n"
		}, "in a trailer"},
		{"SOAP token", func(b *bench, a *ask) {
			a.drop("ApiToken").body = b.envelope(append(b.login(), [2]string{"ApiToken", b.c["api_token"]}))
		}, "in the Retail3000AuthenticateToken"},
		{"SOAP header", func(_ *bench, a *ask) {
			a.drop("ApiToken").body = strings.Replace(a.body, "<soap:Header>", "<soap:Header><ApiToken/>", 1)
		}, "in the SOAP header"},
		{"body", func(b *bench, a *ask) { a.drop("ApiToken").body = "token=" + b.c["api_token"] }, "in the body"},
	}
}

func mistakesOfToken() []mistake {
	return []mistake{
		{"empty", token(func(string) string { return "" }), "ApiToken is empty"},
		{"braces", token(func(s string) string { return "{" + s + "}" }), "in braces"},
		{"no dashes", token(func(s string) string { return strings.ReplaceAll(s, "-", "") }), "dashes are missing"},
		{"cut", token(func(s string) string { return s[:30] }), "it was cut"},
		{"too long", token(func(s string) string { return s + "0" }), "too many digits"},
		{"twice in one", token(func(s string) string { return s + "," + s }), "more than one in it"},
		{"quoted", token(func(s string) string { return `"` + s + `"` }), "quotes or brackets"},
		{"dashes elsewhere", token(func(s string) string { return s[:7] + "-" + s[7:8] + s[9:] }), "in other places"},
		{"a scheme", token(func(s string) string { return "Bearer " + s }), "a word in front of it"},
		{"the user name", func(b *bench, a *ask) { a.set("ApiToken", b.c["username"]) }, "name or password"},
		{"a word", token(func(string) string { return "letmein" }), "holds no GUID: write it as"},
		{"unknown", token(func(string) string { return unknownGUID }), "never generated here"},
		{"disabled", func(b *bench, a *ask) { a.set("ApiToken", b.c["disabled_api_token"]) }, "is disabled: ask"},
		{"two", func(b *bench, a *ask) { a.add("ApiToken", "x") }, "comes 2 times"},
	}
}

func mistakesOfSOAP() []mistake {
	return []mistake{
		{"crossed tags", in("soap:Header>", "soap:Other>"), "no well-formed XML"},
		{"no SOAP header at all", func(_ *bench, a *ask) { a.body = soapXML("", operationXML) }, "there is no soap:Header"},
		{"an empty SOAP header", func(_ *bench, a *ask) { a.body = soapXML("<soap:Header/>", operationXML) }, "soap:Header is empty"},
		{"another block", func(_ *bench, a *ask) { a.body = soapXML("<soap:Header><x/></soap:Header>", operationXML) }, "holds no Retail3000AuthenticateToken"},
		{"in the body", func(b *bench, a *ask) { a.body = soapXML("", tokenXML(b.login())+operationXML) }, "is in soap:Body"},
		{"no namespace", in(tokenElement+` xmlns="`+serviceNS+`"`, tokenElement), "is in no namespace"},
		{"another namespace", in(tokenElement+` xmlns="`+serviceNS, tokenElement+` xmlns="urn:x`), "wrong namespace"},
		{"another case", func(_ *bench, a *ask) {
			a.body = strings.ReplaceAll(a.body, tokenElement, strings.ToLower(tokenElement))
		}, "another case"},
		{"two tokens", func(b *bench, a *ask) {
			a.body = soapXML("<soap:Header>"+tokenXML(b.login())+tokenXML(b.login())+"</soap:Header>", operationXML)
		}, "more than one"},
		{"no user name", field("Username", "none"), "Username is missing"},
		{"an empty store", field("StoreNumber", ""), "StoreNumber is empty: is the variable"},
		{"a field twice", in("<CompanyNumber>", "<CompanyNumber>1</CompanyNumber><CompanyNumber>"), "CompanyNumber is twice in it"},
		{"a field's namespace", func(_ *bench, a *ask) { a.body = strings.Replace(a.body, "<Username>", `<Username xmlns="">`, 1) }, "in another namespace"},
		{"a field's case", func(_ *bench, a *ask) {
			a.body = strings.NewReplacer("<Username>", "<UserName>", "</Username>", "</UserName>").Replace(a.body)
		}, "spelled in another case"},
		{"a wrong user", field("Username", "x"), "the user name is wrong"},
		{"a wrong password", field("Password", "x"), "the password is wrong"},
		{"a wrong company", field("CompanyNumber", "x"), "the company number is wrong"},
		{"a wrong store", field("StoreNumber", "x"), "the store number is wrong"},
		{"upper case", func(b *bench, a *ask) { a.body = b.field("Password", strings.ToUpper(b.c["password"])).body }, "password is in another case"},
		{"escaped twice", func(b *bench, a *ask) { a.body = b.field("Password", escaped(b.c["password"])).body }, "XML-escaped twice"},
		{"cut", func(b *bench, a *ask) { a.body = b.field("Password", "Pw").body }, "password is cut short"},
		{"swapped", func(b *bench, a *ask) { a.body = b.field("CompanyNumber", b.c["store_number"]).body }, "the store number stands where the company number belongs"},
		{"zeros", func(b *bench, a *ask) { a.body = b.field("StoreNumber", "0"+b.c["store_number"]).body }, "leading zeros"},
		{"no SOAPAction", func(_ *bench, a *ask) { a.drop("SOAPAction") }, "SOAPAction is missing"},
		{"a wrong SOAPAction", func(_ *bench, a *ask) { a.set("SOAPAction", "ValidateUser") }, "names no operation"},
		{"another operation", in("<ValidateUser", "<GetServerTime"), "holds something else"},
		{"SOAP 1.2", in(envelopeNS, envelope12NS), "SOAP 1.2"},
		{"no XML", func(_ *bench, a *ask) { a.body = "a=b" }, "the body is no XML"},
		{"JSON", func(_ *bench, a *ask) { a.body = "{}" }, "the body is JSON"},
		{"no body", func(_ *bench, a *ask) { a.body = "" }, "the body is empty"},
		{"cut in half", func(_ *bench, a *ask) { a.body = a.body[:len(a.body)-9] }, "breaks off"},
		{"a bare ampersand", in("<ScannerNumber>", "<ScannerNumber>&"), "&amp;"},
		{"GET", func(_ *bench, a *ask) { a.method, a.body = "GET", "" }, "SOAP is called by POST"},
		{"a wrong path", func(_ *bench, a *ask) { a.target = "/securitycomponents.asmx" }, "the service is at " + service},
	}
}

// Each usual mistake of a client's author is named, in the log and on the standard error alike.
func TestACallIsExplained(t *testing.T) {
	for _, c := range slices.Concat(mistakesOfPlace(), mistakesOfToken(), mistakesOfSOAP()) {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			b := newBench(t, targets.MockOptions{Log: &stderr})
			a := b.good()
			c.change(b, a)
			b.do(a)
			list := b.log()
			said := list[len(list)-1].Explanation
			if !strings.Contains(said, c.want) {
				t.Errorf("explained as %q, want %q", said, c.want)
			}
			if strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), said) {
				t.Errorf("on standard error: %q", &stderr)
			}
		})
	}
}
