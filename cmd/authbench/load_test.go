package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// acme is a vendor with sessions whose profiles say what they were started with. Every tenth of its calls breaks the contract
// if it is to, and so does what is found after the last one.
type acme struct {
	t        *testing.T
	mock     targets.MockOptions
	drive    targets.Drive
	breaks   bool
	breaches string // found after the last call
	calls    int
}

func (a *acme) vendor() targets.Vendor {
	return targets.Vendor{
		Name: "acme", Title: "a vendor of this test",
		Paths: []targets.Entry{{Name: "read", Default: "/read"}},
		Profiles: []targets.Profile{
			{Name: "acme-read", Refresh: []string{"single-flight", "naive"}, Start: a.start},
			{Name: "acme-write", Refresh: []string{"single-flight"}, Writes: true, Start: a.start},
		},
		StartMock: func(opt targets.MockOptions) (*targets.Mock, error) {
			a.mock = opt
			return &targets.Mock{URL: a.serve(), Close: func() error { return nil }}, nil
		},
	}
}

func (a *acme) serve() string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Break") != "" {
			http.Error(w, "no", http.StatusForbidden)
		}
	}))
	a.t.Cleanup(s.Close)
	return s.URL
}

func (a *acme) start(t targets.Target, d targets.Drive) (targets.Workload, error) {
	a.drive = d
	do := func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL+t.Paths["read"], nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer marked-session")
		if a.calls++; a.breaks && a.calls%10 == 0 {
			req.Header.Set("X-Break", "yes")
		}
		resp, err := d.Wire.RoundTrip(req)
		if err == nil && resp.StatusCode != http.StatusOK {
			return targets.Breached("a fresh session was denied: %d", resp.StatusCode)
		}
		return err
	}
	return targets.Workload{
		Operations: []targets.Operation{{Name: "read", Do: do}},
		Sessions: func() (list []targets.SessionLife) {
			for _, way := range d.Refresh {
				list = append(list, targets.SessionLife{Name: way, Opened: d.Sessions})
			}
			return list
		},
		Finish: func(context.Context, http.RoundTripper) ([]string, error) {
			if a.breaches != "" {
				return nil, targets.Breached("%s", a.breaches)
			}
			return []string{"the journal could not be read"}, nil
		},
	}, nil
}

// run runs the command with this vendor alone, one worker, and returns its code and all that it says.
func (a *acme) run(line string) (int, string) {
	var out bytes.Buffer
	app := &app{
		stdout: &out, stderr: &out, bare: &out, vendors: []targets.Vendor{a.vendor()}, clock: targets.System(),
		source: targets.Source{Env: func(string) (string, bool) { return "", false }, ReadFile: os.ReadFile},
	}
	root := app.root()
	root.SetArgs(strings.Fields(line + " --rate 1000/s --duration 20ms --workers 1 --max-workers 1"))
	return say(&out, root.ExecuteContext(context.Background())), out.String()
}

func TestLoadFlagsReachTheProfile(t *testing.T) {
	for line, want := range map[string]string{
		"load acme-read":                 "1 [single-flight] 0s",
		"load acme-read --refresh naive": "1 [naive] 0s",
		"load acme-read --sessions 3 --refresh naive --refresh single-flight --session-lifetime 200ms": "3 [naive single-flight] 200ms",
	} {
		a := &acme{t: t}
		code, out := a.run(line)
		got := fmt.Sprintf("%d %v %v", a.drive.Sessions, a.drive.Refresh, a.mock.SessionLifetime)
		if code != exitKept || got != want || !strings.Contains(out, "REFRESHES/EXPIRY") || !strings.Contains(out, "the journal could not be read") {
			t.Errorf("%s ended with %d, started with %s, want %s\n%s", line, code, got, want, out)
		}
		if strings.Contains(out, "WAY") != (len(a.drive.Refresh) > 1) {
			t.Errorf("%s\n%s", line, out)
		}
	}
}

