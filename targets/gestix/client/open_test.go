package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/targets/gestix/client"
)

func TestNewSessionRefuses(t *testing.T) {
	good, key := "https://gestix.example"+account, client.Credentials{APIToken: "t"}
	for _, c := range []struct {
		base string
		key  client.Credentials
		opt  client.Options
		want string
	}{
		{"gestix.example", key, client.Options{}, "use http:// or https://"},
		{"ftp://gestix.example/", key, client.Options{}, "use http:// or https://"},
		{"http://:80/", key, client.Options{}, "use http:// or https://"},
		{"https://ana:marked@h/%zz", key, client.Options{}, "cannot be read"},
		{"https://ana:marked@gestix.example/api", key, client.Options{}, "has a user"},
		{good + "?x=marked", key, client.Options{}, "a query"},
		{good, client.Credentials{}, client.Options{}, "incomplete"},
		{good, client.Credentials{Username: "marked"}, client.Options{}, "incomplete"},
		{good, client.Credentials{APIToken: "t", Password: "marked"}, client.Options{}, "of both kinds"},
		{good, client.Credentials{APIToken: "marked\r\nX: y"}, client.Options{}, "no header can carry"},
		{good, key, client.Options{Renewal: "lazy"}, `"lazy" is no way to renew`},
		{good, key, client.Options{Renewal: client.Proactive}, "needs the lifetime"},
		{good, key, client.Options{Fraction: 1}, "a fraction between 0 and 1"},
		{good, key, client.Options{OpenTimeout: -1}, "above zero"},
	} {
		_, err := client.NewSession(c.base, c.key, c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "marked") {
			t.Errorf("%s: error %v, want %q and no credentials", c.base, err, c.want)
		}
	}
	for _, r := range client.Renewals() {
		if _, err := client.NewSession(good, key, client.Options{Renewal: r, Lifetime: time.Minute}); err != nil {
			t.Error(err)
		}
	}
}

// Every reply that opens no session is an OpenError that says why, and shows no credentials where the server repeats them.
func TestOpeningFails(t *testing.T) {
	key := client.Credentials{Username: "ana", Password: "ana &secret"}
	for _, c := range []struct {
		status           int
		body             string
		code, text, want string
	}{
		{403, `{"code":"AUTH_FAILED","message":"no","timestamp":"2026-01-01T00:00:00Z"}`, "AUTH_FAILED", "no",
			`gestix: POST /auth was answered by 403 with code "AUTH_FAILED" and message "no"`},
		{400, `{"code":7,"message":"\"ana &secret\", ana%20%26secret, ana+%26secret: ana?"}`, "", `"***", ***, ***: ***?`, "answered by 400 and message"},
		{302, ``, "", "", "answered by 302"},
		{201, `{"xa-token":"t"}`, "", "", "answered by 201"},
		{500, `{"code":"` + strings.Repeat("x", 1000), "", "", "answered by 500"},
		{503, `{"message":"` + strings.Repeat("ä", 1000) + `"}`, "", strings.Repeat("ä", 150), "answered by 503"},
		{200, ``, "", "", "answered by 200, but its body is no JSON object"},
		{200, `["xa-token"]`, "", "", "is no JSON object"},
		{200, `{"xa-token":"t"} and more`, "", "", "is no JSON object"},
		{200, `{"XA-Token":"t"}`, "", "", "no xa-token"},
		{200, `{"xa-token":""}`, "", "", "no xa-token"},
		{200, `{"xa-token":null}`, "", "", "no xa-token"},
		{200, `{"xa-token":12}`, "", "", "no xa-token"},
		{200, `{"xa-token":"a b"}`, "", "", "no header can carry"},
		{200, `{"xa-token":"` + strings.Repeat("t", 64<<10) + `"}`, "", "", "longer than 65536 bytes"},
	} {
		base := trip(func(*http.Request) (*http.Response, error) { return reply(c.status, c.body), nil })
		_, err := tokenBy(t, key, base)
		var oe *client.OpenError
		if !errors.As(err, &oe) {
			t.Errorf("%d %.40s: error %v, want an OpenError", c.status, c.body, err)
			continue
		}
		if oe.Call != "POST /auth" || oe.Status != c.status || oe.Code != c.code || oe.Message != c.text || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d %.40s: %+v, want code %q, message %q and %q", c.status, c.body, *oe, c.code, c.text, c.want)
		}
	}
}

func tokenBy(t *testing.T, key client.Credentials, base http.RoundTripper) (client.Token, error) {
	t.Helper()
	s, err := client.NewSession("http://gestix.example"+account, key, client.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	return s.Token(t.Context())
}

func TestOpeningFailsOnTheWay(t *testing.T) {
	lost := errors.New("lost")
	for _, c := range []struct {
		err  error
		want string
	}{
		{lost, "gestix: POST /auth failed: lost"},
		{&url.Error{Op: "Post", URL: "http://x/auth?username=ana&password=p%20w-marked", Err: lost},
			`gestix: POST /auth failed: Post "http://x/auth?username=***&password=***": lost`},
	} {
		_, err := tokenBy(t, client.Credentials{Username: "ana", Password: "p w-marked"}, trip(func(*http.Request) (*http.Response, error) { return nil, c.err }))
		var oe *client.OpenError
		if !errors.As(err, &oe) || oe.Status != 0 || !errors.Is(err, lost) || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, *oe, *oe); strings.Contains(text, "marked") {
			t.Errorf("printed as %s", text)
		}
	}
}

func TestOpeningEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := tokenBy(t, client.Credentials{APIToken: apiToken}, trip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))
		want := "gestix: GET /helo failed: it took longer than 30s"
		if err == nil || err.Error() != want || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}

// endless is a body without end; it is an error to read on and on.
type endless struct {
	t    *testing.T
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left -= len(p); e.left < 0 {
		e.t.Error("a body without end is read on and on")
		return 0, io.EOF
	}
	return len(p), nil
}

func TestOpeningReadsSoMuch(t *testing.T) {
	_, err := tokenBy(t, client.Credentials{APIToken: apiToken}, trip(func(*http.Request) (*http.Response, error) {
		resp := reply(200, "")
		resp.Body = io.NopCloser(&endless{t, 1 << 20})
		return resp, nil
	}))
	if err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("error %v", err)
	}
}

// GESC-02: a server that redirects /helo or /auth gets no one else to see the credentials.
func TestOpeningFollowsNoRedirect(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer other.Close()
	g := newGestix(t)
	g.opening = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		return true
	}
	_, s := g.connect(t, client.Options{})
	var oe *client.OpenError
	if _, err := s.Token(t.Context()); !errors.As(err, &oe) || oe.Status != http.StatusTemporaryRedirect {
		t.Errorf("error %v, want an OpenError with status 307", err)
	}
}

func TestSecretsNeverPrintThemselves(t *testing.T) {
	key := client.Credentials{APIToken: "marked", Username: "marked", Password: "marked"}
	g := newGestix(t)
	_, s := g.connect(t, client.Options{})
	token, err := s.Token(t.Context())
	if err != nil || !strings.Contains(string(token), "marked") {
		t.Fatalf("token %q, error %v", string(token), err)
	}
	transport := &client.Transport{Session: s}
	for _, v := range []any{key, &key, token, &token, s, transport, *transport, []any{key, token}, struct{ K, T any }{key, token}} {
		js, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		if text := fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v) + string(js); strings.Contains(text, "marked") ||
			strings.Contains(text, fmt.Sprintf("%x", "marked")) {
			t.Errorf("printed as %s", text)
		}
	}
}
