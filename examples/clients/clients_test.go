// Package clients_test runs the example clients as processes against the mocks, and against servers of its own where a mock
// does not tell enough.
package clients_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const seeds = 4

// login says which credential of a mock a client gets under which name.
type login map[string]string

// program is a client under test.
type program struct {
	name, vendor string
	command      func(t *testing.T) []string
	// does tells for each action that it supports what the mock's log says of it afterwards.
	does map[string]string
}

// The logins of each vendor, the first being the plainest.
var logins = map[string][]login{
	"gillie": {
		{"public_key": "public_key", "private_key": "private_key"},
		{"public_key": "reserved_public_key", "private_key": "reserved_private_key"}, // GILC-05
		{"public_key": "plain_key", "private_key": ""},                               // GILC-08
		{"public_key": "plain_key"},
	},
	"gestix": {
		{"api_token": "api_token"},
		{"username": "username", "password": "password"},
		{"api_token": "api_token", "username": "username", "password": "password"},
	},
	"retailvista": {
		{"api_token": "api_token", "username": "username", "password": "password", "company_number": "company_number", "store_number": "store_number"},
	},
}

var gillieDoes = map[string]string{
	"read": "1 GET customers accepted", "reads:5": "5 GET customers accepted",
	"write": "1 POST customers accepted", "writes:5": "5 POST customers accepted",
}

func programs() []program {
	goProgram := func(name string) func(*testing.T) []string {
		return func(*testing.T) []string { return []string{filepath.Join(bin, name)} }
	}
	return []program{
		{"gillie", "gillie", goProgram("gillie"), gillieDoes},
		{"gillie-node", "gillie", func(t *testing.T) []string {
			return []string{tool(t, "node"), absolute(t, "gillie-node/client.mjs")}
		}, gillieDoes},
		{"gillie-curl", "gillie", func(t *testing.T) []string {
			tool(t, "curl")
			return []string{"/bin/sh", absolute(t, "gillie-curl/client.sh")}
		}, gillieDoes},
		{"smallest", "gillie", smallest, map[string]string{"read": gillieDoes["read"]}},
		{"gestix", "gestix", goProgram("gestix"), map[string]string{
			"read": "1 GET customers accepted, 1 GET helo accepted", "reads:5": "5 GET customers accepted, 1 GET helo accepted",
			"write": "1 GET helo accepted, 1 POST customers accepted", "writes:5": "1 GET helo accepted, 5 POST customers accepted",
			"update": "1 GET helo accepted, 1 POST customers accepted, 1 PUT customers accepted",
		}},
		{"retailvista", "retailvista", goProgram("retailvista"), map[string]string{
			"read":    "1 POST securitycomponents.asmx answered, 1 POST securitycomponents.asmx forwarded",
			"reads:5": "5 POST securitycomponents.asmx answered, 5 POST securitycomponents.asmx forwarded",
		}},
	}
}

var script = regexp.MustCompile("(?s)```sh\n(#!/bin/sh\n.*?)```")

// smallest is the program that docs/clients.md shows.
func smallest(t *testing.T) []string {
	t.Helper()
	tool(t, "curl")
	page, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	found := script.FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/clients.md shows no program")
	}
	path := filepath.Join(t.TempDir(), "client.sh")
	if err := os.WriteFile(path, found[1], 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"/bin/sh", path}
}

// eachProgram runs a test for every program of a vendor, "" being any.
func eachProgram(t *testing.T, vendor string, test func(t *testing.T, p program)) {
	for _, p := range programs() {
		if vendor == "" || vendor == p.vendor {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				test(t, p)
			})
		}
	}
}

