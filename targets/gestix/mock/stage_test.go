package mock

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// waiting is how long a test waits for what has to come.
const waiting = 10 * time.Second

// director is a stage that does as the test says; a nil cue lets every request go on.
type director struct {
	mu     sync.Mutex
	number int
	cue    func(context.Context, *targets.Arrival) targets.Cue
	judged []targets.Arrival
}

func (d *director) Arrived(ctx context.Context, a *targets.Arrival) targets.Cue {
	d.mu.Lock()
	d.number++
	a.Number = d.number
	cue := d.cue
	d.mu.Unlock()
	if cue == nil {
		return targets.Cue{}
	}
	return cue(ctx, a)
}

func (d *director) Judged(a *targets.Arrival) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.judged = append(d.judged, *a)
}

// last is what was judged last: a reply that has come is of a request that was judged.
func (d *director) last() targets.Arrival {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.judged[len(d.judged)-1]
}

// house is a mock on a stage, with a client of its own.
type house struct {
	t    *testing.T
	mock *targets.Mock
	d    *director
	c    *http.Client
}

func open(t *testing.T, opt targets.MockOptions) *house {
	t.Helper()
	h := &house{t: t, d: &director{}, c: &http.Client{Transport: &http.Transport{}, Timeout: waiting}}
	opt.Stage, opt.Clock = h.d, targets.NewManual(start)
	m, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	h.mock = m
	t.Cleanup(func() { _ = m.Close(); h.c.CloseIdleConnections() })
	return h
}

