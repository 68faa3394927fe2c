package steps

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/program"
)

func retailvistaClientVocabulary() vocabulary {
	return vocabulary{
		phrases: slices.Concat(retailvistaClientGivens(), retailvistaClientVerdicts(), clientPhrases()),
		start:   func(*world) {},
		client: &clientSide{
			credentials: func() targets.Credentials {
				return targets.Credentials{
					"api_token": freshGUID(), "username": "Shop-" + rand.Text(), "password": "Pw-" + rand.Text() + "-Zz",
					"company_number": digits(7), "store_number": digits(6),
				}
			},
			given:   []string{"api_token", "username", "password", "company_number", "store_number"},
			secrets: []string{"api_token", "password"},
			did: func(kind string, a targets.Arrival) bool {
				path, _, _ := strings.Cut(a.URI, "?")
				return kind == "read" && a.Method == http.MethodPost && strings.HasSuffix(path, "/securitycomponents.asmx")
			},
		},
	}
}

func freshGUID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // it never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

// digits is a random number of so many digits, the first of which is not zero.
func digits(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // it never fails
	for i := range raw {
		raw[i] = '0' + raw[i]%10
	}
	raw[0] = '1' + (raw[0]-'0')%9
	return string(raw)
}

func retailvistaClientGivens() []Phrase {
	return []Phrase{
		phrase(`the gateway is silent on (every call|the first call|the first two calls): (closed|reset|open)`, "Given the gateway is silent on every call: open",
			"the connection is closed, or reset, or stays open; the client may take as long as --client-timeout", func(w *world) any {
				return func(which, how string) error {
					w.bench.patient = true
					w.bench.stage.play(falling(map[string]int{"the first call": 1, "the first two calls": 2}[which], how))
					return nil
				}
			}),
		phrase(`the gateway denies every call with a reason of its own as (text|JSON|HTML|a SOAP fault)`,
			"Given the gateway denies every call with a reason of its own as text", "with a word in it that nobody can guess", onBenchWith(denyingAs)),
		phrase(`Retail3000 refuses the login by (a fault|a result)`, "Given Retail3000 refuses the login by a result",
			"a result comes with status 200 (RTV-09)", onBenchWith(refusingBy)),
		phrase(`the ApiToken was disabled`, "Given the ApiToken was disabled", "", onBench(func(b *bench) error {
			b.steer(func(c targets.Controlled) { _ = c.Revoke("api_token") }) // the name is known
			return nil
		})),
		phrase(`the client has an old password`, "Given the client has an old password", "the one that the server knows is another", onBench(func(b *bench) error {
			b.given["password"] = "Old-" + rand.Text()
			b.w.hide("password", b.given["password"])
			return nil
		})),
		phrase(`a password with reserved characters`, "Given a password with reserved characters", "those that XML reserves, and some outside ASCII",
			onBench(func(b *bench) error {
				tail := rand.Text()
				b.opt.Credentials["password"] = `Pw&<>'"é€-` + tail
				b.w.hide("password", tail) // in whatever way the characters before it are written
				b.given["password"] = b.opt.Credentials["password"]
				return nil
			})),
		phrase(`the server sends it to another host`, "Given the server sends it to another host", "by a redirect, to a host that no secret is meant for",
			onBench(func(b *bench) error { return b.sendAway(func(*targets.Arrival) bool { return true }) })),
	}
}

