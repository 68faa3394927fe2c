package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// bodySum is what the log tells of a body, and no hash of a credential.
var bodySum = regexp.MustCompile(`"body_sha256":\s*"[0-9a-f]*"`)

// TestNoSecretOfRetailVistaInAnyOutput greps all outputs for tokens, user names and passwords. Numbers of companies and stores
// are no secrets.
func TestNoSecretOfRetailVistaInAnyOutput(t *testing.T) {
	v := registry.Vendors()[2]
	for _, fault := range []string{"", "missing-is-401", "empty-is-silent", "reason-leaks-token", "fault-with-stack-trace", "log-keeps-password", "soap-header-not-checked"} {
		t.Run(fault, func(t *testing.T) {
			var says bytes.Buffer
			opt := targets.MockOptions{Log: &says, Seed: 4, Silence: "reset"}
			if fault != "" {
				opt.Faults = []string{fault}
			}
			m, err := v.StartMock(opt)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { m.Close() })
			var b strings.Builder
			fmt.Fprintf(&b, "targets:\n  it:\n    vendor: retailvista\n    url: %s\n    control: %s\n    silence_wait: 100ms\n    credentials:\n", m.URL, m.Control)
			for _, name := range slices.Sorted(maps.Keys(m.Credentials)) {
				t.Setenv("IT_"+name, m.Credentials[name])
				fmt.Fprintf(&b, "      %s: {env: IT_%s}\n", name, name)
			}
			t.Chdir(t.TempDir())
			if err := os.WriteFile(defaultConfig, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			for _, line := range []string{
				"verify --target it --report json=run.json --report junit=run.xml",
				"load retailvista-gate --target it --rate 100/s --duration 200ms --out load.json",
			} {
				run(context.Background(), strings.Fields(line), nil, &out, &out)
			}
			all := map[string]string{"standard output and error": out.String()}
			if fault != "log-keeps-password" { // which is what that one does
				all["the mock's log"] = bodySum.ReplaceAllString(get(t, m.Control+"/control/log"), "")
			}
			for _, name := range []string{"run.json", "run.xml", "load.json"} {
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
			secrets := maps.Clone(m.Credentials)
			delete(secrets, "company_number")
			delete(secrets, "store_number")
			for where, text := range all {
				lookFor(t, where, text, secrets)
			}
		})
	}
}
