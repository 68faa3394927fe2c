package mock

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

var start = time.Unix(1_764_000_000, 0)

// desk drives a mock without a network.
type desk struct {
	t *testing.T
	m *Mock
	c targets.Credentials
}

func newDesk(t *testing.T, opt targets.MockOptions) *desk {
	t.Helper()
	opt.Clock = targets.NewManual(start)
	m := New(opt)
	return &desk{t: t, m: m, c: m.Credentials()}
}

// answer is a reply with its JSON.
type answer struct {
	*httptest.ResponseRecorder
	object map[string]any
	list   []any
}

func (a answer) text(name string) string { s, _ := a.object[name].(string); return s }

// send calls a path below our account, or a whole path that begins with /api/; auth is the Authorization header, "-" none.
func (d *desk) send(method, path, auth, body string) answer {
	d.t.Helper()
	if !strings.HasPrefix(path, "/api/") && strings.HasPrefix(path, "/") {
		path = d.m.accounts[0].base() + path
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if auth != "-" {
		r.Header.Set("Authorization", auth)
	}
	return d.serve(r)
}

func (d *desk) serve(r *http.Request) answer {
	w := httptest.NewRecorder()
	d.m.ServeHTTP(w, r)
	a := answer{ResponseRecorder: w}
	text := w.Body.Bytes()
	if json.Unmarshal(text, &a.object) == nil {
		if items, ok := a.object["items"].([]any); ok {
			a.list = items
		}
	}
	_ = json.Unmarshal(text, &a.list)
	return a
}

// session opens one by the API token; userSession by name and password. Both return the Authorization header to use.
func (d *desk) session() string {
	d.t.Helper()
	return d.opened(d.send("GET", "/helo", "Bearer "+d.c["api_token"], ""))
}

func (d *desk) userSession() string {
	d.t.Helper()
	return d.opened(d.send("POST", "/auth?"+d.login(), "-", ""))
}

func (d *desk) login() string {
	return url.Values{"username": {d.c["username"]}, "password": {d.c["password"]}}.Encode()
}

func (d *desk) opened(a answer) string {
	d.t.Helper()
	if a.Code != 200 || a.text("xa-token") == "" {
		d.t.Fatalf("no session: %d %s", a.Code, a.Body)
	}
	return "Bearer " + a.text("xa-token")
}

func customer(code string) string { return fmt.Sprintf(`{"code":%q,"name":"name of %s"}`, code, code) }

// post writes a customer; nonce is the query's raw value, "-" none.
func (d *desk) post(auth, nonce, code string) answer {
	d.t.Helper()
	path := "/customers"
	if nonce != "-" {
		path += "?nonce=" + nonce
	}
	return d.send("POST", path, auth, customer(code))
}

// holds counts the records of our account's customers in which a mark is found.
func (d *desk) holds(mark string) int {
	d.t.Helper()
	count := 0
	for _, record := range d.m.accounts[0].shelves["/customers"].list() {
		if strings.Contains(fmt.Sprint(record), mark) {
			count++
		}
	}
	return count
}

func (d *desk) want(a answer, status int, code string) {
	d.t.Helper()
	if a.Code != status || a.text("code") != code {
		d.t.Errorf("%d %s, want %d with the code %q", a.Code, strings.TrimSpace(a.Body.String()), status, code)
	}
}

func TestHelo(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	token := d.c["api_token"]
	d.want(d.send("GET", "/helo", "Bearer "+token, ""), 200, "")
	d.want(d.send("GET", "/helo?nonce=5", "Bearer "+token, ""), 200, "")
	d.want(d.send("GET", "/helo", "-", ""), 400, "INVALID_ARGUMENT")
	for _, header := range []string{"", "Bearer", "Bearer ", token, "Basic " + token, "Token " + token, "bearer " + token, "Bearer  " + token} {
		d.want(d.send("GET", "/helo", header, ""), 400, "INVALID_ARGUMENT")
	}
	d.want(d.send("GET", "/helo?token="+token, "-", ""), 400, "INVALID_ARGUMENT")
	for _, other := range []string{
		"unknown", token[:len(token)-1], token + "a", d.c["revoked_api_token"], d.c["other_api_token"],
		strings.TrimPrefix(d.session(), "Bearer "),
	} {
		d.want(d.send("GET", "/helo", "Bearer "+other, ""), 403, "AUTH_FAILED")
	}
	d.want(d.send("GET", d.m.accounts[1].base()+"/helo", "Bearer "+d.c["other_api_token"], ""), 200, "")
	d.want(d.send("GET", d.m.accounts[1].base()+"/helo", "Bearer "+token, ""), 403, "AUTH_FAILED")
}

func TestAuth(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	q := func(pairs ...string) string { return "/auth?" + strings.Join(pairs, "&") }
	name, password := "username="+url.QueryEscape(d.c["username"]), "password="+url.QueryEscape(d.c["password"])
	d.want(d.send("POST", q(name, password), "-", ""), 200, "")
	d.want(d.send("POST", q(password, name), "-", ""), 200, "")
	for _, path := range []string{q(name), q(password), q(), q(name, name, password)} {
		d.want(d.send("POST", path, "-", ""), 400, "INVALID_ARGUMENT")
	}
	d.want(d.send("POST", "/auth", "-", name+"&"+password), 400, "INVALID_ARGUMENT")
	wrong := d.send("POST", q(name, "password=wrong"), "-", "")
	d.want(wrong, 400, "AUTH_FAILED")
	d.want(d.send("POST", q(name, "password="), "-", ""), 400, "AUTH_FAILED")
	d.want(d.send("POST", q("username=nobody", password), "-", ""), 400, "AUTH_FAILED")
	unknown := d.send("POST", q("username=nobody", "password=wrong"), "-", "")
	if unknown.Body.String() != wrong.Body.String() {
		t.Errorf("an unknown user is told apart: %s and %s", unknown.Body, wrong.Body)
	}
	d.want(d.send("POST", d.m.accounts[1].base()+"/auth?"+d.login(), "-", ""), 400, "AUTH_FAILED")
}

func TestAccess(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	helo, user := d.session(), d.userSession()
	for _, good := range []string{helo, user, helo} {
		if a := d.send("GET", "/customers", good, ""); a.Code != 200 || len(a.list) != 2 {
			t.Errorf("a read: %d %s", a.Code, a.Body)
		}
	}
	bare := strings.TrimPrefix(helo, "Bearer ")
	for _, bad := range []string{
		"-", "", "Bearer", "Bearer unknown", bare, "Basic " + bare, "bearer " + bare, helo + "0", helo[:len(helo)-1],
		"Bearer " + d.c["api_token"], "Bearer " + d.c["revoked_api_token"],
	} {
		d.want(d.send("GET", "/customers", bad, ""), 403, "AUTH_FAILED")
		d.want(d.send("GET", "/status", bad, ""), 403, "AUTH_FAILED")
		d.want(d.send("POST", "/customers?nonce=1", bad, customer("X")), 403, "AUTH_FAILED")
	}
	d.want(d.send("GET", "/customers?token="+bare, "-", ""), 403, "AUTH_FAILED")
	d.want(d.send("GET", d.m.accounts[1].base()+"/customers", helo, ""), 403, "AUTH_FAILED")
	d.want(d.send("POST", d.m.accounts[1].base()+"/customers?nonce=1", user, customer("X")), 403, "AUTH_FAILED")
	d.want(d.send("GET", "/api/1/v4.0.0/customers", helo, ""), 403, "AUTH_FAILED")
	if n := d.holds("X"); n != 0 {
		t.Errorf("%d records were written without a session", n)
	}
}

func TestExpiry(t *testing.T) {
	d := newDesk(t, targets.MockOptions{SessionLifetime: time.Minute})
	used, unused := d.session(), d.userSession()
	d.m.Advance(time.Minute - 1)
	d.want(d.send("GET", "/customers", used, ""), 200, "")
	d.m.Advance(1)
	for _, ended := range []string{used, unused} {
		d.want(d.send("GET", "/customers", ended, ""), 403, "AUTH_FAILED")
		d.want(d.post(ended, "1", "X"), 403, "AUTH_FAILED")
	}
	d.want(d.send("GET", "/customers", d.session(), ""), 200, "")
	d.want(d.send("GET", "/customers", used, ""), 403, "AUTH_FAILED")
	if d.holds("X") != 0 {
		t.Error("an ended session wrote")
	}
}

// Whether use prolongs a session is left open.
func TestSlidingExpiry(t *testing.T) {
	d := newDesk(t, targets.MockOptions{SessionLifetime: time.Minute})
	d.m.vary.sliding = true
	s := d.session()
	for range 3 {
		d.m.Advance(40 * time.Second)
		d.want(d.send("GET", "/customers", s, ""), 200, "")
	}
	d.m.Advance(time.Minute)
	d.want(d.send("GET", "/customers", s, ""), 403, "AUTH_FAILED")
}

func TestPathsAndMethods(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	s := d.session()
	for _, path := range []string{"/", "/customers/", "/nothing", "/api/x/v4.0.0/helo", "/api/1/v3.0.0/helo", "/api/", "/api/1"} {
		d.want(d.send("GET", path, s, ""), 404, "NOT_FOUND")
	}
	for _, c := range [][2]string{{"POST", "/helo"}, {"GET", "/auth"}, {"POST", "/status"}, {"OPTIONS", "/customers"}} {
		a := d.send(c[0], c[1], s, "")
		d.want(a, 405, "METHOD_NOT_ALLOWED")
		if a.Header().Get("Allow") == "" {
			t.Errorf("%s %s: no Allow header", c[0], c[1])
		}
	}
}

func TestStatus(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	for _, path := range []string{"/status", "/status?nonce=5"} {
		a := d.send("GET", path, d.session(), "")
		versions, _ := a.object["versions"].(map[string]any)
		_, errors := a.object["errors"]
		if a.Code != 200 || a.text("status") == "" || versions["called_api_version"] == nil || versions["current_api_version"] == nil || !errors {
			t.Errorf("%d %s", a.Code, a.Body)
		}
		if at, err := time.Parse(time.RFC3339, a.text("server_time")); err != nil || !at.Equal(start) {
			t.Errorf("server_time %q: %v", a.text("server_time"), err)
		}
	}
}

func TestCustomers(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	s := d.session()
	made := d.post(s, "1", "K1")
	if made.Code != 201 || made.object["id"] == nil || made.text("entity_code") != "K1" {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
	d.want(d.post(s, "2", "K1"), 409, "DUPLICATE_ENTRY")
	for i, body := range []string{"", "null", "[]", "{", `{"code":"K2"}`, `{"code":"","name":"n"}`, `{"code":"K2","name":"n"} x`, `{"code":{},"name":"n"}`, strings.Repeat(" ", maxBody) + customer("K2")} {
		d.want(d.send("POST", fmt.Sprintf("/customers?nonce=%d", 10+i), s, body), 400, "INVALID_ARGUMENT")
	}
	id := fmt.Sprint(made.object["id"])
	if a := d.send("PUT", "/customers?nonce=20&id="+id, s, `{"name":"renamed","vat":"PT1"}`); a.Code != 200 || d.holds("renamed") != 1 || d.holds("PT1") != 1 {
		t.Errorf("PUT: %d %s", a.Code, a.Body)
	}
	d.want(d.send("PUT", "/customers?nonce=21&id=9", s, `{"name":"n"}`), 404, "NOT_FOUND")
	d.want(d.send("PUT", "/customers?nonce=22", s, `{"name":"n"}`), 404, "NOT_FOUND")
	d.want(d.send("PUT", "/customers?nonce=23&id="+id, s, `{"name":""}`), 400, "INVALID_ARGUMENT")
	d.want(d.send("PUT", "/customers?nonce=24&id="+id, s, `{"name":"n","code":"C001"}`), 409, "DUPLICATE_ENTRY")
	d.want(d.send("PATCH", "/customers?nonce=25&id="+id, s, `{"code":"K9"}`), 200, "")
	d.want(d.send("DELETE", "/customers?nonce=26&id="+id, s, ""), 200, "")
	if d.holds("K9") != 0 {
		t.Error("a deleted record is listed")
	}
	d.want(d.post(s, "27", "K9"), 201, "")
}

func TestInvoices(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	s := d.session()
	invoice := func(n int) string {
		return fmt.Sprintf(`{"document_set":"A","seq_number":%d,"date":"2026-11-01","currency":"EUR","total_amount":10.50}`, n)
	}
	a := d.send("POST", "/invoices?nonce=1", s, invoice(1))
	if a.Code != 201 || a.object["id"] == nil || a.text("documentSeries") != "A" || fmt.Sprint(a.object["documentNumber"]) != "1" || a.text("url") == "" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	d.want(d.send("POST", "/invoices?nonce=2", s, invoice(1)), 409, "DUPLICATE_ENTRY")
	d.want(d.send("POST", "/invoices?nonce=3", s, `{"document_set":"A"}`), 400, "INVALID_ARGUMENT")
	d.want(d.send("POST", "/invoices?nonce=4", s, invoice(2)), 201, "")
	if a := d.send("GET", "/invoices", s, ""); len(a.list) != 2 || !strings.Contains(a.Body.String(), "10.50") {
		t.Errorf("%s", a.Body)
	}
}

func TestControl(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	before := fmt.Sprint(map[string]string(d.m.Credentials()))
	live, user := d.session(), d.userSession()
	for _, name := range []string{"api_token", "other_api_token", "password"} {
		if err := d.m.Revoke(name); err != nil {
			t.Fatal(err)
		}
	}
	d.want(d.send("GET", "/helo", "Bearer "+d.c["api_token"], ""), 403, "AUTH_FAILED")
	d.want(d.send("POST", "/auth?"+d.login(), "-", ""), 400, "AUTH_FAILED")
	d.want(d.send("GET", "/customers", live, ""), 200, "") // sessions already open live on
	old := d.c
	for _, name := range []string{"api_token", "password"} {
		made, err := d.m.Recreate(name)
		if err != nil || made[name] == "" || made[name] == old[name] {
			t.Errorf("%s is recreated as %v, %v", name, made, err)
		}
	}
	d.c = d.m.Credentials()
	d.want(d.send("GET", "/customers", d.session(), ""), 200, "")
	d.want(d.send("GET", "/customers", d.userSession(), ""), 200, "")
	d.want(d.send("GET", "/helo", "Bearer "+old["api_token"], ""), 403, "AUTH_FAILED")
	d.post(live, "1", "K1")
	d.m.Advance(time.Hour)
	d.m.Reset()
	if !d.m.Now().Equal(start) || fmt.Sprint(map[string]string(d.m.Credentials())) != before || d.holds("K1") != 0 || len(d.m.Log().([]entry)) != 0 {
		t.Error("the reset left something behind")
	}
	d.c = d.m.Credentials()
	fresh := d.session()
	d.want(d.send("GET", "/customers", fresh, ""), 200, "")
	for _, dead := range []string{live, user} { // nor does a token come twice
		d.want(d.send("GET", "/customers", dead, ""), 403, "AUTH_FAILED")
	}
	for _, name := range []string{"", "nobody", "username", "revoked_api_token"} {
		if d.m.Revoke(name) == nil {
			t.Errorf("%q was revoked", name)
		}
		if _, err := d.m.Recreate(name); err == nil {
			t.Errorf("%q was recreated", name)
		}
	}
}
