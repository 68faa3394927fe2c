package steps_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets/registry"
)

// actAsStranger names the client program that this test is, when it is started as one.
const actAsStranger = "STEPS_TEST_ACTS_AS_STRANGER"

// strangers are client programs that share no line with ours: right in a way that ours are not, or wrong in one. Each returns
// its exit code.
var strangers = map[string]func() int{
	"gillie, plain": func() int { return gillieCall(nil) },
	"gillie, upper case": func() int {
		return gillieCall(func(q url.Values) { q.Set("apihash", strings.ToUpper(q.Get("apihash"))) })
	},
	"gillie, signed salt":       func() int { return gillieCall(func(q url.Values) { q.Set("apisalt", "+"+q.Get("apisalt")) }) },
	"gillie, elsewhere":         func() int { return status(get("/api/customer", gillieQuery(), nil)) },
	"gillie, never ends":        func() int { gillieCall(nil); select {} },
	"gillie, escaped to hash":   func() int { return gillieCall(gillieHashed(url.QueryEscape, same)) },
	"gillie, ASCII to hash":     func() int { return gillieCall(gillieHashed(same, inASCII)) },
	"gillie, falls back aside":  gillieFallsBackAside,
	"gillie, prints in lines":   func() int { fmt.Println(inLines(secretOf("GILLIE"))); return gillieCall(nil) },
	"gillie, prints half":       func() int { fmt.Println(strings.Repeat("x", 180) + secretOf("GILLIE")); return 1 },
	"gillie, packs":             func() int { keep("log.gz", packed(secretOf("GILLIE"))); return gillieCall(nil) },
	"gillie, UTF-16":            func() int { keep("log.txt", wide(secretOf("GILLIE"))); return gillieCall(nil) },
	"gillie, names a folder":    func() int { _ = os.Mkdir(home(secretOf("GILLIE")), 0o700); return gillieCall(nil) },
	"gillie, packs a body":      func() int { return gillieWrites(packed(`{"by":"` + secretOf("GILLIE") + `"}`)) },
	"gillie, a body too long":   func() int { return gillieWrites(strings.Repeat("x", 2<<20) + secretOf("GILLIE")) },
	"gestix, looks first":       gestixLooksFirst,
	"gestix, prints unused":     gestixPrintsUnused,
	"gestix, prints component":  func() int { fmt.Println(component(os.Getenv("GESTIX_PASSWORD"))); return gestixLooksFirst() },
	"gestix, writes, no number": func() int { return gestixWrites("%2B5") },
}

// What strangers are accused of, and what not: a scenario with the verdict that it has to have, and what the finding has to say.
var strangersSeen = []struct {
	name, vendor, scenario string
	verdict                record.Verdict
	says                   string
}{
	{"gillie, plain", "gillie", "a read that succeeds", record.Passed, ""},
	{"gillie, upper case", "gillie", "the hash of a read", record.Passed, ""},
	{"gillie, upper case", "gillie", "a read that succeeds", record.Skipped, "request 1 was denied: the hash is right but in upper case"},
	{"gillie, signed salt", "gillie", "the salt is the current time", record.Failed, "no whole number"},
	{"gillie, elsewhere", "gillie", "a read that succeeds", record.Skipped, "request 1 was denied: there is nothing at this path"},
	{"gillie, never ends", "gillie", "a read that succeeds", record.Errored, "--timeout"},
	{"gillie, escaped to hash", "gillie", "keys with reserved characters are hashed as they are", record.Failed, "another form"},
	{"gillie, ASCII to hash", "gillie", "keys with reserved characters are hashed as they are", record.Failed, "another form"},
	{"gillie, falls back aside", "gillie", "the key was deleted", record.Failed, "request 2 carries the public key alone"},
	{"gillie, prints in lines", "gillie", "the output of a read", record.Failed, "the standard output holds the private_key"},
	{"gillie, prints half", "gillie", "a read is signed", record.Errored, "no request"},
	{"gillie, packs", "gillie", "the files that it leaves", record.Failed, "home/log.gz holds the private_key"},
	{"gillie, UTF-16", "gillie", "the files that it leaves", record.Failed, "home/log.txt holds the private_key"},
	{"gillie, names a folder", "gillie", "the files that it leaves", record.Failed, "holds the private_key"},
	{"gillie, packs a body", "gillie", "a write without the private key", record.Failed, "the body of request 1 holds the private_key"},
	{"gillie, a body too long", "gillie", "a write without the private key", record.Errored, "more than can be searched"},
	{"gestix, looks first", "gestix", "a session that ended before a write", record.Passed, ""},
	{"gestix, looks first", "gestix", "every call is denied, and two sessions are enough", record.Passed, ""},
	{"gestix, prints unused", "gestix", "the output of a read", record.Failed, "the standard output holds the session token"},
	{"gestix, prints component", "gestix", "the output of a read", record.Failed, "the standard output holds the password"},
	{"gestix, writes, no number", "gestix", "a nonce on a POST", record.Failed, "none that the server reads"},
}

