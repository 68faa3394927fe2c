package targets_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

const (
	head  = "targets:\n  it:\n    vendor: gillie\n    url: http://127.0.0.1:1\n"
	creds = "    credentials: {public_key: {value: marked-pub}, private_key: {value: marked-priv}}\n"
)

// source has one variable and one file.
var source = targets.Source{
	Env: func(name string) (string, bool) {
		v, ok := map[string]string{"SET": "from-env", "EMPTY": ""}[name]
		return v, ok
	},
	ReadFile: func(name string) ([]byte, error) {
		switch name {
		case "secret.txt":
			return []byte("from-file\r\n"), nil
		case "ca.pem":
			return authorities()
		}
		return nil, os.ErrNotExist
	},
}

// authorities is a certificate in PEM.
func authorities() ([]byte, error) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), nil
}

func resolve(text string) (targets.Target, []string, error) {
	c, err := targets.ParseConfig("a.yaml", []byte(text), registry.Vendors())
	if err != nil {
		return targets.Target{}, nil, err
	}
	return c.Target("it", source)
}

// deepKeys nests mappings by indentation.
func deepKeys(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestConfigRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "a.yaml: the file is empty"},
		{"only comments", "# nothing\n", "a.yaml"},
		{"no target", "targets: {}\n", "the file names no target"},
		{"nothing below targets", "targets:\n", "a.yaml:1:10: targets has to be a list of `key: value`, and is empty"},
		{"a list", "- a\n", "has to be a list of `key: value`, and is a list"},
		{"a word", "targets\n", "has to be a list of `key: value`, and is a text"},
		{"no YAML", "targets: [marked: {a\n", "a.yaml:"},
		{"a tab", "targets:\n\tit: marked\n", "a.yaml:"},
		{"two documents", head + creds + "---\nb: 1\n", "a second document begins here"},
		{"unknown at the top", "target:\n  it: {}\n", `a.yaml:1:1: the file has no key "target" (did you mean "targets"?): choose from targets, thresholds`},
		{"unknown in a target", head + "    hash_ordr: auto\n" + creds, `a.yaml:5:5: the target it has no key "hash_ordr" (did you mean "hash_order"?)`},
		{"unknown credential", head + "    credentials: {public-key: {value: marked}}\n", `a.yaml:5:19: credentials of gillie has no such key (did you mean "public_key"?): choose from public_key`},
		{"a secret for a credential", head + "    credentials: {marked: }\n", "a.yaml:5:19: credentials of gillie has no such key: choose from"},
		{"a secret twice", head + "    credentials: {marked: , marked: }\n", "a.yaml:5:29: this key comes twice"},
		{"a secret for a source", head + "    credentials: {public_key: {marked}}\n", "a.yaml:5:32: public_key cannot come from there: write it as {env: NAME}"},
		{"a secret behind a source", head + "    credentials: {public_key: {value marked}}\n", "a.yaml:5:32: public_key cannot come from there"},
		{"a secret for a variable", head + "    credentials: {public_key: {env: marked}, private_key: {value: a}}\n",
			"a.yaml:5:19: the credential public_key of the target it: the environment variable named here (its name is not repeated, as it may be the secret itself) is empty: export it"},
		{"a secret for a file", head + "    credentials: {public_key: {file: marked}, private_key: {value: a}}\n",
			"a.yaml:5:19: the credential public_key of the target it: the file named here (its name is not repeated, as it may be the secret itself) cannot be read"},
		{"unknown in allow", head + creds + "    allow: {loads: true}\n", `a.yaml:6:13: allow has no key "loads" (did you mean "load"?)`},
		{"unknown in tls", head + creds + "    tls: {cert: a}\n", `tls has no key "cert"`},
		{"unknown path", head + creds + "    paths: {raed: /a}\n", `paths of gillie has no key "raed" (did you mean "read"?)`},
		{"a text for a mapping", head + creds + "    allow: yes please\n", "a.yaml:6:12: allow has to be a list of `key: value`, and is a text"},
		{"a text for true", head + creds + "    allow: {load: \"true\"}\n", "load has to be true or false, and is a text"},
		{"a number for a text", "targets:\n  it:\n    vendor: gillie\n    url: 5\n" + creds, "a.yaml:4:10: url has to be a text, and is a number"},
		{"no vendor", "targets:\n  it:\n    url: http://h\n" + creds, "a.yaml:2:3: the target it has no vendor: add `vendor: gillie`"},
		{"unknown vendor", "targets:\n  it:\n    vendor: gilie\n", `a.yaml:3:13: there is no vendor "gilie" (did you mean "gillie"?)`},
		{"no url", "targets:\n  it:\n    vendor: gillie\n" + creds, "a.yaml:2:3: the target it has no url"},
		{"no private key", head + "    credentials: {public_key: {value: marked}}\n", "a.yaml:2:3: the target it lacks the credential private_key"},
		{"unknown order", head + creds + "    hash_order: salt-first\n", `hash_order "salt-first" is not known: choose from private-public-salt, public-private-salt, auto`},
		{"a key twice", head + creds + "    control: http://h\n    control: http://h\n", `a.yaml:7:5: the key "control" comes twice: remove one`},
		{"an alias", head + "    credentials: &c {public_key: {value: marked}, private_key: {value: marked}}\n", "an anchor, alias or tag"},
		{"a merge", head + creds + "    <<: {a: b}\n", "a.yaml:6:"},
		{"ftp", "targets:\n  it:\n    vendor: gillie\n    url: ftp://h\n" + creds, "url is no address: write it as https://host/path"},
		{"no host", "targets:\n  it:\n    vendor: gillie\n    url: https:///a\n" + creds, "url is no address"},
		{"a user", "targets:\n  it:\n    vendor: gillie\n    url: https://u:marked@h\n" + creds, "url holds a user name"},
		{"a query", "targets:\n  it:\n    vendor: gillie\n    url: https://h/?a=marked\n" + creds, "url holds a query or fragment"},
		{"a path without a slash", head + creds + "    paths: {read: api}\n", "paths.read is no path"},
		{"a path with a space", head + creds + "    paths: {read: /a b}\n", "paths.read is no path"},
		{"no rate", head + creds + "    allow: {rate: 0}\n", `rate "0" is no rate above zero: write it as 5/s or 30/m`},
		{"a negative rate", head + creds + "    allow: {rate: -1/s}\n", "no rate above zero"},
		{"a rate that is no number", head + creds + "    allow: {rate: nan/s}\n", "no rate above zero"},
		{"an odd unit", head + creds + "    allow: {rate: 5/fortnight}\n", "no rate above zero"},
		{"two sources", head + "    credentials: {public_key: {value: marked, env: A}}\n", "public_key does not say in one way where it comes from"},
		{"no source", head + "    credentials: {public_key: marked}\n", "public_key does not say in one way where it comes from"},
		{"another source", head + "    credentials: {public_key: {vault: marked}}\n", "public_key cannot come from there"},
		{"a deviation without its end", head + creds + "    known_deviations: [{clause: GIL-14, reason: r}]\n", "needs all of clause, reason and until"},
		{"a deviation of no day", head + creds + "    known_deviations: [{clause: GIL-14, reason: r, until: soon}]\n", "until is no day"},
		{"two deviations of a clause", head + creds + "    known_deviations: [{clause: GIL-14, reason: r, until: 2027-01-01}, {clause: GIL-14, reason: s, until: 2028-01-01}]\n",
			"a.yaml:6:72: a second known deviation of GIL-14"},
		{"no authorities", head + creds + "    tls: {ca: no/ca.pem}\n", "a.yaml:6:15: tls.ca of the target it: the file no/ca.pem cannot be read: check the path"},
		{"authorities that are none", head + creds + "    tls: {ca: secret.txt}\n", "a.yaml:6:15: secret.txt holds no certificate: set tls.ca to a PEM file"},
		{"thresholds", head + creds + "thresholds: p99\n", "thresholds has to be a list, and is a text"},
		{"a threshold", head + creds + "thresholds: [99]\n", "thresholds has to be a text, and is a number"},
		{"an unset variable", head + "    credentials: {public_key: {env: UNSET}, private_key: {value: marked}}\n", "a.yaml:5:19: the credential public_key of the target it: the environment variable UNSET is empty: export it, or name another"},
		{"an empty variable", head + "    credentials: {public_key: {value: marked}, private_key: {env: EMPTY}}\n", "the environment variable EMPTY is empty"},
		{"a missing file", head + "    credentials: {public_key: {value: marked}, private_key: {file: gone.txt}}\n", "the file gone.txt cannot be read"},
		{"an empty value", head + "    credentials: {public_key: {value: \"\"}, private_key: {value: marked}}\n", "its value is empty"},
		{"another target", "targets:\n  that:\n    vendor: gillie\n    url: http://h\n" + creds, `a.yaml: there is no target "it"`},
		{"too large", strings.Repeat("#", 2<<20), "larger than 64 KiB"},
		{"too deep", strings.Repeat("[", 60_000), "nests deeper than 50"},
		{"too deep in lists", strings.Repeat("- ", 30_000), "a.yaml"},
		{"too deep in keys", strings.Repeat("? ", 30_000), "a.yaml"},
		{"too deep by indentation", deepKeys(300), "a.yaml"},
	} {
		_, _, err := resolve(c.text)
		var config *targets.ConfigError
		switch {
		case err == nil:
			t.Errorf("%s: no error", c.name)
		case !errors.As(err, &config), strings.Contains(err.Error(), "\n"), strings.Contains(err.Error(), "marked"):
			t.Errorf("%s: %T %q", c.name, err, err)
		case !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %q, want %q", c.name, err, c.want)
		}
	}
}

