package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// invoke runs a command line in this process.
func invoke(ctx context.Context, line string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, strings.Fields(line), nil, &out, &errs)
	return code, out.String(), errs.String()
}

// place writes an authbench.yaml into a folder of the test's own. Each target is its name, its url, the values of its keys
// and further lines.
func place(t *testing.T, servers ...[]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	text := "targets:\n"
	for _, s := range servers {
		text += fmt.Sprintf("  %s:\n    vendor: gillie\n    url: %s\n    credentials: {public_key: {value: %q}, private_key: {value: %q}}\n", s[0], s[1], s[2], s[3])
		for _, line := range s[4:] {
			text += "    " + line + "\n"
		}
	}
	if err := os.WriteFile(defaultConfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wrong starts Gillie's mock with faults and describes it for place.
func wrong(t *testing.T, name string, faults []string, lines ...string) []string {
	t.Helper()
	m, err := registry.Vendors()[0].StartMock(targets.MockOptions{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return append([]string{name, m.URL, m.Credentials["public_key"], m.Credentials["private_key"]}, lines...)
}

// nobody describes a server that is not there: its port is below those that are handed out.
func nobody(name string) []string {
	return []string{name, "http://127.0.0.1:1", "pub-marked", "priv-marked"}
}

const agreed = "known_deviations: [{clause: GIL-06, reason: slow clocks, until: 2099-01-01}]"

// report is what the tests look at in a JSON report.
type report struct {
	Targets []struct{ Name, Note string }
	Clauses []struct {
		ID, Target, Verdict, Note string
		Scenarios                 []struct {
			Status, Target, Reason, Failure string
			Exchange                        struct{ Request, Response string }
		}
	}
}

func readReport(t *testing.T, name string) (r report) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return r
}

// An agreed breach does not end a run that another breach would end.
func TestFailFastAndAKnownDeviation(t *testing.T) {
	place(t, wrong(t, "good", []string{"window-future-11m"}, agreed), wrong(t, "bad", []string{"window-future-11m", "both-orders"}, agreed))
	code, out, _ := invoke(context.Background(), "verify --target good --fail-fast")
	if code != exitKept || strings.Contains(out, "did not run") || !strings.Contains(out, "1 known deviation") {
		t.Errorf("ended with %d\n%s", code, out)
	}
	code, out, _ = invoke(context.Background(), "verify --target bad --fail-fast")
	if code != exitBroken || !strings.Contains(out, "stopped at the first broken clause") {
		t.Errorf("ended with %d\n%s", code, out)
	}
}

// One target's agreement does not forgive the other, and the command that repeats a breach names only its target.
func TestSeveralTargets(t *testing.T) {
	place(t, wrong(t, "a", []string{"window-future-11m"}, agreed), wrong(t, "b", []string{"window-future-11m"}))
	code, out, _ := invoke(context.Background(), "verify --target a --target b --report json=run.json --clause GIL-06 --clause GIL-18")
	if code != exitBroken || !strings.Contains(out, "authbench verify gillie --target b --clause GIL-06") || !strings.Contains(out, "target     b") {
		t.Errorf("ended with %d\n%s", code, out)
	}
	if r := readReport(t, "run.json"); len(r.Clauses) != 4 || r.Clauses[0].Target != "a" || r.Clauses[2].Target != "b" {
		t.Errorf("%+v", r.Clauses)
	}
	code, out, _ = invoke(context.Background(), "verify --target b --target a --fail-fast --report json=run.json")
	if r := readReport(t, "run.json"); code != exitBroken || len(r.Targets) != 2 || !strings.Contains(out, "stopped at the first broken clause") {
		t.Errorf("ended with %d, %d targets\n%s", code, len(r.Targets), out)
	}
}

// A target that cannot be tested keeps no other from being tested, and is not left out of the report.
func TestOneOfSeveralTargetsCannotBeTested(t *testing.T) {
	place(t, nobody("gone"), wrong(t, "good", nil), wrong(t, "bad", []string{"no-window"}))
	for _, c := range []struct {
		line string
		code int
	}{{"verify --target gone --target good", exitCannotTest}, {"verify --target gone --target bad", exitBroken}} {
		code, out, errs := invoke(context.Background(), c.line+" --clause GIL-06 --report json=run.json")
		if code != c.code || !strings.Contains(out, "GIL-06") || strings.Count(errs, "authbench: gone cannot be tested: ") != 1 {
			t.Errorf("%s ended with %d\n%s%s", c.line, code, out, errs)
		}
		r := readReport(t, "run.json")
		if len(r.Clauses) != 2 || r.Clauses[0].Verdict != "untested" || r.Clauses[0].Scenarios[0].Status != "not run" ||
			!strings.Contains(r.Clauses[0].Scenarios[0].Reason, "nobody listens") || !strings.Contains(r.Targets[0].Note, "cannot be tested: ") {
			t.Errorf("%s reports %+v, %.2000v", c.line, r.Targets, r.Clauses)
		}
	}
}

// No report of an earlier run is left to be taken for this one's.
func TestReportsOfARunThatCouldNotBegin(t *testing.T) {
	place(t, nobody("gone"))
	interrupted, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		line string
		code int
		why  string
	}{
		{"unreachable", context.Background(), "verify --target gone", exitCannotTest, "nobody listens"},
		{"interrupted", interrupted, "verify gillie", exitInterrupted, "interrupted"},
	} {
		for _, name := range []string{"run.json", "run.xml"} {
			if err := os.WriteFile(name, []byte(`{"schema":"authbench/verify/1"} of yesterday`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		code, out, errs := invoke(c.ctx, c.line+" --report json=run.json --report junit=run.xml")
		if code != c.code || out != "" || strings.Count(errs, "authbench: ") != 1+strings.Count(errs, "holds public_key") {
			t.Errorf("%s: ended with %d\n%s%s", c.name, code, out, errs)
		}
		r := readReport(t, "run.json")
		for _, clause := range r.Clauses {
			for _, s := range clause.Scenarios {
				if s.Status != "not run" || !strings.Contains(s.Reason, c.why) || s.Target == "" {
					t.Fatalf("%s: %s reports %+v", c.name, clause.ID, s)
				}
			}
		}
		junit, err := os.ReadFile("run.xml")
		if err != nil || len(r.Clauses) < 20 || !strings.Contains(string(junit), "did not run: ") || strings.Contains(string(junit), "yesterday") {
			t.Errorf("%s: %d clauses, %v\n%.500s", c.name, len(r.Clauses), err, junit)
		}
	}
}

// Credentials that are words of the reports' formats do not damage them, and are not in what was sent and found.
func TestSecretsThatAreWordsOfTheFormats(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "you sent %s, and the key is \"kept\"", r.URL)
	}))
	defer echo.Close()
	place(t, []string{"it", echo.URL, "test", "kept"})
	code, out, _ := invoke(context.Background(), "verify --target it --report json=run.json --report junit=run.xml")
	if code != exitBroken {
		t.Fatalf("ended with %d\n%s", code, out)
	}
	found := 0
	for _, c := range readReport(t, "run.json").Clauses {
		for _, s := range c.Scenarios {
			for _, text := range []string{s.Failure, s.Reason, s.Exchange.Request, s.Exchange.Response} {
				if strings.Contains(text, "test") || strings.Contains(text, "kept") {
					t.Errorf("%s shows a secret: %s", c.ID, text)
				}
			}
			found += strings.Count(s.Exchange.Request, "apikey=<public_key>") + strings.Count(s.Exchange.Response, `\"<private_key>\"`)
		}
	}
	text, err := os.ReadFile("run.xml")
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(text, new(struct {
		XMLName xml.Name `xml:"testsuites"`
	})); err != nil || strings.Contains(string(text), "apikey=test") || found == 0 {
		t.Errorf("%v, %d masked, in\n%.2000s", err, found, text)
	}
	code, out, _ = invoke(context.Background(), "verify --target it --clause GIL-05 --report json=-")
	var doc report
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitBroken || doc.Clauses[0].Verdict != "broken" {
		t.Errorf("on standard output: %v\n%s", err, out)
	}
}
