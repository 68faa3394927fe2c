package mock

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// beside are the places of a token that stands in its header as well.
func beside() []struct {
	name  string
	put   func(b *bench, a *ask)
	where place
} {
	return []struct {
		name  string
		put   func(b *bench, a *ask)
		where place
	}{
		{"query", func(b *bench, a *ask) { a.target += "?ApiToken=" + b.c["api_token"] }, inQuery},
		{"query, by name", func(_ *bench, a *ask) { a.target += "?apitoken=x" }, inQuery},
		{"path", func(b *bench, a *ask) { a.target += "/" + b.c["api_token"] }, inPath},
		{"cookie", func(b *bench, a *ask) { a.add("Cookie", "t="+b.c["api_token"]) }, inCookie},
		{"bearer", func(b *bench, a *ask) { a.add("Authorization", "Bearer "+b.c["api_token"]) }, asBearer},
		{"misspelt", func(b *bench, a *ask) { a.add("Api-Token", b.c["api_token"]) }, inMisspeltHeader},
		{"a header of its own", func(_ *bench, a *ask) { a.add("Token", "csrf-1") }, nowhere},
		{"another header", func(b *bench, a *ask) { a.set("User-Agent", "shop/"+b.c["api_token"]) }, inOtherHeader},
		{"trailer", func(b *bench, a *ask) { a.chunked, a.trailer = true, "X-T: "+b.c["api_token"]+"\r\n" }, inTrailer},
		{"SOAP token", func(b *bench, a *ask) {
			a.body = b.envelope(append(b.login(), [2]string{"ApiToken", b.c["api_token"]}))
		}, inSOAPToken},
		{"SOAP header", func(b *bench, a *ask) {
			a.body = strings.Replace(a.body, "<soap:Header>", "<soap:Header><ApiToken>"+strings.ToUpper(b.c["api_token"])+"</ApiToken>", 1)
		}, inSOAPHeader},
		{"body", func(b *bench, a *ask) {
			a.body = strings.Replace(a.body, "<soap:Body>", "<soap:Body><!-- "+b.c["api_token"]+" -->", 1)
		}, inBody},
		{"nowhere", func(*bench, *ask) {}, nowhere},
	}
}

// A token that is in its header is found in every other place as well, where it does not belong (RTVC-03).
func TestTheTokenElsewhere(t *testing.T) {
	for _, c := range beside() {
		for _, token := range []string{"api_token", "none"} {
			if token == "none" && c.where == nowhere {
				continue // what is only named like it counts where there is no header
			}
			s := &stage{}
			b := newBench(t, targets.MockOptions{Stage: s})
			a := b.good()
			if token == "none" {
				a = b.silent()
			}
			c.put(b, a)
			b.do(a)
			if is := s.only(t); is.Facts["elsewhere"] != string(c.where) || is.Facts["token"] != token {
				t.Errorf("%s, %s: %v", c.name, token, is.Facts)
			}
		}
	}
}

// fact is what is known of a call, and of what becomes of it.
type fact struct {
	name                   string
	change                 func(b *bench, a *ask)
	token, soap, operation string
	outcome                string
	reason                 reason
}

func factsOfTokens() []fact {
	const say = "ValidateUser"
	return []fact{
		{"good", func(*bench, *ask) {}, "api_token", "right", say, "accepted", none},
		{"none", func(_ *bench, a *ask) { a.drop("ApiToken") }, "none", "right", say, "silence", noHeader},
		{"other", func(b *bench, a *ask) { a.set("ApiToken", b.c["other_api_token"]) }, "other_api_token", "right", say, "accepted", none},
		{"disabled", func(b *bench, a *ask) { a.set("ApiToken", b.c["disabled_api_token"]) }, "disabled_api_token", "right", say, "denied", disabledToken},
		{"unknown", token(func(string) string { return unknownGUID }), "unknown", "right", say, "denied", unknownToken},
		{"no GUID", token(func(s string) string { return s[1:] }), "no GUID", "right", say, "denied", noGUID},
		{"empty", token(func(string) string { return " \t" }), "empty", "right", say, "denied", emptyToken},
		{"twice", func(b *bench, a *ask) { a.add("apitoken", b.c["api_token"]) }, "twice", "right", say, "denied", twoTokens},
		{"CONNECT", func(_ *bench, a *ask) { a.method, a.target = "CONNECT", "a.example:443" }, "api_token", "right", say, "denied", noSuchForwarded},
		{"too long", func(_ *bench, a *ask) { a.body = strings.Repeat("x", maxBody+1) }, "api_token", "no XML", "", "denied", tooLongBody},
	}
}

