package watch

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// served serves the page for one mock.
func served(t *testing.T, steered targets.Controlled) (*Page, *Watcher) {
	t.Helper()
	log := NewLog()
	w := started(log, steered)
	p, err := Serve(log, w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, w
}

// asked sends one request to the page, with fields as "Name: value".
func asked(t *testing.T, p *Page, method, path, body string, fields ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(bounded(t), method, p.URL+strings.TrimPrefix(path, "/"), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// slack is what a slow machine may add to a clock that is read twice.
const slack = 20 * time.Second

const asJSON = "Content-Type: application/json"

// Only the page itself, or a program of this machine, may look or steer.
func TestStrangersAreRefused(t *testing.T) {
	s := &server{}
	p, _ := served(t, s)
	at := strings.TrimSuffix(strings.TrimPrefix(p.URL, "http://"), "/")
	_, port, _ := strings.Cut(at, ":")
	const move = `{"vendor":"acme","advance":"11m"}`
	for _, c := range []struct {
		method, path, body string
		fields             []string
		status             int
	}{
		{"GET", "/", "", nil, 200},
		{"GET", "/", "", []string{"Host: localhost:" + port}, 200},
		{"GET", "/", "", []string{"Host: [::1]:" + port}, 200},
		{"GET", "/", "", []string{"Host: 127.0.0.2:" + port}, 200},
		{"GET", "/", "", []string{"Host: evil.example:" + port}, 421},
		{"GET", "/events", "", []string{"Host: evil.example:" + port}, 421},
		{"GET", "/", "", []string{"Host: 127.0.0.1.evil.example:" + port}, 421},
		{"GET", "/", "", []string{"Host: 192.0.2.1:" + port}, 421},
		{"GET", "/", "", []string{"Host: localhost:1"}, 421},
		{"GET", "/", "", []string{"Host: localhost"}, 421},
		{"POST", "/clock", move, []string{asJSON}, 200},
		{"POST", "/clock", move, []string{asJSON, "Origin: http://" + at}, 200},
		{"POST", "/clock", move, []string{asJSON, "Origin: http://" + at, "Sec-Fetch-Site: same-origin"}, 200},
		{"POST", "/clock", move, []string{"Content-Type: application/json; charset=utf-8"}, 200},
		{"POST", "/clock", move, []string{asJSON, "Origin: http://evil.example"}, 403},
		{"POST", "/clock", move, []string{asJSON, "Origin: null"}, 403},
		{"POST", "/clock", move, []string{asJSON, "Origin: http://localhost:1"}, 403},
		{"POST", "/clock", move, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403},
		{"POST", "/clock", move, []string{asJSON, "Sec-Fetch-Site: same-site"}, 403},
		{"POST", "/clock", move, []string{asJSON, "Host: evil.example:" + port, "Origin: http://evil.example:" + port}, 421},
		{"POST", "/clock", move, []string{"Content-Type: text/plain"}, 415},
		{"POST", "/clock", move, []string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		{"POST", "/clock", move, nil, 415},
		{"GET", "/clock", "", nil, 404},
		{"GET", "/other", "", nil, 404},
		{"POST", "/other", move, []string{asJSON}, 405},
	} {
		before := s.Now()
		status, header, text := asked(t, p, c.method, c.path, c.body, c.fields...)
		if status != c.status {
			t.Errorf("%s %s %v: %d %s, want %d", c.method, c.path, c.fields, status, text, c.status)
		}
		if moved := s.Now().Sub(before) > 10*time.Minute; moved != (c.method == "POST" && c.status == 200) {
			t.Errorf("%s %s %v: that the clock was moved is %v", c.method, c.path, c.fields, moved)
		}
		if !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; style-src 'self'") ||
			header.Get("Access-Control-Allow-Origin") != "" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s %v: the header is %v", c.method, c.path, c.fields, header)
		}
	}
}

// The page is all that a browser needs, and takes nothing from elsewhere.
func TestThePageIsWhole(t *testing.T) {
	p, _ := served(t, &server{})
	for path, kind := range map[string]string{
		"/": "text/html", "/page.js": "text/javascript", "/requests.js": "text/javascript", "/steer.js": "text/javascript",
		"/style.css": "text/css", "/icon.svg": "image/svg+xml",
	} {
		status, header, text := asked(t, p, "GET", path, "")
		if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, status, header.Get("Content-Type"))
		}
		for _, elsewhere := range []string{"https:", "//cdn", "@import", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
			if strings.Contains(text, elsewhere) {
				t.Errorf("%s has %s", path, elsewhere)
			}
		}
	}
}

func TestSteering(t *testing.T) {
	s := &server{sessions: 2, moved: time.Minute} // a seed may have drawn a clock that is ahead
	p, _ := served(t, s)
	for _, c := range []struct {
		path, body string
		status     int
		answer     string
	}{
		{"/clock", `{"vendor":"acme","advance":"-90s"}`, 200, `{"did":"The clock was moved by -90s"}`},
		{"/clock", `{"vendor":"acme","advance":"11"}`, 400, `{"error":"\"11\" is no time to move by: write it as 90s, 11m or -1h30m"}`},
		{"/clock", `{"vendor":"acme","advance":"2562047h"}`, 400, `{"error":"2562047h is more than a year: move the clock by less"}`},
		{"/clock", `{"vendor":"none","advance":"1m"}`, 400, `{"error":"no mock of \"none\" is served here"}`},
		{"/clock", `{"vendor":"acme","advance":"1m","x":1}`, 400, `{"error":"the body is no such JSON object"}`},
		{"/clock", `{"vendor":"` + strings.Repeat("a", maxOrder) + `"}`, 400, `{"error":"the body is no such JSON object"}`},
		{"/fault", `{"vendor":"acme","fault":"no-window","on":true}`, 200, `{"did":"no-window is on"}`},
		{"/fault", `{"vendor":"acme","fault":"no-windw","on":true}`, 400, `{"error":"there is no fault \"no-windw\""}`},
		{"/sessions", `{"vendor":"acme"}`, 200, `{"did":"2 sessions have expired"}`},
		{"/sessions", `{"vendor":"acme"}`, 200, `{"did":"No session was open"}`},
	} {
		status, _, text := asked(t, p, "POST", c.path, c.body, asJSON)
		if status != c.status || strings.TrimSpace(text) != c.answer {
			t.Errorf("%s %.60s: %d %s, want %d %s", c.path, c.body, status, text, c.status, c.answer)
		}
	}
	if (s.moved+30*time.Second).Abs() > slack || len(s.Faults()) != 1 || s.sessions != 0 {
		t.Errorf("steered to %v, %v, %d", s.moved, s.faults, s.sessions)
	}
	asked(t, p, "POST", "/clock", `{"vendor":"acme"}`, asJSON)
	asked(t, p, "POST", "/fault", `{"vendor":"acme","fault":"no-window"}`, asJSON)
	if (s.moved-time.Minute).Abs() > slack || len(s.Faults()) != 0 {
		t.Errorf("put back to %v, %v", s.moved, s.faults)
	}
}

// plainServer can be told the time, and nothing else.
type plainServer struct{ targets.Controlled }

func TestWhatAMockCannotDoIsNotOffered(t *testing.T) {
	p, _ := served(t, plainServer{&server{}})
	for path, wrong := range map[string]string{
		"/sessions": "the mock of acme has no sessions", "/fault": "the mock of acme has no faults to switch",
	} {
		if status, _, text := asked(t, p, "POST", path, `{"vendor":"acme"}`, asJSON); status != 400 || !strings.Contains(text, wrong) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if d := p.descriptions()[0]; d.Sessions || len(d.Faults) > 0 {
		t.Errorf("offered %+v", d)
	}
}

// told is one Server-Sent Event.
type told struct{ kind, id, data string }

// listen follows the page as a browser does that has come so far.
func listen(t *testing.T, p *Page, lastID string) func() told {
	t.Helper()
	req, err := http.NewRequestWithContext(bounded(t), "GET", p.URL+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", lastID)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type: %s", kind)
	}
	lines := bufio.NewReader(resp.Body)
	return func() (e told) {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
			case "event":
				e.kind = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				return e
			}
		}
	}
}

