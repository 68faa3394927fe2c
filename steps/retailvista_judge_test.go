package steps

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

const envelope = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%</s:Body></s:Envelope>`

func soapReply(status int, inside string) wire.Exchange {
	text := ""
	for _, part := range []rune(envelope) {
		if part == '%' {
			text += inside
			continue
		}
		text += string(part)
	}
	return answers(status, text)
}

const validated = `<ValidateUserResponse xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"><ValidateUserResult>`

func testVista() *retailvista {
	return &retailvista{w: &world{target: targets.Target{Settings: map[string]string{"operation": "ValidateUser", "success": "LoginSuccessful"}}}}
}

func TestWhatSucceedsAndWhatIsRefused(t *testing.T) {
	v := testVista()
	good := soapReply(200, validated+"LoginSuccessful</ValidateUserResult></ValidateUserResponse>")
	failed := soapReply(200, validated+"LoginFailed</ValidateUserResult></ValidateUserResponse>")
	empty := soapReply(200, validated+"</ValidateUserResult></ValidateUserResponse>")
	fault := soapReply(500, `<s:Fault><faultcode>s:Client</faultcode><faultstring>who calls?</faultstring></s:Fault>`)
	for _, c := range []struct {
		name             string
		x                wire.Exchange
		success, refusal bool
	}{
		{"a success", good, true, false},
		{"a success by 500", soapReply(500, validated+"LoginSuccessful</ValidateUserResult></ValidateUserResponse>"), false, false},
		{"another result", failed, false, true},
		{"an empty result", empty, false, false},
		{"a fault", fault, false, true},
		{"no SOAP", answers(200, "LoginSuccessful"), false, false},
		{"a denial of the gateway's", answers(403, "the ApiToken is unknown"), false, false},
		{"silence", wire.Exchange{End: wire.Closed, Err: errors.New("closed")}, false, false},
	} {
		if got := v.judgeSuccess(c.x); got.ok != c.success || !got.ok && got.actual == "" {
			t.Errorf("%s: success %+v", c.name, got)
		}
		if got := v.judgeRefusal(c.x); got.ok != c.refusal || !got.ok && got.actual == "" {
			t.Errorf("%s: refusal %+v", c.name, got)
		}
	}
}

func TestSilenceIsNotOneByte(t *testing.T) {
	for _, c := range []struct {
		end    wire.End
		silent bool
	}{{wire.Closed, true}, {wire.Reset, true}, {wire.Open, true}, {wire.Partial, false}, {wire.Refused, false}, {wire.TLSFailed, false}, {wire.NotSent, false}} {
		if judgeSilence(wire.Exchange{End: c.end, Err: errors.New("x")}).ok != c.silent {
			t.Errorf("%s: silent is not %v", c.end, c.silent)
		}
	}
	if judgeSilence(answers(200, "")).ok {
		t.Error("an empty reply is taken for silence")
	}
}

func TestReasonsThatAPersonCanRead(t *testing.T) {
	for _, c := range []struct {
		name string
		x    wire.Exchange
		ok   bool
	}{
		{"text", answers(400, "The ApiToken is empty."), true},
		{"JSON", answers(403, `{"error":{"reason":"token unknown"}}`), true},
		{"a page", answers(401, `<html><head><title>401 Unauthorized Request</title></head><body><h1>Denied</h1><p>Your token is disabled.<br></body>`), true},
		{"a fault", soapReply(500, `<s:Fault><faultcode>s:Client</faultcode><faultstring>the token is disabled</faultstring></s:Fault>`), true},
		{"no body", answers(403, ""), false},
		{"a number", answers(403, "403"), false},
		{"a title alone", answers(403, "<html><head><title>Forbidden by the gateway</title></head><body></body></html>"), false},
		{"an empty object", answers(403, "{}"), false},
		{"a success that says no", answers(200, "The ApiToken is empty."), false},
		{"a breakdown", answers(500, "The ApiToken is empty."), false},
		{"silence", wire.Exchange{End: wire.Reset, Err: errors.New("reset")}, false},
	} {
		if got := judgeExplained(c.x); got.ok != c.ok {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestStackTraces(t *testing.T) {
	for _, trace := range []string{
		"   at Retail3000.Security.Check(String user) in c:\\x.cs:line 12", "Traceback (most recent call last)", "goroutine 12 [running]:",
		"\tat com.example.Gate.open(Gate.java:12)", "System.NullReferenceException", "java.lang.IllegalStateException: x",
	} {
		if !traces.MatchString("Server was unable to process the request.\n" + trace) {
			t.Errorf("%q is taken for no stack trace", trace)
		}
	}
	for _, fine := range []string{"call us at any time (office hours)", "the token is unknown: look at the portal", "version 4.0.0", "at 10:00 (CET)"} {
		if traces.MatchString(fine) {
			t.Errorf("%q is taken for a stack trace", fine)
		}
	}
}

// The rank test finds what is there, and nothing where nothing is: its error probability is what it says.
func TestRankTest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sample := func(shift float64) (list []float64) {
		for range pairs {
			list = append(list, rng.ExpFloat64()+shift)
		}
		return list
	}
	if p := rankTest(sample(0), sample(20)); p > 1e-8 {
		t.Errorf("samples that do not overlap: %g", p)
	}
	low := 0
	const tries = 2000
	for range tries {
		if rankTest(sample(0), sample(0)) < 0.05 {
			low++
		}
	}
	if low < tries/40 || low > tries/10 { // 5 %, and generous on both sides
		t.Errorf("%d of %d equal samples have an error probability below 0.05", low, tries)
	}
	if p := rankTest([]float64{1, 1, 1}, []float64{1, 1, 1}); p != 1 {
		t.Errorf("equal values: %g", p)
	}
}