func TestStrangersAreJudgedByTheContractAlone(t *testing.T) {
	t.Parallel()
	for _, c := range strangersSeen {
		t.Run(c.name+": "+c.scenario, func(t *testing.T) {
			t.Parallel()
			s, secrets := judgeStranger(t, c.name, c.vendor, c.scenario)
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if s.Verdict != c.verdict || !strings.Contains(s.Actual+s.Reason, c.says) {
				t.Errorf("%s, not %s: %s", s.Verdict, c.verdict, text)
			}
			for _, secret := range strings.Split(strings.TrimSpace(secrets), "\n") {
				// Also where a half of it is shown.
				if shown := string(text); strings.Contains(shown, secret[:16]) || strings.Contains(shown, base64.StdEncoding.EncodeToString([]byte(secret))[:12]) {
					t.Errorf("the report shows a secret: %s", shown)
				}
			}
		})
	}
}

// judgeStranger runs one scenario, and returns what became of it and the secrets that the program was given.
func judgeStranger(t *testing.T, name, vendor, scenario string) (record.Scenario, string) {
	t.Helper()
	files, err := features.BuiltinClient(vendor)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := steps.NewPlan(vendor, steps.Client, files, steps.Filter{Scenarios: []string{scenario}})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	told := filepath.Join(t.TempDir(), "secrets")
	for _, v := range registry.Vendors() {
		if v.Name != vendor {
			continue
		}
		suite := steps.OnProgram(v, steps.Program{Args: []string{self}, Env: append(os.Environ(), actAsStranger+"="+name, "TOLD="+told)}, 0)
		if strings.HasSuffix(name, "never ends") {
			suite.Timeout = 2 * time.Second
		} else {
			suite.Timeout = 30 * time.Second
		}
		found, _, err := suite.Run(context.Background(), plan)
		if err != nil || len(found) == 0 {
			t.Fatalf("%d scenarios, %v", len(found), err)
		}
		secrets, err := os.ReadFile(told)
		if err != nil || len(secrets) == 0 {
			t.Fatalf("the program has not run: %v, %+v", err, found[0])
		}
		return found[0], string(secrets)
	}
	t.Fatalf("there is no vendor %s", vendor)
	return record.Scenario{}, ""
}

