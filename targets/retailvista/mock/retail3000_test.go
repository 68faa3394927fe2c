package mock

import (
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
)

// soapFault is a fault with that code, whatever its prefix, and a text.
func soapFault(g got, code string) bool {
	doc, err := parseXML([]byte(g.body))
	if err != nil || g.end != "replied" || doc.name.Space != envelopeNS {
		return false
	}
	bodies := doc.all(envelopeNS, "Body")
	if len(bodies) != 1 || len(bodies[0].children) != 1 {
		return false
	}
	fault := bodies[0].children[0]
	codes, texts := fault.all("", "faultcode"), fault.all("", "faultstring")
	return fault.name.Space == envelopeNS && fault.name.Local == "Fault" && len(codes) == 1 && len(texts) == 1 &&
		strings.HasSuffix(codes[0].text, ":"+code) && len(strings.Fields(texts[0].text)) > 2
}

func TestFaultsOfSOAP(t *testing.T) {
	for seed := range uint64(8) { // every style of writing envelopes
		b := newBench(t, targets.MockOptions{Seed: seed, Silence: "closed"})
		for _, c := range []struct {
			name, code string
			status     int
			change     func(a *ask)
		}{
			{"no body", "Client", 500, func(a *ask) { a.body = "" }},
			{"a form", "Client", 500, func(a *ask) { a.body = "name=value" }},
			{"JSON", "Client", 500, func(a *ask) { a.body = `{"a":1}` }},
			{"cut", "Client", 500, func(a *ask) { a.body = a.body[:len(a.body)/2] }},
			{"two roots", "Client", 500, func(a *ask) { a.body += "<more/>" }},
			{"another root", "Client", 500, func(a *ask) { a.body = "<a/>" }},
			{"a document type", "Client", 500, func(a *ask) {
				a.body = strings.Replace(a.body, "?>", `?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>`, 1)
			}},
			{"an undefined entity", "Client", 500, func(a *ask) { a.body = strings.Replace(a.body, ">1<", ">&nbsp;<", 1) }},
			{"too deep", "Client", 500, func(a *ask) { a.body = strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000) }},
			{"too many", "Client", 500, func(a *ask) { a.body = "<a>" + strings.Repeat("<a/>", maxElements) + "</a>" }},
			{"SOAP 1.2", "VersionMismatch", 500, func(a *ask) { a.body = strings.ReplaceAll(a.body, envelopeNS, envelope12NS) }},
			{"no namespace", "VersionMismatch", 500, func(a *ask) { a.body = "<Envelope/>" }},
			{"two bodies", "Client", 500, func(a *ask) { a.body = strings.Replace(a.body, "<soap:Body>", "<soap:Body/><soap:Body>", 1) }},
			{"no SOAPAction", "Client", 500, func(a *ask) { a.drop("SOAPAction") }},
			{"two SOAPActions", "Client", 500, func(a *ask) { a.add("SOAPAction", serviceNS+"/ValidateUser") }},
			{"another operation", "Client", 500, func(a *ask) { a.set("SOAPAction", `"`+serviceNS+`/GetServerTime"`) }},
			{"an unknown operation", "Client", 500, func(a *ask) { a.set("SOAPAction", `"`+serviceNS+`/Nothing"`) }},
			{"another type", "Client", 415, func(a *ask) { a.set("Content-Type", "application/soap+xml") }},
			{"mustUnderstand", "MustUnderstand", 500, func(a *ask) {
				a.body = strings.Replace(a.body, "</soap:Header>", `<x xmlns="urn:x" soap:mustUnderstand="1"/></soap:Header>`, 1)
			}},
		} {
			a := b.good()
			c.change(a)
			if g := b.do(a); !soapFault(g, c.code) || g.status != c.status {
				t.Errorf("seed %d, %s: %s", seed, c.name, g)
			}
		}
	}
}

