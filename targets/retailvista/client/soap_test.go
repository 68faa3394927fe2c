package client_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets/retailvista/client"
)

// What a call is, to the byte. The expected texts are written by hand.
func TestEnvelopeByteForByte(t *testing.T) {
	token := client.AuthenticateToken{Username: "ana", Password: `& < > ' " é ]]>`, CompanyNumber: "12", StoreNumber: "3",
		ScannerNumber: "4", MobileDeviceNumber: "5"}
	full := token
	full.ClientIP, full.LanguageCode, full.ClientApplicationCode, full.ClientAppVersion = "127.0.0.1", "nl", "APP", "1.0"
	for _, c := range []struct {
		name string
		call client.Call
		want string
	}{
		{"required", client.Call{Operation: "ValidateUser", Token: &token},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
				`<Retail3000AuthenticateToken xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents">` +
				`<Username>ana</Username><Password>&amp; &lt; &gt; &#39; &#34; é ]]&gt;</Password><CompanyNumber>12</CompanyNumber>` +
				`<StoreNumber>3</StoreNumber><ScannerNumber>4</ScannerNumber><MobileDeviceNumber>5</MobileDeviceNumber>` +
				`</Retail3000AuthenticateToken></soap:Header><soap:Body>` +
				`<ValidateUser xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"></ValidateUser>` +
				`</soap:Body></soap:Envelope>`},
		{"all", client.Call{Namespace: "urn:a&b", Operation: "GetStock", Token: &full,
			Fields: []client.Field{{Name: "Article", Value: "a\tb\r\nc"}, {Name: "Größe", Value: ""}, {Name: "Article", Value: "𝄞"}}},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
				`<Retail3000AuthenticateToken xmlns="urn:a&amp;b">` +
				`<Username>ana</Username><Password>&amp; &lt; &gt; &#39; &#34; é ]]&gt;</Password><CompanyNumber>12</CompanyNumber>` +
				`<StoreNumber>3</StoreNumber><ScannerNumber>4</ScannerNumber><MobileDeviceNumber>5</MobileDeviceNumber>` +
				`<ClientIp>127.0.0.1</ClientIp><LanguageCode>nl</LanguageCode><ClientApplicationCode>APP</ClientApplicationCode>` +
				`<ClientAppVersion>1.0</ClientAppVersion></Retail3000AuthenticateToken></soap:Header><soap:Body>` +
				`<GetStock xmlns="urn:a&amp;b"><Article>a&#x9;b&#xD;` + "\n" + `c</Article><Größe></Größe><Article>𝄞</Article></GetStock>` +
				`</soap:Body></soap:Envelope>`},
		{"empty token", client.Call{Namespace: "urn:x", Operation: "A", Token: &client.AuthenticateToken{}},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
				`<Retail3000AuthenticateToken xmlns="urn:x"><Username></Username><Password></Password><CompanyNumber></CompanyNumber>` +
				`<StoreNumber></StoreNumber><ScannerNumber></ScannerNumber><MobileDeviceNumber></MobileDeviceNumber>` +
				`</Retail3000AuthenticateToken></soap:Header><soap:Body><A xmlns="urn:x"></A></soap:Body></soap:Envelope>`},
		{"no token", client.Call{Namespace: "urn:x", Operation: "A"},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><A xmlns="urn:x"></A></soap:Body></soap:Envelope>`},
	} {
		got, err := c.call.Envelope()
		if err != nil || string(got) != c.want {
			t.Errorf("%s: error %v\n%s\nwant\n%s", c.name, err, got, c.want)
		}
	}
}

func TestSOAPAction(t *testing.T) {
	for want, call := range map[string]client.Call{
		"http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents/ValidateUser": {Operation: "ValidateUser"},
		"urn:x/A": {Namespace: "urn:x", Operation: "A"},
	} {
		if got := call.SOAPAction(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestEnvelopeRefuses(t *testing.T) {
	field := func(name, value string) client.Call {
		return client.Call{Operation: "A", Fields: []client.Field{{Name: name, Value: value}}}
	}
	for _, c := range []struct {
		call client.Call
		want string
	}{
		{client.Call{}, `"" is no XML name`},
		{client.Call{Operation: "a:b"}, `"a:b" is no XML name`},
		{client.Call{Operation: ":b"}, `":b" is no XML name`},
		{client.Call{Operation: "a b"}, "no XML name"},
		{client.Call{Operation: `a b="c"`}, "no XML name"},
		{client.Call{Operation: "a/><b"}, "no XML name"},
		{client.Call{Operation: "a></a"}, "no XML name"},
		{client.Call{Operation: "a/"}, "no XML name"},
		{client.Call{Operation: "/a"}, "no XML name"},
		{client.Call{Operation: "?xml?"}, "no XML name"},
		{client.Call{Operation: "!--"}, "no XML name"},
		{client.Call{Operation: "1a"}, "no XML name"},
		{client.Call{Operation: "-a"}, "no XML name"},
		{client.Call{Operation: "a\xff"}, "no XML name"},
		{client.Call{Operation: "A", Namespace: "urn:\x00"}, "the namespace has a character that XML cannot carry"},
		{field("a b", "marked"), `"a b" is no XML name`},
		{field("F", "marked\x00"), "F has a character"},
		{field("F", "marked\x1b"), "F has a character"},
		{field("F", "marked\xff"), "F has a character"},
		{field("F", "marked\uFFFE"), "F has a character"},
		{field("F", "marked\xed\xa0\x80"), "F has a character"}, // half of a surrogate pair
		{client.Call{Operation: "A", Token: &client.AuthenticateToken{Password: "marked\b"}}, "Password has a character"},
		{client.Call{Operation: "A", Token: &client.AuthenticateToken{ClientIP: "marked\b"}}, "ClientIp has a character"},
	} {
		got, err := c.call.Envelope()
		if err == nil || got != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "marked") {
			t.Errorf("%q %v: %q, error %v; want %q", c.call.Operation, c.call.Fields, got, err, c.want)
		}
	}
}

func TestCallsNeverPrintTheirValues(t *testing.T) {
	token := client.AuthenticateToken{Username: "marked", Password: "marked", CompanyNumber: "marked", ClientIP: "marked"}
	call := client.Call{Operation: "A", Token: &token, Fields: []client.Field{{Name: "F", Value: "marked"}}}
	for _, v := range []any{token, &token, call, &call, call.Fields[0], &call.Fields[0], []any{token, call}, struct{ T, C any }{token, call}} {
		hides(t, v)
	}
}

// hides fails the test if a value shows the word marked in any way that it can be printed.
func hides(t *testing.T, v any) {
	t.Helper()
	js, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s %q %x %X %d", v, v, v, v, v, v, v, v) + string(js)
	if strings.Contains(text, "marked") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "marked")) {
		t.Errorf("%T is printed as %s", v, text)
	}
}
