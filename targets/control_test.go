package targets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/authbench/authbench/targets"
)

// steered is a server that notes how it is steered.
type steered struct {
	now time.Time
	did []string
}

func (s *steered) Now() time.Time          { return s.now }
func (s *steered) Advance(d time.Duration) { s.now = s.now.Add(d) }
func (s *steered) Reset()                  { s.did = append(s.did, "reset") }
func (s *steered) Revoke(name string) error {
	if name == "nobody" {
		return errors.New("there is no credential nobody")
	}
	s.did = append(s.did, "revoke "+name)
	return nil
}
func (s *steered) Recreate(name string) (targets.Credentials, error) {
	return targets.Credentials{name: "new"}, nil
}
func (s *steered) Log() any   { return []string{"a request"} }
func (s *steered) State() any { return map[string]int{"keys": 3} }

func TestControlProtocol(t *testing.T) {
	s := &steered{now: time.Date(2026, 11, 24, 10, 0, 0, 5, time.UTC)}
	server := httptest.NewServer(targets.ControlHandler(s))
	defer server.Close()
	control, ctx := targets.NewControl(server.URL+"/"), context.Background()
	if now, err := control.Now(ctx); err != nil || !now.Equal(s.now) {
		t.Errorf("now: %v, %v", now, err)
	}
	if err := control.Advance(ctx, -11*time.Minute); err != nil || s.now.Minute() != 49 {
		t.Errorf("advance: %v, %v", s.now, err)
	}
	if err := control.Revoke(ctx, "api_token"); err != nil {
		t.Error(err)
	}
	if err := control.Revoke(ctx, "nobody"); err == nil {
		t.Error("a credential that is not there was revoked")
	}
	if made, err := control.Recreate(ctx, "api_token"); err != nil || made["api_token"] != "new" {
		t.Errorf("recreate: %v", err)
	}
	if err := control.Reset(ctx); err != nil || strings.Join(s.did, ",") != "revoke api_token,reset" {
		t.Errorf("%v, %v", s.did, err)
	}
}

// logged is a server whose log can be told how much to keep.
type logged struct {
	*steered
	detail string
}

func (l *logged) Detail(detail string) error {
	if detail != "summary" && detail != "full" {
		return errors.New("no such detail")
	}
	l.detail = detail
	return nil
}

func TestTheDetailOfTheLogIsSteeredWhereThereIsOne(t *testing.T) {
	l, ctx := &logged{steered: &steered{}}, context.Background()
	server := httptest.NewServer(targets.ControlHandler(l))
	defer server.Close()
	control := targets.NewControl(server.URL)
	if err := control.Detail(ctx, "full"); err != nil || l.detail != "full" {
		t.Errorf("%q, %v", l.detail, err)
	}
	if err := control.Detail(ctx, "everything"); err == nil || l.detail != "full" {
		t.Errorf("%q, %v", l.detail, err)
	}
	plain := httptest.NewServer(targets.ControlHandler(&steered{}))
	defer plain.Close()
	if err := targets.NewControl(plain.URL).Detail(ctx, "full"); err == nil {
		t.Error("a server without such a log took the detail")
	}
}

// switched is a server with faults and sessions.
type switched struct {
	*steered
	on   []string
	open int
}

func (s *switched) Faults() []string { return s.on }
func (s *switched) SetFault(name string, on bool) error {
	if name != "no-window" {
		return fmt.Errorf("there is no fault %q", name)
	}
	if s.on = nil; on {
		s.on = []string{name}
	}
	return nil
}
func (s *switched) EndSessions() int {
	n := s.open
	s.open = 0
	return n
}