func TestWhatSOAPAllows(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	for name, change := range map[string]func(a *ask){
		"a BOM":             func(a *ask) { a.body = "\ufeff" + a.body },
		"an action bare":    func(a *ask) { a.set("SOAPAction", serviceNS+"/ValidateUser") },
		"CDATA":             func(a *ask) { a.body = strings.Replace(a.body, ">1<", "><![CDATA[1]]><", 1) },
		"white space":       func(a *ask) { a.body = strings.ReplaceAll(a.body, "><", ">\n\t<") },
		"an unknown header": func(a *ask) { a.body = strings.Replace(a.body, "<soap:Header>", `<soap:Header><x xmlns="urn:x"/>`, 1) },
		"a header for others": func(a *ask) {
			a.body = strings.Replace(a.body, "<soap:Header>", `<soap:Header><x xmlns="urn:x" soap:mustUnderstand="1" soap:actor="urn:y"/>`, 1)
		},
		"more fields": func(a *ask) {
			a.body = strings.Replace(a.body, "</"+tokenElement, "<LanguageCode>nl</LanguageCode></"+tokenElement, 1)
		},
	} {
		a := b.good()
		change(a)
		if g := b.do(a); !g.succeeded() {
			t.Errorf("%s: %s", name, g)
		}
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"POST", base + "/nothing.asmx", 404}, {"GET", "/", 404}, {"GET", service, 405}, {"PUT", service, 405},
		{"BREW", service, 405}, {"HEAD", service + "?wsdl", 405}, {"GET", "//", 404}, {"GET", "http://other.example" + service + "?wsdl", 200},
		{"CONNECT", "example.com:443", 403}, {"GET", service + "?WSDL", 200},
	} {
		a := b.good()
		a.method, a.target = c.method, c.target
		if g := b.do(a); g.end != "replied" || g.status != c.status {
			t.Errorf("%s %s: %s", c.method, c.target, g)
		}
	}
}

// Both credentials are asked of Retail3000 on every operation.
func TestGetServerTime(t *testing.T) {
	b := newBench(t, targets.MockOptions{Seed: 2, Silence: "closed"})
	b.m.vary.refusalAsResult, b.m.vary.missingAsResult = true, true // which this operation's result cannot say
	for _, login := range [][][2]string{nil, b.login()} {
		a := b.good().set("SOAPAction", serviceNS+"/GetServerTime")
		a.body = strings.ReplaceAll(b.envelope(login), "ValidateUser", "GetServerTime")
		g := b.do(a)
		if login == nil && !soapFault(g, "Client") || login != nil && !strings.Contains(g.body, ">2026-11-24T10:00:07Z<") {
			t.Errorf("%v: %s", login != nil, g)
		}
	}
}

// The WSDL is well-formed, and every name in it leads somewhere.
func TestWSDL(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	a := b.good()
	a.method, a.target, a.body = "GET", service+"?wsdl", ""
	a.set("Host", "gateway.example:8080")
	g := b.do(a)
	doc, err := parseXML([]byte(g.body))
	if err != nil || g.status != 200 || !strings.HasPrefix(g.header.Get("Content-Type"), "text/xml") {
		t.Fatalf("%s: %v", g, err)
	}
	named, uses := map[string]bool{}, []string{}
	addresses, operationsFound := "", 0
	doc.walk(func(e *element) bool {
		kind, attr := e.name.Local, func(name string) string { return e.attr("", name) }
		if name := attr("name"); name != "" {
			named[kind+" "+name] = true
		}
		use := func(what, name string) {
			if local, ours := strings.CutPrefix(attr(name), "tns:"); ours {
				uses = append(uses, what+" "+local)
			}
		}
		switch kind {
		case "part":
			use("element", "element")
		case "input", "output":
			use("message", "message")
		case "header":
			use("message", "message")
			if attr("part") != tokenElement || attr("use") != "literal" || e.name.Space != "http://schemas.xmlsoap.org/wsdl/soap/" {
				t.Errorf("the header is bound as %v", e.attrs)
			}
			operationsFound++
		case "binding":
			use("portType", "type")
		case "port":
			use("binding", "binding")
		case "element":
			use("complexType", "type")
		case "address":
			addresses += attr("location")
		case "operation":
			if action := attr("soapAction"); action != "" {
				uses = append(uses, "operation "+strings.TrimPrefix(action, serviceNS+"/"))
			}
		}
		return true
	})
	for _, use := range uses {
		if !named[use] {
			t.Errorf("%s leads nowhere", use)
		}
	}
	if addresses != "http://gateway.example:8080"+service || operationsFound != len(operationNames) ||
		doc.attr("", "targetNamespace") != serviceNS || len(uses) < 15 {
		t.Errorf("address %s, %d operations, %d uses", addresses, operationsFound, len(uses))
	}
	for name := range operations {
		if !named["operation "+name] || !named["element "+name] || !named["element "+name+"Response"] {
			t.Errorf("%s is not described", name)
		}
	}
}

