package client_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/retailvista/client"
)

// RTVC-01, RTVC-02, RTVC-03, RTVC-07: what goes over the wire, to the byte. The expected text is written by hand.
func TestRequestByteForByte(t *testing.T) {
	g := newGateway(t, always(says(result("ValidateUser", "LoginSuccessful"), keeps)))
	cl, _ := newClient(t, g.URL+"/")
	for range 2 {
		if answer, err := cl.Do(t.Context(), validate); err != nil || !answer.LoginSuccessful() {
			t.Fatalf("%+v, error %v", answer, err)
		}
	}
	want := strings.ReplaceAll(`POST /grs/securitycomponents.asmx HTTP/1.1
Host: `+strings.TrimSuffix(strings.TrimPrefix(g.URL, "http://"), "/grs")+`
User-Agent: Go-http-client/1.1
Content-Length: 645
ApiToken: 47ddedc5-6967-4da0-a849-1b441286f665
Content-Type: text/xml; charset=utf-8
SOAPAction: "http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents/ValidateUser"
Accept-Encoding: gzip

`, "\n", "\r\n") + `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
		`<Retail3000AuthenticateToken xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents">` +
		`<Username>ana-marked</Username><Password>&amp; &lt; &gt; &#39; &#34; é ]]&gt;</Password><CompanyNumber>12</CompanyNumber>` +
		`<StoreNumber>3</StoreNumber><ScannerNumber></ScannerNumber><MobileDeviceNumber></MobileDeviceNumber>` +
		`</Retail3000AuthenticateToken></soap:Header><soap:Body>` +
		`<ValidateUser xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"></ValidateUser>` +
		`</soap:Body></soap:Envelope>`
	requests := g.requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests", len(requests))
	}
	for _, got := range requests {
		if got != want {
			t.Errorf("sent\n%s\nwant\n%s", got, want)
		}
	}
}

// The path, the namespace and the token may be others; a call's token goes before the client's.
func TestOtherServices(t *testing.T) {
	for _, c := range []struct{ path, line string }{
		{"", "POST /g%2Frs/securitycomponents.asmx HTTP/1.1"},
		{"/a b?c#d%e.asmx", "POST /g%2Frs/a%20b%3Fc%23d%25e.asmx HTTP/1.1"},
	} {
		g := newGateway(t, always(says(`<s:Envelope `+soap11+`><s:Body><GetResponse xmlns="urn:x"/></s:Body></s:Envelope>`, keeps)))
		cl, _ := newClient(t, strings.TrimSuffix(g.URL, "/grs")+"/g%2Frs/")
		cl.Path = c.path
		own := rightToken
		own.Username = "rui"
		answer, err := cl.Do(t.Context(), client.Call{Namespace: "urn:x", Operation: "Get", Token: &own})
		if err != nil || answer != (client.Answer{Operation: "Get"}) || answer.LoginSuccessful() {
			t.Errorf("%+v, error %v", answer, err)
		}
		request := g.requests()[0]
		for _, want := range []string{c.line + "\r\n", "SOAPAction: \"urn:x/Get\"\r\n", "<Username>rui<", `<Get xmlns="urn:x">`} {
			if !strings.Contains(request, want) {
				t.Errorf("%s\nlacks %s", request, want)
			}
		}
	}
}

func TestDoRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*client.Client, *client.Call)
		want   string
	}{
		{func(c *client.Client, _ *client.Call) { c.URL = "" }, "use http:// or https://"},
		{func(c *client.Client, _ *client.Call) { c.URL = "ftp://h/" }, "use http:// or https://"},
		{func(c *client.Client, _ *client.Call) { c.URL = "http:h" }, "use http:// or https://"},
		{func(c *client.Client, _ *client.Call) { c.URL = "http://u:marked@h/%zz" }, "cannot be read"},
		{func(c *client.Client, _ *client.Call) { c.URL = "http://u:marked@h/" }, "has a user, a query"},
		{func(c *client.Client, _ *client.Call) { c.URL = "http://h/?ApiToken=marked" }, "has a user, a query"},
		{func(c *client.Client, _ *client.Call) { c.URL = "http://h/#marked" }, "has a user, a query"},
		{func(c *client.Client, _ *client.Call) { c.Path = "a.asmx" }, `the path is "a.asmx": begin it with a slash`},
		{func(c *client.Client, _ *client.Call) { c.APIToken = "" }, "there is no API token"},
		{func(c *client.Client, _ *client.Call) { c.APIToken = " " }, "no header can carry"},
		{func(c *client.Client, _ *client.Call) { c.APIToken = "marked\r\nX: y" }, "no header can carry"},
		{func(c *client.Client, _ *client.Call) { c.APIToken = "markedé" }, "no header can carry"},
		{func(c *client.Client, _ *client.Call) { c.Token.Username = "" }, "the token is incomplete"},
		{func(c *client.Client, _ *client.Call) { c.Token.Password = "" }, "the token is incomplete"},
		{func(c *client.Client, _ *client.Call) { c.Token.CompanyNumber = "" }, "the token is incomplete"},
		{func(c *client.Client, _ *client.Call) { c.Token.StoreNumber = "" }, "the token is incomplete"},
		{func(_ *client.Client, c *client.Call) { c.Token = &client.AuthenticateToken{} }, "the token is incomplete"},
		{func(c *client.Client, _ *client.Call) { c.Token.Password = "marked\x00" }, "Password has a character that XML cannot carry"},
		{func(_ *client.Client, c *client.Call) { c.Operation = "" }, "no XML name"},
		{func(_ *client.Client, c *client.Call) { c.Operation = "Größe" }, "no header SOAPAction can carry"},
		{func(_ *client.Client, c *client.Call) { c.Namespace = "urn:\"\r\nApiToken: x" }, "no header SOAPAction can carry"},
		{func(_ *client.Client, c *client.Call) { c.Namespace = `urn:"x` }, "no header SOAPAction can carry"},
		{func(_ *client.Client, c *client.Call) { c.Namespace = `urn:\x` }, "no header SOAPAction can carry"},
		{func(c *client.Client, _ *client.Call) { c.Timeout = -1 }, "above zero, and of 30s at most"},
		{func(c *client.Client, _ *client.Call) { c.Timeout = client.MaxTimeout + 1 }, "above zero, and of 30s at most"},
		{func(c *client.Client, _ *client.Call) { c.Tries = -1 }, "use Tries from 1 to 3"},
		{func(c *client.Client, _ *client.Call) { c.Tries = 4 }, "use Tries from 1 to 3"},
		{func(c *client.Client, _ *client.Call) { c.Pause = -1 }, "use a Pause above zero"},
		{func(c *client.Client, _ *client.Call) { c.Pause = time.Hour }, "use a Pause above zero"},
	} {
		cl := &client.Client{URL: "http://h/grs", APIToken: "marked", Token: rightToken, HTTP: trip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s: sent to %s", c.want, r.URL)
			return nil, errors.New("sent")
		})}
		call := validate
		c.change(cl, &call)
		answer, err := cl.Do(t.Context(), call)
		if err == nil || !strings.HasPrefix(err.Error(), "retailvista: ") || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "marked") || answer != (client.Answer{}) {
			t.Errorf("%+v, error %v; want %q and no secret", answer, err, c.want)
		}
	}
}

// RTVC-03: whoever a redirect leads to does not get the token.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(http.RedirectHandler(other.URL, status))
		cl, p := newClient(t, s.URL)
		var reply *client.ReplyError
		if _, err := cl.Do(t.Context(), validate); !errors.As(err, &reply) || reply.Status != status || len(p.list) > 0 {
			t.Errorf("error %v, want a ReplyError with status %d", err, status)
		}
		s.Close()
	}
}