func TestWhatTheyAreToldToDo(t *testing.T) {
	eachProgram(t, "", func(t *testing.T, p program) {
		command := p.command(t)
		for seed := range seeds {
			m := startMock(t, p.vendor, seed)
			for number, with := range logins[p.vendor] {
				for action, want := range p.does {
					if number > 0 && action != "read" {
						continue // the other actions differ from it in nothing that has to do with a login
					}
					if with["username"] != "" && with["api_token"] == "" {
						want = strings.Replace(want, "GET helo", "POST auth", 1)
					}
					m.fresh(t)
					r := run(t, command, m.variables(action, with))
					where := fmt.Sprintf("seed %d, login %d, %s", seed, number, action)
					log := m.log(t)
					if r.code != 0 || r.stdout != "" || r.stderr != "" {
						t.Errorf("%s: exit %d, it prints %q and %q\n%v", where, r.code, r.stdout, r.stderr, log)
					}
					if got := summary(log); sorted(got) != sorted(want) {
						t.Errorf("%s: the mock has seen %s, want %s", where, got, want)
					}
				}
			}
		}
	})
}

func sorted(list string) string {
	parts := strings.Split(list, ", ")
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// Without a private key no salt and no hash is sent, with one always (GILC-01, GILC-08).
func TestGillieKeysGoOutAsTheyAre(t *testing.T) {
	eachProgram(t, "gillie", func(t *testing.T, p program) {
		command, m := p.command(t), startMock(t, "gillie", 0)
		for _, with := range logins["gillie"] {
			m.fresh(t)
			run(t, command, m.variables("read", with))
			log, hashed := m.log(t), with["private_key"] != ""
			if len(log) != 1 || log[0]["hash"] != hashed || log[0]["key"] != with["public_key"] {
				t.Errorf("with %v the mock has seen %v", with, log)
			}
		}
	})
}

// None of them sends again what was denied for good: a Gillie call, the opening of a Gestix session, a RetailVista call
// (GILC-06, GILC-07, GESC-04, RTVC-05).
func TestADenialIsAFailure(t *testing.T) {
	eachProgram(t, "", func(t *testing.T, p program) {
		command, with := p.command(t), logins[p.vendor][0]
		for seed := range seeds {
			m := startMock(t, p.vendor, seed)
			for action := range p.does {
				m.fresh(t)
				revoked := "api_token"
				if p.vendor == "gillie" {
					revoked = "public_key"
				}
				m.steer(t, http.MethodPost, "/control/credentials", fmt.Sprintf(`{"revoke":%q}`, revoked), &struct{}{})
				r := run(t, command, m.variables(action, with))
				if r.code == 0 || r.code == 127 || p.name != "smallest" && r.stderr == "" {
					t.Errorf("seed %d, %s: exit %d, it says %q", seed, action, r.code, r.stderr)
				}
				calls := 1
				if strings.HasSuffix(action, ":5") && p.vendor != "gestix" { // which opens one session for all
					calls = 5
				}
				log := m.log(t)
				if len(log) != calls {
					t.Errorf("seed %d, %s: %d requests: %v", seed, action, len(log), log)
				}
				for _, e := range log {
					if p.vendor == "gillie" && e["hash"] != true { // GILC-06
						t.Errorf("seed %d, %s: a call without a hash: %v", seed, action, e)
					}
				}
				keepsSecrets(t, "the output", r.stdout+r.stderr, m.Credentials)
			}
		}
	})
}

func TestWhatTheyDoNotKnow(t *testing.T) {
	all := []string{"", "read", "reads", "reads:", "reads:0", "reads:-1", "reads:x", "reads:5", "read:2", "write", "writes:5", "write:2",
		"update", "updates:2", "dance", "dances:2"}
	eachProgram(t, "", func(t *testing.T, p program) {
		command, m := p.command(t), startMock(t, p.vendor, 0)
		tried := 0
		for _, action := range all {
			if p.does[action] != "" {
				continue
			}
			tried++
			if r := run(t, command, m.variables(action, logins[p.vendor][0])); r.code != 127 {
				t.Errorf("%q ends with %d: %s", action, r.code, r.stderr)
			}
		}
		if log := m.log(t); len(log) != 0 || tried < 11 {
			t.Errorf("%d actions made the requests %v", tried, log)
		}
	})
}

func TestWithoutCredentials(t *testing.T) {
	eachProgram(t, "", func(t *testing.T, p program) {
		m := startMock(t, p.vendor, 0)
		if r := run(t, p.command(t), m.variables("read", nil)); r.code == 0 || r.code == 127 {
			t.Errorf("exit %d: %s", r.code, r.stderr)
		}
	})
}
