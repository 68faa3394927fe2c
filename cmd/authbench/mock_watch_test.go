package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
	"github.com/authbench/authbench/watch"
)

// served are mocks that the command serves in this process.
type served struct {
	ready []readyLine
	out   *bufio.Reader // what is printed after the ready lines
	errs  *bytes.Buffer // the standard error; read it once the command has ended
	end   func()        // interrupts the command and waits for its end
}

type readyLine struct {
	Vendor      string              `json:"vendor"`
	URL         string              `json:"url"`
	UI          string              `json:"ui"`
	Credentials targets.Credentials `json:"credentials"`
}

// launch runs the command until the test ends.
func launch(t *testing.T, args ...string) *served {
	t.Helper()
	ctx, interrupt := context.WithCancel(context.Background())
	read, write := io.Pipe()
	s := &served{out: bufio.NewReader(read), errs: &bytes.Buffer{}}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, nil, write, s.errs)
		write.Close()
	}()
	s.end = sync.OnceFunc(func() {
		interrupt()
		_, _ = io.Copy(io.Discard, s.out)
		if code := <-ended; code != exitKept {
			t.Errorf("interrupted, the mock ended with %d: %s", code, s.errs)
		}
	})
	t.Cleanup(s.end)
	return s
}

// serve launches the command, which has to have --json, and reads its ready lines.
func serve(t *testing.T, vendors int, args ...string) *served {
	t.Helper()
	s := launch(t, args...)
	for range vendors {
		var r readyLine
		if err := json.Unmarshal([]byte(s.line(t)), &r); err != nil {
			t.Fatal(err)
		}
		s.ready = append(s.ready, r)
	}
	return s
}

// line is the next line that the command prints.
func (s *served) line(t *testing.T) string {
	t.Helper()
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := s.out.ReadString('\n')
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			t.Fatalf("no line: %v", r.err)
		}
		return strings.TrimSuffix(r.line, "\n")
	case <-time.After(patience):
		t.Fatal("no line is printed")
	}
	panic("unreachable")
}

// client sends requests to a served mock.
type client struct {
	t      *testing.T
	vendor targets.Vendor
	target targets.Target
}

func clientOf(t *testing.T, s readyLine) *client {
	t.Helper()
	for _, v := range registry.Vendors() {
		if v.Name == s.Vendor {
			return &client{t, v, v.MockTarget(&targets.Mock{URL: s.URL, Credentials: s.Credentials}, targets.System())}
		}
	}
	t.Fatalf("no vendor %s", s.Vendor)
	return nil
}

