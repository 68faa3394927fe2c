package zoo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gestix/zoo"
)

const (
	apiToken = "api-marked/+=é"
	username = "web@example.com"
	password = "p+&=%# é-marked"
	account  = "/api/1234/v4.0.0"
	deadline = 20 * time.Second // of an event: only a broken test waits for it
)

// arrival is a request as the stage received it, and what was answered.
type arrival struct {
	method, path, uri, bearer, body string
	header                          http.Header
	nonce                           string // in the query
	status                          int
}

// stage is as much of Gestix as these tests need, and what they provoke. Its fields are set before the first request.
type stage struct {
	first      int  // calls that the first session is good for, where it ends
	ends       bool // the first session does
	locked     bool // every protected call is denied
	revoked    bool // /helo is denied
	away       bool // reads are sent elsewhere
	reject     int  // the status by which a write is rejected, 0 for none
	rejectOnly int  // which one, counted from 1; 0 for all
	most       int  // requests to /helo, after which the client is stopped; 0 for no limit
	// meet is how many calls wait for each other before they are answered, for patience at most. With 0 nobody waits.
	meet     int
	patience time.Duration
	children bool // looks for children that have the API token among their arguments

	stop    context.CancelFunc
	mu      sync.Mutex
	tokens  int
	served  map[string]int
	marks   map[string]int64
	log     []*arrival
	writes  int
	waiting int
	met     chan struct{}
	flying  int // requests that are being answered, and the most of them at once
	flown   int
	shown   int // children seen
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a := &arrival{method: r.Method, path: strings.TrimPrefix(r.URL.Path, account), uri: r.URL.RequestURI(), body: string(body),
		header: r.Header, nonce: r.URL.Query().Get("nonce")}
	a.bearer, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	s.log = append(s.log, a)
	if s.children {
		s.shown += childrenShowing(apiToken)
	}
	s.flying++
	s.flown = max(s.flown, s.flying)
	reply := s.judge(a)
	s.mu.Unlock()
	if a.path != "/helo" {
		s.gather(r.Context())
	}
	if s.away && a.path == "/customers" {
		a.status = http.StatusTemporaryRedirect
		w.Header().Set("Location", "http://"+r.Host+"/elsewhere")
	}
	w.WriteHeader(a.status)
	fmt.Fprint(w, reply)
	s.mu.Lock()
	s.flying--
	s.mu.Unlock()
}

// judge decides about a request by the contract, and by what is provoked. The caller holds s.mu.
func (s *stage) judge(a *arrival) string {
	number, _ := strconv.Atoi(strings.TrimPrefix(a.bearer, "session-marked-"))
	n, err := strconv.ParseInt(a.nonce, 10, 64)
	write := a.method != http.MethodGet
	if a.path == "/helo" {
		return s.helo(a)
	}
	if write {
		s.writes++
	}
	switch over := s.ends && number == 1 && s.served[a.bearer] >= s.first; {
	case number < 1 || number > s.tokens || over || s.locked:
		a.status = http.StatusForbidden
		return `{"code":"AUTH_FAILED"}`
	case write && s.reject != 0 && (s.rejectOnly == 0 || s.rejectOnly == s.writes):
		a.status = s.reject
	case write && (err != nil || n <= s.marks[a.bearer]):
		a.status = http.StatusBadRequest
	case write:
		a.status = http.StatusCreated
		s.marks[a.bearer] = n
	default:
		a.status = http.StatusOK
	}
	s.served[a.bearer]++
	return fmt.Sprintf(`{"id":%d,"code":"INVALID_ARGUMENT"}`, len(s.log))
}

func (s *stage) helo(a *arrival) string {
	helos := 0
	for _, b := range s.log {
		if b.path == a.path {
			helos++
		}
	}
	if s.most > 0 && helos >= s.most {
		s.stop()
	}
	if s.revoked || a.bearer != apiToken {
		a.status = http.StatusForbidden
		return `{"code":"AUTH_FAILED"}`
	}
	a.status = http.StatusOK
	s.tokens++
	return fmt.Sprintf(`{"xa-token":"session-marked-%d"}`, s.tokens)
}

// gather holds a call until as many are there as are to meet, or the caller or the patience is gone.
func (s *stage) gather(ctx context.Context) {
	s.mu.Lock()
	s.waiting++
	if s.waiting == s.meet {
		close(s.met)
	}
	s.mu.Unlock()
	if s.meet == 0 {
		return
	}
	select {
	case <-s.met:
	case <-ctx.Done():
	case <-time.After(s.patience):
	}
}

// childrenShowing counts the processes that have the text as an argument of their own.
func childrenShowing(text string) int {
	found := 0
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		line, _ := os.ReadFile(path) // it may have ended
		if bytes.Contains(line, []byte("\x00"+text+"\x00")) {
			found++
		}
	}
	return found
}

// run is what a client did on a stage, and what it left behind.
type run struct {
	*stage
	code             int
	out, errs, files string
}

// play runs the client that makes the mistake, or the right one for "".
func play(t *testing.T, mistake, action string, s *stage) run {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), deadline)
	defer stop()
	s.stop, s.served, s.marks, s.met = stop, map[string]int{}, map[string]int64{}, make(chan struct{})
	server := httptest.NewServer(s)
	defer server.Close()
	env := map[string]string{
		"AUTHBENCH_ACTION": action, "AUTHBENCH_URL": server.URL + account, "HOME": t.TempDir(),
		"GESTIX_API_TOKEN": apiToken, "GESTIX_USERNAME": username, "GESTIX_PASSWORD": password,
	}
	code, out, errs := runWith(ctx, mistake, env)
	return run{stage: s, code: code, out: out, errs: errs, files: textOfFiles(t, env["HOME"])}
}

func runWith(ctx context.Context, mistake string, env map[string]string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = zoo.Run(ctx, targets.ClientProgram{
		Mistake: mistake, Env: func(name string) string { return env[name] }, Stdout: &out, Stderr: &errs,
	})
	return code, out.String(), errs.String()
}

func textOfFiles(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// sent are the requests by method and path, in order.
func (s *stage) sent(method, path string) []*arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*arrival
	for _, a := range s.log {
		if a.method == method && a.path == path {
			list = append(list, a)
		}
	}
	return list
}

func (s *stage) helos() int        { return len(s.sent("GET", "/helo")) }
func (s *stage) reads() []*arrival { return s.sent("GET", "/customers") }
func (s *stage) posts() []*arrival { return s.sent("POST", "/customers") }
func (s *stage) puts() []*arrival  { return s.sent("PUT", "/customers") }

// written counts how often each body was accepted.
func (s *stage) written() map[string]int {
	times := map[string]int{}
	for _, a := range s.posts() {
		if a.status == http.StatusCreated {
			times[a.body]++
		}
	}
	return times
}

func (r run) String() string {
	text := fmt.Sprintf("exit %d, standard output %q, error %q, %d children\n", r.code, r.out, r.errs, r.shown)
	for _, a := range r.log {
		text += fmt.Sprintf("  %s %s as %q: %d\n", a.method, a.uri, a.bearer, a.status)
	}
	return text
}

func escaped(secret string) string { return url.QueryEscape(secret) }
