package zoo_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/gestix/zoo"
)

// sight is where a mistake can be seen, and what is seen there; the right client shows none of it.
type sight struct {
	action string
	set    func(*stage)
	shows  func(run) bool
}

func calm(*stage)      {}
func expired(s *stage) { s.ends = true }
func locked(s *stage)  { s.locked, s.most = true, 10 }
func revoked(s *stage) { s.revoked = true }

func rejecting(status int) func(*stage) { return func(s *stage) { s.reject = status } }

// meeting makes n calls wait for each other.
func meeting(n int) func(*stage) { return func(s *stage) { s.meet = n } }

// sights has one for each mistake.
var sights = map[string]sight{
	"calls-before-session": {"read", calm, func(r run) bool { return r.log[0].path != "/helo" && r.log[0].bearer == "" }},
	"api-token-as-session": {"read", calm, func(r run) bool { return r.log[0].path == "/customers" && r.log[0].bearer == apiToken }},
	"status-without-session": {"read", calm, func(r run) bool {
		return r.log[0].path == "/helo" && r.log[1].path == "/status" && r.log[1].bearer == ""
	}},
	"api-token-in-header": {"read", calm, func(r run) bool { return slices.Contains(r.reads()[0].header["X-Api-Token"], apiToken) }},
	"api-token-in-query":  {"read", calm, func(r run) bool { return strings.Contains(r.reads()[0].uri, escaped(apiToken)) }},
	"api-token-in-body":   {"write", calm, func(r run) bool { return strings.Contains(r.posts()[0].body, apiToken) }},
	"api-token-after-denial": {"read", expired, func(r run) bool {
		return r.code == 0 && r.helos() == 2 && len(r.reads()) == 3 && r.reads()[1].bearer == apiToken
	}},
	"api-token-for-want-of-session": {"read", revoked, func(r run) bool {
		return r.code != 0 && r.helos() == 2 && r.reads()[0].bearer == apiToken
	}},

	"no-refresh":             {"read", expired, func(r run) bool { return r.code != 0 && r.helos() == 1 && len(r.reads()) == 1 }},
	"refresh-without-repeat": {"read", expired, func(r run) bool { return r.code != 0 && r.helos() == 2 && len(r.reads()) == 1 }},
	"session-token-on-helo": {"read", expired, func(r run) bool {
		return r.code != 0 && r.helos() == 2 && r.sent("GET", "/helo")[1].bearer == r.reads()[0].bearer
	}},
	"repeats-with-old-token": {"read", expired, func(r run) bool {
		return r.code != 0 && r.helos() == 2 && len(r.reads()) == 2 && r.reads()[0].bearer == r.reads()[1].bearer
	}},
	"refreshes-forever":       {"read", locked, func(r run) bool { return r.helos() == 10 }},
	"refreshes-three-times":   {"read", locked, func(r run) bool { return r.code != 0 && r.helos() == 4 && len(r.reads()) == 4 }},
	"helo-again-when-denied":  {"read", revoked, func(r run) bool { return r.code != 0 && r.helos() == 5 }},
	"swallows-403":            {"read", locked, func(r run) bool { return r.code == 0 && r.helos() == 2 }},
	"session-per-call":        {"update", calm, func(r run) bool { return r.code == 0 && r.helos() == 2 }},
	"three-sessions-at-start": {"read", calm, func(r run) bool { return r.code == 0 && r.helos() == 3 && len(r.reads()) == 1 }},
	"session-per-part":        {"reads:3", calm, func(r run) bool { return r.code == 0 && r.helos() == 3 }},

	"no-nonce-on-post": {"write", calm, func(r run) bool { return r.posts()[0].nonce == "" }},
	"no-nonce-on-put":  {"update", calm, func(r run) bool { return r.posts()[0].nonce != "" && r.puts()[0].nonce == "" }},
	"nonce-in-body": {"write", calm, func(r run) bool {
		return r.posts()[0].nonce == "" && strings.Contains(r.posts()[0].body, `"nonce":"`)
	}},
	"nonce-in-header": {"write", calm, func(r run) bool { return r.posts()[0].nonce == "" && r.posts()[0].header.Get("Nonce") != "" }},
	"nonce-with-fraction": {"write", calm, func(r run) bool {
		_, err := strconv.ParseFloat(r.posts()[0].nonce, 64)
		return err == nil && strings.Contains(r.posts()[0].nonce, ".")
	}},
	"nonce-drawn-once": {"writes:3", calm, func(r run) bool { return len(slices.Compact(noncesOf(r.posts()))) == 1 }},
	"nonce-falls": {"writes:3", calm, func(r run) bool {
		n := noncesOf(r.posts())
		return n[0] > n[1] && n[1] > n[2]
	}},
	"nonce-restarts-with-session": {"write", expired, func(r run) bool {
		return r.code == 0 && slices.Equal(noncesOf(r.posts()), []int64{1, 1})
	}},
	"nonce-kept-on-repeat": {"write", expired, func(r run) bool {
		return r.code == 0 && len(r.posts()) == 2 && r.posts()[0].nonce == r.posts()[1].nonce
	}},
	"writes-unordered": {"writes:2", meeting(2), func(r run) bool { return r.flown == 2 }},
	"writes-twice-after-refresh": {"write", expired, func(r run) bool {
		return r.code == 0 && r.helos() == 2 && len(r.posts()) == 3 && r.written()[r.posts()[0].body] == 2
	}},
	"repeats-batch-after-refresh": {"writes:3", func(s *stage) { s.ends, s.first = true, 2 }, func(r run) bool {
		return r.code == 0 && len(r.written()) == 3 && r.written()[r.posts()[0].body] == 2 && r.written()[r.posts()[1].body] == 2
	}},
	"refresh-storm": {"reads:5", func(s *stage) { s.ends, s.meet = true, 5 }, func(r run) bool { return r.code == 0 && r.helos() == 6 }},
	"repeats-400": {"write", rejecting(400), func(r run) bool {
		return len(r.posts()) == 2 && r.posts()[0].uri == r.posts()[1].uri && r.posts()[0].body == r.posts()[1].body
	}},
	"repeats-409": {"write", rejecting(409), func(r run) bool {
		return len(r.posts()) == 2 && r.posts()[0].nonce == r.posts()[1].nonce && r.posts()[0].body == r.posts()[1].body
	}},

	"prints-api-token":       {"read", calm, func(r run) bool { return strings.Contains(r.out, apiToken) }},
	"prints-session-token":   {"read", calm, func(r run) bool { return strings.Contains(r.errs, r.reads()[0].bearer) }},
	"prints-token-base64":    {"read", calm, func(r run) bool { return strings.Contains(r.errs, base64.StdEncoding.EncodeToString([]byte(apiToken))) }},
	"prints-password-in-url": {"read", calm, func(r run) bool { return strings.Contains(r.errs, escaped(password)) }},
	"password-in-header":     {"read", calm, func(r run) bool { return slices.Contains(r.reads()[0].header["X-Password"], password) }},
	"follows-with-token": {"read", func(s *stage) { s.away = true }, func(r run) bool {
		return len(r.sent("GET", "/elsewhere")) == 1 && r.sent("GET", "/elsewhere")[0].bearer == r.reads()[0].bearer
	}},
	"writes-token-file":        {"read", calm, func(r run) bool { return r.files == apiToken }},
	"token-in-child-arguments": {"read", func(s *stage) { s.children = true }, func(r run) bool { return r.shown == len(r.log) }},

	"exit-0-always":      {"write", rejecting(400), func(r run) bool { return r.code == 0 && len(r.posts()) == 1 }},
	"exit-1-always":      {"read", calm, func(r run) bool { return r.code == 1 && r.reads()[0].status == http.StatusOK }},
	"one-part-suffices":  {"writes:3", func(s *stage) { s.reject, s.rejectOnly = 409, 2 }, func(r run) bool { return r.code == 0 && len(r.written()) == 2 }},
	"takes-409-for-done": {"write", rejecting(409), func(r run) bool { return r.code == 0 && len(r.posts()) == 1 }},
	"impatient":          {"read", meeting(2), func(r run) bool { return r.code != 0 && r.reads()[0].status == http.StatusOK }},
}