// call sends a request to a path below our account's base, and returns the status, 0 for no reply, and the JSON object.
func (h *house) call(method, path, token, body string) (int, map[string]any) {
	h.t.Helper()
	req, err := http.NewRequest(method, h.mock.URL+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := h.c.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	var object map[string]any
	_ = json.Unmarshal(text, &object) // a list has none
	return resp.StatusCode, object
}

func (h *house) session() string {
	h.t.Helper()
	_, object := h.call("GET", "/helo", h.mock.Credentials["api_token"], "")
	token, _ := object["xa-token"].(string)
	if token == "" {
		h.t.Fatalf("no session: %+v", h.d.last())
	}
	return token
}

func TestTheStageSeesWhatBecomesOfARequest(t *testing.T) {
	h := open(t, targets.MockOptions{})
	m := h.mock.Steered.(*Mock)
	api := h.mock.Credentials["api_token"]
	session, ended := h.session(), h.session()
	m.sessions[ended].ended = true
	h.call("POST", "/customers?nonce=1764000000123", session, customer("K1"))
	made := h.d.last()
	if made.Wrote == "" || made.Outcome != targets.OutcomeAccepted {
		t.Fatalf("%+v", made)
	}
	const bearer = "\nAuthorization: Bearer <session token>"
	facts := func(resource, credential, session, nonce string) map[string]string {
		f := map[string]string{"resource": resource, "credential": credential}
		for name, value := range map[string]string{"session": session, "nonce": nonce} {
			if value != "" {
				f[name] = value
			}
		}
		return f
	}
	login := "/auth?" + url.Values{"username": {h.mock.Credentials["username"]}, "password": {"wrong"}}.Encode()
	for _, c := range []struct {
		name, method, path, token, body string
		facts                           map[string]string
		status                          int
		reason, why, right, wrote       string
	}{
		{"a session", "GET", "/helo", api, "", facts("/helo", "api_token", "3", ""), 200, "", "", "", ""},
		{"a read", "GET", "/customers", session, "", facts("/customers", "session token", "1", ""), 200, "", "", "", ""},
		{"an update", "PUT", "/customers?nonce=1764000000124&id=" + made.Wrote, session, `{"name":"n"}`,
			facts("/customers", "session token", "1", "1764000000124"), 200, "", "", "", made.Wrote},
		{"a replay", "POST", "/customers?nonce=1764000000124&fresh=1", session, customer("K2"),
			facts("/customers", "session token", "1", "1764000000124"), 400, "nonce not greater", "a write was repeated",
			"POST /customers?nonce=<greater than 1764000000124>&fresh=1" + bearer, ""},
		{"no nonce", "PUT", "/customers?id=" + made.Wrote, session, "{}", facts("/customers", "session token", "1", ""), 400, "no nonce", "PUT needs",
			"PUT /customers?nonce=<greater than 1764000000124>&id=" + made.Wrote + bearer, ""},
		{"a nonce that is none", "POST", "/customers?nonce=now", session, customer("K2"), facts("/customers", "session token", "1", ""), 400,
			"malformed nonce", "letters", "POST /customers?nonce=<greater than 1764000000124>" + bearer, ""},
		{"the API token", "GET", "/customers?page=2", api, "", facts("/customers", "api_token", "", ""), 403, "API token instead of a session token",
			"exchange it at /helo", "GET /customers?page=2" + bearer, ""},
		{"an ended session", "POST", "/customers?nonce=5", ended, customer("K2"), facts("/customers", "expired session token", "2", "5"), 403,
			"session expired", "ended by this server", "POST /customers?nonce=<greater than 0>" + bearer, ""},
		{"no token", "GET", "/status?token=" + session, "", "", facts("/status", "no header", "", ""), 403, "no session token", "in the query",
			"GET /status" + bearer, ""},
		{"a session token at /helo", "GET", "/helo", session, "", facts("/helo", "session token", "1", ""), 403, "session token on /helo", "takes the API token",
			"GET /helo\nAuthorization: Bearer <api_token>", ""},
		{"a revoked API token", "GET", "/helo", h.mock.Credentials["revoked_api_token"], "", facts("/helo", "revoked_api_token", "", ""), 403,
			"revoked API token", "was revoked", "", ""},
		{"another account's", "GET", "/helo", h.mock.Credentials["other_api_token"], "", facts("/helo", "other_api_token", "", ""), 403,
			"unknown API token", "is a token of account", "GET " + m.accounts[1].base() + "/helo\nAuthorization: Bearer <other_api_token>", ""},
		{"a POST to /helo", "POST", "/helo", api, "", facts("/helo", "api_token", "", ""), 405, "no such method", "/helo knows GET",
			"GET /helo\nAuthorization: Bearer <api_token>", ""},
		{"a wrong password", "POST", login, "", "", facts("/auth", "no header", "", ""), 400, "wrong password", "another password",
			"POST /auth?username=<username>&password=<password>", ""},
		{"a path that is none", "GET", "/v1/status", session, "", facts("", "session token", "1", ""), 404, "no such path", "no such resource",
			"GET " + m.accounts[0].base() + "/status" + bearer, ""},
		{"a body that is none", "POST", "/customers?nonce=1764000000125", session, "code=x", facts("/customers", "session token", "1", "1764000000125"), 400,
			"bad body", "a form", "POST /customers?nonce=<greater than 1764000000124>" + bearer + "\n\n" + `{"code":"...","name":"..."}`, ""},
		{"no such record", "PUT", "/customers?nonce=1764000000126&id=none", session, "{}", facts("/customers", "session token", "1", "1764000000126"), 404,
			"no such record", "no record with this id", "PUT /customers?nonce=<greater than 1764000000124>&id=<id of a record>" + bearer, ""},
		{"a duplicate", "POST", "/customers?nonce=1764000000127", session, customer("K1"), facts("/customers", "session token", "1", "1764000000127"), 409,
			"duplicate", "code already", "", ""},
		{"a deletion", "DELETE", "/customers?nonce=1764000000128&id=" + made.Wrote, session, "", facts("/customers", "session token", "1", "1764000000128"), 200,
			"", "", "", made.Wrote},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, _ := h.call(c.method, c.path, c.token, c.body)
			a := h.d.last()
			if status != c.status || a.Status != c.status || a.Reason != c.reason || a.Right != c.right || a.Wrote != c.wrote || a.Cued {
				t.Errorf("%d, %+v", status, a)
			}
			if outcome := map[bool]string{true: targets.OutcomeAccepted, false: targets.OutcomeDenied}[c.reason == ""]; a.Outcome != outcome {
				t.Errorf("the outcome is %s", a.Outcome)
			}
			if !strings.Contains(a.Why, c.why) || (a.Why == "") != (c.why == "") {
				t.Errorf("explained as %q, want %q", a.Why, c.why)
			}
			if !reflect.DeepEqual(a.Facts, c.facts) {
				t.Errorf("the facts are %v, want %v", a.Facts, c.facts)
			}
			if a.Method != c.method || !strings.HasSuffix(a.URI, c.path) || string(a.Body) != c.body || a.Conn == "" {
				t.Errorf("sent: %+v", a)
			}
			shown := a.Why + a.Right + a.Reason + fmt.Sprint(a.Facts)
			for _, secret := range []string{session, ended, api, h.mock.Credentials["username"], h.mock.Credentials["password"]} {
				if strings.Contains(shown, secret) || strings.Contains(shown, url.QueryEscape(secret)) {
					t.Errorf("a secret is shown: %s", shown)
				}
			}
		})
	}
}