// until reads events up to the next one of a kind.
func until(next func() told, kind string) told {
	for {
		if e := next(); e.kind == kind {
			return e
		}
	}
}

// A browser is told what there was, what comes, and what is steered; after a lost connection it goes on where it was.
func TestEvents(t *testing.T) {
	s := &server{}
	p, w := served(t, s)
	get := func(uri string) {
		pass(t, w, targets.Arrival{Method: "GET", URI: uri, Outcome: targets.OutcomeAccepted, Status: 200})
	}
	get("/<script>1")
	get("/2")
	next := listen(t, p, "")
	var mocks []described
	if err := json.Unmarshal([]byte(until(next, "mocks").data), &mocks); err != nil || len(mocks) != 1 {
		t.Fatalf("%v: %+v", err, mocks)
	}
	if d := fmt.Sprintf("%+v", mocks[0]); d != "{Name:acme Title:keys and sessions URL:http://127.0.0.1:9 "+
		"Credentials:[public_key private_key password store_number] Hint:[type this and that] Sessions:true "+
		"Faults:[{Name:no-window Summary:accepts any salt Breaks:[ACM-06]}]}" {
		t.Error(d)
	}
	uris := func(next func() told) (string, string) {
		e := until(next, "requests")
		var list []Event
		if err := json.Unmarshal([]byte(e.data), &list); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range list {
			all = append(all, r.URI)
		}
		return strings.Join(all, " "), e.id
	}
	if got, id := uris(next); got != "/<script>1 /2" || id != "2" {
		t.Errorf("got %s until %s", got, id)
	}
	stands := func(ahead time.Duration, faults string) { // sooner or later
		for {
			var list []standing
			if err := json.Unmarshal([]byte(until(next, "standing").data), &list); err != nil || len(list) != 1 || list[0].Name != "acme" {
				t.Fatalf("%v: %+v", err, list)
			}
			told := time.Duration(list[0].Ahead) * time.Millisecond
			if (told-ahead).Abs() < slack && strings.Join(list[0].Faults, " ") == faults {
				return
			}
		}
	}
	stands(0, "")
	get("/3")
	if got, id := uris(next); got != "/3" || id != "3" {
		t.Errorf("got %s until %s", got, id)
	}
	asked(t, p, "POST", "/fault", `{"vendor":"acme","fault":"no-window","on":true}`, asJSON)
	stands(0, "no-window")
	s.Advance(11 * time.Minute) // elsewhere, such as by the control endpoint
	stands(11*time.Minute, "no-window")
	for lastID, want := range map[string]string{"2": "/3", "99": "/<script>1 /2 /3", "x": "/<script>1 /2 /3", "-1": "/<script>1 /2 /3"} {
		if got, _ := uris(listen(t, p, lastID)); got != want {
			t.Errorf("after %s: got %s, want %s", lastID, got, want)
		}
	}
}

// The page ends while browsers listen.
func TestCloseEndsTheStreams(t *testing.T) {
	p, _ := served(t, &server{})
	resp, err := http.Get(p.URL + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the stream came to an orderly end although the page was closed under it")
	}
}
