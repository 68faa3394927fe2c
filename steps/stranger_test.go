package steps_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// stranger is a Gillie server that shares no line with the mock. It keeps the contract, in its own way, but for the habits
// that its tests call wrong. Its clock is the one of the test: nothing waits in real time.
type stranger struct {
	habits map[string]bool
	base   string        // path below which the API lives
	limit  int           // so many calls, then 429
	lock   int           // so many denials in a row, and nothing is accepted any more
	slow   time.Duration // how long every call takes
	clock  *targets.Manual

	mu      sync.Mutex
	ahead   time.Duration // of the test's clock
	calls   int
	denials int
	revoked map[string]bool
	spent   map[string]int // how often each hash was accepted, on each node
	created []string
}

var strangersKeys = targets.Credentials{
	"public_key": "pub-Aa", "private_key": "private-of-pub", "plain_key": "plain",
	"limited_public_key": "lpub-Bb", "limited_private_key": "private-of-lpub", "other_area_public_key": "opub-Cc", "other_area_private_key": "private-of-opub",
	"deleted_public_key": "dpub-Dd", "deleted_private_key": "private-of-dpub", "role_public_key": "rpub-Ee", "role_private_key": "private-of-rpub",
	"reserved_public_key": "s+&=%#? ü-Ff", "reserved_private_key": "private-of-s+&=%#? é",
}

// newStranger is one with habits, named in words.
func newStranger(habits string) *stranger {
	s := &stranger{habits: map[string]bool{}, clock: targets.NewManual(now), revoked: map[string]bool{}, spent: map[string]int{}}
	for _, h := range strings.Fields(habits) {
		s.habits[h] = true
	}
	if s.habits["moved"] { // somebody has moved its clock before we came
		s.ahead = 37 * time.Minute
	}
	return s
}

func (s *stranger) now() time.Time { return s.clock.Now().Add(s.ahead) }

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	_ = s.clock.Wait(context.Background(), s.slow)
	s.date(w, r)
	if s.limit > 0 && s.calls > s.limit {
		http.Error(w, "slow down", http.StatusTooManyRequests)
		return
	}
	path, key := strings.TrimPrefix(r.URL.Path, s.base), s.who(r.URL.Query())
	s.lockAfter(key)
	switch limited := slices.Contains([]string{"lpub-Bb", "rpub-Ee"}, key); {
	case path == "//api/users" && (s.habits["hole"] || s.habits["volatile-hole"] || s.habits["csv-hole"]):
		s.list(w, "/api/users", "pub-Aa")
	case path != "/api/customers" && path != "/api/users":
		s.nothing(w, path, key)
	case key == "", limited && path == "/api/users":
		s.deny(w, r, path)
	case r.Method == http.MethodPost && !s.habits["no-writes"]:
		s.write(w, r, key)
	case r.Method == http.MethodPost:
		http.Error(w, "", http.StatusMethodNotAllowed)
	default:
		s.list(w, path, key)
	}
}

// date tells the time, unless it is a habit not to.
func (s *stranger) date(w http.ResponseWriter, r *http.Request) {
	told := s.now()
	switch {
	case s.habits["no-date"]:
		w.Header()["Date"] = nil
		return
	case s.habits["cached"] && !r.URL.Query().Has("apikey"):
		told = told.Add(-30 * time.Second)
		w.Header().Set("Age", "30")
	}
	w.Header().Set("Date", told.UTC().Format(http.TimeFormat))
}

// who returns the public key of a good call, "" for a bad one.
func (s *stranger) who(q url.Values) string {
	keys := q["apikey"]
	if len(keys) == 0 || len(keys) > 1 && s.habits["one-key"] {
		return ""
	}
	key := keys[0]
	if s.habits["last-key"] {
		key = keys[len(keys)-1]
	}
	if key == "plain" && !s.revoked["plain_key"] {
		return key
	}
	salt, hash := q.Get("apisalt"), q.Get("apihash")
	at, err := strconv.ParseUint(salt, 10, 62)
	away := s.now().Unix() - int64(at)
	for name, public := range strangersKeys {
		private := strangersKeys[strings.Replace(name, "public", "private", 1)]
		right := fmt.Sprintf("%x", sha256.Sum256([]byte(private+key+salt)))
		if !strings.HasSuffix(name, "public_key") || public != key || name == "deleted_public_key" || s.revoked[name] {
			continue
		}
		if err == nil && len(q["apisalt"]) == 1 && away <= 600 && away >= -600 && hash == right && s.unspent(hash) {
			return key
		}
	}
	return ""
}

// unspent refuses a hash the second time, as its node sees it, or the fourth.
func (s *stranger) unspent(hash string) bool {
	node, most := "", 1<<20
	switch {
	case s.habits["once"]:
		most = 1
	case s.habits["once-a-node"]:
		node, most = fmt.Sprint(s.calls%2), 1
	case s.habits["three-times"]:
		most = 3
	}
	s.spent[node+hash]++
	return s.spent[node+hash] <= most
}

