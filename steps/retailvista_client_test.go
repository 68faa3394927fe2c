package steps_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// rvStranger is a client of RetailVista's as another team would write it.
type rvStranger struct {
	path   string
	encode func(string) []byte
	edit   func(http.Header)
	tell   func(reason string) string
}

// retailvistaStrangers are programs that this test binary can be, by the name that it is started with.
var retailvistaStrangers = map[string]func() int{
	"utf-16": rvStranger{encode: inUTF16}.run,
	"large": rvStranger{encode: func(text string) []byte {
		return []byte(strings.Replace(text, "<e:Body>", "<e:Body>"+strings.Repeat(" ", 2<<20), 1))
	}}.run,
	"wrapped":    rvStranger{tell: func(reason string) string { return wrapped(strings.ToUpper(reason), 30) }}.run,
	"other-path": rvStranger{path: "/securitycomponents.svc"}.run,
	"utf-16-without-action": rvStranger{encode: inUTF16, edit: func(h http.Header) { h.Del("SOAPAction") },
		tell: func(string) string { return string(inUTF16(os.Getenv("RETAILVISTA_PASSWORD"))) }}.run,
}

func inUTF16(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return b
}

func wrapped(text string, width int) string {
	for i := width; i < len(text); i += width + 1 {
		text = text[:i] + "\n" + text[i:]
	}
	return text
}

func (s rvStranger) run() int {
	if os.Getenv("AUTHBENCH_ACTION") != "read" {
		return 127
	}
	for try := 0; ; try++ {
		reason, err := s.call()
		switch {
		case err == nil && reason == "":
			return 0
		case err == nil && s.tell != nil:
			fmt.Fprintln(os.Stderr, s.tell(reason))
			return 1
		case err == nil || try == 2:
			fmt.Fprintln(os.Stderr, reason, err)
			return 1
		default:
			time.Sleep(50 * time.Millisecond << (2 * try))
		}
	}
}

// call returns what was answered instead of a success.
func (s rvStranger) call() (reason string, err error) {
	const service = "http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	fields := ""
	for _, f := range []string{"StoreNumber", "CompanyNumber", "Password", "Username"} { // in no order
		name := strings.ToUpper(strings.Replace(f, "Number", "_Number", 1))
		fields += "<" + f + ">" + escape.Replace(os.Getenv("RETAILVISTA_"+name)) + "</" + f + ">"
	}
	text := `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><Retail3000AuthenticateToken xmlns="` + service +
		`" e:mustUnderstand="1">` + fields + `</Retail3000AuthenticateToken></e:Header><e:Body><ValidateUser xmlns="` + service + `"/></e:Body></e:Envelope>`
	body, kind := []byte(text), "text/xml"
	if s.encode != nil {
		body = s.encode(text)
	}
	if bytes.HasPrefix(body, []byte{0xff, 0xfe}) {
		kind = "text/xml; charset=utf-16"
	}
	path := s.path
	if path == "" {
		path = "/securitycomponents.asmx"
	}
	req, err := http.NewRequest(http.MethodPost, os.Getenv("AUTHBENCH_URL")+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("ApiToken", os.Getenv("RETAILVISTA_API_TOKEN"))
	req.Header.Set("Content-Type", kind)
	req.Header.Set("SOAPAction", service+"/ValidateUser")
	if s.edit != nil {
		s.edit(req.Header)
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK && bytes.Contains(answer, []byte(">LoginSuccessful<")) {
		return "", nil
	}
	return fmt.Sprintf("denied by %d: %s", resp.StatusCode, answer), err
}

// judgeRVStranger runs a program through the scenarios of some clauses.
func judgeRVStranger(t *testing.T, name string, filter steps.Filter) []record.Scenario {
	t.Helper()
	files, err := features.BuiltinClient("retailvista")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := steps.NewPlan("retailvista", steps.Client, files, filter)
	if err != nil {
		t.Fatal(err)
	}
	suite := steps.OnProgram(vendorNamed(t, "retailvista"), ourClient(t, "retailvista", name), 0)
	suite.Timeout, suite.Parallel = 20*time.Second, clientJobs
	scenarios, _, err := suite.Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return scenarios
}

func vendorNamed(t *testing.T, name string) targets.Vendor {
	t.Helper()
	for _, v := range registry.Vendors() {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no vendor is called %s", name)
	return targets.Vendor{}
}

// What a contract leaves open is no breach.
func TestRightStrangersOfRetailVista(t *testing.T) {
	t.Parallel()
	for name, filter := range map[string]steps.Filter{
		"utf-16":  {Clauses: []string{"RTVC-02", "RTVC-03", "RTVC-07"}},
		"large":   {Clauses: []string{"RTVC-02", "RTVC-07"}},
		"wrapped": {Clauses: []string{"RTVC-06"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, s := range judgeRVStranger(t, name, filter) {
				if s.Verdict != record.Passed && !s.Further {
					t.Errorf("%s %q: %s: %s%s", s.Clause, s.Name, s.Verdict, s.Actual, s.Reason)
				}
			}
		})
	}
}

// A client that never succeeds, and says so, breaks nothing; but RTVC-09 is not kept by it.
func TestAStrangerThatNeverSucceeds(t *testing.T) {
	t.Parallel()
	for _, s := range judgeRVStranger(t, "other-path", steps.Filter{Scenarios: []string{"a call that succeeds"}}) {
		if s.Verdict != record.Skipped || !strings.Contains(s.Reason, "0 of 1 parts were done") {
			t.Errorf("%s: %s %s%s", s.Name, s.Verdict, s.Actual, s.Reason)
		}
	}
}

// Secrets are masked in UTF-16, too: in what was sent, and in what was printed.
func TestNoSecretOfAStrangerIsShown(t *testing.T) {
	t.Parallel()
	for _, s := range judgeRVStranger(t, "utf-16-without-action", steps.Filter{Scenarios: []string{"the form of a call", "a password with reserved characters"}}) {
		shown := fmt.Sprintf("%+v %+v", s.Exchange, s.Turns)
		if bare := strings.NewReplacer(`\x00`, "", "\x00", "").Replace(shown); strings.Contains(bare, "Pw-") || strings.Contains(bare, "Pw&") {
			t.Errorf("%s: a password is shown in\n%s", s.Name, shown)
		}
		if s.Name == "the form of a call" && (s.Verdict != record.Failed || !strings.Contains(shown, "<password>")) {
			t.Errorf("%s: %s; what is shown has no password masked:\n%s", s.Name, s.Verdict, shown)
		}
	}
}