// The stage may wait, steer the mock meanwhile, and the request is judged by what the mock is then.
func TestTheStageSteersTheMockWhileARequestWaits(t *testing.T) {
	for _, c := range []struct {
		steer  func(m *Mock) error
		reason string
	}{
		{func(m *Mock) error { m.Advance(time.Hour); return nil }, "session expired"},
		{func(m *Mock) error {
			if n := m.EndSessions(); n != 1 {
				return fmt.Errorf("%d sessions ended", n)
			}
			return nil
		}, "session expired"},
		{func(m *Mock) error { m.Reset(); return nil }, "unknown session token"},
		{func(m *Mock) error { return m.SetFault("expires-at-once", true) }, "session expired"},
		{func(m *Mock) error { return m.Revoke("api_token") }, ""},
	} {
		h := open(t, targets.MockOptions{})
		token := h.session()
		arrived, goOn := make(chan struct{}), make(chan struct{})
		h.d.cue = func(context.Context, *targets.Arrival) targets.Cue {
			close(arrived)
			<-goOn
			if err := c.steer(h.mock.Steered.(*Mock)); err != nil {
				t.Error(err)
			}
			return targets.Cue{}
		}
		var status int
		var wait sync.WaitGroup
		wait.Go(func() { status, _ = h.call("GET", "/customers", token, "") })
		<-arrived
		h.mock.Steered.State() // nothing is locked while it waits
		close(goOn)
		wait.Wait()
		if a := h.d.last(); a.Reason != c.reason || (status == 200) != (c.reason == "") {
			t.Errorf("%d %q, want %q", status, a.Reason, c.reason)
		}
	}
}

// Writes are judged as the stage lets go of them: what overtakes is greater, and what comes after it is stale.
func TestTheStageOrdersTheWrites(t *testing.T) {
	h := open(t, targets.MockOptions{})
	token := h.session()
	arrived := make(chan *targets.Arrival)
	goOn := map[string]chan struct{}{"1": make(chan struct{}), "2": make(chan struct{}), "3": make(chan struct{})}
	h.d.cue = func(_ context.Context, a *targets.Arrival) targets.Cue {
		arrived <- a
		<-goOn[a.Facts["nonce"]]
		return targets.Cue{}
	}
	status := map[string]int{}
	var mu sync.Mutex
	done := map[string]chan struct{}{}
	for i, nonce := range []string{"1", "2", "3"} {
		done[nonce] = make(chan struct{})
		go func() {
			got, _ := h.call("POST", "/customers?nonce="+nonce, token, customer("K"+nonce))
			mu.Lock()
			status[nonce] = got
			mu.Unlock()
			close(done[nonce])
		}()
		if a := <-arrived; a.Facts["nonce"] != nonce || a.Number != i+2 {
			t.Fatalf("%+v", a)
		}
	}
	for _, nonce := range []string{"2", "1", "3"} {
		close(goOn[nonce])
		<-done[nonce]
	}
	if want := map[string]int{"2": 201, "1": 400, "3": 201}; !reflect.DeepEqual(status, want) {
		t.Errorf("%v, want %v", status, want)
	}
}

// What is answered on cue is not judged: it writes nothing and uses no nonce up.
func TestNothingIsWrittenOnCue(t *testing.T) {
	h := open(t, targets.MockOptions{})
	token := h.session()
	for cue, want := range map[*targets.Cue]int{
		{Reply: &targets.CuedReply{Status: 403, Type: "application/json", Body: "{}"}}: 403, {Reply: &targets.CuedReply{Status: 201}}: 201,
		{Silence: "closed"}: 0, {Silence: "reset"}: 0,
	} {
		h.d.cue = func(context.Context, *targets.Arrival) targets.Cue { return *cue }
		if status, _ := h.call("POST", "/customers?nonce=5", token, customer("K1")); status != want {
			t.Errorf("%+v: %d", cue, status)
		}
		a := h.d.last()
		if !a.Cued || a.Status != want || a.Wrote != "" || a.Right != "" || a.Facts["nonce"] != "5" || (a.Outcome == "silence") != (want == 0) {
			t.Errorf("%+v: %+v", cue, a)
		}
	}
	h.d.cue = nil
	if status, _ := h.call("POST", "/customers?nonce=5", token, customer("K1")); status != 201 {
		t.Errorf("%d, %+v", status, h.d.last())
	}
}