// What is handed on is the method, the path, the SOAPAction, the type and the body; never the ApiToken.
func TestWhatRetail3000Sees(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	if err := b.m.Detail("full"); err != nil {
		t.Fatal(err)
	}
	a := b.good().add("Cookie", "a=b").add("X-Request-Id", "9999").add("Connection", "X-Hop").add("X-Hop", "1")
	a.target = base + "/a%2Fb%20c;d//e?q=%41&q"
	b.do(a)
	list := b.log()
	if len(list) != 2 || list[1].At != "upstream" || list[1].Path != base+"/a%2Fb%20c;d//e" ||
		list[0].Path != list[1].Path || list[1].Method != "POST" {
		t.Fatalf("%+v", list)
	}
	for _, name := range []string{"apitoken", "cookie", "x-hop", "9999"} {
		if strings.Contains(strings.ToLower(list[1].Detail), name) {
			t.Errorf("%s is handed on: %s", name, list[1].Detail)
		}
	}
	for _, text := range []string{"Soapaction: \"" + serviceNS + "/ValidateUser\"",
		"Content-Type: text/xml; charset=utf-8", "<Username>&lt;username&gt;"} {
		if !strings.Contains(list[1].Detail, text) {
			t.Errorf("%s is not handed on: %s", text, list[1].Detail)
		}
	}
	if list[0].Call != list[1].Call || list[0].BodySHA256 != list[1].BodySHA256 || list[0].Status != 404 {
		t.Errorf("%+v", list)
	}
}

func TestGUIDs(t *testing.T) {
	const plain = "0b6ffa1a-6a3c-4a07-8f0d-3a8c55a1b7aa"
	for text, want := range map[string]string{
		plain: "plain", strings.ToUpper(plain): "upper", "{" + plain + "}": "braced", strings.ReplaceAll(plain, "-", ""): "naked",
		"{" + strings.ToUpper(strings.ReplaceAll(plain, "-", "")) + "}": "upper braced naked",
		"": "", "{}": "", plain[1:]: "", plain + "0": "", "{" + plain: "", "(" + plain + ")": "", "0b6ffa1a6a3c-4a07-8f0d-3a8c55a1b7aa": "",
		"0b6ffa1-a6a3c-4a07-8f0d-3a8c55a1b7aa": "", strings.Replace(plain, "a", "g", 1): "",
	} {
		g, ok := readGUID(text)
		var is []string
		for name, set := range map[string]bool{"upper": g.upper, "braced": g.braced, "naked": g.naked} {
			if set {
				is = append(is, name)
			}
		}
		switch {
		case ok != (want != ""), ok && g.value != plain, want == "plain" && len(is) > 0, strings.Contains(want, " ") && len(is) != 3:
			t.Errorf("%q is read as %+v, %t", text, g, ok)
		case want != "plain" && len(is) == 1 && is[0] != want:
			t.Errorf("%q is %v", text, is)
		}
	}
	b := newBench(t, targets.MockOptions{})
	for i := range 8 {
		b.m.vary.upperGUID, b.m.vary.bracedGUID, b.m.vary.nakedGUID = i&1 > 0, i&2 > 0, i&4 > 0
		for j, token := range []string{strings.ToUpper(b.c["api_token"]), "{" + b.c["api_token"] + "}", strings.ReplaceAll(b.c["api_token"], "-", "")} {
			if g := b.do(b.good().set("ApiToken", token)); g.succeeded() != (i&(1<<j) > 0) || !g.succeeded() && !g.denied() {
				t.Errorf("%b, form %d: %s", i, j, g)
			}
		}
	}
}