func factsOfSOAP() []fact {
	const say = "ValidateUser"
	refused := func(name string, change func(*bench, *ask), soap, operation string, because reason) fact {
		return fact{name, change, "api_token", soap, operation, "denied", because}
	}
	return []fact{
		{"the WSDL", func(_ *bench, a *ask) { a.method, a.target, a.body = "GET", service+"?wsdl", "" }, "api_token", "none", "", "accepted", none},
		refused("a GET", func(_ *bench, a *ask) { a.method, a.body = "GET", "" }, "none", "", wrongMethod),
		refused("another path", func(_ *bench, a *ask) { a.target = "/" }, "right", say, noSuchService),
		refused("no body", func(_ *bench, a *ask) { a.body = "" }, "no XML", "", badXML),
		refused("a bare ampersand", in("<ScannerNumber>", "<ScannerNumber>&"), "no XML", "", badXML),
		refused("no envelope", func(_ *bench, a *ask) { a.body = "<a/>" }, "no SOAP envelope", "", noEnvelope),
		refused("SOAP 1.2", in(envelopeNS, envelope12NS), "not SOAP 1.1", "", wrongVersion),
		refused("another type", func(_ *bench, a *ask) { a.set("Content-Type", "application/xml") }, "not text/xml", say, wrongType),
		refused("no action", func(_ *bench, a *ask) { a.drop("SOAPAction") }, "wrong SOAPAction", say, wrongAction),
		refused("another operation", in("<ValidateUser", "<GetPrices"), "wrong SOAPAction", "GetPrices", wrongAction),
		refused("not understood", in("<soap:Header>", `<soap:Header><x soap:mustUnderstand="1"/>`), "header not understood", say, notUnderstood),
		refused("no token", func(_ *bench, a *ask) { a.body = soapXML("", operationXML) }, "no Retail3000AuthenticateToken", say, noSOAPHeader),
		refused("no namespace", in(tokenElement+` xmlns="`+serviceNS+`"`, tokenElement), "no Retail3000AuthenticateToken", say, noSOAPHeader),
		refused("no user", field("Username", "none"), "Username missing", say, missingField),
		refused("an empty password", field("Password", ""), "Password empty", say, missingField),
		refused("two companies", in("<CompanyNumber>", "<CompanyNumber>1</CompanyNumber><CompanyNumber>"), "CompanyNumber twice", say, missingField),
		refused("a wrong store", field("StoreNumber", "x"), "StoreNumber wrong", say, wrongUser),
	}
}

// What a request shows of its caller, and what becomes of it, in the forms that refusals can have.
func TestFacts(t *testing.T) {
	for _, asResult := range []bool{false, true} {
		for _, c := range slices.Concat(factsOfTokens(), factsOfSOAP()) {
			s := &stage{}
			b := newBench(t, targets.MockOptions{Stage: s})
			b.m.vary.missingAsResult, b.m.vary.refusalAsResult = asResult, asResult
			a := b.good()
			c.change(b, a)
			g := b.do(a)
			is := s.only(t)
			if is.Facts["token"] != c.token || is.Facts["soap"] != c.soap || is.Facts["operation"] != c.operation || is.Facts["elsewhere"] != "" {
				t.Errorf("%s: %v", c.name, is.Facts)
			}
			if is.Outcome != c.outcome || is.Reason != string(c.reason) || is.Status != g.status || is.Cued {
				t.Errorf("%s: %s %d %q, and the caller got %s", c.name, is.Outcome, is.Status, is.Reason, g)
			}
			if good := c.outcome == "accepted"; (is.Why == "") != good {
				t.Errorf("%s is explained as %q", c.name, is.Why)
			}
		}
	}
}