func TestFaultsAreSwitchedWhileManyCall(t *testing.T) {
	h := open(t, targets.MockOptions{})
	faulty := h.mock.Steered.(targets.Faulty)
	var callers, switcher sync.WaitGroup
	over := make(chan struct{})
	switcher.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-over:
				return
			default:
			}
			name := Faults()[i%len(Faults())].Name
			if err := faulty.SetFault(name, true); err != nil {
				t.Error(err)
			}
			if on := faulty.Faults(); len(on) != 1 || on[0] != name {
				t.Errorf("on: %v", on)
			}
			if err := faulty.SetFault(name, false); err != nil {
				t.Error(err)
			}
		}
	})
	for n := range 20 {
		callers.Go(func() {
			for i := range 10 {
				_, object := h.call("GET", "/helo", h.mock.Credentials["api_token"], "")
				token, _ := object["xa-token"].(string)
				h.call("POST", fmt.Sprintf("/customers?nonce=%d", i+1), token, customer(fmt.Sprint(n, i)))
				h.call("GET", "/status", token, "")
			}
		})
	}
	callers.Wait()
	close(over)
	switcher.Wait()
	if h.d.number != 600 {
		t.Errorf("%d requests arrived", h.d.number)
	}
	if status, _ := h.call("GET", "/customers", h.session(), ""); status != 200 || len(faulty.Faults()) != 0 {
		t.Errorf("all off: %d, %v", status, faulty.Faults())
	}
	if err := faulty.SetFault("nonce-globa", true); err == nil || !strings.Contains(err.Error(), `did you mean "nonce-global"?`) {
		t.Errorf("an unknown fault: %v", err)
	}
}

func TestGivenCredentialsStay(t *testing.T) {
	given := targets.Credentials{
		"api_token": "own-api-token", "revoked_api_token": "own-revoked-token", "username": "ünsal+x@example.com", "password": "a b&c=%é",
	}
	for seed := range uint64(5) {
		h := open(t, targets.MockOptions{Seed: seed, Credentials: given, TrueClock: true})
		drawn := New(targets.MockOptions{Seed: seed}).Credentials()
		for range 2 {
			for name, value := range h.mock.Steered.(*Mock).Credentials() {
				if want, found := given[name]; found && value != want || !found && value != drawn[name] {
					t.Errorf("seed %d: %s is another", seed, name)
				}
			}
			login := "/auth?" + url.Values{"username": {given["username"]}, "password": {given["password"]}}.Encode()
			if status, object := h.call("POST", login, "", ""); status != 200 || object["xa-token"] == "" {
				t.Errorf("seed %d: %d, %+v", seed, status, h.d.last())
			}
			h.call("GET", "/customers", h.session(), "")
			if a := h.d.last(); a.Outcome != targets.OutcomeAccepted {
				t.Errorf("seed %d: %+v", seed, a)
			}
			if status, _ := h.call("GET", "/helo", given["revoked_api_token"], ""); status != 403 {
				t.Errorf("seed %d: %d", seed, status)
			}
			h.mock.Steered.Reset()
		}
	}
	if _, err := Start(targets.MockOptions{Credentials: targets.Credentials{"nobody": "x"}}); err == nil {
		t.Error("a credential that the mock does not have was given")
	}
}

func TestATrueClockChangesNothingElse(t *testing.T) {
	skewed := 0
	for seed := range uint64(30) {
		v, right := New(targets.MockOptions{Seed: seed}).vary, New(targets.MockOptions{Seed: seed, TrueClock: true}).vary
		if v.skew != 0 {
			skewed++
		}
		if right.skew != 0 {
			t.Errorf("seed %d: the clock is %s off", seed, right.skew)
		}
		if v.skew = 0; !reflect.DeepEqual(v, right) {
			t.Errorf("seed %d: %+v, %+v", seed, v, right)
		}
	}
	if skewed == 0 {
		t.Error("no seed draws a skew")
	}
}