// lockAfter is a lock-out after too many denials, or a key that somebody revokes in the middle of the run.
func (s *stranger) lockAfter(key string) {
	if key != "" {
		s.denials = 0
		return
	}
	if s.denials++; s.lock > 0 && s.denials >= s.lock {
		for name := range strangersKeys {
			s.revoked[name] = true
		}
	}
}

// nothing answers where there is nothing.
func (s *stranger) nothing(w http.ResponseWriter, path, key string) {
	switch {
	case s.habits["page"], s.habits["csv-hole"]:
		fmt.Fprint(w, "<!doctype html><title>welcome</title>")
	case s.habits["soft-404"] && key != "":
		fmt.Fprintf(w, `{"items":[],"hint":"there is no %s, request %d"}`, path, s.calls)
	default:
		http.Error(w, "", http.StatusNotFound)
	}
}

func (s *stranger) deny(w http.ResponseWriter, r *http.Request, path string) {
	if s.habits["denies-with-data"] {
		w.WriteHeader(http.StatusUnauthorized)
		s.list(w, path, "pub-Aa")
		return
	}
	if s.habits["debug-trailer"] && r.URL.Query().Get("apikey") == "pub-Aa" {
		w.Header().Set("Trailer", "X-Debug")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "no")
		w.Header().Set("X-Debug", strangersKeys["private_key"])
		return
	}
	if s.habits["echoes"] { // the caller's own request, as many frameworks show it
		http.Error(w, r.RequestURI, http.StatusUnauthorized)
		return
	}
	http.Error(w, "", http.StatusUnauthorized)
}

func (s *stranger) write(w http.ResponseWriter, r *http.Request, key string) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	s.created = append(s.created, key+string(body))
	w.WriteHeader(http.StatusCreated)
}

// list shows the records of a path to a key.
func (s *stranger) list(w http.ResponseWriter, path, key string) {
	area := map[bool]string{true: "south", false: "north"}[key == "opub-Cc"]
	records := []map[string]any{{"id": 1, "name": path + " of " + area}}
	if s.habits["examples"] {
		records[0]["name"] = "Example"
	}
	for _, c := range s.created {
		from := map[bool]string{true: "south", false: "north"}[strings.HasPrefix(c, "opub-Cc")]
		if from == area || s.habits["leak"] || s.habits["leak-to-north"] && area == "north" || s.habits["leak-to-south"] && area == "south" {
			var made map[string]any
			_ = json.Unmarshal([]byte(c[strings.Index(c, "{"):]), &made)
			records = append(records, made)
		}
	}
	for _, r := range records {
		if s.habits["viewer-links"] {
			r["self"] = "/api/customers/1?apikey=" + url.QueryEscape(key)
		}
		if s.habits["volatile-hole"] {
			r["read_at"] = s.calls
		}
	}
	body := any(map[string]any{"items": records})
	if s.habits["links"] {
		body = map[string]any{"_links": []map[string]any{{"rel": "self", "href": "/api?apikey=" + key}}, "customers": records}
	}
	text, _ := json.Marshal(body)
	if s.habits["csv-hole"] {
		text = []byte("id;name\n1;" + path + "\n")
	}
	if s.habits["compresses"] {
		w.Header().Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		pack := gzip.NewWriter(&b)
		_, _ = pack.Write(text)
		_ = pack.Close()
		text = b.Bytes()
	}
	_, _ = w.Write(text)
}

// steered is the stranger's control endpoint.
type steered struct{ *stranger }

func (s steered) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.habits["runs-away"] {
		s.ahead += time.Second
	}
	return s.now()
}

func (s steered) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.habits["stands-still"] {
		s.ahead += d
	}
}

func (s steered) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = 0
}

func (s steered) Revoke(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[name] = true
	return nil
}

func (s steered) Recreate(string) (targets.Credentials, error) {
	return nil, errors.New("keys are made by hand here")
}
func (s steered) Log() any   { return nil }
func (s steered) State() any { return nil }

// visit runs clauses of the contract (none means all) against the stranger as a live target.
func (s *stranger) visit(t *testing.T, change func(*targets.Target, *steps.Suite), clauses ...string) (map[string]record.ClauseResult, record.Summary) {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	v := registry.Vendors()[0]
	target := v.MockTarget(&targets.Mock{URL: server.URL + s.base, Credentials: strangersKeys}, s.clock)
	target.Kind, target.Allow.Writes = targets.KindLive, false
	suite := steps.OnTarget(target)
	suite.Timeout = time.Hour // by the test's clock
	control := httptest.NewServer(targets.ControlHandler(steered{s}))
	defer control.Close()
	if change != nil {
		change(&target, &suite)
		if target.Control != "" {
			target.Control = control.URL
		}
		changed := steps.OnTarget(target)
		suite.Open = changed.Open
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

func writes(t *targets.Target, _ *steps.Suite) { t.Allow.Writes = true }

func control(t *targets.Target, _ *steps.Suite) { t.Control = "yes" }

// reasons joins what the notes of a clause say.
func reasons(c record.ClauseResult) string { return strings.Join(c.Notes, "; ") }
