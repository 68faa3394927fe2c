package steps_test

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// gate is a server that keeps RetailVista's contract and shares no line with the mock, with habits of its own.
type gate struct {
	open   bool  // silence holds the connection open
	fault  bool  // denials are SOAP faults by 500
	closes bool  // every connection is closed after its reply
	dies   int64 // after so many requests nobody answers any more
	speaks bool  // wrong: a call without the header is told so
	easy   bool  // wrong: the SOAP header is not looked at
	late   bool  // wrong: a call without the header is answered after a good one on its connection

	requests atomic.Int64
}

const (
	gateToken    = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	gateDisabled = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
	gatePassword = "a gate's own password"
)

// envelopeIn is what the gate reads of a call.
type envelopeIn struct {
	Header struct {
		Token struct{ Username, Password, CompanyNumber, StoreNumber string } `xml:"http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents Retail3000AuthenticateToken"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	Body struct {
		Call struct{ XMLName xml.Name } `xml:",any"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

func (g *gate) serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go g.talk(conn, done)
		}
	}()
	return "http://" + l.Addr().String() + "/house"
}

func (g *gate) talk(conn net.Conn, done <-chan struct{}) {
	defer conn.Close()
	used := false
	for r := bufio.NewReader(conn); ; used = true {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil || g.dies > 0 && g.requests.Add(1) > g.dies {
			return
		}
		tokens := req.Header["Apitoken"]
		switch {
		case len(tokens) == 0 && g.open:
			<-done
			return
		case len(tokens) == 0 && !g.speaks && !(g.late && used):
			return
		}
		status, text := g.answer(req, tokens, body)
		last := g.closes || req.Close
		fmt.Fprintf(conn, "HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s", status, len(text),
			map[bool]string{true: "close", false: "keep-alive"}[last], text)
		if last {
			return
		}
	}
}

func (g *gate) deny(reason string) (int, string) {
	if g.fault {
		return g.refuse(reason)
	}
	return 403, `{"denied":"` + reason + `"}`
}

func (g *gate) refuse(reason string) (int, string) {
	return 500, `<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body><env:Fault><faultcode>env:Client</faultcode>` +
		`<faultstring>` + reason + `</faultstring></env:Fault></env:Body></env:Envelope>`
}

func (g *gate) answer(req *http.Request, tokens []string, body []byte) (int, string) {
	switch {
	case len(tokens) != 1:
		return g.deny("one token is enough")
	case strings.TrimSpace(tokens[0]) == "":
		return g.deny("the token is empty")
	case tokens[0] == gateDisabled:
		return g.deny("this integration is switched off")
	case tokens[0] != gateToken:
		return g.deny("this token was given to nobody")
	}
	var call envelopeIn
	token := &call.Header.Token
	switch err := xml.Unmarshal(body, &call); {
	case err != nil:
		return g.refuse("this is no SOAP")
	case call.Body.Call.XMLName.Local != "ValidateUser":
		return g.refuse("no such operation")
	case !g.easy && (token.Username != "anna" || token.Password != gatePassword || token.CompanyNumber != "12" || token.StoreNumber != "345"):
		return g.refuse("who are you")
	}
	return 200, `<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>` +
		`<ValidateUserResponse xmlns="` + call.Body.Call.XMLName.Space + `"><ValidateUserResult>LoginSuccessful</ValidateUserResult>` +
		`</ValidateUserResponse></env:Body></env:Envelope>`
}

func meetGate(t *testing.T, g *gate, change func(*targets.Target)) (map[string]record.ClauseResult, record.Summary) {
	t.Helper()
	v := registry.Vendors()[2]
	target := v.MockTarget(&targets.Mock{URL: g.serve(t), Credentials: targets.Credentials{
		"api_token": gateToken, "disabled_api_token": gateDisabled, "username": "anna", "password": gatePassword,
		"company_number": "12", "store_number": "345"}}, targets.System())
	target.Kind = targets.KindLive
	target.Settings["silence_wait"] = "50ms"
	if change != nil {
		change(&target)
	}
	plan := planOf(t, v.Name, steps.Filter{})
	scenarios, _, err := steps.OnTarget(target).Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	results, sum := record.Run{Clauses: plan.Clauses(), Scenarios: scenarios}.Tally()
	byID := map[string]record.ClauseResult{}
	for _, c := range results {
		byID[c.ID] = c
	}
	return byID, sum
}

func TestGatesThatKeepTheContractAreNotAccused(t *testing.T) {
	for name, g := range map[string]*gate{"plain": {}, "silence held open": {open: true}, "faults for denials": {fault: true}, "a connection each": {closes: true}} {
		t.Run(name, func(t *testing.T) {
			results, sum := meetGate(t, g, nil)
			if sum.Broken > 0 || sum.Errored > 0 || sum.Kept < 10 {
				t.Errorf("%+v", sum)
			}
			for _, c := range results {
				for _, s := range c.Scenarios {
					if s.Verdict == record.Failed && c.Weight != record.Observe || s.Verdict == record.Errored {
						t.Errorf("%s %q: %s: expected %s, got %s %s", c.ID, s.Name, s.Verdict, s.Expected, s.Actual, s.Reason)
					}
				}
			}
			if c := results["RTV-18"]; c.Verdict != record.Untested || !strings.Contains(strings.Join(c.Notes, ";"), "needs a control endpoint") {
				t.Errorf("a log that nobody sees: %s, %v", c.Verdict, c.Notes)
			}
		})
	}
}

func TestGatesThatBreakTheContract(t *testing.T) {
	for clause, g := range map[string]*gate{"RTV-02": {speaks: true}, "RTV-03": {late: true}, "RTV-09": {easy: true}, "RTV-10": {easy: true}, "RTV-11": {easy: true}} {
		results, _ := meetGate(t, g, nil)
		if results[clause].Verdict != record.Broken {
			t.Errorf("%s is %s: %v", clause, results[clause].Verdict, results[clause].Notes)
		}
	}
}

// A gateway that goes down does not keep its contract by saying nothing.
func TestAnOutageIsNoSilence(t *testing.T) {
	for _, dies := range []int64{2, 3, 20, 60} {
		results, sum := meetGate(t, &gate{dies: dies}, nil)
		if sum.Errored == 0 || results["RTV-04"].Verdict == record.Kept || sum.Broken > 0 && dies < 60 {
			t.Errorf("down after %d requests: %+v, RTV-04 is %s", dies, sum, results["RTV-04"].Verdict)
		}
		for _, c := range results {
			for _, s := range c.Scenarios {
				if s.Verdict == record.Failed && strings.Contains(s.Expected, "silence") {
					t.Errorf("%s %q is accused: %s", c.ID, s.Name, s.Actual)
				}
			}
		}
	}
}