func TestAnyBodyIsARecord(t *testing.T) {
	for seed := range uint64(21) {
		h := open(t, targets.MockOptions{Seed: seed, AnyBody: true, TrueClock: true})
		token, wrote, nonce := h.session(), map[string]bool{}, 0
		send := func(method, path, body string, want ...int) {
			t.Helper()
			nonce++
			status, object := h.call(method, fmt.Sprintf("%snonce=%d", path, nonce), token, body)
			a := h.d.last()
			if !(status == want[0] || status == want[len(want)-1]) || a.Wrote == "" || fmt.Sprint(object["id"]) != numbered(a.Wrote) {
				t.Errorf("seed %d: %s %s %q: %d %v, %+v", seed, method, path, body, status, object, a)
			}
			wrote[a.Wrote] = true
		}
		bodies := []string{"", "x", "null", "[1]", "{} x", `{"code":null,"name":{}}`, `{"code":"K1"}`, `{"code":"K1"}`, `{"id":"7"}`, `{"seq_number":1}`,
			strings.Repeat(" ", maxBody+1), "\xff"}
		for _, body := range bodies {
			for _, path := range []string{"/customers?", "/invoices?"} {
				send("POST", path, body, 200, 201)
				send("PUT", path, body, 200)
				send("PUT", path+"id=none&", body, 200)
			}
		}
		if len(wrote) != 6*len(bodies) {
			t.Errorf("seed %d: %d records, %d writes", seed, len(wrote), 6*len(bodies))
		}
		send("POST", "/customers?", customer("K9"), 200, 201)
		made := h.d.last().Wrote
		for _, body := range append(bodies, `{"code":"K1","name":"n"}`) {
			if send("PUT", "/customers?id="+made+"&", body, 200); h.d.last().Wrote != made {
				t.Errorf("seed %d: %q changed another record", seed, body)
			}
		}
		for path, want := range map[string]string{"/customers?nonce=1": "nonce not greater", "/customers": "no nonce", "/customers?nonce=x": "malformed nonce"} {
			if h.call("PUT", path, token, ""); h.d.last().Reason != want || h.d.last().Wrote != "" {
				t.Errorf("seed %d: %+v", seed, h.d.last())
			}
		}
		if status, _ := h.call("POST", "/customers?nonce=1", "unknown", ""); status != 403 {
			t.Errorf("seed %d: %d", seed, status)
		}
	}
}

// numbered is an id as JSON gives it back.
func numbered(id string) string {
	var n any
	if json.Unmarshal([]byte(id), &n) == nil {
		return fmt.Sprint(n)
	}
	return id
}

// A record that a wrong mock writes in spite of its denial is told, and one that it does not write is not.
func TestTheStageIsToldWhatWasReallyWritten(t *testing.T) {
	for fault, c := range map[string]struct {
		path  string
		wrote bool
	}{
		"missing-nonce-is-written":         {"/customers", true},
		"rejected-write-is-written":        {"/customers?nonce=5", true},
		"replay-returns-first-as-accepted": {"/customers?nonce=5", false},
	} {
		h := open(t, targets.MockOptions{Faults: []string{fault}})
		token := h.session()
		h.call("POST", "/customers?nonce=5", token, customer("K1"))
		h.call("POST", c.path, token, customer("K1"))
		if a := h.d.last(); (a.Wrote != "") != c.wrote {
			t.Errorf("%s: %+v", fault, a)
		}
	}
	h := open(t, targets.MockOptions{Faults: []string{"put-writes-nothing"}})
	token := h.session()
	h.call("POST", "/customers?nonce=5", token, customer("K1"))
	h.call("PUT", "/customers?nonce=6&id="+h.d.last().Wrote, token, `{"name":"n"}`)
	if a := h.d.last(); a.Outcome != targets.OutcomeAccepted || a.Wrote != "" {
		t.Errorf("%+v", a)
	}
}

func TestTheMockIsSteeredByItsControlEndpoint(t *testing.T) {
	h, ctx := open(t, targets.MockOptions{}), context.Background()
	control := targets.NewControl(h.mock.Control)
	tokens := []string{h.session(), h.session(), h.session()}
	for _, want := range []int{3, 0} {
		if ended, err := control.EndSessions(ctx); err != nil || ended != want {
			t.Errorf("%d sessions ended, want %d: %v", ended, want, err)
		}
	}
	for _, token := range tokens {
		if h.call("GET", "/customers", token, ""); h.d.last().Reason != "session expired" {
			t.Errorf("%+v", h.d.last())
		}
	}
	if status, _ := h.call("GET", "/customers", h.session(), ""); status != 200 {
		t.Errorf("%d", status)
	}
	if err := control.SetFault(ctx, "nonce-required-get", true); err != nil {
		t.Error(err)
	}
	if on, err := control.Faults(ctx); err != nil || len(on) != 1 || on[0] != "nonce-required-get" {
		t.Errorf("%v, %v", on, err)
	}
	if status, _ := h.call("GET", "/customers", h.session(), ""); status != 400 {
		t.Errorf("%d", status)
	}
	if err := control.Reset(ctx); err != nil || len(h.mock.Steered.(targets.Faulty).Faults()) != 1 {
		t.Error("the reset touched the faults")
	}
}
