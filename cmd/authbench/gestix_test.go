package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// gestixMock starts Gestix's mock and writes a configuration that names it `it`, at the given address instead of its own.
func gestixMock(t *testing.T, opt targets.MockOptions, front func(address string) string) *targets.Mock {
	t.Helper()
	v := registry.Vendors()[1]
	m, err := v.StartMock(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	var b strings.Builder
	fmt.Fprintf(&b, "targets:\n  it:\n    vendor: gestix\n    url: %s\n    control: %s\n    allow: {writes: true, load: true}\n", front(m.URL), m.Control)
	for _, name := range slices.Sorted(maps.Keys(m.Settings)) {
		fmt.Fprintf(&b, "    %s: %q\n", name, m.Settings[name])
	}
	b.WriteString("    credentials:\n")
	for _, name := range slices.Sorted(maps.Keys(m.Credentials)) {
		t.Setenv("IT_"+name, m.Credentials[name])
		fmt.Fprintf(&b, "      %s: {env: IT_%s}\n", name, name)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile(defaultConfig, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

func itself(address string) string { return address }

// One reply under load that the contract forbids fails the run, with the exchange as a witness.
func TestOneBreachOfGestixUnderLoadIsEnough(t *testing.T) {
	for _, c := range []struct {
		fault, line string
		code        int
		want        string
	}{
		{"", "load gestix-refresh --target it --rate 100/s --duration 200ms", exitKept, "100.00 %"},
		{"", "load gestix-session --target it --rate 200/s --duration 500ms", exitKept, "stale"},
		{"", "load gestix-write --target it --rate 200/s --duration 500ms --sessions 3", exitKept, "REJECTED FOR ORDER"},
		{"nonce-equal-accepted", "load gestix-write --target it --rate 200/s --duration 500ms", exitBroken, "a nonce that was used before was accepted by 201"},
		{"post-writes-twice", "load gestix-write --target it --rate 200/s --duration 500ms", exitBroken, "one write made 2 records"},
		{"rejected-write-is-written", "load gestix-write --target it --rate 200/s --duration 500ms", exitBroken, "a rejected write made a record"},
		{"403-as-200", "load gestix-session --target it --rate 200/s --duration 500ms", exitBroken, "a read without a session"},
		{"predictable-tokens", "load gestix-refresh --target it --rate 100/s --duration 200ms", exitKept, "helo"},
		{"empty-xa-token", "load gestix-refresh --target it --rate 100/s --duration 200ms", exitCannotTest, "without an xa-token"},
	} {
		t.Run(c.fault+c.line, func(t *testing.T) {
			opt := targets.MockOptions{}
			if c.fault != "" {
				opt.Faults = []string{c.fault}
			}
			m := gestixMock(t, opt, itself)
			var out bytes.Buffer
			if code := run(context.Background(), strings.Fields(c.line), nil, &out, &out); code != c.code || !strings.Contains(out.String(), c.want) {
				t.Errorf("ended with %d, want %d and %q:\n%s", code, c.code, c.want, out.String())
			}
			lookFor(t, "the output", out.String(), m.Credentials)
		})
	}
}

// A session that has expired, and is accepted again, is found while sessions expire.
func TestARevivedSessionIsFoundUnderLoad(t *testing.T) {
	const line = "load gestix-session --rate 400/s --duration 3s --session-lifetime 200ms"
	var out bytes.Buffer
	if code := run(context.Background(), strings.Fields(line), nil, &out, &out); code != exitKept {
		t.Errorf("the plain mock: ended with %d:\n%s", code, out.String())
	}
	gestixMock(t, targets.MockOptions{Faults: []string{"new-session-revives-old"}, SessionLifetime: 200_000_000}, itself)
	out.Reset()
	if code := run(context.Background(), strings.Fields("load gestix-session --target it --rate 400/s --duration 3s"), nil, &out, &out); code != exitBroken ||
		!strings.Contains(out.String(), "a session token that had expired (GES-09) was accepted") {
		t.Errorf("the fault: ended with %d:\n%s", code, out.String())
	}
}

var tokenField = regexp.MustCompile(`"xa-token"\s*:\s*"([^"]+)"`)

// TestNoSecretOfGestixInAnyOutput greps all outputs for API tokens, passwords and every session token that was given out.
func TestNoSecretOfGestixInAnyOutput(t *testing.T) {
	for _, fault := range []string{"", "nonce-equal-accepted", "token-echoed", "never-expires", "error-without-code", "403-as-200"} {
		t.Run(fault, func(t *testing.T) {
			var says bytes.Buffer
			opt := targets.MockOptions{Log: &says, Seed: 11}
			if fault != "" {
				opt.Faults = []string{fault}
			}
			var mu sync.Mutex
			tokens := map[string]string{}
			m := gestixMock(t, opt, func(address string) string {
				base, err := url.Parse(address)
				if err != nil {
					t.Fatal(err)
				}
				proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
					r.Out.URL.Scheme, r.Out.URL.Host = base.Scheme, base.Host
				}, ModifyResponse: func(resp *http.Response) error {
					body, err := io.ReadAll(resp.Body)
					resp.Body = io.NopCloser(bytes.NewReader(body))
					mu.Lock()
					defer mu.Unlock()
					for _, found := range tokenField.FindAllStringSubmatch(string(body), -1) {
						tokens[fmt.Sprintf("session token %d", len(tokens))] = found[1]
					}
					return err
				}}
				server := httptest.NewServer(proxy)
				t.Cleanup(server.Close)
				return server.URL + base.Path
			})
			var out bytes.Buffer
			for _, line := range []string{
				"verify --target it --report json=run.json --report junit=run.xml",
				"load gestix-session --target it --rate 100/s --duration 200ms --out load.json",
				"load gestix-write --target it --rate 100/s --duration 200ms --out writes.json",
			} {
				run(context.Background(), strings.Fields(line), nil, &out, &out)
			}
			all := map[string]string{"standard output and error": out.String(), "the mock's log": get(t, m.Control+"/control/log"),
				"the mock's state": get(t, m.Control+"/control/state")}
			for _, name := range []string{"run.json", "run.xml", "load.json", "writes.json"} {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				all[name] = string(text)
			}
			if err := m.Close(); err != nil { // before its own words are read
				t.Error(err)
			}
			all["the mock's standard error"] = says.String()
			mu.Lock()
			defer mu.Unlock()
			if len(tokens) < 100 {
				t.Errorf("only %d session tokens were given out", len(tokens))
			}
			secrets := targets.Credentials{}
			maps.Copy(secrets, tokens)
			maps.Copy(secrets, m.Credentials)
			delete(secrets, "username")
			for where, text := range all {
				lookFor(t, where, text, secrets)
			}
		})
	}
}
