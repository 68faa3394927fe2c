package steps_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

// gestixStranger is a server that keeps Gestix's contract and shares no line with the mock, with habits of its own.
type gestixStranger struct {
	clock    targets.Clock
	life     time.Duration
	unlisted bool // records that are made do not show up in the list
	terse    bool // denials by 403 have no body
	replays  bool // wrong: an equal nonce is accepted
	forever  bool // wrong: sessions do not end
	eager    bool // wrong: a write is kept before its nonce is judged

	mu       sync.Mutex
	sessions map[string]*strangerSession
	records  []map[string]any
}

type strangerSession struct {
	opened time.Time
	mark   int64
}

const strangerBase = "/gestix/api/771/v4.0.0"

func (s *gestixStranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = []string{s.clock.Now().UTC().Format(http.TimeFormat)}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch path := strings.TrimPrefix(r.URL.Path, strangerBase); {
	case path == "/helo" && (scheme != "Bearer" || token == ""):
		s.refuse(w, 400, "INVALID_ARGUMENT")
	case path == "/helo" && token != "api-token-of-a-stranger":
		s.refuse(w, 403, "AUTH_FAILED")
	case path == "/auth" && (!r.URL.Query().Has("username") || !r.URL.Query().Has("password")):
		s.refuse(w, 400, "INVALID_ARGUMENT")
	case path == "/auth" && r.URL.Query().Get("username")+":"+r.URL.Query().Get("password") != "anna:a strange password":
		s.refuse(w, 403, "AUTH_FAILED")
	case path == "/helo" || path == "/auth":
		s.open(w)
	default:
		s.protected(w, r, path, scheme, token)
	}
}

func (s *gestixStranger) refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	if status != 403 || !s.terse {
		_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": "no", "timestamp": time.Now().Format(time.RFC3339Nano)})
	}
}

func (s *gestixStranger) open(w http.ResponseWriter) {
	token := rand.Text() + rand.Text()
	s.mu.Lock()
	s.sessions[token] = &strangerSession{opened: s.clock.Now()}
	s.mu.Unlock()
	fmt.Fprintf(w, `{"valid_for":%d,"xa-token":%q}`, int(s.life.Seconds()), token)
}

func (s *gestixStranger) protected(w http.ResponseWriter, r *http.Request, path, scheme, token string) {
	s.mu.Lock()
	session := s.sessions[token]
	if session == nil || scheme != "Bearer" || !s.forever && s.clock.Now().Sub(session.opened) >= s.life {
		s.mu.Unlock()
		s.refuse(w, 403, "AUTH_FAILED")
		return
	}
	s.mu.Unlock()
	switch {
	case path == "/status":
		fmt.Fprintf(w, `{"status":"ok","server_time":%q,"errors":{},"versions":{"called_api_version":"4","current_api_version":"4"}}`,
			s.clock.Now().Format("2006-01-02T15:04:05.000-0700"))
	case path == "/customers" && r.Method == http.MethodGet:
		s.mu.Lock()
		defer s.mu.Unlock()
		list := s.records
		if s.unlisted {
			list = nil
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"page": 1, "rows": append([]map[string]any{{"id": "0", "name": "first"}}, list...)})
	case path == "/customers":
		s.write(w, r, session)
	default:
		http.NotFound(w, r)
	}
}

func (s *gestixStranger) write(w http.ResponseWriter, r *http.Request, session *strangerSession) {
	var body map[string]any
	bad := json.NewDecoder(r.Body).Decode(&body)
	text := r.URL.Query().Get("nonce")
	nonce, err := strconv.ParseInt(text, 10, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.eager && r.Method == http.MethodPost {
		s.records = append(s.records, body)
	}
	switch {
	case err != nil || nonce < 1 || strings.HasPrefix(text, "+"):
		s.refuse(w, 400, "INVALID_ARGUMENT")
		return
	case nonce < session.mark || nonce == session.mark && !s.replays:
		s.refuse(w, 409, "NONCE_USED")
		return
	case bad != nil:
		s.refuse(w, 400, "INVALID_ARGUMENT")
		return
	}
	session.mark = nonce
	id := r.URL.Query().Get("id")
	for _, have := range s.records {
		if have["id"] == id && r.Method == http.MethodPut {
			have["name"] = body["name"]
			return
		}
	}
	body["id"] = strconv.Itoa(len(s.records) + 1)
	if !s.eager {
		s.records = append(s.records, body)
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"id": body["id"]})
}