// beStranger is the whole of a stranger's process.
func beStranger(name string) int {
	if err := os.WriteFile(os.Getenv("TOLD"), []byte(secretOf("GILLIE")+"\n"+os.Getenv("GESTIX_API_TOKEN")+"\n"), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return strangers[name]()
}

func secretOf(vendor string) string { return os.Getenv(vendor + "_PRIVATE_KEY") }

// get and send make one call; an error is status 0.
func get(path string, query url.Values, header http.Header) (int, string) {
	return send(http.MethodGet, path+"?"+query.Encode(), "", header)
}

func send(method, target, body string, header http.Header) (int, string) {
	req, err := http.NewRequest(method, os.Getenv("AUTHBENCH_URL")+target, strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	if header != nil {
		req.Header = header
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// status is the exit code for a reply.
func status(code int, _ string) int {
	if code/100 == 2 {
		return 0
	}
	return 1
}

func gillieQuery() url.Values {
	public, salt := os.Getenv("GILLIE_PUBLIC_KEY"), strconv.FormatInt(time.Now().Unix(), 10)
	return url.Values{"apikey": {public}, "apisalt": {salt}, "apihash": {fmt.Sprintf("%x", sha256.Sum256([]byte(secretOf("GILLIE")+public+salt)))}}
}

// gillieCall reads, with a query that was changed.
func gillieCall(change func(url.Values)) int {
	q := gillieQuery()
	if change != nil {
		change(q)
	}
	return status(get("/api/customers", q, nil))
}

// gillieHashed changes the keys before they are hashed.
func gillieHashed(public, private func(string) string) func(url.Values) {
	return func(q url.Values) {
		text := private(secretOf("GILLIE")) + public(q.Get("apikey")) + q.Get("apisalt")
		q.Set("apihash", fmt.Sprintf("%x", sha256.Sum256([]byte(text))))
	}
}

func same(s string) string { return s }

func inASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0x7f {
			return '?'
		}
		return r
	}, s)
}

func gillieFallsBackAside() int {
	if gillieCall(nil) == 0 {
		return 0
	}
	return status(get("/api/customers", nil, http.Header{"X-Api-Key": {os.Getenv("GILLIE_PUBLIC_KEY")}}))
}

func gillieWrites(body string) int {
	return status(send(http.MethodPost, "/api/customers?"+gillieQuery().Encode(), body, nil))
}

func home(name string) string { return filepath.Join(os.Getenv("HOME"), name) }

func keep(name, text string) { _ = os.WriteFile(home(name), []byte(text), 0o600) }

func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // into memory
	_ = w.Close()
	return b.String()
}

func wide(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return b.String()
}

// inLines is base64 as the tool of that name prints it.
func inLines(text string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte("the configuration of this client: " + text))
	var b strings.Builder
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\n")
		encoded = encoded[76:]
	}
	return b.String() + encoded
}

func component(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func gestixOpen() string {
	_, text := get("/helo", nil, http.Header{"Authorization": {"Bearer " + os.Getenv("GESTIX_API_TOKEN")}})
	var opened struct {
		Token string `json:"xa-token"`
	}
	_ = json.Unmarshal([]byte(text), &opened) // what cannot be read has no token
	return opened.Token
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// gestixLooksFirst asks for the state of the server before it does anything, and takes a denial of that for the end of its
// session; a denial of the call itself likewise.
func gestixLooksFirst() int {
	token := gestixOpen()
	if code, _ := get("/status", nil, bearer(token)); code == http.StatusForbidden {
		token = gestixOpen()
	}
	code := 0
	for try := range 2 {
		if try > 0 {
			token = gestixOpen()
		}
		method, target := http.MethodGet, "/customers"
		if os.Getenv("AUTHBENCH_ACTION") != "read" {
			method, target = http.MethodPost, "/customers?nonce="+strconv.FormatInt(time.Now().UnixNano(), 10)
		}
		if code, _ = send(method, target, `{"name":"Heather House"}`, bearer(token)); code != http.StatusForbidden {
			break
		}
	}
	return status(code, "")
}

func gestixPrintsUnused() int {
	fmt.Println("debug: xa-token", gestixOpen())
	return 1
}

func gestixWrites(nonce string) int {
	return status(send(http.MethodPost, "/customers?nonce="+nonce, `{"name":"Heather House"}`, bearer(gestixOpen())))
}