// A call that never reaches Retail3000 is judged by its body all the same.
func TestFactsOfCallsWithoutToken(t *testing.T) {
	for _, c := range factsOfSOAP() {
		s := &stage{}
		b := newBench(t, targets.MockOptions{Stage: s})
		a := b.good()
		c.change(b, a)
		b.do(a.drop("ApiToken"))
		if is := s.only(t); is.Facts["token"] != "none" || is.Facts["soap"] != c.soap || is.Facts["operation"] != c.operation ||
			is.Outcome != "silence" || is.Status != 0 {
			t.Errorf("%s: %s, %v", c.name, is.Outcome, is.Facts)
		}
	}
}

// Each explanation comes from the one who denied, and none shows a secret: nor does the request that would have been right.
func TestTheStageIsToldWhatIsWrong(t *testing.T) {
	for _, c := range slices.Concat(mistakesOfPlace(), mistakesOfToken(), mistakesOfSOAP()) {
		s := &stage{}
		b := newBench(t, targets.MockOptions{Stage: s})
		a := b.good()
		c.change(b, a)
		b.do(a)
		is := s.only(t)
		if !strings.Contains(is.Why, c.want) {
			t.Errorf("%s is explained as %q, want %q", c.name, is.Why, c.want)
		}
		text := fmt.Sprint(is.Reason, is.Why, is.Right, is.Facts)
		if masked := wire.NewMask(b.c).Text(text); masked != text {
			t.Errorf("%s: a secret in %s", c.name, masked)
		}
	}
}

func TestTheRequestThatWouldHaveBeenRight(t *testing.T) {
	head := "POST " + service + " HTTP/1.1\nApiToken: <api_token>\nContent-Type: text/xml; charset=utf-8\nSOAPAction: \"" + serviceNS + "/ValidateUser\"\n"
	envelope := "\n" + rightEnvelope("ValidateUser")
	if !strings.Contains(envelope, "<"+tokenElement+` xmlns="`+serviceNS+`">`) || !strings.Contains(envelope, "<Password><password></Password>") {
		t.Error(envelope)
	}
	for _, c := range []struct {
		name   string
		change func(b *bench, a *ask)
		want   string
	}{
		{"accepted", func(*bench, *ask) {}, ""},
		{"no token", func(_ *bench, a *ask) { a.drop("ApiToken") }, head},
		{"an empty token", token(func(string) string { return "" }), head},
		{"another path", func(_ *bench, a *ask) { a.target = "/" }, head},
		{"a wrong password", field("Password", "x"), head + envelope},
		{"no XML", func(_ *bench, a *ask) { a.body = "{}" }, head + envelope},
		{"both doors", func(b *bench, a *ask) { a.drop("ApiToken").body = soapXML("", operationXML) }, head + envelope},
		{"a broken head", func(b *bench, a *ask) { a.drop("Host") }, head},
		{"a disabled token", func(b *bench, a *ask) { a.set("ApiToken", b.c["disabled_api_token"]) }, ""},
		{"another token", func(b *bench, a *ask) { a.set("ApiToken", b.c["other_api_token"]).drop("SOAPAction") },
			strings.Replace(head, "<api_token>", "<other_api_token>", 1) + envelope},
		{"another operation", func(b *bench, a *ask) { a.body = strings.ReplaceAll(a.body, "ValidateUser", "GetServerTime") },
			strings.Replace(head, "ValidateUser", "GetServerTime", 1) + "\n" + rightEnvelope("GetServerTime")},
	} {
		s := &stage{}
		b := newBench(t, targets.MockOptions{Stage: s})
		a := b.good()
		c.change(b, a)
		b.do(a)
		if is := s.only(t); is.Right != c.want {
			t.Errorf("%s: %s", c.name, is.Right)
		}
	}
	s := &stage{}
	b := newBench(t, targets.MockOptions{Stage: s})
	b.doFrom("127.0.0.2", b.good())
	if is := s.only(t); is.Right != "" || is.Reason != string(addressDenied) || !strings.HasPrefix(is.Conn, "127.0.0.2:") {
		t.Errorf("from another address: %+v", is)
	}
}

