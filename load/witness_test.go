package load

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
)

func TestWitnessShowsNoSecret(t *testing.T) {
	m := credentialMasker(targets.Credentials{"private_key": "top/secret key", "empty": ""})
	req := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/a/top%2Fsecret%20key/b?hash=0123456789abcdef&public=p&top%2Fsecret+key&x=&hash=again", nil)
	req.Header.Set("Authorization", "Bearer derived-token")
	req.Header.Set("Cookie", "session=derived-cookie; lang=pt")
	req.Host = "127.0.0.1:8080"
	resp := &http.Response{
		Proto: "HTTP/1.1", Status: "403 No top/secret key", StatusCode: 403,
		Header: http.Header{"Content-Type": {"text/plain"}, "Set-Cookie": {"session=abc"}},
	}
	body := "bad hash 0123456789abcdef of top%2Fsecret+key for derived-token and derived-cookie"
	x := m.witness(req, resp, nil, &reply{data: []byte(body)})
	wantRequest := "GET /a/***/b?hash=***&public=***&***&x=***&hash=*** HTTP/1.1\nHost: 127.0.0.1:8080\nAuthorization: ***\nCookie: ***\n"
	if x.Request != wantRequest {
		t.Errorf("request\n%s\nwant\n%s", x.Request, wantRequest)
	}
	wantResponse := "HTTP/1.1 403 No ***\nContent-Type: text/plain\n\nbad hash *** of *** for *** and ***"
	if x.Response != wantResponse {
		t.Errorf("response\n%s\nwant\n%s", x.Response, wantResponse)
	}
}

func TestWitnessWithoutAReply(t *testing.T) {
	m := credentialMasker(targets.Credentials{"private_key": "secret-key"})
	req := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/a?b=secret-key", nil)
	x := m.witness(req, nil, &failure{kindClosed, errors.New("EOF\nof secret-key")}, &reply{})
	if x.Response != "no complete reply: closed: EOF of ***" {
		t.Errorf("response %q", x.Response)
	}
}

func TestExcerptMasksSecretsAtItsEdges(t *testing.T) {
	m := newMasker("SECRET-LONGER", "SECRET")
	for _, c := range []struct {
		name, text string
		n          int
		partial    bool
		want       string
	}{
		{"whole", "a SECRET b", 100, false, "a *** b"},
		{"the longest wins", "SECRET-LONGER", 100, false, "***"},
		{"twice", "SECRETSECRET", 100, false, "******"},
		{"over the end", "abcSECRETdef", 5, false, "abc***"},
		{"cut by the reading", "abcSECR", 100, true, "abc***"},
		{"a whole text that ends alike", "abcSECR", 100, false, "abcSECR"},
		{"bounded", strings.Repeat("x ", 150), 200, true, strings.Repeat("x ", 100)},
		{"a hash that nobody told us", "want 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08!", 100, false, "want ***!"},
		{"a token that nobody told us", `{"xa-token": "short-one", "a": 1}`, 100, false, `{***, "a": 1}`},
	} {
		if got := m.excerpt(c.text, c.n, c.partial); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
