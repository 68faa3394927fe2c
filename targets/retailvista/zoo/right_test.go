package zoo

import (
	"context"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/clientkit"
	"github.com/authbench/authbench/targets/retailvista/mock"
)

func TestTheRightClientSucceedsWhateverIsLegal(t *testing.T) {
	for seed := range uint64(11) {
		m, err := mock.Start(targets.MockOptions{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range []string{"read", "reads:5"} {
			r := newTrial(t, "")
			r.env = map[string]string{
				"AUTHBENCH_ACTION": action, envURL: m.URL, envAPIToken: m.Credentials["api_token"],
				envUsername: m.Credentials["username"], envPassword: m.Credentials["password"],
				envCompany: m.Credentials["company_number"], envStore: m.Credentials["store_number"],
			}
			if code := Run(r.ctx, r.program()); code != 0 || r.stdout.Len()+r.stderr.Len() > 0 {
				t.Errorf("seed %d, %s: exit %d and %q", seed, action, code, r.stderr.String())
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What the mock denies has to be a denial with words in each of its forms, and no reason to try again.
func TestTheRightClientTellsWhyTheMockDenies(t *testing.T) {
	for seed := range uint64(11) {
		m, err := mock.Start(targets.MockOptions{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		r := newTrial(t, "")
		r.env[envURL] = m.URL // no credential of which it knows
		if code := Run(r.ctx, r.program()); code != 1 || !strings.Contains(strings.ToLower(r.stderr.String()), "token") {
			t.Errorf("seed %d: exit %d and %q", seed, code, r.stderr.String())
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatTheRightClientSends(t *testing.T) {
	r := newTrial(t, "").meets(done)
	r.ends(0, 1)
	q := r.requests[0]
	r.want(q.Method == "POST" && q.RequestURI == "/grs/securitycomponents.asmx" && hasAPIToken(q), "the service by POST, with the ApiToken")
	r.want(q.Header.Get("Content-Type") == "text/xml; charset=utf-8" && q.Header.Get("SOAPAction") == `"`+service+`/ValidateUser"`, "SOAP 1.1")
	r.want(strings.Count(q.text+q.RequestURI, testToken) == 0, "the ApiToken nowhere else (RTVC-03)")
	var e struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Header  struct {
			Token struct {
				XMLName xml.Name
				Fields  []struct {
					XMLName xml.Name
					Text    string `xml:",chardata"`
				} `xml:",any"`
			} `xml:"Retail3000AuthenticateToken"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	}
	if err := xml.Unmarshal([]byte(q.text), &e); err != nil {
		t.Fatal(err)
	}
	got := []string{e.Header.Token.XMLName.Space}
	for _, f := range e.Header.Token.Fields {
		got = append(got, f.XMLName.Local+"="+f.Text)
		r.want(f.XMLName.Space == service, f.XMLName.Local+" in the namespace of the service")
	}
	want := []string{service, "Username=ana", "Password=" + testPassword, "CompanyNumber=1234567", "StoreNumber=765432", "ScannerNumber=", "MobileDeviceNumber="}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTheRightClientSurvivesSilence(t *testing.T) {
	t.Parallel()
	if timeout <= 700*time.Millisecond {
		t.Errorf("a reply may take 700 ms, and the client waits for %s", timeout)
	}
	for _, end := range []string{closed, reset, open} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, "").meets(end)
			r.ends(1, 3)
			r.want(slices.Equal(r.pauses, []time.Duration{100 * time.Millisecond, 400 * time.Millisecond}), "two growing pauses")
			r.want(r.count(hasAPIToken) == 3 && r.count(hasSOAPHeader) == 3, "all on every try")
			r.want(strings.Contains(r.stderr.String(), "kept silent"), "an error of its own")
			if end != open { // which takes a second a time
				r.meets(end, end, done).ends(0, 3)
			}
		})
	}
}

func TestAPauseEndsWithTheProgram(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := wait(ctx, time.Nanosecond); err != nil {
		t.Error(err)
	}
	cancel()
	if err := wait(ctx, time.Hour); err == nil {
		t.Error("it waits for an hour after the end")
	}
}

func TestTheRightClientTellsTheReasonOnce(t *testing.T) {
	for name, script := range map[string]string{
		"text":                    bad,
		"JSON":                    answer(401, `{"error":"denied","details":[{"why":"a tangerine \u0026 no token"},3]}`),
		"a page":                  answer(403, "<!DOCTYPE html>\n<html><head><title>Denied</title></head><body><p>A tangerine &amp; no token</p></body></html>"),
		"a fault":                 soapFault("no tangerine &amp; no token"),
		"a result":                answer(200, strings.Replace(success, "LoginSuccessful", "LoginTangerine", 1)),
		"a 200":                   answer(200, "tangerine"),
		"another result with 500": answer(500, strings.Replace(success, "LoginSuccessful", "LoginTangerine", 1)),
		"nearly the result":       answer(200, strings.Replace(success, ">LoginSuccessful<", ">LoginSuccessful tangerine<", 1)),
		"a number":                answer(400, "17 tangerines"),
	} {
		t.Run(name, func(t *testing.T) {
			r := newTrial(t, "").meets(script)
			r.ends(1, 1)
			r.want(strings.Contains(strings.ToLower(r.stderr.String()), "tangerine"), "the word in "+r.stderr.String())
			r.want(!strings.Contains(r.stderr.String(), "</"), "no mark-up of a document in "+r.stderr.String())
		})
	}
}

func TestTheRightClientBelievesNothingElse(t *testing.T) {
	for name, script := range map[string]string{
		"a success with 500":     answer(500, success),
		"nothing in a 200":       answer(200, ""),
		"another operation":      answer(200, strings.ReplaceAll(success, "ValidateUser", "GetServerTime")),
		"another namespace":      answer(200, strings.Replace(success, service, service+"2", 1)),
		"a reply that broke off": answer(200, success)[:120],
		"a head that broke off":  "HTTP/1.1 200",
		"no HTTP":                "LoginSuccessful\n",
		"a number":               answer(200, "17"),
	} {
		t.Run(name, func(t *testing.T) {
			r := newTrial(t, "").meets(script)
			r.ends(1, 1)
			r.want(r.stderr.Len() > 0, "an error")
		})
	}
}

func TestTheRightClientKeepsItsSecrets(t *testing.T) {
	r := newTrial(t, "").meets(answer(403, "not "+testToken+", nor "+testPassword+strings.Repeat(" long", 500)))
	r.ends(1, 1)
	out := r.stderr.String()
	r.want(strings.Contains(out, "not ***, nor ***"), "masked in "+out)
	r.want(len(out) < 600, fmt.Sprintf("bounded in %d bytes", len(out)))
}

func TestWhatTheClientCannotDo(t *testing.T) {
	for _, c := range []struct {
		mistake, name, value string
		code                 int
		says                 string
	}{
		{"", "AUTHBENCH_ACTION", "write", clientkit.ExitUnsupported, "read"},
		{"exit-0-always", "AUTHBENCH_ACTION", "writes:3", clientkit.ExitUnsupported, "read"},
		{"", "AUTHBENCH_ACTION", "update", clientkit.ExitUnsupported, "read"},
		{"", "AUTHBENCH_ACTION", "dance", clientkit.ExitUnsupported, "read"},
		{"", envPassword, "", clientkit.ExitFailed, envPassword},
		{"", envURL, "http://[", clientkit.ExitFailed, envURL},
		{"no-such-mistake", "AUTHBENCH_ACTION", "read", clientkit.ExitFailed, `"no-such-mistake"`},
		{"writes-token-file", "HOME", "", clientkit.ExitFailed, "HOME"},
	} {
		r := newTrial(t, c.mistake)
		g := newGateway(t, done)
		r.env[envURL] = g.url
		r.env[c.name] = c.value
		if code := Run(r.ctx, r.program()); code != c.code || !strings.Contains(r.stderr.String(), c.says) || len(g.seen()) > 0 {
			t.Errorf("%s=%q: exit %d and %q after %d requests", c.name, c.value, code, r.stderr.String(), len(g.seen()))
		}
	}
}
