package mock

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

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
	h := &house{t: t, d: &director{}}
	opt.Stage, opt.Clock = h.d, targets.NewManual(start)
	m, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	h.mock = m
	h.c = &http.Client{Transport: &http.Transport{}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() { _ = m.Close(); h.c.CloseIdleConnections() })
	return h
}

// signed is a query with a right hash by a key's names, and its salt as given.
func (h *house) signed(public, private, salt string) string {
	c := h.mock.Credentials
	return url.Values{"apikey": {c[public]}, "apisalt": {salt}, "apihash": {sha(c[private], c[public], salt)}}.Encode()
}

func (h *house) good() string {
	return h.signed("public_key", "private_key", fmt.Sprint(h.mock.Steered.Now().Unix()))
}

// call sends a request and returns the status, 0 for no reply.
func (h *house) call(method, target, body string) int {
	h.t.Helper()
	req, err := http.NewRequest(method, h.mock.URL+target, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	resp, err := h.c.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestTheStageSeesWhatBecomesOfARequest(t *testing.T) {
	h := open(t, targets.MockOptions{})
	now := fmt.Sprint(start.Unix())
	signedBy := func(public, private string) string {
		return fmt.Sprintf(`apikey=<%s>&apisalt=%s&apihash=<sha256(%s + %s + "%s")>`, public, now, private, public, now)
	}
	right := "GET /api/customers?" + signedBy("public_key", "private_key")
	pub, priv := h.mock.Credentials["public_key"], h.mock.Credentials["private_key"]
	facts := func(key, salt, hash string) map[string]string {
		f := map[string]string{"key": key, "hash": hash}
		if salt != "" {
			f["salt"] = salt
		}
		return f
	}
	query := func(hash string) string { return "apikey=" + pub + "&apisalt=" + now + "&apihash=" + hash }
	for _, c := range []struct {
		name, method, target, body string
		facts                      map[string]string
		status                     int
		reason, why, right, wrote  string
	}{
		{"a good read", "GET", "/api/customers?" + h.good(), "", facts("public_key", now, "right"), 200, "", "", "", ""},
		{"a good write", "POST", "/api/customers?" + h.good(), `{"name":"x"}`, facts("public_key", now, "right"), 201, "", "", "", "1000"},
		{"the order of the prose", "GET", "/api/customers?page=2&" + query(sha(pub, priv, now)), "", facts("public_key", now, "wrong"), 403,
			"wrong hash", "sha256(public+private+salt)", "GET /api/customers?page=2&" + signedBy("public_key", "private_key"), ""},
		{"no credentials", "GET", "/api/customers", "", facts("none", "", "none"), 403, "no public key", "no apikey", right, ""},
		{"no such key", "GET", "/api/customers?apikey=0000", "", facts("unknown key", "", "none"), 403, "unknown key", "no key has", right, ""},
		{"the public key alone", "GET", "/api/customers?apikey=" + pub, "", facts("public_key", "", "none"), 403, "hash required", "enforced", right, ""},
		{"a plain key with a hash", "POST", "/api/customers?apisalt=" + now + "&apihash=00&apikey=" + h.mock.Credentials["plain_key"], "",
			facts("plain_key", now, "wrong"), 403, "wrong hash", "no SHA-256", "POST /api/customers?apikey=<plain_key>", ""},
		{"a salt in milliseconds", "GET", "/api/customers?" + h.signed("public_key", "private_key", now+"000"), "",
			facts("public_key", now+"000", "right"), 403, "salt outside the window", "milliseconds", right, ""},
		{"a salt that is none", "GET", "/api/customers?" + h.signed("public_key", "private_key", "today"), "", facts("public_key", "", "right"), 403,
			"malformed salt", "letters", right, ""},
		{"the private key in the query", "GET", "/api/customers?q=a%20b&secret=" + priv + "&APIKEY=" + pub, "", facts("none", "", "none"), 403,
			"no public key", "no apikey", "GET /api/customers?q=a%20b&" + signedBy("public_key", "private_key"), ""},
		{"a deleted key", "GET", "/api/customers?" + h.signed("deleted_public_key", "deleted_private_key", now), "",
			facts("deleted_public_key", now, "right"), 403, "deleted key", "was deleted", "", ""},
		{"outside its permissions", "GET", "/api/users?" + h.signed("limited_public_key", "limited_private_key", now), "",
			facts("limited_public_key", now, "right"), 403, "not permitted", "may not use /api/users", "", ""},
		{"another resource", "GET", "/api/users?apikey=" + pub, "", facts("public_key", "", "none"), 403, "hash required", "enforced",
			"GET /api/users?" + signedBy("public_key", "private_key"), ""},
		{"nothing there", "GET", "/customers?" + h.good(), "", facts("public_key", now, "right"), 404, "no such resource", "/api/customers", right, ""},
		{"no such method", "PUT", "/api/customers?" + h.good(), "{}", facts("public_key", now, "right"), 405, "no such method", "GET reads", "", ""},
		{"no customer", "POST", "/api/customers?" + h.good(), "[]", facts("public_key", now, "right"), 400, "bad body", `{"name":"..."}`,
			"POST /api/customers?" + signedBy("public_key", "private_key") + "\n\n" + `{"name":"..."}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status := h.call(c.method, c.target, c.body)
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
			if a.Method != c.method || a.URI != c.target || string(a.Body) != c.body || a.Conn == "" || a.Header.Get("User-Agent") == "" {
				t.Errorf("sent: %+v", a)
			}
			shown := a.Why + a.Right + a.Reason + fmt.Sprint(a.Facts)
			for name, secret := range h.mock.Credentials {
				if strings.Contains(shown, secret) || strings.Contains(shown, url.QueryEscape(secret)) {
					t.Errorf("the %s is shown", name)
				}
			}
			if hashes.MatchString(shown) {
				t.Errorf("a hash is shown: %s", shown)
			}
		})
	}
}

// A server that refuses a hash a second time is told a salt that was not used.
func TestTheRightRequestHasAFreshSalt(t *testing.T) {
	seed := uint64(1)
	for !drawVariation(seed).replayRefused {
		seed++
	}
	h := open(t, targets.MockOptions{Seed: seed, TrueClock: true})
	for range 2 {
		h.call("GET", "/api/customers?"+h.good(), "")
	}
	if a := h.d.last(); a.Reason != "hash used before" || !strings.Contains(a.Right, fmt.Sprintf("&apisalt=%d&", start.Unix()+1)) {
		t.Errorf("%+v", a)
	}
}

// The stage may wait, steer the mock meanwhile, and the request is judged by what the mock is then.
func TestTheStageSteersTheMockWhileARequestWaits(t *testing.T) {
	for _, c := range []struct {
		steer  func(m *Mock) error
		reason string
	}{
		{func(m *Mock) error { m.Advance(11 * time.Minute); return nil }, "salt outside the window"},
		{func(m *Mock) error { return m.Revoke("public_key") }, "deleted key"},
		{func(m *Mock) error { return m.SetFault("headers-instead-of-query", true) }, "no public key"},
		{func(m *Mock) error { m.Reset(); return nil }, ""},
	} {
		h := open(t, targets.MockOptions{})
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
		wait.Go(func() { status = h.call("GET", "/api/customers?"+h.good(), "") })
		<-arrived
		h.mock.Steered.State() // nothing is locked while it waits
		close(goOn)
		wait.Wait()
		if a := h.d.last(); a.Reason != c.reason || (status == 200) != (c.reason == "") {
			t.Errorf("%d %q, want %q", status, a.Reason, c.reason)
		}
	}
}

// What is answered on cue is not judged, and writes nothing.
func TestNothingIsWrittenOnCue(t *testing.T) {
	h := open(t, targets.MockOptions{})
	for cue, want := range map[*targets.Cue]int{
		{Reply: &targets.CuedReply{Status: 503}}: 503, {Reply: &targets.CuedReply{Status: 201}}: 201,
		{Silence: "closed"}: 0, {Silence: "reset"}: 0,
	} {
		h.d.cue = func(context.Context, *targets.Arrival) targets.Cue { return *cue }
		if status := h.call("POST", "/api/customers?"+h.good(), `{"name":"x"}`); status != want {
			t.Errorf("%+v: %d", cue, status)
		}
		a := h.d.last()
		if !a.Cued || a.Status != want || a.Wrote != "" || a.Right != "" || a.Facts["hash"] != "right" || (a.Outcome == "silence") != (want == 0) {
			t.Errorf("%+v: %+v", cue, a)
		}
	}
	if m := h.mock.Steered.(*Mock); len(m.created["north"]) != 0 || len(m.Log().([]entry)) != 0 {
		t.Errorf("written: %v, logged: %v", m.created, m.Log())
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
	for range 20 {
		callers.Go(func() {
			for i := range 25 {
				query := h.good()
				if i%2 == 0 {
					query = "apikey=" + h.mock.Credentials["public_key"]
				}
				h.call("GET", "/api/customers?"+query, "")
			}
		})
	}
	callers.Wait()
	close(over)
	switcher.Wait()
	if h.d.number != 500 {
		t.Errorf("%d requests arrived", h.d.number)
	}
	if status := h.call("GET", "/api/customers?"+h.good(), ""); status != 200 || len(faulty.Faults()) != 0 {
		t.Errorf("all off: %d, %v", status, faulty.Faults())
	}
	if err := faulty.SetFault("no-windows", true); err == nil || !strings.Contains(err.Error(), `did you mean "no-window"?`) {
		t.Errorf("an unknown fault: %v", err)
	}
}

// A denial is explained by the faults that it met, whatever is switched before somebody reads the log.
func TestAnExplanationKeepsItsFaults(t *testing.T) {
	m := New(targets.MockOptions{Clock: targets.NewManual(start), Faults: []string{"swapped-order"}})
	k, salt := m.named("public_key"), fmt.Sprint(start.Unix())
	r, err := http.NewRequest("GET", "/api/customers?"+url.Values{"apikey": {k.public}, "apisalt": {salt}, "apihash": {sha(k.private, k.public, salt)}}.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	m.judge(r, nil, nil)
	if err := m.SetFault("swapped-order", false); err != nil {
		t.Fatal(err)
	}
	if why := m.Log().([]entry)[0].Explanation; why != "the hash is right: this mock is wrong on purpose (swapped-order)" {
		t.Errorf("explained as %q", why)
	}
}

func TestGivenCredentialsStay(t *testing.T) {
	given := targets.Credentials{"public_key": "p+&=%#? ü", "private_key": "s/é", "plain_key": "plain", "other_area_private_key": "s2"}
	for seed := range uint64(5) {
		h := open(t, targets.MockOptions{Seed: seed, Credentials: given, TrueClock: true})
		drawn := New(targets.MockOptions{Seed: seed}).Credentials()
		for range 2 {
			for name, value := range h.mock.Steered.(*Mock).Credentials() {
				if want, found := given[name]; found && value != want || !found && value != drawn[name] {
					t.Errorf("seed %d: %s is another", seed, name)
				}
			}
			if status := h.call("GET", "/api/customers?"+h.good(), ""); status < 200 || status > 299 {
				t.Errorf("seed %d: %d, %s", seed, status, h.d.last().Why)
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
		wrote := map[string]bool{}
		for i, body := range []string{"", "x", "null", "[1]", `{"name":5}`, `{"name":"again"}`, `{"name":"again"}`, "\xff"} {
			query := h.signed("public_key", "private_key", fmt.Sprint(start.Unix()+int64(i)))
			if status := h.call("POST", "/api/customers?"+query, body); status != 201 {
				t.Errorf("seed %d: %q: %d, %s", seed, body, status, h.d.last().Why)
			}
			wrote[h.d.last().Wrote] = true
		}
		if len(wrote) != 8 || wrote[""] || len(h.mock.Steered.(*Mock).created["north"]) != 8 {
			t.Errorf("seed %d: wrote %v", seed, wrote)
		}
		if status := h.call("POST", "/api/customers?apikey=x", ""); status < 400 { // credentials are judged as always
			t.Errorf("seed %d: %d", seed, status)
		}
	}
}

type counted struct {
	net.Listener
	conns *atomic.Int64
}

func (l counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.conns.Add(1)
	}
	return c, err
}

// What is put around the listener sees the callers, and not who steers.
func TestTheListenerIsWrapped(t *testing.T) {
	var conns atomic.Int64
	h := open(t, targets.MockOptions{Listen: func(l net.Listener) net.Listener { return counted{l, &conns} }})
	h.call("GET", "/api/customers?"+h.good(), "")
	if _, err := targets.NewControl(h.mock.Control).Now(context.Background()); err != nil {
		t.Error(err)
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections", conns.Load())
	}
}

func TestTheMockIsSteeredByItsControlEndpoint(t *testing.T) {
	h, ctx := open(t, targets.MockOptions{Faults: []string{"no-window"}}), context.Background()
	control := targets.NewControl(h.mock.Control)
	old := "/api/customers?" + h.signed("public_key", "private_key", "1")
	if status := h.call("GET", old, ""); status != 200 {
		t.Errorf("%d", status)
	}
	if err := control.SetFault(ctx, "no-window", false); err != nil {
		t.Error(err)
	}
	if on, err := control.Faults(ctx); err != nil || len(on) != 0 {
		t.Errorf("%v, %v", on, err)
	}
	if status := h.call("GET", old, ""); status != 403 {
		t.Errorf("%d", status)
	}
	if err := control.Reset(ctx); err != nil || len(h.mock.Steered.(targets.Faulty).Faults()) != 0 {
		t.Error("the reset touched the faults")
	}
	if _, err := control.EndSessions(ctx); err == nil {
		t.Error("a server without sessions ended some")
	}
}