// What is no HTTP arrives with what could be read of it.
func TestBrokenHTTPArrives(t *testing.T) {
	for _, c := range []struct{ text, method, uri, header, body string }{
		{"\x16\x03\x01\x02\x00\x01\x00", "", "", "", "\x16\x03\x01\x02\x00\x01\x00"},
		{"nonsense\r\n\r\n", "", "", "", "nonsense\r\n\r\n"},
		{"GET /a?b HTTP/x\r\nX-A: 1\r\n\r\n", "GET", "/a?b", "1", "GET /a?b HTTP/x\r\nX-A: 1\r\n\r\n"},
		{"GET /a?b HTTP/1.1\r\nX-A: 1\r\n", "GET", "/a?b", "1", "GET /a?b HTTP/1.1\r\nX-A: 1\r\n"}, // and goes
		{"GET /a?b HTTP/1.1\r\nX-A: 1\r\n\r\n", "GET", "/a?b", "1", ""},                            // it has no Host
		{"POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nContent-Length: 9\r\n\r\nhalf", "POST", "/a?b", "1", "half"},
	} {
		for _, reply := range []*targets.CuedReply{nil, {Status: 400}} {
			s := &stage{cue: always(targets.Cue{Reply: reply})}
			b := newBench(t, targets.MockOptions{Stage: s})
			l := b.dial("")
			l.send([]byte(c.text))
			_ = l.Conn.(*net.TCPConn).CloseWrite()
			if end, text := l.drain(); end != "closed" || (text != "") != (reply != nil) {
				t.Errorf("%q: %s with %q", c.text, end, text)
			}
			is := s.only(t)
			if is.Method != c.method || is.URI != c.uri || is.Header.Get("X-A") != c.header || string(is.Body) != c.body {
				t.Errorf("%q: %+v", c.text, is)
			}
			if is.Facts["token"] != "none" || is.Cued != (reply != nil) || reply == nil && !strings.Contains(is.Why, "broken") {
				t.Errorf("%q: %+v", c.text, is)
			}
		}
	}
	s := &stage{}
	b := newBench(t, targets.MockOptions{Stage: s})
	_ = b.dial("").Close() // nothing was asked
	b.do(b.good().drop("Host"))
	if is := s.only(t); is.Outcome != "denied" || is.Reason != string(malformed) || is.Facts["token"] != "api_token" || is.Status != 400 {
		t.Errorf("%+v", is)
	}
}

// A call that was forwarded to nobody is no success.
func TestRetail3000IsNotReached(t *testing.T) {
	s := &stage{}
	m := New(targets.MockOptions{Stage: s, Clock: targets.NewManual(start)})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	g := openGateway(m, listener, nil, gone.Addr().String())
	defer g.Close()
	b := &bench{t, m, &targets.Mock{URL: "http://" + listener.Addr().String() + base}, m.Credentials()}
	if got := b.do(b.good()); got.status != 502 {
		t.Error(got)
	}
	if is := s.only(t); is.Outcome != "denied" || is.Status != 502 || is.Reason != string(notReached) || is.Right != "" {
		t.Errorf("%+v", is)
	}
}
