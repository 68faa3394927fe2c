package zoo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/clientkit"
	"github.com/authbench/authbench/targets/gestix/mock"
)

// The mocks of all seeds keep the contract, each in its own way.
func TestTheRightClientSucceedsAtEveryMock(t *testing.T) {
	for seed := range uint64(11) {
		for action, requests := range map[string]int{"read": 2, "write": 2, "update": 3, "reads:20": 21, "writes:20": 21} {
			t.Run(fmt.Sprint(seed, " ", action), func(t *testing.T) {
				m, err := mock.Start(targets.MockOptions{Seed: seed})
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				code, out, errs := runWith(t.Context(), "", map[string]string{
					"AUTHBENCH_ACTION": action, "AUTHBENCH_URL": m.URL + "/", "GESTIX_API_TOKEN": m.Credentials["api_token"],
				})
				if code != clientkit.ExitDone || out != "" || errs != "" {
					t.Errorf("exit %d, standard output %q, error %q", code, out, errs)
				}
				log, err := targets.NewControl(m.Control).Log(t.Context())
				if err != nil || len(log) != requests {
					t.Fatalf("%d requests, error %v", len(log), err)
				}
				for i, e := range log {
					if e["verdict"] != "accepted" || (i == 0) != strings.HasSuffix(fmt.Sprint(e["path"]), "/helo") {
						t.Errorf("request %d: %v", i, e)
					}
				}
			})
		}
	}
}

// Where it is denied, the right client is counted: the exit code, how often it asks for a session, and the calls it sends.
func TestTheRightClientWhereItIsHard(t *testing.T) {
	for name, c := range map[string]struct {
		action             string
		set                func(*stage)
		code, helos, calls int
	}{
		"the session has ended":           {"read", expired, 0, 2, 2},
		"the session ends between":        {"update", func(s *stage) { s.ends, s.first = true, 1 }, 0, 2, 3},
		"the session ends under way":      {"writes:20", func(s *stage) { s.ends, s.first = true, 7 }, 0, 2, 21},
		"many calls meet an ended one":    {"reads:20", func(s *stage) { s.ends, s.meet = true, 20 }, 0, 2, 40},
		"every call is denied":            {"read", locked, 1, 2, 2},
		"every write is denied":           {"update", locked, 1, 2, 2},
		"many writes are denied":          {"writes:3", locked, 1, 2, 4}, // a session that let in nobody is not replaced
		"the API token is revoked":        {"reads:20", revoked, 1, 1, 0},
		"a write is rejected by 400":      {"write", rejecting(400), 1, 1, 1},
		"a write is rejected by 409":      {"update", rejecting(409), 1, 1, 1},
		"one of many writes is rejected":  {"writes:20", func(s *stage) { s.reject, s.rejectOnly = 409, 5 }, 1, 1, 20},
		"an update is rejected by itself": {"update", func(s *stage) { s.reject, s.rejectOnly = 409, 2 }, 1, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stage{patience: deadline}
			c.set(s)
			r := play(t, "", c.action, s)
			nonces := noncesOf(slices.Concat(r.posts(), r.puts()))
			if r.code != c.code || r.helos() != c.helos || len(r.log)-r.helos() != c.calls || !rising(nonces) {
				t.Errorf("it should exit %d after %d /helo and %d calls: %v", c.code, c.helos, c.calls, r)
			}
			if left := r.out + r.errs + r.files; strings.Contains(left, "marked") || (c.code == 0) != (left == "") {
				t.Errorf("it leaves behind %q", left)
			}
			for body, times := range r.written() {
				if times != 1 {
					t.Errorf("%s was written %d times", body, times)
				}
			}
		})
	}
}

func rising(nonces []int64) bool {
	for i, n := range nonces {
		if n <= 0 || i > 0 && n <= nonces[i-1] {
			return false
		}
	}
	return true
}

func TestWhatTheClientCannotDo(t *testing.T) {
	url, token := "AUTHBENCH_URL", "GESTIX_API_TOKEN"
	for name, c := range map[string]struct {
		mistake string
		env     map[string]string
		code    int
		says    string
	}{
		"an unknown mistake": {"no-refesh", map[string]string{url: "http://127.0.0.1:1", token: apiToken, "AUTHBENCH_ACTION": "read"}, 1, "no-refesh"},
		"an unknown action":  {"exit-0-always", map[string]string{url: "http://127.0.0.1:1", token: apiToken, "AUTHBENCH_ACTION": "dance"}, 127, "AUTHBENCH_ACTION"},
		"no address":         {"", map[string]string{token: apiToken, "AUTHBENCH_ACTION": "read"}, 1, url},
		"no token":           {"", map[string]string{url: "http://127.0.0.1:1", "AUTHBENCH_ACTION": "read"}, 1, token},
		"nobody answers":     {"", map[string]string{url: "http://127.0.0.1:1", token: apiToken, "AUTHBENCH_ACTION": "read"}, 1, "GET /helo failed"},
		"no address at all":  {"", map[string]string{url: "http://" + apiToken + ":x", token: apiToken, "AUTHBENCH_ACTION": "read"}, 1, "GET /helo failed"},
	} {
		code, out, errs := runWith(t.Context(), c.mistake, c.env)
		if code != c.code || out != "" || !strings.Contains(errs, c.says) || strings.Contains(errs, apiToken) {
			t.Errorf("%s: exit %d, standard output %q, error %q", name, code, out, errs)
		}
	}
}
