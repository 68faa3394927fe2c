package mock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

func TestAddresses(t *testing.T) {
	for _, silently := range []bool{false, true} {
		b := newBench(t, targets.MockOptions{})
		b.m.vary.addressSilent = silently
		g := b.doFrom("127.0.0.2", b.good())
		if g.silent() != silently || g.denied() == silently {
			t.Errorf("silently %t: %s", silently, g)
		}
		if g := b.doFrom("127.0.0.2", b.silent()); !g.silent() {
			t.Errorf("without a token: %s", g)
		}
	}
}

func TestDuplicatesInSilence(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	b.m.vary.duplicateSilent = true
	if g := b.do(b.good().add("apitoken", b.c["api_token"])); !g.silent() {
		t.Errorf("%s", g)
	}
}

// Fair use counts an address and a token together, in minutes of the virtual clock (RTV-13).
func TestFairUse(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	b.m.vary.perMinute = 3
	want := func(what string, g got, good bool) {
		t.Helper()
		if g.succeeded() != good || !good && !g.denied() {
			t.Errorf("%s: %s", what, g)
		}
	}
	for i := range 5 {
		want(fmt.Sprint("call ", i+1), b.do(b.good()), i < 3)
	}
	want("another token", b.do(b.good().set("ApiToken", b.c["other_api_token"])), true)
	b.m.Advance(time.Minute - 1)
	want("within the minute", b.do(b.good()), false)
	b.m.Advance(1)
	for i := range 3 {
		want(fmt.Sprint("later, call ", i+1), b.do(b.good()), true)
	}
	b.m.Advance(time.Minute)
	want("a minute of its own", b.do(b.good()), true)
	for seed := uint64(1); seed < 100; seed++ { // the plain mock knows no limit: load is measured against it
		if n := drawVariation(seed).perMinute; n < 300 || n > 2000 {
			t.Errorf("seed %d allows %d calls a minute", seed, n)
		}
	}
}

func TestControl(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	before := fmt.Sprint(map[string]string(b.m.Credentials()))
	for _, name := range []string{"", "nobody", "password", "disabled_api_token"} {
		if b.m.Revoke(name) == nil {
			t.Errorf("%q was revoked", name)
		}
		if _, err := b.m.Recreate(name); err == nil {
			t.Errorf("%q was recreated", name)
		}
	}
	if err := b.m.Revoke("api_token"); err != nil {
		t.Fatal(err)
	}
	if g := b.do(b.good()); !g.denied() {
		t.Errorf("disabled: %s", g)
	}
	made, err := b.m.Recreate("api_token")
	if err != nil || made["api_token"] == b.c["api_token"] {
		t.Fatalf("%v, %v", made, err)
	}
	if g := b.do(b.good().set("ApiToken", made["api_token"])); !g.succeeded() {
		t.Errorf("recreated: %s", g)
	}
	if g := b.do(b.good()); !g.denied() {
		t.Errorf("the one before: %s", g)
	}
	if b.m.Detail("everything") == nil || b.m.Detail("full") != nil {
		t.Error("the detail is not steered")
	}
	b.m.Advance(time.Hour)
	b.m.Reset()
	state, _ := json.Marshal(b.m.State())
	if !b.m.Now().Equal(start) || fmt.Sprint(map[string]string(b.m.Credentials())) != before || len(b.log()) != 0 ||
		!strings.Contains(string(state), `"detail":"summary"`) {
		t.Errorf("the reset left something behind: %s", state)
	}
	if g := b.do(b.good()); !g.succeeded() {
		t.Errorf("after the reset: %s", g)
	}
}

// The seed alone decides credentials and variation; 0 is the plain mock.
func TestSeeds(t *testing.T) {
	forms, ways := map[string]bool{}, map[string]bool{}
	for seed := range uint64(50) {
		one, two := New(targets.MockOptions{Seed: seed}), New(targets.MockOptions{Seed: seed})
		if fmt.Sprint(map[string]string(one.Credentials()), one.vary) != fmt.Sprint(map[string]string(two.Credentials()), two.vary) {
			t.Errorf("seed %d gives two mocks", seed)
		}
		forms[fmt.Sprintf("%+v", one.vary)] = true
		ways[one.vary.silence+" silence"], ways[one.vary.denialForm] = true, true
		for because, status := range one.vary.denialStatus {
			if status != 400 && status != 401 && status != 403 && !(status == 500 && one.vary.denialForm == "soap") {
				t.Errorf("seed %d denies %q with %d", seed, because, status)
			}
		}
	}
	if len(forms) != 50 || len(ways) != 7 {
		t.Errorf("50 seeds give %d variations, %v", len(forms), ways)
	}
	if v := New(targets.MockOptions{Seed: 4, Silence: "open"}).vary; v.silence != "open" {
		t.Errorf("the option gives way to the seed: %s", v.silence)
	}
}

