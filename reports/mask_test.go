package reports_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/authbench/authbench/reports"
)

// A secret that is also a word of the format, or needs escaping in it, leaves the reports well formed, and is not in them.
func TestMaskedReportsStayWellFormed(t *testing.T) {
	plain := strings.NewReplacer("test", "<public_key>", "kept", "<private_key>", "name", "<name>", "broken", "<b>", `q"<&'\`, "<quoted>", "1.5", "<n>", "\n", "<line>")
	run := mixed()
	for i := range run.Scenarios {
		run.Scenarios[i].Reason += ` a test is kept, a name broken, q"<&'\`
		if run.Scenarios[i].Exchange != nil {
			x := *run.Scenarios[i].Exchange
			x.Request += ` ?apikey=test&x=q"<&'\ kept`
			run.Scenarios[i].Exchange = &x
			run.Scenarios[i].Actual = ` a test is kept, q"<&'\`
		}
	}
	js := string(reports.Masked([]byte(render(t, func(w io.Writer) error { return reports.VerifyJSON(w, run) })), plain.Replace))
	var doc struct {
		Clauses []struct {
			ID, Verdict string
			Scenarios   []struct {
				Failure  string
				Exchange struct{ Request string }
			}
		}
	}
	if err := json.Unmarshal([]byte(js), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, js)
	}
	if c := doc.Clauses[0]; c.Verdict != "kept" || c.ID != "GIL-01" || doc.Clauses[1].Verdict != "broken" {
		t.Errorf("a word of the format was masked: %+v", c)
	}
	failed := doc.Clauses[1].Scenarios[0]
	if failed.Failure != "expected denied, got  a <public_key> is <private_key>, <quoted>" ||
		!strings.HasSuffix(failed.Exchange.Request, "?apikey=<public_key>&x=<quoted> <private_key>") {
		t.Errorf("%+v", failed)
	}

	junit := string(reports.Masked([]byte(render(t, func(w io.Writer) error { return reports.VerifyJUnit(w, run) })), plain.Replace))
	var suites struct {
		Suites []struct {
			Cases []struct {
				Failure struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(junit), &suites); err != nil {
		t.Fatalf("%v in\n%s", err, junit)
	}
	failure := suites.Suites[1].Cases[0].Failure
	if failure.Message != failed.Failure || !strings.Contains(failure.Text, "?apikey=<public_key>&x=<quoted> <private_key>") {
		t.Errorf("%+v", failure)
	}
	for _, report := range []string{js, junit} {
		if strings.Contains(report, "apikey=test") || strings.Contains(report, "is kept") || raw.MatchString(report) {
			t.Errorf("a secret, or a character that steers, is in\n%s", report)
		}
	}
}

// What holds no secret comes out byte for byte.
func TestMaskingNothingChangesNothing(t *testing.T) {
	same := func(s string) string { return s }
	for _, text := range []string{
		render(t, func(w io.Writer) error { return reports.VerifyJSON(w, mixed()) }),
		render(t, func(w io.Writer) error { return reports.VerifyJUnit(w, mixed()) }), "a table\n", "",
	} {
		if got := string(reports.Masked([]byte(text), same)); got != text {
			t.Errorf("it came out as\n%s", got)
		}
	}
}
