package mock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

var start = time.Unix(1_732_412_345, 0)

// The mock is held to the same vectors as the client, which sha256sum made.
func TestExpectedHashAgainstSha256sum(t *testing.T) {
	text, err := os.ReadFile("../testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []map[string]string }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	right, swapped := New(targets.MockOptions{}), New(targets.MockOptions{Faults: []string{"swapped-order"}})
	for _, v := range file.Vectors {
		k := &key{public: v["public"], private: v["private"]}
		if got := right.expected(k, v["salt"]); got != v["private-public-salt"] {
			t.Errorf("%s: %s, want %s", v["comment"], got, v["private-public-salt"])
		}
		if got := swapped.expected(k, v["salt"]); got != v["public-private-salt"] {
			t.Errorf("%s, swapped: %s, want %s", v["comment"], got, v["public-private-salt"])
		}
	}
	if len(file.Vectors) < 10 {
		t.Errorf("only %d vectors", len(file.Vectors))
	}
}

// Each usual mistake of a client's author is named, in the log and on the standard error alike, without a secret.
func TestADenialIsExplained(t *testing.T) {
	const priv, pub = "private_key", "public_key"
	salt := fmt.Sprint(start.Unix())
	for _, c := range []struct {
		name string
		salt string
		hash func(m *Mock, k *key) string
		want string
	}{
		{"the order of the prose", salt, func(_ *Mock, k *key) string { return sha(k.public, k.private, salt) }, "sha256(public+private+salt)"},
		{"the salt first", salt, func(_ *Mock, k *key) string { return sha(salt, k.private, k.public) }, "before or between"},
		{"milliseconds in the hash", salt, func(_ *Mock, k *key) string { return sha(k.private, k.public, salt+"417") }, "hashed in milliseconds"},
		{"milliseconds in both", salt + "000", func(_ *Mock, k *key) string { return sha(k.private, k.public, salt+"000") }, "the salt is in milliseconds"},
		{"a newline", salt, func(_ *Mock, k *key) string { return sha(k.private, k.public, salt, "\n") }, "newline"},
		{"upper case", salt, func(_ *Mock, k *key) string { return strings.ToUpper(sha(k.private, k.public, salt)) }, "upper case"},
		{"an HMAC", salt, func(_ *Mock, k *key) string { return hmacs(k.private, k.public, salt)[0] }, "HMAC"},
		{"another key", salt, func(m *Mock, k *key) string { return sha(m.keys[3].private, k.public, salt) }, "another key was used for the hash: limited_public_key"},
		{"hashed twice", salt, func(_ *Mock, k *key) string { return sha(sha(k.private, k.public, salt)) }, "hashed again"},
		{"without the salt", salt, func(_ *Mock, k *key) string { return sha(k.private, k.public) }, "salt is not part"},
		{"colons between", salt, func(_ *Mock, k *key) string { return sha(k.private, ":", k.public, ":", salt) }, `":" stands between`},
		{"SHA-1", salt, func(_ *Mock, k *key) string { return otherDigests(k.private + k.public + salt)[0] }, "another digest"},
		{"base64", salt, func(_ *Mock, k *key) string { return base64s(k.private + k.public + salt)[0] }, "base64"},
		{"another salt", salt, func(_ *Mock, k *key) string { return sha(k.private, k.public, fmt.Sprint(start.Unix()-7)) }, "another salt"},
		{"cut short", salt, func(_ *Mock, k *key) string { return sha(k.private, k.public, salt)[:40] }, "cut short: 40 of 64"},
		{"no mistake that is known", salt, func(*Mock, *key) string { return strings.Repeat("a", 64) }, "none of the usual mistakes"},
		{"too old", fmt.Sprint(start.Unix() - 900), func(_ *Mock, k *key) string { return "" }, "900 s behind"},
		{"too new", fmt.Sprint(start.Unix() + 660), func(_ *Mock, k *key) string { return "" }, "660 s ahead"},
		{"a date", "2026-11-24T10:00:00Z", func(_ *Mock, k *key) string { return "" }, "it is a date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			m := New(targets.MockOptions{Clock: targets.NewManual(start), Log: &stderr})
			k := m.named(pub)
			query := url.Values{"apikey": {k.public}, "apisalt": {c.salt}, "apihash": {c.hash(m, k)}}
			w := httptest.NewRecorder()
			m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/customers?"+query.Encode(), nil))
			if w.Code != http.StatusForbidden {
				t.Fatalf("status %d", w.Code)
			}
			if !strings.Contains(stderr.String(), c.want) || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("the standard error says %q, want one line with %q", stderr.String(), c.want)
			}
			log := fmt.Sprintf("%+v", m.Log())
			if !strings.Contains(log, c.want) {
				t.Errorf("the log says %s, want %q", log, c.want)
			}
			for name, secret := range map[string]string{priv: k.private, pub: k.public, "hash": sha(k.private, k.public, salt)} {
				if strings.Contains(stderr.String()+log, secret) {
					t.Errorf("the %s is shown", name)
				}
			}
		})
	}
}