func TestLoadRefusals(t *testing.T) {
	t.Chdir(t.TempDir())
	a := &acme{t: t}
	config := fmt.Sprintf("targets:\n  no:\n    vendor: acme\n    url: %s\n  yes:\n    vendor: acme\n    url: %s\n    allow: {writes: true}\n", a.serve(), a.serve())
	if err := os.WriteFile(defaultConfig, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, says := range map[string]string{
		"load acme-read --refresh niave":                    `cannot renew sessions by "niave" (did you mean "naive"?): choose --refresh from single-flight, naive`,
		"load acme-read --refresh naive --refresh naive":    "--refresh naive is given twice",
		"load acme-read --sessions 0":                       "--sessions 0 opens none: give at least 1",
		"load acme-read --session-lifetime -2s":             "--session-lifetime -2s is no time: write it as 2s",
		"load acme-read --session-lifetime 2s --target yes": "--session-lifetime is for the embedded mock, and yes decides itself: leave it out",
		"load acme-write --target no":                       "the profile acme-write writes to target no, whose owner has not agreed to that: once they have, set targets.no.allow.writes: true",
	} {
		code, out := a.run(line)
		if code != exitUsage || !strings.Contains(out, says) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s ended with %d and says\n%s\nwant one line with %s", line, code, out, says)
		}
	}
	for _, line := range []string{"load acme-write", "load acme-write --target yes", "load acme-read --target no"} {
		if code, out := a.run(line); code != exitKept {
			t.Errorf("%s ended with %d\n%s", line, code, out)
		}
	}
}

