package mock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// mistake is a usual one of a client's author. The braces of path and body are filled in by the test.
type mistake struct {
	name, method, path string
	auth               func(d *desk, session string) string // nil: the session's
	body, want         string
}

func api(d *desk, _ string) string     { return "Bearer " + d.c["api_token"] }
func other(d *desk, _ string) string   { return "Bearer " + d.c["other_api_token"] }
func revoked(d *desk, _ string) string { return "Bearer " + d.c["revoked_api_token"] }
func none(*desk, string) string        { return "-" }

var mistakes = []mistake{
	{"the API token for a session token", "GET", "/customers", api, "", "API token stands where a session token belongs"},
	{"the session token at /helo", "GET", "/helo", nil, "", "this is a session token: /helo takes the API token"},
	{"another account's API token", "GET", "/helo", other, "", "other_api_token is a token of account"},
	{"a revoked API token", "GET", "/helo", revoked, "", "revoked_api_token was revoked"},
	{"an unknown token", "GET", "/customers", func(*desk, string) string { return "Bearer 0000" }, "", "no session has this token"},
	{"quotes", "GET", "/customers", func(_ *desk, s string) string { return `Bearer "` + strings.TrimPrefix(s, "Bearer ") + `"` }, "",
		"quotes or brackets"},
	{"upper case", "GET", "/customers", func(_ *desk, s string) string { return "Bearer " + strings.ToUpper(s[7:]) }, "", "changed in case"},
	{"no scheme", "GET", "/customers", func(_ *desk, s string) string { return s[7:] }, "", "token without a scheme"},
	{"another scheme", "GET", "/helo", func(d *desk, _ string) string { return "Token " + d.c["api_token"] }, "", "another scheme than Bearer"},
	{"lower case", "GET", "/customers", func(_ *desk, s string) string { return "bearer " + s[7:] }, "", "Bearer in another case"},
	{"an empty variable", "GET", "/helo", func(*desk, string) string { return "Bearer" }, "", "is the variable that holds it empty?"},
	{"no header", "GET", "/customers", none, "", "no Authorization header"},
	{"the token in the query", "GET", "/customers?xa-token={session}", none, "", "the token is in the query"},
	{"no nonce", "POST", "/customers", nil, "{}", "a POST needs the query parameter nonce"},
	{"a nonce in the body", "POST", "/customers", nil, `{"nonce":7}`, "there is one in the body"},
	{"a nonce in another case", "POST", "/customers?Nonce=7", nil, "{}", "spelled in another case"},
	{"an equal nonce", "POST", "/customers?nonce=1764000000000", nil, "{}",
		"1764000000000 is not greater than 1764000000000, the last one of this session: a write was repeated"},
	{"a lower nonce", "POST", "/customers?nonce=1763999999999", nil, "{}", "1763999999999 is not greater than 1764000000000"},
	{"seconds after milliseconds", "POST", "/customers?nonce=1764000001", nil, "{}", "seconds"},
	{"a sign", "POST", "/customers?nonce=-5", nil, "{}", "it has a sign"},
	{"a fraction", "POST", "/customers?nonce=1764000000.5", nil, "{}", "it has a fraction"},
	{"an exponent", "POST", "/customers?nonce=1.764e12", nil, "{}", "it has an exponent"},
	{"a space", "POST", "/customers?nonce=+5", nil, "{}", "a space or newline around it"},
	{"nanoseconds in too many digits", "POST", "/customers?nonce=99999999999999999999", nil, "{}", "beyond 64 bits"},
	{"a duplicate", "POST", "/customers?nonce=1764000000001", nil, customer("C001"), "there is a record with this code already"},
	{"a form", "POST", "/customers?nonce=1764000000001", nil, "code=x&name=y", "the body is a form"},
	{"no user name", "POST", "/auth?password={password}", none, "", "the query has no username"},
	{"the login in the body", "POST", "/auth", none, "username={user}&password={password}", "it is in the body"},
	{"the login in JSON", "POST", "/auth", none, `{"username":"x","password":"y"}`, "it is in the body"},
	{"a wrong password", "POST", "/auth?username={user}&password=wrong-password", none, "", "has another password"},
	{"a cut password", "POST", "/auth?username={user}&password=p%2B", none, "", "cut short"},
	{"a twice-escaped password", "POST", "/auth?username={user}&password={twice}", none, "", "escaped twice"},
	{"an unknown user", "POST", "/auth?username=nobody&password={password}", none, "", "has no user of this name"},
	{"another account", "GET", "{other}/customers", nil, "", "the session is of account"},
	{"no version", "GET", "/api/1/customers", nil, "", "no /v4.0.0"},
	{"a token in the path", "GET", "/customers/{session}", nil, "", "no such resource"},
	{"another method", "DELETE", "/helo", api, "", "/helo knows GET"},
}