func TestAFullTarget(t *testing.T) {
	text := "\ufeff" + strings.ReplaceAll(`
targets:
  it:
    vendor: gillie
    url: https://gillie.example/base/
    credentials:
      public_key: {env: SET}
      private_key: {file: secret.txt}
      plain_key: {value: 12345}
    hash_order: auto
    paths: {read: /r, lookalike: /r-archive}
    allow: {writes: true, load: true, rate: 30/m}
    control: http://127.0.0.1:2
    tls: {ca: ca.pem, insecure: true}
    known_deviations:
      - {clause: GIL-14, reason: "roles only", until: 2027-03-31}
  unused:
    vendor: gillie
    url: http://h
    credentials: {public_key: {env: UNSET}, private_key: {env: UNSET}}
thresholds: ["p99<50ms"]
`, "\n", "\r\n")
	target, warnings, err := resolve(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := map[string]string(target.Credentials); !maps.Equal(got, map[string]string{"public_key": "from-env", "private_key": "from-file", "plain_key": "12345"}) {
		t.Errorf("credentials %v", got)
	}
	if target.URL != "https://gillie.example/base" || target.Kind != targets.KindLive || target.Settings["hash_order"] != "auto" ||
		target.Paths["read"] != "/r" || target.Paths["inside"] != "/api/customers" || target.Paths["lookalike"] != "/r-archive" ||
		target.Allow != (targets.Allow{Writes: true, Load: true, Rate: 0.5}) || target.Control != "http://127.0.0.1:2" ||
		target.TLS.CA != "ca.pem" || !target.TLS.Insecure || !strings.HasPrefix(target.TLS.PEM, "-----BEGIN CERTIFICATE") ||
		len(target.Deviations) != 1 || target.Deviations[0].Clause != "GIL-14" || target.Deviations[0].Place != "a.yaml:16:18" {
		t.Errorf("%+v", target)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "plain_key") || strings.Contains(warnings[0], "12345") {
		t.Errorf("warnings %q", warnings)
	}
	if text := fmt.Sprintf("%v %+v %#v", target.Credentials, target, target.Credentials); strings.Contains(text, "from-") {
		t.Errorf("a target prints its secrets: %s", text)
	}
}

func TestThresholdsHaveAPlace(t *testing.T) {
	c, err := targets.ParseConfig("a.yaml", []byte(head+creds+"thresholds:\n  - p99<50ms\n  - \"success>=99.9%\"\n"), registry.Vendors())
	if err != nil {
		t.Fatal(err)
	}
	want := []targets.Threshold{{Text: "p99<50ms", Place: "a.yaml:7:5"}, {Text: "success>=99.9%", Place: "a.yaml:8:5"}}
	if got := c.Thresholds(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestDefaults(t *testing.T) {
	for host, rate := range map[string]float64{"https://gillie.example": 5, "http://127.0.0.1:1": 0, "http://[::1]:1": 0, "http://localhost": 0, "http://10.0.0.1": 5} {
		target, _, err := resolve("targets:\n  it:\n    vendor: gillie\n    url: " + host + "\n" + creds)
		if err != nil {
			t.Fatal(err)
		}
		if target.Allow != (targets.Allow{Rate: rate}) || target.Settings["hash_order"] != "private-public-salt" || target.Paths["outside"] != "/api/users" || target.Paths["lookalike"] != "" {
			t.Errorf("%s: %+v", host, target)
		}
	}
}

func TestTheTemplateIsAConfiguration(t *testing.T) {
	text := targets.Template(registry.Vendors())
	c, err := targets.ParseConfig("authbench.yaml", []byte(text), registry.Vendors())
	if err != nil {
		t.Fatal(err)
	}
	uncommented := strings.ReplaceAll(text, "\n      # ", "\n      ")
	if _, err := targets.ParseConfig("authbench.yaml", []byte(strings.ReplaceAll(uncommented, "/...", "/a")), registry.Vendors()); err != nil {
		t.Errorf("with the optional keys: %v", err)
	}
	any := targets.Source{Env: func(string) (string, bool) { return "x", true }}
	if _, warnings, err := c.Target(c.Names()[0], any); err != nil || warnings != nil {
		t.Errorf("%v, %v", warnings, err)
	}
}

// The schema that editors use and the code that reads the file know the same keys.
func TestSchemaAndCodeAgree(t *testing.T) {
	text, err := os.ReadFile("../docs/authbench.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type node struct {
		Properties map[string]node
		Required   []string
		Enum       []string
	}
	var schema struct {
		Defs map[string]node `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	names := func(entries []targets.Entry, all bool) []string {
		list := []string{}
		for _, e := range entries {
			if all || e.Required {
				list = append(list, e.Name)
			}
		}
		return slices.Sorted(slices.Values(list))
	}
	same := func(what string, got, want []string) {
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: the schema knows %v, the code %v", what, got, want)
		}
	}
	for _, v := range registry.Vendors() {
		target := schema.Defs[v.Name]
		keys := append([]string{"vendor", "url", "credentials", "paths", "allow", "control", "tls", "known_deviations"}, names(v.Settings, true)...)
		if v.Bodies != nil {
			keys = append(keys, "bodies")
		}
		same("keys", slices.Collect(maps.Keys(target.Properties)), keys)
		same("credentials", slices.Collect(maps.Keys(target.Properties["credentials"].Properties)), names(v.Credentials, true))
		same("required credentials", target.Properties["credentials"].Required, names(v.Credentials, false))
		same("paths", slices.Collect(maps.Keys(target.Properties["paths"].Properties)), names(v.Paths, true))
		same("bodies", slices.Collect(maps.Keys(target.Properties["bodies"].Properties)), names(v.Bodies, true))
		for _, s := range v.Settings {
			same(s.Name, target.Properties[s.Name].Enum, s.Values)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{"", head + creds, "targets: {it: [", "a: &b {c: *b}", "? x\n: y", "!!map {}", "targets:\n  it: !!str x", "'", "\"\\x", "|\n a", "- - -", "{{{", "%YAML 1.2\n---\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := targets.ParseConfig("a.yaml", []byte(text), registry.Vendors()); err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%q: more than one line: %q", text, err)
		}
	})
}