func TestFaultsAndSessionsAreSteeredWhereThereAreAny(t *testing.T) {
	s, ctx := &switched{steered: &steered{}, open: 3}, context.Background()
	server := httptest.NewServer(targets.ControlHandler(s))
	defer server.Close()
	control := targets.NewControl(server.URL)
	if on, err := control.Faults(ctx); err != nil || on == nil || len(on) != 0 {
		t.Errorf("without a fault: %#v, %v", on, err)
	}
	if err := control.SetFault(ctx, "no-window", true); err != nil {
		t.Error(err)
	}
	if on, err := control.Faults(ctx); err != nil || len(on) != 1 || on[0] != "no-window" {
		t.Errorf("with a fault: %v, %v", on, err)
	}
	if err := control.SetFault(ctx, "nonsense", true); err == nil || len(s.on) != 1 {
		t.Errorf("an unknown fault: %v, %v", s.on, err)
	}
	if err := control.SetFault(ctx, "no-window", false); err != nil || len(s.on) != 0 {
		t.Errorf("switched off: %v, %v", s.on, err)
	}
	for _, want := range []int{3, 0} {
		if ended, err := control.EndSessions(ctx); err != nil || ended != want {
			t.Errorf("%d sessions ended, want %d: %v", ended, want, err)
		}
	}
	for body, path := range map[string]string{
		`{"name":"nonsense","on":true}`: "/control/faults", `{"name":"no-window"}`: "/control/faults", `{"on":true}`: "/control/faults",
		`{"end":"some"}`: "/control/sessions", `{}`: "/control/sessions",
	} {
		if status, text := post(t, server.URL+path, body); status != http.StatusBadRequest || !strings.Contains(text, `"error":`) {
			t.Errorf("%s %s: %d %s", path, body, status, text)
		}
	}
	plain := httptest.NewServer(targets.ControlHandler(&steered{}))
	defer plain.Close()
	for path, body := range map[string]string{"/control/faults": `{"name":"no-window","on":true}`, "/control/sessions": `{"end":"all"}`} {
		if status, _ := post(t, plain.URL+path, body); status != http.StatusNotFound {
			t.Errorf("%s at a server without: %d", path, status)
		}
	}
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	server := httptest.NewServer(targets.ControlHandler(&steered{}))
	defer server.Close()
	for path, body := range map[string]string{
		"/control/clock": `{"advance":"soon"}`, "/control/credentials": `{"revoke":"a","recreate":"b"}`,
		"/control/credentials?": `{}`, "/control/clock?": `{"back":"1m"}`, "/control/clock??": `no JSON`,
	} {
		if status, _ := post(t, server.URL+path, body); status != http.StatusBadRequest {
			t.Errorf("%s %s: %d", path, body, status)
		}
	}
}

// Whatever stands behind the address, the caller gets an error that says so.
func TestControlEndpointsThatAreNone(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"not found": http.NotFound,
		"garbage":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"no time":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") },
	} {
		server := httptest.NewServer(answer)
		if _, err := targets.NewControl(server.URL).Now(context.Background()); err == nil || !strings.Contains(err.Error(), "control endpoint") {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
		if err := targets.NewControl(server.URL).Reset(context.Background()); err == nil {
			t.Errorf("%s: a server that is gone was reset", name)
		}
	}
}

// A stranger's words do not flood an error, nor steer a terminal.
func TestControlErrorsAreShortAndPrintable(t *testing.T) {
	long := strings.Repeat("\x1b[2J\u202ewords ", 10_000)
	for name, answer := range map[string]http.HandlerFunc{
		"a long time": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"now":%q}`, strings.Repeat("9", 100_000))
		},
		"no JSON":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, long) },
		"a long state": rawStatus("HTTP/1.1 500 " + strings.ReplaceAll(long, "\n", "")),
		"no HTTP":      rawStatus("\x1b]0;owned\x07" + long),
	} {
		server := httptest.NewServer(answer)
		_, err := targets.NewControl(server.URL).Now(context.Background())
		server.Close()
		if err == nil || len(err.Error()) > 250 || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%s: %.400q", name, fmt.Sprint(err))
		}
	}
}

// rawStatus answers with a line that is no proper status line.
func rawStatus(line string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(conn, "%s\r\nContent-Length: 0\r\n\r\n", line)
		conn.Close()
	}
}

func TestAControlErrorKeepsItsCause(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := targets.NewControl("http://127.0.0.1:1").Reset(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
