package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
	"github.com/authbench/authbench/targets/wire"
)

// TestNoSecretInAnyOutput greps every output of passing and failing runs, in every encoding, for the credentials of a target
// and for hashes made with them: standard output and error, each report, the run file, the mock's log and its own words.
func TestNoSecretInAnyOutput(t *testing.T) {
	for _, c := range []struct {
		fault string
		codes []int // of verify and load
	}{
		{"", []int{exitKept, exitKept}},
		{"no-window", []int{exitBroken, exitKept}},
		{"echo-private-key", []int{exitBroken, exitKept}},
		{"echo-private-key-in-header", []int{exitBroken, exitKept}},
		{"echo-expected-hash", []int{exitBroken, exitKept}},
		{"swapped-order", []int{exitBroken, exitCannotTest}},
		{"denial-is-500", []int{exitBroken, exitKept}},
	} {
		t.Run(c.fault, func(t *testing.T) {
			var faults []string
			if c.fault != "" {
				faults = []string{c.fault}
			}
			v := registry.Vendors()[0]
			var mockSays bytes.Buffer
			m, err := v.StartMock(targets.MockOptions{Faults: faults, Seed: 56, Log: &mockSays})
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			writeConfig(t, m.URL, m.Control, m.Credentials)
			var out bytes.Buffer
			for i, line := range []string{
				"verify --target it --report json=run.json --report junit=run.xml --color always",
				"load gillie-sign --target it --rate 100/s --duration 100ms --out load.json",
			} {
				if code := run(context.Background(), strings.Fields(line), nil, &out, &out); code != c.codes[i] {
					t.Errorf("%s ended with %d, want %d\n%s", line, code, c.codes[i], out.String())
				}
			}
			run(context.Background(), []string{"verify", "gillie", "--target", "it", "--tags", "@nothing"}, nil, &out, &out)
			all := map[string]string{"standard output and error": out.String(), "the mock's log": get(t, m.Control+"/control/log"),
				"the mock's state": get(t, m.Control+"/control/state")}
			if err := m.Close(); err != nil { // before its own words are read
				t.Error(err)
			}
			all["the mock's standard error"] = mockSays.String()
			for _, name := range []string{"run.json", "run.xml", "load.json"} {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				all[name] = string(text)
			}
			for where, text := range all {
				lookFor(t, where, text, m.Credentials)
			}
		})
	}
}

var hashLike = regexp.MustCompile(`(?i)\b[0-9a-f]{64}\b`)

func lookFor(t *testing.T, where, text string, credentials targets.Credentials) {
	t.Helper()
	if text == "" {
		t.Errorf("%s is empty: nothing was looked at", where)
	}
	for name, value := range credentials {
		for _, encoded := range wire.Encodings(value) {
			if i := strings.Index(text, encoded); i >= 0 {
				t.Errorf("%s shows %s as %q", where, name, text[max(0, i-40):min(len(text), i+len(encoded)+10)])
			}
		}
	}
	for _, h := range hashLike.FindAllString(text, -1) {
		if strings.Trim(h, "0") != "" { // 64 zeros are a scenario's own, and no secret
			t.Errorf("%s shows the hash %s", where, h)
		}
	}
}

func writeConfig(t *testing.T, url, control string, credentials targets.Credentials) {
	t.Helper()
	var b strings.Builder
	b.WriteString("targets:\n  it:\n    vendor: gillie\n    url: " + url + "\n    control: " + control + "\n    credentials:\n")
	for name, value := range credentials {
		t.Setenv("IT_"+name, value)
		b.WriteString("      " + name + ": {env: IT_" + name + "}\n")
	}
	if err := os.WriteFile(filepath.Join(".", defaultConfig), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