func noncesOf(list []*arrival) []int64 {
	nonces := make([]int64, len(list))
	for i, a := range list {
		nonces[i], _ = strconv.ParseInt(a.nonce, 10, 64) // 0 where there is none
	}
	return nonces
}

func TestEachMistakeIsMadeAndTheRightClientMakesNone(t *testing.T) {
	for _, m := range zoo.Mistakes() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			see, ok := sights[m.Name]
			if !ok {
				t.Fatal("nobody looks whether it is made")
			}
			wrong := &stage{patience: deadline}
			see.set(wrong)
			if r := play(t, m.Name, see.action, wrong); !see.shows(r) {
				t.Errorf("it is not made: %v", r)
			}
			right := &stage{patience: time.Millisecond} // the right client may keep the others waiting for ever
			if right.meet > 2 {
				right.patience = deadline
			}
			see.set(right)
			if r := play(t, "", see.action, right); see.shows(r) {
				t.Errorf("the right client makes it too: %v", r)
			}
		})
	}
	if len(sights) != len(zoo.Mistakes()) {
		t.Errorf("%d sights for %d mistakes", len(sights), len(zoo.Mistakes()))
	}
}

func TestTheTableOfMistakes(t *testing.T) {
	known, made := map[string]bool{}, map[string]bool{}
	for _, n := range []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"} {
		known["GESC-"+n] = true
	}
	names := map[string]bool{}
	for _, m := range zoo.Mistakes() {
		if names[m.Name] || m.Summary == "" || len(m.Breaks) == 0 {
			t.Errorf("%q is there twice, or says too little", m.Name)
			continue
		}
		names[m.Name], made[m.Breaks[0]] = true, true
		for i, clause := range m.Breaks {
			if !known[clause] || slices.Contains(m.Breaks[:i], clause) {
				t.Errorf("%s breaks %v", m.Name, m.Breaks)
			}
		}
	}
	for clause := range known {
		if !made[clause] {
			t.Errorf("no mistake is made for %s", clause)
		}
	}
}
