package mock

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

func TestTheSeedMakesTheMock(t *testing.T) {
	face := func(seed uint64) string {
		d := newDesk(t, targets.MockOptions{Seed: seed})
		return fmt.Sprint(map[string]string(d.c), d.m.accounts[0].number, d.session(), d.userSession())
	}
	if face(7) != face(7) {
		t.Error("one seed gives two mocks")
	}
	if face(7) == face(8) {
		t.Error("two seeds give one mock")
	}
	forms := map[string]bool{}
	for seed := range uint64(50) {
		forms[fmt.Sprintf("%+v", drawVariation(seed))] = true
	}
	if len(forms) < 50 {
		t.Errorf("50 seeds give %d variations", len(forms))
	}
}

// No seed leaves the law: each answers one round of calls with statuses, tokens and times that the contract allows.
func TestEverySeedKeepsTheContract(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := newDesk(t, targets.MockOptions{Seed: seed})
			if l := d.m.lifetime; l < 90*time.Second || l > 4*time.Hour {
				t.Errorf("the lifetime is %s", l)
			}
			is := func(a answer, allowed ...int) {
				t.Helper()
				if !slices.Contains(allowed, a.Code) {
					t.Errorf("%d %s", a.Code, a.Body)
				}
				if a.Code >= 400 {
					checkErrorObject(t, a)
				}
			}
			s := d.session()
			tokens := map[string]bool{}
			for range 8 {
				token := strings.TrimPrefix(d.userSession(), "Bearer ")
				if tokens[token] || len(token) < shortestToken || len(token) > 64 {
					t.Errorf("a token of %d characters", len(token))
				}
				tokens[token] = true
			}
			is(d.send("GET", "/helo", "-", ""), 400)
			is(d.send("GET", "/helo", "Bearer x", ""), 403)
			is(d.send("GET", "/customers", "-", ""), 403)
			is(d.send("POST", "/auth?username=x&password=y", "-", ""), 400, 403)
			is(d.post(s, "5", "A"), 200, 201)
			is(d.post(s, "6", "A"), 409)
			is(d.post(s, "5", "B"), 400, 409)
			is(d.post(s, "-", "B"), 400)
			is(d.send("DELETE", "/customers?id=none", s, ""), 400, 404)
			list := d.send("GET", "/customers", s, "")
			if is(list, 200); len(list.list) != 3 {
				t.Errorf("%d records", len(list.list))
			}
			status := d.send("GET", "/status", s, "")
			is(status, 200)
			checkTime(t, d.m, status.text("server_time"))
			d.m.Advance(d.m.lifetime)
			is(d.send("GET", "/customers", s, ""), 403)
		})
	}
}

func checkErrorObject(t *testing.T, a answer) {
	t.Helper()
	if a.text("code") == "" || a.text("message") == "" || a.text("timestamp") == "" {
		t.Errorf("no error object: %s", a.Body)
	}
	if strings.Contains(a.text("path"), "?") {
		t.Errorf("the path has a query: %s", a.text("path"))
	}
}

func checkTime(t *testing.T, m *Mock, text string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04:05.999999999-0700", text)
	}
	if d := at.Sub(m.Now()); err != nil || d > time.Second || d < -time.Second {
		t.Errorf("server_time is %q, the clock says %s: %v", text, m.Now(), err)
	}
}

// Each family of variations is drawn by some seed: none has come loose.
func TestEveryVariationIsDrawn(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(200) {
		v := drawVariation(seed)
		for name, value := range map[string]any{
			"nonce status": v.nonceStatus, "login status": v.loginStatus, "created status": v.createdStatus, "tokens": v.tokens.form,
			"sliding": v.sliding, "skewed": v.skew != 0, "any case": v.anyCase, "reads move": v.readsMoveMark, "failure uses": v.failureUsesNonce,
			"loose": v.looseMethods, "path": v.errorPath, "request id": v.requestID, "no errors": fmt.Sprintf("%T", v.noErrors),
			"zone and layout": v.layout, "uuids": v.uuids, "wrapped": v.wrapped, "extra": v.extra, "shuffled": v.shuffled, "pretty": v.pretty,
			"type": v.jsonType, "error type": v.errorType, "form": v.form,
		} {
			seen[fmt.Sprint(name, "=", value)] = true
		}
	}
	for _, want := range []string{
		"nonce status=400", "nonce status=409", "login status=400", "login status=403", "created status=200", "created status=201",
		"tokens=hex", "tokens=base64url", "tokens=alphanumeric", "tokens=jwt", "tokens=uuid", "sliding=true", "skewed=true", "any case=true",
		"reads move=true", "failure uses=true", "loose=true", "path=true", "request id=true", "no errors=<nil>",
		"no errors=[]interface {}", "no errors=map[string]interface {}", "zone and layout=2006-01-02T15:04:05-0700",
		"zone and layout=2006-01-02T15:04:05.000-07:00", "uuids=true", "wrapped=true", "extra=true", "shuffled=true", "pretty=true",
		"type=application/json", "type=application/json; charset=utf-8", "error type=application/problem+json",
		"form={true true true}", "form={false false false}",
	} {
		if !seen[want] {
			t.Errorf("no seed draws %s", want)
		}
	}
}

// The variations that a reader sees, each on its own.
func TestForms(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	s := d.session()
	body := func(change func(*variation)) string {
		v := d.m.vary
		defer func() { d.m.vary = v }()
		change(&d.m.vary)
		return d.send("GET", "/customers", s, "").Body.String()
	}
	plain := body(func(*variation) {})
	if got := body(func(v *variation) { v.wrapped = true }); !strings.HasPrefix(got, `{"items":[`) {
		t.Errorf("wrapped: %s", got)
	}
	if got := body(func(v *variation) { v.extra = true }); strings.Count(got, `"meta"`) != 2 {
		t.Errorf("extra: %s", got)
	}
	if got := body(func(v *variation) { v.pretty = true }); strings.Count(got, "\n") < 5 {
		t.Errorf("pretty: %s", got)
	}
	shuffled := false
	for range 20 {
		got := body(func(v *variation) { v.shuffled = true })
		shuffled = shuffled || got != plain && len(got) == len(plain)
	}
	if !shuffled {
		t.Error("shuffled: the order never changes")
	}
	d.m.vary.anyCase = true
	d.want(d.send("GET", "/customers", strings.Replace(s, "Bearer", "bEARER", 1), ""), 200, "")
	d.m.vary.createdStatus, d.m.vary.nonceStatus, d.m.vary.loginStatus = 200, 409, 403
	d.want(d.post(s, "5", "A"), 200, "")
	d.want(d.post(s, "5", "B"), 409, "DUPLICATE_ENTRY")
	d.want(d.send("POST", "/auth?username=x&password=y", "-", ""), 403, "AUTH_FAILED")
	d.m.vary.uuids = true
	if a := d.post(s, "6", "C"); len(a.text("id")) != 36 {
		t.Errorf("id: %s", a.Body)
	}
}