// Retail3000 as far as these tests need it: the password has to be the user name's reverse.
func retail3000(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Header struct {
			Token struct {
				Username, Password string
			} `xml:"http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents Retail3000AuthenticateToken"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&sent); err != nil || len(r.Header.Values("ApiToken")) != 1 || r.Header.Get("ApiToken") != apiToken {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	verdict := "LoginFailed"
	if token := sent.Header.Token; token.Username != "" && token.Password == backwards(token.Username) {
		verdict = "LoginSuccessful"
	}
	io.WriteString(w, result("ValidateUser", verdict))
}

func backwards(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func TestManyCallsAtOnce(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(retail3000))
	defer s.Close()
	cl, _ := newClient(t, s.URL)
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			own := client.AuthenticateToken{Username: fmt.Sprintf("<user&%d", i), CompanyNumber: "1", StoreNumber: "2"}
			own.Password = backwards(own.Username)
			if i%3 == 0 {
				own.Password += "x"
			}
			answer, err := cl.Do(t.Context(), client.Call{Operation: "ValidateUser", Token: &own})
			if err != nil || answer.LoginSuccessful() != (i%3 != 0) {
				t.Errorf("user %d: %+v, error %v", i, answer, err)
			}
		})
	}
	all.Wait()
}

// A server that repeats what it was sent, in whatever way, does not get it into an error.
func TestErrorsMaskWhatTheServerRepeats(t *testing.T) {
	token := client.AuthenticateToken{Username: "marked-user", Password: "marked-user \"pass\t\u200bword\" <&' é", CompanyNumber: "marked-company",
		StoreNumber: "3", ScannerNumber: "marked-scanner", MobileDeviceNumber: "marked-device"}
	call := client.Call{Operation: "ValidateUser", Token: &token, Fields: []client.Field{{Name: "NewPassword", Value: "marked-new"}}}
	guid := "ABCDEF12-6967-4DA0-A849-1B441286F665"
	for _, secret := range []string{guid, strings.ToLower(guid), strings.ReplaceAll(guid, "-", ""), "{" + guid + "}", token.Username,
		token.Password, token.CompanyNumber, token.ScannerNumber, token.MobileDeviceNumber, call.Fields[0].Value} {
		quoted, err := json.Marshal(map[string]string{"message": "you sent " + secret + "!"})
		if err != nil {
			t.Fatal(err)
		}
		var escaped strings.Builder
		if err := xml.EscapeText(&escaped, []byte(secret)); err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{"you sent " + secret + "!", string(quoted), "<p>you sent " + secret + "!</p>",
			"<p>you sent " + html.EscapeString(secret) + "!</p>", "<p>you sent " + escaped.String() + "!</p>",
			"you sent " + html.EscapeString(secret) + "!", "you sent " + escaped.String() + "!", "you sent " + string(quoted[len(`{"message":"`):]),
			"you sent " + url.QueryEscape(secret) + "!", "you sent " + url.PathEscape(secret) + "!",
			strings.Repeat("x", 280) + " you sent " + secret, // the cut would leave a piece of it
			fault("s:x", strings.Repeat("x", 280)+" you sent "+escaped.String()),
			fault("s:"+escaped.String(), "you sent "+escaped.String()+"!")} {
			for _, status := range []int{200, 302, 403, 500} {
				cl, _ := newClient(t, "http://retailvista.example")
				cl.APIToken, cl.HTTP = guid, replies(status, "", body)
				_, err := cl.Do(t.Context(), call)
				if err == nil {
					t.Fatal("no error")
				}
				text := fmt.Sprintf("%v %+v %#v", err, err, err)
				if low := strings.ToLower(text); strings.Contains(low, "marked") || strings.Contains(low, "abcdef") || strings.Contains(low, "word") {
					t.Errorf("%d %q: %s", status, body, text)
				}
				if !strings.Contains(body, "xxx") && !strings.Contains(err.Error(), "you sent ") {
					t.Errorf("%d %q: the reason is lost: %s", status, body, text)
				}
			}
		}
	}
}

// What is short is found in any text: a store's number is left alone, a password is not.
func TestMaskLeavesWordsAlone(t *testing.T) {
	cl, _ := newClient(t, "http://retailvista.example")
	cl.Token.Username, cl.Token.Password, cl.HTTP = "ana", "abc", replies(403, "", "store 3 of company 12: user ana, code abc")
	var denied *client.DeniedError
	if _, err := cl.Do(t.Context(), validate); !errors.As(err, &denied) || denied.Reason != "store 3 of company 12: user ana, code ***" {
		t.Errorf("error %v", err)
	}
}

func TestClientsNeverPrintTheirSecrets(t *testing.T) {
	cl := client.Client{URL: "http://h", APIToken: "marked", Token: client.AuthenticateToken{Password: "marked"}, HTTP: &http.Transport{}}
	tr := client.Transport{APIToken: "marked", URL: "http://h", Base: &http.Transport{}}
	for _, v := range []any{cl, &cl, tr, &tr, []any{cl, tr}, struct{ C, T any }{&cl, &tr}, http.RoundTripper(&tr)} {
		hides(t, v)
	}
}