// No secret is in log, state or standard error, in any encoding and wherever a caller put it (RTV-18).
func TestTheLogKeepsNoSecret(t *testing.T) {
	for _, detail := range []string{"summary", "full"} {
		var stderr bytes.Buffer
		b := newBench(t, targets.MockOptions{Log: &stderr})
		if err := b.m.Detail(detail); err != nil {
			t.Fatal(err)
		}
		secrets := map[string]string(b.c)
		for _, secret := range secrets {
			inURL := strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")
			numeric := ""
			for _, r := range secret {
				numeric += fmt.Sprintf("&#x%x;", r)
			}
			for _, a := range []*ask{
				{method: "POST", target: base + "/" + inURL + "?t=" + inURL}, {method: "GET", target: base + "/" + url.QueryEscape(inURL)},
				{method: "GET", target: base + "/" + strings.ReplaceAll(inURL, "a", "%61") + "%zz"},
				{method: "X-" + strings.ReplaceAll(b.c["api_token"], "-", ""), target: "/"},
				{body: soapXML("", "<a>"+escaped(secret)+"</a>")}, {body: soapXML("<"+tokenElement+"><Username>"+numeric+"</Username>", "")},
				{body: "<a b='" + escaped(secret) + "'><!-- " + escaped(secret) + " --></a>"}, {body: escaped(secret)},
				{body: `{"password":"` + secret + `"}`}, {body: "<a><Password>" + escaped(secret[:6]) + "x</Password></a>"},
			} {
				for _, token := range []string{"none", b.c["api_token"], secret, "Bearer " + secret} {
					whole := b.silent().add("Authorization", basic("u", secret)).add("Cookie", "a="+inURL).add("X-Other", "a "+secret).add("X-Api-Token", secret)
					if whole.body = a.body; a.method != "" {
						whole.method, whole.target = a.method, a.target
					}
					if token != "none" {
						whole.add("ApiToken", token)
					}
					b.do(whole)
				}
			}
		}
		log, _ := json.MarshalIndent(b.log(), "", " ")
		state, _ := json.Marshal(b.m.State())
		text := string(log) + string(state) + stderr.String()
		if strings.Contains(detail, "full") != strings.Contains(text, "X-Other: a") {
			t.Errorf("%s: the detail is not what was asked for", detail)
		}
		mask := wire.NewMask(secrets)
		for i, line := range strings.Split(text, "\n") {
			for _, shown := range []string{line, strings.ReplaceAll(line, `\u003c`, "<")} {
				if mask.Text(shown) != shown {
					t.Errorf("%s: a secret in line %d, %s", detail, i, mask.Text(shown))
				}
			}
		}
		if len(b.log()) < 160 || stderr.Len() == 0 {
			t.Errorf("%s: only %d entries", detail, len(b.log()))
		}
	}
}

// Everything at once, for the race detector; each caller finds its own verdict.
func TestConcurrency(t *testing.T) {
	b := newBench(t, targets.MockOptions{Seed: 6, Silence: "reset", Log: &bytes.Buffer{}})
	b.m.vary.perMinute = 1 << 30
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 10 {
				if g := b.do(b.good().set("ApiToken", b.c["other_api_token"])); !g.succeeded() {
					t.Errorf("a good call: %s", g)
				}
				if g := b.do(b.silent()); !g.silent() {
					t.Errorf("a silent call: %s", g)
				}
				if g := b.do(b.good().set("ApiToken", "x")); !g.denied() {
					t.Errorf("an invalid call: %s", g)
				}
			}
		})
	}
	callers.Go(func() {
		for i := range 20 {
			_, _, _ = b.m.Log(), b.m.State(), b.m.Now()
			b.m.Advance(time.Second)
			_ = b.m.Detail([]string{"summary", "full"}[i%2])
			if _, err := b.m.Recreate("api_token"); err != nil {
				t.Error(err)
			}
		}
	})
	callers.Wait()
	count := map[string]int{}
	for _, e := range b.log() {
		count[e.Verdict]++
	}
	if fmt.Sprint(count) != "map[answered:80 denied:80 forwarded:80 silence:80]" {
		t.Errorf("%v", count)
	}
}

// The log is served as the control protocol says, on arrival: also of a call that meets silence.
func TestTheLogIsServed(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	b.do(b.silent())
	b.do(b.good().set("ApiToken", b.c["disabled_api_token"]))
	resp, err := http.Get(b.served.Control + "/control/log")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, name := range []string{"time", "at", "method", "path", "token", "verdict", "reason", "explanation", "body_sha256", "body_bytes", "status"} {
		if _, there := list[0][name]; !there {
			t.Errorf("an entry has no %s", name)
		}
	}
	if list[0]["verdict"] != "silence" || list[0]["token"] != "" || list[1]["verdict"] != "denied" || list[1]["token"] != "disabled_api_token" {
		t.Errorf("%v", list)
	}
}