// Each is named in one line, in the log and on the standard error alike, without a secret.
func TestADenialIsExplained(t *testing.T) {
	for _, c := range mistakes {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			d := newDesk(t, targets.MockOptions{Log: &stderr})
			session := d.session()
			d.want(d.post(session, "1764000000000", "first"), 201, "")
			fill := strings.NewReplacer("{session}", session[7:], "{other}", d.m.accounts[1].base(), "{user}", url.QueryEscape(d.c["username"]),
				"{password}", url.QueryEscape(d.c["password"]), "{twice}", url.QueryEscape(url.QueryEscape(d.c["password"])))
			auth := session
			if c.auth != nil {
				auth = c.auth(d, session)
			}
			if a := d.send(c.method, fill.Replace(c.path), auth, fill.Replace(c.body)); a.Code < 400 {
				t.Fatalf("%d %s", a.Code, a.Body)
			}
			log, _ := json.Marshal(d.m.Log())
			said := stderr.String()
			if !strings.HasPrefix(said, "denied ") || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
				t.Errorf("the standard error says %q, want one line with %q", said, c.want)
			}
			checkSecrets(t, d, session[7:], said+fmt.Sprintf("%+v", d.m.Log())+string(log)+fmt.Sprintf("%+v", d.m.State()))
		})
	}
}

func checkSecrets(t *testing.T, d *desk, session, text string) {
	t.Helper()
	for _, secret := range []string{
		d.c["api_token"], d.c["revoked_api_token"], d.c["other_api_token"], d.c["password"], url.QueryEscape(d.c["password"]), session,
		"wrong-password",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
}

func TestAnExpiredSessionIsExplained(t *testing.T) {
	var stderr bytes.Buffer
	d := newDesk(t, targets.MockOptions{Log: &stderr, SessionLifetime: time.Minute})
	s := d.session()
	d.m.Advance(90 * time.Second)
	d.send("GET", "/customers", s, "")
	if !strings.Contains(stderr.String(), "the session expired 30 s ago, after 1m0s") {
		t.Error(stderr.String())
	}
}

// A client's judge reads from the log which credential and which session each call used.
func TestTheLogTellsSessionsApart(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	first, second := d.session(), d.userSession()
	d.post(first, "5", "A")
	d.post(second, "6", "B")
	d.send("GET", "/customers", "-", "")
	d.m.Advance(time.Hour)
	d.send("GET", "/customers", first, "")
	var got []string
	for _, e := range d.m.Log().([]entry) {
		got = append(got, fmt.Sprint(e.Method, " ", e.Credential, " ", e.Session, " ", e.Nonce, " ", e.Status))
	}
	want := []string{
		"GET api_token 1  200", "POST no header 2  200", "POST session token 1 5 201", "POST session token 2 6 201",
		"GET no header 0  403", "GET expired session token 1  403",
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("the log says %q", got)
	}
}

func TestStartServesOurAccount(t *testing.T) {
	served, err := Start(targets.MockOptions{SessionLifetime: time.Minute, Clock: targets.NewManual(start)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = served.Close() })
	at, err := url.Parse(served.URL)
	if err != nil || !strings.HasPrefix(at.Path, "/api/") || !strings.HasSuffix(at.Path, "/v4.0.0") {
		t.Errorf("the URL is %s", served.URL)
	}
	other := served.Settings["other_account"]
	if served.Settings["session_lifetime"] != "1m0s" || len(other) != 8 || strings.Contains(served.URL, other) {
		t.Errorf("the settings are %v", served.Settings)
	}
	m := New(targets.MockOptions{Clock: targets.NewManual(start)})
	r := httptest.NewRequest("GET", at.Path+"/helo", nil)
	r.Header.Set("Authorization", "Bearer "+served.Credentials["api_token"])
	w := httptest.NewRecorder()
	if m.ServeHTTP(w, r); w.Code != 200 { // the same seed makes the same account and token
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestEveryFaultIsNamedOnceAndUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	seen := map[string]bool{}
	alone := map[string]bool{}
	for _, f := range Faults() {
		if seen[f.Name] {
			t.Errorf("%s is listed twice", f.Name)
		}
		seen[f.Name] = true
		if len(f.Breaks) == 1 {
			alone[f.Breaks[0]] = true
		}
		if !strings.Contains(source.String(), `m.faults.Has("`+f.Name+`")`) {
			t.Errorf("%s is listed and does nothing", f.Name)
		}
	}
	for _, part := range strings.Split(source.String(), `m.faults.Has("`)[1:] {
		if name, _, _ := strings.Cut(part, `"`); !seen[name] {
			t.Errorf("%s is used and not listed", name)
		}
	}
	for n := 1; n <= 24; n++ {
		if id := fmt.Sprintf("GES-%02d", n); !alone[id] && id != "GES-18" { // that one is only observed
			t.Errorf("no fault breaks %s alone", id)
		}
	}
}