func retailvistaClientVerdicts() []Phrase {
	return []Phrase{
		phrase(`every call carries the ApiToken as an HTTP header`, "Then every call carries the ApiToken as an HTTP header", "once", afterTurn(retailvistaTokens)),
		phrase(`every call carries the Retail3000AuthenticateToken`, "Then every call carries the Retail3000AuthenticateToken",
			"in the SOAP header, in the service's namespace, with user name, password, company number and store number", afterTurn(retailvistaSOAPTokens)),
		phrase(`the ApiToken is neither in a query nor in a body`, "Then the ApiToken is neither in a query nor in a body", "the SOAP header is part of the body",
			afterTurn(retailvistaTokenAtHome)),
		phrase(`it gives up by itself`, "Then it gives up by itself", "within --client-timeout, and by an exit code that is not 0", afterTurn(retailvistaGivesUp)),
		phrase(`its pauses grow`, "Then its pauses grow", "between the tries of one call, where there is more than one", afterTurn(retailvistaPauses)),
		phrase(`it tells its user the reason`, "Then it tells its user the reason", "on its standard output or error", afterTurn(retailvistaReason)),
		phrase(`every call is well-formed SOAP 1\.1`, "Then every call is well-formed SOAP 1.1", "envelope, text/xml and SOAPAction", afterTurn(retailvistaSOAP)),
		phrase(`the password arrives as it was given`, "Then the password arrives as it was given", "", afterTurn(retailvistaPassword)),
		phrase(`the password is in no request line`, "Then the password is in no request line", "", afterTurn(retailvistaRequestLines)),
		phrase(`it is reported what reached the other host`, "Then it is reported what reached the other host", "never fails", afterTurn(retailvistaElsewhere)),
	}
}

// falling is the rule of a gateway that says nothing to the first so many calls, or with 0 to any.
func falling(first int, how string) rule {
	var mu sync.Mutex
	silent := 0
	return func(context.Context, *targets.Arrival) (targets.Cue, bool) {
		mu.Lock()
		defer mu.Unlock()
		if silent++; first > 0 && silent > first {
			return targets.Cue{}, false
		}
		return targets.Cue{Silence: how}, true
	}
}

// denyingAs makes the gateway say why it denies, with a word that the client can have from nowhere else (RTVC-06).
func denyingAs(b *bench, form string) error {
	b.word = "locked" + rand.Text()[:10] // no line ends inside it
	reason := "The integration is " + b.word + ": ask the supportdesk."
	reply := targets.CuedReply{Status: http.StatusForbidden, Type: "text/plain; charset=utf-8", Body: reason + "\n"}
	switch form {
	case "JSON":
		reply.Status = http.StatusBadRequest // the status of a denial is open (RTV-17)
		reply.Type, reply.Body = "application/json", fmt.Sprintf(`{"error":{"code":17,"message":%q}}`, reason)
	case "HTML":
		reply.Type = "text/html"
		reply.Body = "<!doctype html><html><head><title>Denied</title></head><body><h1>Denied</h1><p>" + reason + "</p></body></html>"
	case "a SOAP fault":
		reply.Status, reply.Type = http.StatusInternalServerError, "text/xml; charset=utf-8"
		reply.Body = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + soap11 + `"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>` +
			reason + `</faultstring></s:Fault></s:Body></s:Envelope>`
	}
	b.stage.play(answering(func(*targets.Arrival) bool { return true }, reply))
	return nil
}