// sign makes a good request for the path, as of now.
func (c *client) sign(path string) *http.Request {
	c.t.Helper()
	signed, err := c.vendor.Sign(context.Background(), c.target, http.DefaultTransport, path, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequest(signed.Method, signed.URL, strings.NewReader(signed.Body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = signed.Header.Clone()
	return req
}

// sends sends a request and checks the status of the reply.
func (c *client) sends(req *http.Request, status int) {
	c.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		c.t.Errorf("%s answers %s, want %d", req.URL.Path, resp.Status, status)
	}
}

// raw sends a request line that no HTTP client would.
func (c *client) raw(line string) {
	c.t.Helper()
	at, err := url.Parse(c.target.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nX-Own: <img src=x onerror=window.hurt=1>\r\nConnection: close\r\n\r\n", line); err != nil {
		c.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		c.t.Fatal(err)
	}
}

const path = "/api/customers"

// late is a good request whose salt is in milliseconds.
func (c *client) late() *http.Request {
	c.t.Helper()
	req := c.sign(path)
	query := req.URL.Query()
	query.Set("apisalt", query.Get("apisalt")+"000")
	req.URL.RawQuery = query.Encode()
	return req
}

// Each request is one line, that of two vendors as that of one.
func TestWatchPrintsLines(t *testing.T) {
	for _, vendors := range []string{"gillie", "gillie gestix"} {
		s := launch(t, append(strings.Fields("mock --watch"), strings.Fields(vendors)...)...)
		r := readyLine{Vendor: "gillie", Credentials: targets.Credentials{}}
		for range strings.Fields(vendors) {
			for line := ""; line != "ready; interrupt to end"; line = s.line(t) {
				switch name, value, _ := strings.Cut(strings.TrimSpace(line), " "); {
				case name == "url" && r.URL == "":
					r.URL = strings.TrimSpace(value)
				case strings.HasSuffix(name, "_key"):
					r.Credentials[name] = strings.TrimSpace(value)
				}
			}
		}
		c := clientOf(t, r)
		c.sends(c.sign(path), 200)
		c.sends(c.late(), 403)
		head := `^\d\d:\d\d:\d\d\.\d{3}  `
		if strings.Contains(vendors, " ") {
			head += "gillie       "
		}
		for _, want := range []string{
			`#1   200 accepted  GET /api/customers\?apikey=<public_key>&apisalt=\d{10}&apihash=<hash>$`,
			`#2   403 denied    GET /api/customers\?apihash=<hash>&apikey=<public_key>&apisalt=\d{13}  the salt is in milliseconds: send whole seconds`,
		} {
			if line := s.line(t); !regexp.MustCompile(head + want).MatchString(line) {
				t.Errorf("%s\nis not\n%s", line, head+want)
			}
		}
		if s.end(); s.errs.Len() > 0 {
			t.Errorf("the standard error says what the lines say already: %s", s.errs)
		}
	}
}

// With --json a request is an object on one line.
func TestWatchPrintsJSON(t *testing.T) {
	mocks := serve(t, 1, "mock", "gillie", "--watch", "--json")
	c := clientOf(t, mocks.ready[0])
	if mocks.ready[0].UI != "" {
		t.Errorf("there is a page that nobody asked for: %s", mocks.ready[0].UI)
	}
	c.raw("GET /<b>\x9b31m\u202e?a=1&b=2")
	c.sends(c.late(), 403)
	var all string
	for n, want := range []map[string]any{
		{"uri": `/<b>\x9b31m\u202e?a=1&b=2`},
		{"method": "GET", "outcome": "denied", "status": 403.0, "reason": "salt outside the window"},
	} {
		line := mocks.line(t)
		all += line
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		want["vendor"], want["number"] = "gillie", float64(n+1)
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s is %v, want %v", name, got[name], value)
			}
		}
		for _, name := range []string{"time", "why", "right", "facts", "sent"} {
			if got[name] == nil {
				t.Errorf("%s is missing in %s", name, line)
			}
		}
	}
	lookFor(t, "the lines", all, mocks.ready[0].Credentials)
}

// Without --watch, denials are explained on the standard error as ever, whether there is a page or not.
func TestWithoutWatchDenialsAreExplained(t *testing.T) {
	mocks := serve(t, 1, "mock", "gillie", "--ui", "--json")
	c := clientOf(t, mocks.ready[0])
	c.sends(c.late(), 403)
	mocks.end()
	if says := mocks.errs.String(); !strings.Contains(says, "denied 403 GET /api/customers: the salt is in milliseconds") {
		t.Errorf("the standard error is %q", says)
	}
}

// A reader that has gone away, as head does, ends the command at the next request.
func TestWatchEndsWithItsReader(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	ctx, interrupt := context.WithTimeout(context.Background(), patience)
	defer interrupt()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, strings.Fields("mock gillie --watch --json"), nil, write, io.Discard) }()
	s := &served{out: bufio.NewReader(read)}
	var r readyLine
	if err := json.Unmarshal([]byte(s.line(t)), &r); err != nil {
		t.Fatal(err)
	}
	read.Close()
	if resp, err := http.DefaultClient.Do(clientOf(t, r).sign(path)); err == nil { // the mock may end before it answers
		resp.Body.Close()
	}
	if code := <-ended; code != exitUnread {
		t.Errorf("ended with %d", code)
	}
}

// Silence has a line as well: nobody else tells the client's author why nothing came.
func TestWatchPrintsSilence(t *testing.T) {
	mocks := serve(t, 1, "mock", "retailvista", "--watch", "--json", "--silence", "closed")
	c := clientOf(t, mocks.ready[0])
	c.raw("GET /grs/securitycomponents.asmx?token=" + mocks.ready[0].Credentials["api_token"])
	line := mocks.line(t)
	var e watch.Event
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if e.Outcome != targets.OutcomeSilence || e.Status != 0 || e.URI != "/grs/securitycomponents.asmx?token=<api_token>" || e.Why == "" {
		t.Errorf("%s", line)
	}
	c.sends(c.sign("/securitycomponents.asmx"), 200)
	all := line + mocks.line(t)
	if !strings.Contains(strings.ToLower(all), "apitoken: <api_token>") {
		t.Errorf("what was sent is not shown: %s", all)
	}
	secret := maps.Clone(mocks.ready[0].Credentials)
	delete(secret, "company_number") // which are no secrets
	delete(secret, "store_number")
	lookFor(t, "the lines", all, secret)
}