func TestURLEscapedKeysAreExplained(t *testing.T) {
	m := New(targets.MockOptions{Clock: targets.NewManual(start)})
	k := m.named("reserved_public_key")
	salt := fmt.Sprint(start.Unix())
	javascript := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	for name, hash := range map[string]string{
		"both keys":            sha(url.QueryEscape(k.private), url.QueryEscape(k.public), salt),
		"the public key":       sha(k.private, url.QueryEscape(k.public), salt),
		"the private key":      sha(url.QueryEscape(k.private), k.public, salt),
		"a space as %20":       sha(javascript(k.private), javascript(k.public), salt),
		"one of them, as %20":  sha(k.private, javascript(k.public), salt),
		"in small letters":     sha(k.private, strings.ToLower(url.QueryEscape(k.public)), salt),
		"the other order, too": sha(javascript(k.public), k.private, salt),
	} {
		if got := m.explainHash(k, salt, hash, nil); !strings.Contains(got, "URL-escaped") {
			t.Errorf("%s: explained as %q", name, got)
		}
	}
}

// A rightly signed call that a wrong mock denies is called right, whatever the keys are made of.
func TestTheMockOwnsUpToItsFaults(t *testing.T) {
	for _, fault := range []string{"swapped-order", "sha1", "hash-without-salt", "hashes-escaped-key"} {
		m := New(targets.MockOptions{Clock: targets.NewManual(start), Faults: []string{fault}})
		salt := fmt.Sprint(start.Unix())
		for _, name := range []string{"public_key", "reserved_public_key"} {
			k := m.named(name)
			want := "the hash is right: this mock is wrong on purpose (" + fault + ")"
			if got := m.explainHash(k, salt, sha(k.private, k.public, salt), m.Faults()); got != want {
				t.Errorf("%s, %s: explained as %q, want %q", fault, name, got, want)
			}
		}
	}
}

// Whatever a caller takes for the path, the log shows no hash.
func TestTheLogShowsNoHash(t *testing.T) {
	var stderr bytes.Buffer
	m := New(targets.MockOptions{Clock: targets.NewManual(start), Log: &stderr})
	k, salt := m.named("public_key"), fmt.Sprint(start.Unix())
	hash := sha(k.private, k.public, salt)
	target := "/api/customers&apikey=" + k.public + "&apisalt=" + salt + "&apihash=" + hash
	m.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	shown := stderr.String() + fmt.Sprintf("%+v", m.Log())
	if strings.Contains(shown, hash) || strings.Contains(shown, k.public) || !strings.Contains(shown, "apihash=<hash>") {
		t.Errorf("shown: %s", shown)
	}
}

func TestTheSeedMakesTheMock(t *testing.T) {
	credentials := func(seed uint64) string {
		return fmt.Sprint(map[string]string(New(targets.MockOptions{Seed: seed}).Credentials()))
	}
	if credentials(7) != credentials(7) {
		t.Error("one seed gives two sets of keys")
	}
	if credentials(7) == credentials(8) {
		t.Error("two seeds give one set of keys")
	}
	forms := map[string]bool{}
	for seed := range uint64(50) {
		v := drawVariation(seed)
		forms[fmt.Sprintf("%+v", v)] = true
		for r, status := range v.denialStatus {
			if status != 400 && status != 401 && status != 403 && !(status == 404 && r == notPermitted) {
				t.Errorf("seed %d denies %q with %d", seed, r, status)
			}
		}
	}
	if len(forms) < 50 {
		t.Errorf("50 seeds give %d variations", len(forms))
	}
}

func TestResetPutsEverythingBack(t *testing.T) {
	m := New(targets.MockOptions{Clock: targets.NewManual(start)})
	before := fmt.Sprint(map[string]string(m.Credentials()))
	m.Advance(time.Hour)
	if err := m.Revoke("public_key"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Recreate("limited_public_key"); err != nil {
		t.Fatal(err)
	}
	if !m.Now().Equal(start.Add(time.Hour)) || !m.named("public_key").deleted {
		t.Fatal("nothing was steered")
	}
	m.Reset()
	if !m.Now().Equal(start) || m.named("public_key").deleted || fmt.Sprint(map[string]string(m.Credentials())) != before {
		t.Error("the reset left something behind")
	}
}

func TestUnknownCredentialsCannotBeSteered(t *testing.T) {
	m := New(targets.MockOptions{})
	if err := m.Revoke("nobody"); err == nil {
		t.Error("a credential that is not there was revoked")
	}
	if _, err := m.Recreate(""); err == nil {
		t.Error("a credential without a name was recreated")
	}
}

func TestEveryFaultIsNamedOnceAndUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source []byte
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "faults.go" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	seen := map[string]bool{}
	for _, f := range Faults() {
		if seen[f.Name] {
			t.Errorf("%s is listed twice", f.Name)
		}
		seen[f.Name] = true
		if !strings.Contains(string(source), `m.faults.Has("`+f.Name+`")`) {
			t.Errorf("%s is listed and does nothing", f.Name)
		}
	}
	for _, part := range strings.Split(string(source), `m.faults.Has("`)[1:] {
		if name, _, _ := strings.Cut(part, `"`); !seen[name] {
			t.Errorf("%s is used and not listed", name)
		}
	}
}
