package clients_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// server answers all clients: it opens sessions, and says yes to every other call once as many as it waits for are there.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	queries []string // of the calls, without those that open sessions
	waiting int
	all     chan struct{}
}

const loginSuccessful = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
	`<ValidateUserResponse xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents">` +
	`<ValidateUserResult>LoginSuccessful</ValidateUserResult></ValidateUserResponse></s:Body></s:Envelope>`

func startServer(t *testing.T, waiting int) *server {
	s := &server{waiting: waiting, all: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/helo") {
			fmt.Fprint(w, `{"xa-token":"token"}`)
			return
		}
		s.mu.Lock()
		s.queries = append(s.queries, r.URL.RawQuery)
		if len(s.queries) == s.waiting {
			close(s.all)
		}
		s.mu.Unlock()
		select {
		case <-s.all:
			fmt.Fprint(w, loginSuccessful)
		case <-r.Context().Done(): // the client waited for one reply before it sent the next call
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// stranger is a mock's data with a server that is none.
func stranger(vendor, url string) *mock {
	return &mock{Vendor: vendor, URL: url, Credentials: map[string]string{
		"public_key": `p+&=%#? "\ü`, "private_key": `s+&=%#? "\é`, "api_token": "47ddedc5-6967-4da0-a849-1b441286f665",
		"username": "some-user", "password": "some-password", "company_number": "1234567", "store_number": "7654321",
	}}
}

func TestManyCallsAreMadeAtOnce(t *testing.T) {
	eachProgram(t, "", func(t *testing.T, p program) {
		if p.does["reads:5"] == "" {
			t.Skip("it makes one call")
		}
		s := startServer(t, 5)
		if r := run(t, p.command(t), stranger(p.vendor, s.URL).variables("reads:5", logins[p.vendor][0])); r.code != 0 {
			t.Errorf("exit %d: %s", r.code, r.stderr)
		}
	})
}

// What is sent is judged by the letter of the contract (GILC-01..GILC-05, GILC-09), without any code of ours.
func TestGillieCallsAreSigned(t *testing.T) {
	const own = "page=2&sort=last%20name&q=a%26b&q=c"
	eachProgram(t, "gillie", func(t *testing.T, p program) {
		action, calls := "reads:5", 5
		m := stranger("gillie", "")
		if p.name == "smallest" { // it makes one call, and is no match for quotes and backslashes
			action, calls = "read", 1
			m.Credentials["public_key"] = "p+&=%#? ü"
		}
		s := startServer(t, calls)
		m.URL = s.URL + "/"
		variables := m.variables(action, logins["gillie"][0])
		variables["AUTHBENCH_QUERY"] = own
		before := time.Now().Unix()
		r := run(t, p.command(t), variables)
		after := time.Now().Unix()
		if r.code != 0 || len(s.queries) != calls {
			t.Fatalf("exit %d after %d calls: %s", r.code, len(s.queries), r.stderr)
		}
		salts := map[string]bool{}
		for _, raw := range s.queries {
			salt := checkSigned(t, raw, own, m.Credentials)
			if at, err := strconv.ParseInt(salt, 10, 64); err != nil || at < before-20 || at > after {
				t.Errorf("the salt %q is not of this moment, between %d and %d", salt, before, after)
			}
			salts[salt] = true
		}
		if len(salts) != calls { // a server may refuse the second (GIL-19)
			t.Errorf("%d calls have the salts %v", calls, salts)
		}
	})
}

func checkSigned(t *testing.T, raw, own string, credentials map[string]string) (salt string) {
	t.Helper()
	rest, kept := strings.CutPrefix(raw, own+"&")
	q, err := url.ParseQuery(rest)
	if !kept || err != nil || len(q) != 3 {
		t.Fatalf("%q is not the caller's query and three parameters (%v)", raw, err)
	}
	salt = q.Get("apisalt")
	sum := sha256.Sum256([]byte(credentials["private_key"] + credentials["public_key"] + salt))
	want := url.Values{"apikey": {credentials["public_key"]}, "apisalt": {salt}, "apihash": {hex.EncodeToString(sum[:])}}
	if q.Encode() != want.Encode() {
		t.Errorf("%s is sent, want %s", q.Encode(), want.Encode())
	}
	return salt
}

// A redirect could lead the credentials anywhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	eachProgram(t, "", func(t *testing.T, p program) {
		var elsewhere atomic.Int64
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		defer other.Close()
		for _, opened := range []bool{true, false} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if opened && strings.HasSuffix(r.URL.Path, "/helo") {
					fmt.Fprint(w, `{"xa-token":"token"}`)
					return
				}
				http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
			}))
			defer s.Close()
			for action := range p.does {
				r := run(t, p.command(t), stranger(p.vendor, s.URL).variables(action, logins[p.vendor][0]))
				if r.code == 0 || r.code == 127 {
					t.Errorf("%s: exit %d: %s", action, r.code, r.stderr)
				}
			}
		}
		if n := elsewhere.Load(); n != 0 {
			t.Errorf("the other host got %d requests", n)
		}
	})
}