func TestLoadShowsABreach(t *testing.T) {
	a := &acme{t: t, breaks: true}
	code, out := a.run("load acme-read")
	for _, want := range []string{
		"broken under load: 2 of 20 calls of read; the first:", "breach     a fresh session was denied: 403", "> GET /read HTTP/1.1",
		"> Authorization: ***", "< HTTP/1.1 403 Forbidden", "authbench: the contract was broken under load: in 2 of 20 calls",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if code != exitBroken || strings.Contains(out, "marked-session") {
		t.Errorf("ended with %d\n%s", code, out)
	}
	a = &acme{t: t, breaches: "nonce 7 was accepted twice"}
	code, out = a.run("load acme-write --quiet")
	if code != exitBroken || !strings.Contains(out, "as was found after the last call:\n  breach     nonce 7 was accepted twice") ||
		!strings.HasSuffix(out, "authbench: the contract was broken under load: nonce 7 was accepted twice\n") {
		t.Errorf("ended with %d\n%s", code, out)
	}
}

func TestLoadVerdict(t *testing.T) {
	broken := []record.Breach{{Operation: "read", Message: "denied"}}
	helo := record.OperationResult{Name: "helo", Requests: 3, Succeeded: 3, Status: map[int]int{200: 3}}
	p99 := record.Threshold{Expr: "p99<5ms", Row: "naive", Value: "7.12ms", Judgement: record.Missed}
	met, unjudged := p99, p99
	met.Judgement = record.Met
	unjudged.Judgement, unjudged.Value, unjudged.Reason = record.NotJudged, "", "no sample"
	one, two, open := []record.Threshold{met, p99}, []record.Threshold{p99, met, p99, unjudged}, []record.Threshold{met, unjudged}
	stop := &record.Stop{Threshold: p99, After: 3004 * time.Millisecond}
	answered := map[int]int{200: 1, 500: 4}
	for _, c := range []struct {
		name string
		op   record.OperationResult
		run  record.Load
		code int
		says string
	}{
		{"good", record.OperationResult{Requests: 5, Succeeded: 5}, record.Load{}, exitKept, ""},
		{"some failed", record.OperationResult{Requests: 5, Succeeded: 4, Errors: map[string]int{"timeout": 1}}, record.Load{}, exitKept, ""},
		{"one broken", record.OperationResult{Requests: 5, Succeeded: 4, Broken: 1, Errors: map[string]int{"denied": 1}}, record.Load{Breaches: broken}, exitBroken, "1 of 5 calls"},
		{"all broken", record.OperationResult{Requests: 5, Broken: 5, Errors: map[string]int{"denied": 5}}, record.Load{Breaches: broken}, exitCannotTest, "every good call was denied"},
		{"all denied, and a breach found later", record.OperationResult{Requests: 5, Broken: 5}, record.Load{Breaches: append(broken, record.Breach{Message: "twice"})}, exitBroken, "twice"},
		{"none sent", record.OperationResult{Errors: map[string]int{"not sent": 5}}, record.Load{}, exitCannotTest, "not one of 5 calls could be sent"},
		{"none", record.OperationResult{}, record.Load{}, exitNotTrusted, "no sample"},
		{"none good", record.OperationResult{Requests: 5, Errors: map[string]int{"refused": 5}}, record.Load{}, exitCannotTest, "not one of 5 calls got the reply"},
		{"all met", record.OperationResult{Requests: 5, Succeeded: 5, Status: answered}, record.Load{Thresholds: []record.Threshold{met}}, exitKept, ""},
		{"one missed", record.OperationResult{Requests: 5, Succeeded: 5, Status: answered}, record.Load{Thresholds: one}, exitMissed, "authbench: a threshold was missed: p99<5ms at naive (7.12ms)\n"},
		{"some missed", record.OperationResult{Requests: 5, Succeeded: 5, Status: answered}, record.Load{Thresholds: two}, exitMissed, "authbench: 2 of 4 thresholds were missed; the first: p99<5ms at naive (7.12ms)\n"},
		{"one not judged", record.OperationResult{Requests: 5, Succeeded: 5, Status: answered}, record.Load{Thresholds: open}, exitNotTrusted, "1 of 2 thresholds could not be judged; the first: p99<5ms at naive: no sample"},
		{"missed and broken", record.OperationResult{Requests: 5, Succeeded: 4, Broken: 1, Status: answered}, record.Load{Thresholds: one, Breaches: broken}, exitBroken, "1 of 5 calls"},
		{"missed, and a breach found later", record.OperationResult{Requests: 5, Succeeded: 5, Status: answered}, record.Load{Thresholds: one, Breaches: []record.Breach{{Message: "twice"}}}, exitBroken, "twice"},
		{"missed by replies that are all wrong", record.OperationResult{Requests: 5, Status: answered}, record.Load{Thresholds: one}, exitMissed, "a threshold was missed"},
		{"missed without any reply", record.OperationResult{Requests: 5, Errors: map[string]int{"refused": 5}}, record.Load{Thresholds: one}, exitCannotTest, "not one of 5 calls got the reply"},
		{"none, with thresholds", record.OperationResult{}, record.Load{Thresholds: []record.Threshold{unjudged}}, exitNotTrusted, "no sample: nothing was measured"},
		{"stopped", record.OperationResult{Requests: 5, Succeeded: 1, Status: answered}, record.Load{Thresholds: two, Stopped: stop}, exitMissed, "authbench: stopped after 3s: missed p99<5ms at naive (7.12ms)\n"},
		{"interrupted, and missed", record.OperationResult{Requests: 5, Succeeded: 5}, record.Load{Interrupted: true, Thresholds: one}, exitInterrupted, "interrupted"},
		{"interrupted", record.OperationResult{Requests: 5, Broken: 5}, record.Load{Interrupted: true, Breaches: broken}, exitInterrupted, "interrupted"},
	} {
		c.op.Name, c.op.Weight = "read", 1
		c.run.Operations = []record.OperationResult{c.op, helo}
		var out bytes.Buffer
		if code := say(&out, loadVerdict(c.run)); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s ended with %d and says %q, want %d and %q", c.name, code, out.String(), c.code, c.says)
		}
	}
}