// refusingBy makes Retail3000 say no behind the gateway, in one of the two ways that it may (RTV-09).
func refusingBy(b *bench, form string) error {
	reply := targets.CuedReply{Status: http.StatusOK, Type: "text/xml; charset=utf-8", Body: `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + soap11 +
		`"><s:Body><ValidateUserResponse xmlns="` + serviceNamespace + `"><ValidateUserResult>LoginFailed</ValidateUserResult></ValidateUserResponse></s:Body></s:Envelope>`}
	if form == "a fault" {
		reply.Status, reply.Body = http.StatusInternalServerError, `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="`+soap11+
			`"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>The login was refused.</faultstring></s:Fault></s:Body></s:Envelope>`
	}
	b.stage.play(answering(func(*targets.Arrival) bool { return true }, reply))
	return nil
}

// retailvistaTokens judges RTVC-01.
func retailvistaTokens(b *bench) error {
	for _, a := range b.calls() {
		if sent := a.Header.Values("ApiToken"); len(sent) != 1 || !strings.EqualFold(strings.TrimSpace(sent[0]), b.given["api_token"]) {
			where := ""
			if elsewhere := a.Facts["elsewhere"]; elsewhere != "" {
				where = "; the token is " + elsewhere
			}
			return b.accuse(&a, "the HTTP header ApiToken on every call", "request %d carries it %s%s", a.Number, headerTimes(sent), where)
		}
	}
	return nil
}

func headerTimes(values []string) string {
	switch {
	case len(values) == 0:
		return "not at all"
	case len(values) > 1:
		return fmt.Sprintf("%d times", len(values))
	case strings.TrimSpace(values[0]) == "":
		return "without a value"
	}
	return "with another value"
}

// retailvistaTokenAtHome judges RTVC-03.
func retailvistaTokenAtHome(b *bench) error {
	values := map[string][]string{"ApiToken": {b.given["api_token"]}}
	for _, a := range b.calls() {
		traces := []trace{{"the request line", a.URI}, {"the body", string(a.Body)}}
		if envelope, err := parseSOAP(a.Body); err == nil {
			traces = append(traces, trace{"the body", strings.Join(envelope.texts(), "\n")})
		}
		if where, name := hunt(traces, values); name != "" {
			if elsewhere := a.Facts["elsewhere"]; elsewhere != "" {
				where += " (" + elsewhere + ")"
			}
			return b.accuse(&a, "the ApiToken in the HTTP header alone", "%s of request %d holds it", where, a.Number)
		}
	}
	return nil
}

// retailvistaRequestLines judges a part of RTVC-08: what every log along the way keeps.
func retailvistaRequestLines(b *bench) error {
	for _, a := range b.calls() {
		if _, name := hunt([]trace{{"the request line", a.URI}}, map[string][]string{"password": {b.given["password"]}}); name != "" {
			return b.accuse(&a, "no password in a request line, which logs keep", "the request line of request %d holds it", a.Number)
		}
	}
	return nil
}

// retailvistaGivesUp judges RTVC-04.
func retailvistaGivesUp(b *bench) error {
	t := b.last()
	expected := fmt.Sprintf("an error of its own within %s", b.suite.patience)
	switch {
	case t.result.End == program.Stopped:
		return b.accuse(nil, expected, "%s", ended(t.result))
	case t.result.End == program.Deadline: // which is a little later, as it has to start and to end, too
		return b.accuse(nil, expected, "it had not given up after %s", t.result.Took.Round(100*time.Millisecond))
	case t.result.End != program.Exited:
		return b.accuse(nil, expected, "%s", ended(t.result))
	case t.result.Exit == 0:
		return b.accuse(nil, expected, "exit status 0: it took silence for a success")
	}
	return nil
}

// retailvistaReason judges RTVC-06.
func retailvistaReason(b *bench) error {
	t := b.last()
	for _, said := range [][]byte{t.result.Stdout, t.result.Stderr} {
		if strings.Contains(plainly(said), plainly([]byte(b.word))) {
			return nil
		}
	}
	return b.accuse(nil, "the gateway's reason on its standard output or error, such as "+b.word, "it is in neither")
}

// plainly is a text without what a client may do to it for its user: break lines, or write in capital letters.
func plainly(text []byte) string {
	return strings.ToUpper(strings.Join(strings.Fields(string(text)), ""))
}

// soapCalls are the POSTs; without any there is no SOAP to judge.
func (b *bench) soapCalls() ([]targets.Arrival, error) {
	calls := slices.DeleteFunc(b.calls(), func(a targets.Arrival) bool { return a.Method != http.MethodPost })
	if len(calls) == 0 {
		return nil, b.w.untested("a client that makes a POST")
	}
	for _, a := range calls {
		if _, err := parseSOAP(a.Body); errors.Is(err, errEncoding) {
			return nil, b.w.untested("a client that writes UTF-8, UTF-16, ISO-8859-1 or US-ASCII: no other encoding is read here")
		}
	}
	return calls, nil
}

// retailvistaSOAPTokens judges RTVC-02.
func retailvistaSOAPTokens(b *bench) error {
	calls, err := b.soapCalls()
	for _, a := range calls {
		if flaw := b.tokenFlaw(a); flaw != "" {
			return b.accuse(&a, "one Retail3000AuthenticateToken in the SOAP header, with all that it needs", "request %d: %s", a.Number, flaw)
		}
	}
	return err
}

// tokenFlaw says what is wrong with the SOAP header of a call; what is wrong with the envelope is another clause's.
func (b *bench) tokenFlaw(a targets.Arrival) string {
	envelope, err := parseSOAP(a.Body)
	if err != nil {
		return ""
	}
	var found []soapNode
	for _, header := range envelope.parts("Header") {
		for _, block := range header.Nodes {
			if block.XMLName.Local == soapToken {
				found = append(found, block)
			}
		}
	}
	switch {
	case len(found) != 1:
		return fmt.Sprintf("it has %d of them", len(found))
	case found[0].XMLName.Space != serviceNamespace:
		return "it is in another namespace than the service"
	}
	for _, known := range [][2]string{{"Username", "username"}, {"Password", "password"}, {"CompanyNumber", "company_number"}, {"StoreNumber", "store_number"}} {
		field, name := known[0], known[1]
		values := found[0].named(field)
		switch {
		case len(values) != 1 || values[0].XMLName.Space != serviceNamespace:
			return fmt.Sprintf("its %s comes %d times in the service's namespace", field, len(values))
		case strings.TrimSpace(values[0].Text) == "":
			return "its " + field + " is empty"
		case name != "password" && strings.TrimSpace(values[0].Text) != b.given[name]:
			return "its " + field + " is another than was given"
		}
	}
	return ""
}

// retailvistaSOAP judges the form of a call (RTVC-07).
func retailvistaSOAP(b *bench) error {
	calls, err := b.soapCalls()
	for _, a := range calls {
		if flaw := soapFlaw(a); flaw != "" {
			return b.accuse(&a, "well-formed SOAP 1.1: its envelope, text/xml and a SOAPAction", "request %d: %s", a.Number, flaw)
		}
	}
	return err
}

func soapFlaw(a targets.Arrival) string {
	kind, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch {
	case err != nil || kind != "text/xml":
		return "its Content-Type is not text/xml"
	case len(a.Header.Values("SOAPAction")) != 1:
		return "it has no header SOAPAction, or more than one"
	}
	envelope, err := parseSOAP(a.Body)
	switch {
	case err != nil:
		return err.Error()
	case strings.HasPrefix(strings.ToLower(params["charset"]), "utf-16") && !isUTF16(a.Body):
		return "its Content-Type names UTF-16, and its body is in another encoding"
	case envelope.XMLName.Local != "Envelope" || envelope.XMLName.Space != soap11:
		return "its envelope is not that of SOAP 1.1"
	case len(envelope.parts("Body")) != 1:
		return "its envelope has no Body, or more than one"
	case len(envelope.parts("Header")) > 1:
		return "its envelope has more than one Header"
	case len(envelope.parts("Header")) == 1 && envelope.Nodes[0].XMLName.Local != "Header":
		return "its Header does not come first in the envelope"
	}
	return actionFlaw(a.Header.Get("SOAPAction"), envelope.parts("Body")[0])
}

// actionFlaw holds the SOAPAction against the body: it is the operation's namespace and name. An empty one is legal SOAP 1.1.
func actionFlaw(action string, body soapNode) string {
	if action = strings.Trim(action, `"`); action == "" || len(body.Nodes) == 0 {
		return ""
	}
	if slices.ContainsFunc(body.Nodes, func(n soapNode) bool { return action == n.XMLName.Space+"/"+n.XMLName.Local }) {
		return ""
	}
	return "its SOAPAction names something else than its Body asks for"
}

// retailvistaPassword judges that reserved characters are escaped (RTVC-07).
func retailvistaPassword(b *bench) error {
	calls, err := b.soapCalls()
	for _, a := range calls {
		envelope, wrong := parseSOAP(a.Body)
		if wrong != nil {
			return b.accuse(&a, "the password escaped, so that it arrives as it was given", "request %d: %v", a.Number, wrong)
		}
		passwords := envelope.all("Password")
		if len(passwords) == 0 {
			return b.w.untested("a client that sends a password")
		}
		if slices.ContainsFunc(passwords, func(p soapNode) bool { return p.Text != b.given["password"] }) {
			return b.accuse(&a, "the password escaped, so that it arrives as it was given", "request %d: it arrives as another", a.Number)
		}
	}
	return err
}

func retailvistaElsewhere(b *bench) error {
	sent := b.other.sent()
	if len(sent) == 0 {
		b.w.observed("a redirect to another host: not followed")
		return nil
	}
	if _, name := hunt(sent, b.hunted(true)); name != "" {
		b.w.observed("a redirect to another host: followed, with the %s", name)
		return nil
	}
	b.w.observed("a redirect to another host: followed, without a secret")
	return nil
}