// meetGestix verifies a stranger as a black box; waits and the agreed rate move the clock that both sides have.
func meetGestix(t *testing.T, s *gestixStranger, rate float64, change func(*targets.Target)) (map[string]record.ClauseResult, record.Summary) {
	t.Helper()
	clock := targets.NewManual(now)
	s.clock, s.sessions = clock, map[string]*strangerSession{}
	server := httptest.NewServer(s)
	defer server.Close()
	target := targets.Target{
		Name: "it", Vendor: "gestix", Kind: targets.KindLive, URL: server.URL + strangerBase, Clock: clock,
		Credentials: targets.Credentials{"api_token": "api-token-of-a-stranger", "username": "anna", "password": "a strange password"},
		Settings:    map[string]string{"session_lifetime": s.life.String()},
		Paths:       map[string]string{"read": "/customers", "create": "/customers", "update": "/customers?id={id}"},
		Bodies:      map[string]string{"create": `{"name":"{mark}"}`, "update": `{"name":"{mark}"}`},
		Allow:       targets.Allow{Writes: true, Rate: rate},
	}
	if change != nil {
		change(&target)
	}
	suite := steps.OnTarget(target)
	suite.Timeout = time.Hour
	plan := planOf(t, "gestix", steps.Filter{})
	scenarios, notes, err := suite.Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	results, sum := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
	byID := map[string]record.ClauseResult{}
	for _, c := range results {
		byID[c.ID] = c
	}
	if posts := len(s.records); posts > 0 && !strings.Contains(strings.Join(notes, "\n"), "left behind") {
		t.Errorf("%d records were left behind, and the notes say %q", posts, notes)
	}
	return byID, sum
}

func TestGestixStrangersThatKeepTheContractAreNotAccused(t *testing.T) {
	for name, c := range map[string]struct {
		stranger *gestixStranger
		rate     float64
		change   func(*targets.Target)
	}{
		"plain":                     {&gestixStranger{life: 20 * time.Minute}, 0, nil},
		"short sessions, slow pace": {&gestixStranger{life: 2 * time.Second}, 5, nil},
		"sessions shorter than eight requests take": {&gestixStranger{life: 2 * time.Second}, 2, nil},
		"short sessions, and their lifetime not known": {&gestixStranger{life: 15 * time.Second}, 1,
			func(t *targets.Target) { delete(t.Settings, "session_lifetime") }},
		"no bodies with denials": {&gestixStranger{life: time.Hour, terse: true}, 0, nil},
		"records do not show up": {&gestixStranger{life: time.Hour, unlisted: true}, 0, nil},
		"bodies without a mark": {&gestixStranger{life: time.Hour}, 0,
			func(t *targets.Target) {
				t.Bodies = map[string]string{"create": `{"name":"x"}`, "update": `{"name":"x"}`}
			}},
		"no leave to write": {&gestixStranger{life: time.Hour}, 0, func(t *targets.Target) { t.Allow.Writes = false }},
		"no user": {&gestixStranger{life: time.Hour}, 0, func(t *targets.Target) {
			t.Credentials = targets.Credentials{"api_token": t.Credentials["api_token"]}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			results, sum := meetGestix(t, c.stranger, c.rate, c.change)
			if sum.Broken > 0 || sum.Errored > 0 || sum.Kept == 0 {
				t.Errorf("%+v", sum)
			}
			for _, r := range results {
				for _, s := range r.Scenarios {
					if s.Verdict == record.Failed && r.Weight != record.Observe || s.Verdict == record.Errored {
						t.Errorf("%s %q: %s: expected %s, got %s %s", r.ID, s.Name, s.Verdict, s.Expected, s.Actual, s.Reason)
					}
				}
			}
			if name == "no leave to write" && len(c.stranger.records) > 0 {
				t.Errorf("%d records were written without leave", len(c.stranger.records))
			}
			if name == "no leave to write" || name == "records do not show up" || name == "bodies without a mark" {
				if v := results["GES-15"].Verdict; v != record.Untested {
					t.Errorf("GES-15 is %s", v)
				}
			}
		})
	}
}

func TestGestixStrangersThatBreakTheContract(t *testing.T) {
	for clause, s := range map[string]*gestixStranger{
		"GES-13": {life: time.Hour, replays: true}, "GES-09": {life: 20 * time.Minute, forever: true}, "GES-15": {life: time.Hour, eager: true},
	} {
		results, _ := meetGestix(t, s, 0, nil)
		if results[clause].Verdict != record.Broken {
			t.Errorf("%s is %s: %v", clause, results[clause].Verdict, results[clause].Notes)
		}
	}
}