// A reply that breaks off, a server that hangs up, one that is not there and one that is no address at all: each is a
// failure, and no message shows what was sent.
func TestFailuresShowNoSecret(t *testing.T) {
	brief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, loginSuccessful)
	}))
	t.Cleanup(brief.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	silent, _ := startSilent(t, "closed")
	eachProgram(t, "", func(t *testing.T, p program) {
		for where, url := range map[string]string{
			"brief": brief.URL, "silent": silent, "gone": gone.URL, "none": "", "odd": "http://[", "user": "http://user:word@127.0.0.1:1",
		} {
			if p.name == "smallest" && where == "brief" {
				continue // it looks at the status only
			}
			m := stranger(p.vendor, url)
			for _, action := range []string{"read", "write"} {
				if p.does[action] == "" {
					continue
				}
				r := run(t, p.command(t), m.variables(action, logins[p.vendor][0]))
				if r.code == 0 || r.code == 127 {
					t.Errorf("%s, %s: exit %d: %s", where, action, r.code, r.stderr)
				}
				keepsSecrets(t, where, r.stdout+r.stderr, m.Credentials)
			}
		}
	})
}

// startSilent is a server that reads what it is sent and then says nothing, in one of the three ways.
func startSilent(t *testing.T, how string) (url string, calls *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	t.Cleanup(func() { close(over); l.Close() })
	calls = &atomic.Int64{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			go func() {
				defer conn.Close()
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body) // however it ends, nothing is said
				switch how {
				case "reset":
					_ = conn.(*net.TCPConn).SetLinger(0)
				case "open":
					<-over
				}
			}()
		}
	}()
	return "http://" + l.Addr().String(), calls
}

// Silence is survived and reported, and tried three times at most (RTVC-04, RTVC-05).
func TestRetailVistaSurvivesSilence(t *testing.T) {
	for how, tries := range map[string]int64{"closed": 3, "reset": 3, "open": 1} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			url, calls := startSilent(t, how)
			command := []string{filepath.Join(bin, "retailvista"), "-timeout", "20s"}
			if how == "open" {
				command[2] = "300ms"
			}
			r := run(t, command, stranger("retailvista", url).variables("read", logins["retailvista"][0]))
			if r.code != 1 || !strings.Contains(r.stderr, "silence") || calls.Load() != tries {
				t.Errorf("exit %d after %d tries: %s", r.code, calls.Load(), r.stderr)
			}
		})
	}
}

// The reason that the gateway gives reaches the user (RTVC-06), and so does Retail3000's.
func TestRetailVistaPassesReasonsOn(t *testing.T) {
	const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
		`<ValidateUserResponse xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents">` +
		`<ValidateUserResult>no store some-password here</ValidateUserResult></ValidateUserResponse></s:Body></s:Envelope>`
	for want, answer := range map[string]http.HandlerFunc{
		"this integration has moved": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "this integration has moved", http.StatusForbidden)
		},
		"no store *** here": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) },
	} {
		s := httptest.NewServer(answer)
		defer s.Close()
		r := run(t, []string{filepath.Join(bin, "retailvista")}, stranger("retailvista", s.URL).variables("read", logins["retailvista"][0]))
		if r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("exit %d, and it does not say %q: %s", r.code, want, r.stderr)
		}
	}
}

func TestRetailVistaIsCalledWrongly(t *testing.T) {
	for _, args := range [][]string{{"-timeout", "soon"}, {"now"}, {"-loud"}} {
		if r := run(t, append([]string{filepath.Join(bin, "retailvista")}, args...), nil); r.code != 2 || !strings.Contains(r.stderr, "usage: ") {
			t.Errorf("%v: exit %d: %s", args, r.code, r.stderr)
		}
	}
}

// No program that a script starts has a key or a hash on its command line, and no key in its environment.
func TestScriptsKeepSecretsOffCommandLines(t *testing.T) {
	eachProgram(t, "gillie", func(t *testing.T, p program) {
		command := p.command(t)
		if command[0] != "/bin/sh" {
			t.Skip("it starts no programs")
		}
		spied, seen := t.TempDir(), t.TempDir()
		for _, name := range []string{"curl", "sha256sum", "od", "tr", "sed", "date", "grep"} {
			spy := fmt.Sprintf("#!/bin/sh\necho \"$0 $*\" >>%[1]s/args\nenv >>%[1]s/env\nexec %[2]s \"$@\"\n", seen, tool(t, name))
			if err := os.WriteFile(filepath.Join(spied, name), []byte(spy), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		m := startMock(t, "gillie", 0)
		variables := m.variables("read", logins["gillie"][0])
		variables["PATH"] = spied + ":" + os.Getenv("PATH")
		if r := run(t, command, variables); r.code != 0 {
			t.Fatalf("exit %d: %s", r.code, r.stderr)
		}
		args, env := readFile(t, filepath.Join(seen, "args")), readFile(t, filepath.Join(seen, "env"))
		for _, name := range []string{"curl", "sha256sum", "date"} {
			if !slices.Contains(strings.Fields(args), filepath.Join(spied, name)) {
				t.Errorf("%s was not watched:\n%s", name, args)
			}
		}
		keepsSecrets(t, "a command line", args, m.Credentials)
		if p.name != "smallest" {
			keepsSecrets(t, "an environment", env, m.Credentials)
		}
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
