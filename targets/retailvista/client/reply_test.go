package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authbench/authbench/targets/retailvista/client"
)

// do makes a call to which a server answers once.
func do(t *testing.T, status int, contentType, body string) (client.Answer, error) {
	t.Helper()
	var count atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer s.Close()
	cl, p := newClient(t, s.URL)
	answer, err := cl.Do(t.Context(), validate)
	if n := count.Load(); n != 1 || len(p.list) > 0 {
		t.Errorf("%d %.40s: sent %d times", status, body, n)
	}
	if err != nil && answer != (client.Answer{}) {
		t.Errorf("%d %.40s: %+v beside error %v", status, body, answer, err)
	}
	return answer, err
}

const page = `<!DOCTYPE html><html><head><title>403 Forbidden</title><STYLE>p > a {x: "<"}</STYLE></head>
<body><!-- <p>secret</p> --><script src="x">if (a < b) alert("x")</script >
<h1>Access&nbsp;denied</h1><p class='a'>The API token is
	<b>disabled</b> &amp; cannot be used.</p></body></html>`

// RTVC-06: the reason reaches the user, in whatever form it comes; RTVC-05: a denial is not tried again.
func TestDenials(t *testing.T) {
	for _, c := range []struct {
		status            int
		contentType, body string
		reason            string
	}{
		{401, "text/plain", "ApiToken is empty", "ApiToken is empty"},
		{403, "text/plain; charset=utf-8", " \uFEFF\tThe token\r\n is\x00 disabled \u202E\x1b[31m", "The token is disabled [31m"},
		{403, "text/plain", "5 < 6", "5 < 6"},
		{403, "text/html", page, "Access denied The API token is disabled & cannot be used."},
		{403, "text/html", "Denied<br>by the gateway", "Denied by the gateway"},
		{403, "text/html", "<html><head><title>Token disabled</title></head><body></body></html>", "Token disabled"},
		{403, "text/html", "<p>Denied</p><script>never closed", "Denied"},
		{403, "text/html", "<p>Denied</p><b never closed", "Denied"},
		{403, "application/xml", "<Error><Code>7</Code><Message>token unknown</Message></Error>", "7 token unknown"},
		{403, "application/json", `{"code":403,"Message":"token unknown","message":""}`, "token unknown"},
		{403, "application/json", `{"error":"invalid_token","error_description":"it has expired"}`, "it has expired"},
		{403, "application/json", `{"error":{"code":1,"message":"token \u003cunknown\u003e"}}`, "token <unknown>"},
		{400, "application/problem+json", `{"type":"about:blank","title":"Bad","detail":"no GUID"}`, "no GUID"},
		{400, "application/json", `{"errors":["no GUID",{"message":"empty"},null,7]}`, "no GUID; empty"},
		{400, "application/json", `"no GUID"`, "no GUID"},
		{400, "application/json", `{"code": 17}`, `{"code": 17}`},
		{400, "application/json", `{"message":"cut`, `{"message":"cut`},
		{400, "application/json", strings.Repeat("[", 100000), strings.Repeat("[", 300)},
		{403, "text/xml", fault("soap:Client", "token &lt;unknown&gt;"), "token <unknown>"},
		{403, "text/xml", fault("soap:Client", ""), "Client"},
		{403, "text/xml", result("ValidateUser", "LoginSuccessful"), "LoginSuccessful"}, // a denial all the same
		{429, "text/plain", "", ""},
		{403, "text/plain", " \r\n", ""},
		{403, "text/plain", strings.Repeat("ä", 1000), strings.Repeat("ä", 150)},
		{403, "text/plain", "no" + strings.Repeat(" ", 2<<20) + "end", "no"},
		{403, "text/plain", "caf\xe9", "caf"},
	} {
		_, err := do(t, c.status, c.contentType, c.body)
		var denied *client.DeniedError
		if !errors.As(err, &denied) || *denied != (client.DeniedError{Operation: "ValidateUser", Status: c.status, Reason: c.reason}) {
			t.Errorf("%d %.60q: %#v (%v), want reason %q", c.status, c.body, denied, err, c.reason)
			continue
		}
		want := fmt.Sprintf("retailvista: ValidateUser was denied with status %d: %s", c.status, c.reason)
		if c.reason == "" {
			want = fmt.Sprintf("retailvista: ValidateUser was denied with status %d and no reason", c.status)
		}
		if err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// The reason may be in the status line, and a reply that breaks off has told its reason before.
func TestDenialsByteForByte(t *testing.T) {
	for _, c := range []struct{ reply, reason string }{
		{"HTTP/1.1 403 The ApiToken is disabled\r\nContent-Length: 0\r\n\r\n", "The ApiToken is disabled"},
		{"HTTP/1.1 403 The ApiToken is disabled\r\n\r\nIt was disabled", "It was disabled"},
		{"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ""},
		{"HTTP/1.1 403\r\nContent-Length: 0\r\n\r\n", ""},
		{"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\ntoken disabled", "token disabled"},
		{"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nyou sent 47ddedc5-6967", "you sent"},
		{"HTTP/1.1 403 Forbidden\r\nContent-Length: 22\r\n\r\nyou sent 47ddedc5-6967", "you sent 47ddedc5-6967"},
	} {
		g := newGateway(t, always(says(c.reply, closes)))
		cl, _ := newClient(t, g.URL)
		_, err := cl.Do(t.Context(), validate)
		var denied *client.DeniedError
		if !errors.As(err, &denied) || denied.Reason != c.reason || len(g.requests()) != 1 {
			t.Errorf("%q: error %v, want reason %q", c.reply, err, c.reason)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		status     int
		code, text string
		want       client.FaultError
		says       string
	}{
		{500, "soap:Client", "wrong password", client.FaultError{Code: "Client", Text: "wrong password"}, `by a fault with code "Client": wrong password`},
		{200, "Server", "\n at X.y()\n at Z.w()\n", client.FaultError{Code: "Server", Text: "at X.y() at Z.w()"}, `"Server": at X.y() at Z.w()`},
		{503, "", "", client.FaultError{}, `by a fault with code "" and no text`},
	} {
		_, err := do(t, c.status, "text/xml", fault(c.code, c.text))
		c.want.Operation, c.want.Status = "ValidateUser", c.status
		var got *client.FaultError
		if !errors.As(err, &got) || *got != c.want || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%#v (%v), want %#v", got, err, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		text   string
		good   bool
	}{
		{200, "LoginSuccessful", true}, {202, "LoginSuccessful", true}, {200, "LoginFailed", false}, {200, "", false},
	} {
		answer, err := do(t, c.status, "text/xml", result("ValidateUser", c.text))
		if err != nil || answer != (client.Answer{Operation: "ValidateUser", Result: c.text}) || answer.LoginSuccessful() != c.good {
			t.Errorf("%+v, error %v", answer, err)
		}
	}
}

// What is no answer, no fault and no denial is never a success.
func TestReplies(t *testing.T) {
	good := result("ValidateUser", "LoginSuccessful")
	for _, c := range []struct {
		status            int
		contentType, body string
		want, reason      string
	}{
		{200, "text/plain", "", "with status 200 that is no answer of SOAP 1.1: it has no element", ""},
		{200, "text/plain", "ApiToken is invalid", "it has text where that is not allowed", "ApiToken is invalid"},
		{200, "text/html", page, "it has a document type", "Access denied The API token is disabled & cannot be used."},
		{200, "application/json", `{"message":"no"}`, `it says "no"`, "no"},
		{204, "", "", "with status 204 that is no answer", ""},
		{502, "text/html", "<h1>Bad Gateway</h1>", "with status 502 that is no answer", "Bad Gateway"},
		{500, "text/xml", good, "is an answer, but not with a status of success", "LoginSuccessful"},
		{307, "text/xml", good, "with status 307 that is a redirect, which is not followed", "LoginSuccessful"},
		{302, "text/html", "", "with status 302 that is a redirect", ""},
		{200, "text/xml", result("Logout", "LoginSuccessful"), "answers another operation", "LoginSuccessful"},
		{200, "text/xml", strings.ReplaceAll(good, client.DefaultNamespace, "urn:x"), "or one in another namespace", "LoginSuccessful"},
		{200, "text/xml", good + good, "second root", "LoginSuccessful LoginSuccessful"},
		{200, "text/xml", strings.ReplaceAll(good, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"), "its root element is", "LoginSuccessful"},
		{200, "text/xml", bomb + good, "document type", "]> LoginSuccessful"},
		{200, "text/xml", good + strings.Repeat(" ", 1<<20), "is longer than 1048576 bytes", "LoginSuccessful"},
		{200, "text/xml", "<" + apiToken + ">", `invalid XML name: ***`, ""},
	} {
		_, err := do(t, c.status, c.contentType, c.body)
		var reply *client.ReplyError
		if !errors.As(err, &reply) || reply.Status != c.status || reply.Err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 800 {
			t.Errorf("%d %.40s: error %v, want %q", c.status, c.body, err, c.want)
			continue
		}
		if reply.Reason != c.reason || strings.Contains(err.Error(), apiToken) {
			t.Errorf("%d %.40s: reason %q, want %q", c.status, c.body, reply.Reason, c.reason)
		}
	}
}
