package steps_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// stranger is a server that keeps Gillie's contract and shares no line with the mock, with habits of its own.
type stranger struct {
	page     bool   // unknown paths show a public page, as web applications do
	noDate   bool   // no Date header
	examples bool   // both Areas hold the same example records
	leaks    bool   // wrong: every Area's new records are shown to all
	holes    bool   // wrong: //api/users is open to everybody
	limit    int64  // so many calls, then 429
	base     string // path below which the API lives
	calls    atomic.Int64

	mu      sync.Mutex
	created []string
}

var strangersKeys = targets.Credentials{
	"public_key": "pub", "private_key": "priv", "plain_key": "plain",
	"limited_public_key": "lpub", "limited_private_key": "lpriv", "other_area_public_key": "opub", "other_area_private_key": "opriv",
}

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.noDate {
		w.Header()["Date"] = nil
	}
	if n := s.calls.Add(1); s.limit > 0 && n > s.limit {
		http.Error(w, "slow down", http.StatusTooManyRequests)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, s.base)
	if s.holes && path == "//api/users" {
		path = "/api/users"
	} else if who := s.who(r.URL.Query()); path == "/api/customers" || path == "/api/users" {
		if who == "" || who == "lpub" && path == "/api/users" {
			http.Error(w, "", http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPost {
			body := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(body)
			s.mu.Lock()
			s.created = append(s.created, who+string(body))
			s.mu.Unlock()
			w.WriteHeader(http.StatusCreated)
			return
		}
		s.list(w, path, who)
		return
	}
	switch {
	case path == "/api/users":
		s.list(w, path, "pub")
	case s.page:
		fmt.Fprint(w, "<!doctype html><title>welcome</title>")
	default:
		http.NotFound(w, r)
	}
}

func (s *stranger) list(w http.ResponseWriter, path, who string) {
	area := map[string]string{"opub": "south"}[who]
	records := []string{fmt.Sprintf(`{"id":1,"name":"%s of %s"}`, path, area)}
	if s.examples {
		records[0] = `{"id":1,"name":"Example"}`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.created {
		if s.leaks || strings.HasPrefix(c, "opub") == (area == "south") {
			records = append(records, c[strings.Index(c, "{"):])
		}
	}
	fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(records, ","))
}

// who returns the public key of a good call, "" for a bad one.
func (s *stranger) who(q url.Values) string {
	private := map[string]string{"pub": "priv", "lpub": "lpriv", "opub": "opriv"}
	key, salt, hash := q.Get("apikey"), q.Get("apisalt"), q.Get("apihash")
	if key == "plain" {
		return key
	}
	at, err := strconv.ParseUint(salt, 10, 62)
	away := time.Now().Unix() - int64(at)
	right := fmt.Sprintf("%x", sha256.Sum256([]byte(private[key]+key+salt)))
	if err != nil || private[key] == "" || len(q["apisalt"]) != 1 || away > 600 || away < -600 || hash != right {
		return ""
	}
	return key
}

func meet(t *testing.T, s *stranger, writes bool, clauses ...string) (map[string]record.ClauseResult, record.Summary) {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	v := registry.Vendors()[0]
	target := v.MockTarget(&targets.Mock{URL: server.URL + s.base, Credentials: strangersKeys}, targets.System())
	target.Kind, target.Allow.Writes = targets.KindLive, writes
	suite := steps.OnTarget(target)
	suite.Timeout = time.Minute
	if s.noDate { // nothing may be waited for in real time
		clauses = append(clauses, "GIL-01", "GIL-06")
	}
	if len(clauses) == 0 {
		for i := 1; i <= 21; i++ {
			if i != 18 {
				clauses = append(clauses, fmt.Sprintf("GIL-%02d", i))
			}
		}
	}
	plan := planOf(t, v.Name, steps.Filter{Clauses: clauses})
	scenarios, _, err := suite.Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	results, sum := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
	byID := map[string]record.ClauseResult{}
	for _, c := range results {
		byID[c.ID] = c
	}
	return byID, sum
}

func TestStrangersThatKeepTheContractAreNotAccused(t *testing.T) {
	for name, s := range map[string]*stranger{
		"plain": {}, "a public page everywhere": {page: true}, "no Date header": {noDate: true},
		"the same examples in both Areas": {examples: true}, "below a base path": {base: "/some/base"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, writes := range []bool{false, true} {
				results, sum := meet(t, s, writes)
				if sum.Broken > 0 || sum.Errored > 0 || sum.Kept == 0 {
					t.Errorf("%+v", sum)
					for _, c := range results {
						if c.Verdict == record.Broken {
							t.Errorf("%s: %+v", c.ID, c.Scenarios)
						}
					}
				}
			}
		})
	}
}

func TestWithoutADateTheWindowIsUntested(t *testing.T) {
	results, _ := meet(t, &stranger{noDate: true}, false)
	if c := results["GIL-06"]; c.Verdict == record.Broken || !strings.Contains(strings.Join(c.Notes, ";"), "needs a Date header") {
		t.Errorf("%s, %v", c.Verdict, c.Notes)
	}
}

func TestStrangersThatBreakTheContract(t *testing.T) {
	results, _ := meet(t, &stranger{examples: true, leaks: true}, true, "GIL-15")
	if results["GIL-15"].Verdict != record.Broken {
		t.Errorf("a leak between Areas: %s %v", results["GIL-15"].Verdict, results["GIL-15"].Notes)
	}
	results, _ = meet(t, &stranger{page: true, holes: true}, false, "GIL-14")
	if results["GIL-14"].Verdict != record.Broken {
		t.Errorf("a path that is open to everybody: %s", results["GIL-14"].Verdict)
	}
	// Without leave to write, equal records accuse nobody and clear nobody.
	results, _ = meet(t, &stranger{examples: true, leaks: true}, false, "GIL-15")
	if c := results["GIL-15"]; c.Verdict != record.Untested || !strings.Contains(strings.Join(c.Notes, ";"), "allow: {writes: true}") {
		t.Errorf("%s %v", c.Verdict, c.Notes)
	}
}

// A target that asks to be called less often says neither yes nor no.
func TestARateLimitIsNoDenial(t *testing.T) {
	_, sum := meet(t, &stranger{limit: 8}, false, "GIL-08")
	if sum.Broken != 0 || sum.Kept != 0 || sum.Errored == 0 {
		t.Errorf("%+v", sum)
	}
}
