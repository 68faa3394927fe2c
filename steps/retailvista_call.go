package steps

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

// retailvista is the call that a scenario makes up, and what came of it.
type retailvista struct {
	w *world

	method, version string
	path, query     string
	header          string   // the name of the ApiToken header
	tokens          []string // its values; none leaves it out
	fields          []wire.Field
	trailer         []wire.Field
	soap            soap
	body            func(soap []byte) []byte // what is done to the document; nil: nothing
	chunked         bool

	sent   wire.Request   // the last call
	good   *wire.Exchange // the one before it on its connection
	alive  bool           // a good call was answered before it
	took   time.Duration  // by that call
	ended  bool           // the good token was disabled
	often  []wire.Exchange
	inTurn [2][]wire.Exchange // to an existing and to a missing path
}

// newRetailvista makes up a good call.
func newRetailvista(w *world) *retailvista {
	v := &retailvista{w: w, method: http.MethodPost, header: "ApiToken"}
	if w.target.Credentials == nil { // a vocabulary that is only listed
		return v
	}
	have := w.target.Credentials
	v.path, v.tokens = w.target.Paths["service"], []string{have["api_token"]}
	v.soap = soap{namespace: w.target.Settings["namespace"], operation: w.target.Settings["operation"], prefix: "soap"}
	v.soap.header = []element{authenticate(
		element{name: "Username", text: have["username"]}, element{name: "Password", text: have["password"]},
		element{name: "CompanyNumber", text: have["company_number"]}, element{name: "StoreNumber", text: have["store_number"]},
		element{name: "ScannerNumber"}, element{name: "MobileDeviceNumber"},
	)}
	if w.target.Control != "" { // so that this call can be told from others where Retail3000 sees it
		v.soap.comment = " " + w.session.marks.next() + " "
	}
	return v
}

const (
	unknownGUID = "5f0e6c1a-7b34-4d89-9a2e-c3d1b0f49876"
	zeroGUID    = "00000000-0000-0000-0000-000000000000"
)

// token is a value of the header ApiToken by its words, or leaves the scenario untested.
func (v *retailvista) token(words string) (string, error) {
	good := v.w.target.Credentials["api_token"]
	credential := func(name string) (string, error) {
		if value := v.w.target.Credentials[name]; value != "" {
			return value, nil
		}
		return "", v.w.untested("the credential %s", name)
	}
	made := map[string]string{
		"the good one": good, "empty": "", "a space": " ", "three spaces": "   ", "a tab": "\t", "a word": "token",
		"an unknown GUID": unknownGUID, "the GUID of zeros": zeroGUID, "the good one, its last digit changed": lastDigitChanged(good),
		"the good one, cut by its last digit": good[:max(0, len(good)-1)], "the good one with a digit more": good + "0",
		"the good one, twice in one header": good + ", " + good, "the good one in upper case": strings.ToUpper(good),
		"the good one in braces": "{" + good + "}", "the good one without dashes": strings.ReplaceAll(good, "-", ""),
	}
	switch words {
	case "the user name":
		return credential("username")
	case "the disabled one":
		return credential("disabled_api_token")
	case "the one of another integration":
		return credential("other_api_token")
	}
	value, known := made[words]
	if !known {
		return "", fmt.Errorf("%q is no token", words)
	}
	if value != "" && value != good && strings.Contains(words, "the good one") {
		v.w.hide("api_token, changed", value)
	}
	return value, nil
}

// lastDigitChanged changes the last digit of a GUID into another.
func lastDigitChanged(guid string) string {
	if guid == "" {
		return guid
	}
	last := "0"
	if strings.HasSuffix(guid, "0") {
		last = "1"
	}
	return guid[:len(guid)-1] + last
}

func (v *retailvista) setToken(words string) error {
	value, err := v.token(words)
	v.tokens = []string{value}
	return err
}

func (v *retailvista) setTwice(first, second string) error {
	a, err := v.token(first)
	if err != nil {
		return err
	}
	b, err := v.token(second)
	v.tokens = []string{a, b}
	return err
}

// moveToken puts the good token where it does not belong (RTV-04).
func (v *retailvista) moveToken(place string) error {
	token := v.w.target.Credentials["api_token"]
	v.tokens = nil
	add := func(name, value string) { v.fields = append(v.fields, wire.Field{Name: name, Value: value}) }
	inside := element{name: "ApiToken", text: token}
	switch place {
	case "the query":
		v.query = "ApiToken=" + token + "&apitoken=" + token + "&token=" + token
	case "a cookie":
		add("Cookie", "ApiToken="+token+"; token="+token)
	case "the header Authorization":
		add("Authorization", token)
	case "the header Authorization, as Bearer":
		add("Authorization", "Bearer "+token)
	case "the header Authorization, as Basic":
		add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("ApiToken:"+token)))
	case "a trailer":
		add("Trailer", "ApiToken")
		v.chunked, v.trailer = true, []wire.Field{{Name: "ApiToken", Value: token}}
	case "the SOAP header":
		v.soap.header = append(v.soap.header, inside)
	case "the header Retail3000AuthenticateToken of the SOAP header":
		v.soap.header[0].children = append(v.soap.header[0].children, inside)
	case "the SOAPAction":
		add("SOAPAction", `"`+token+`"`)
	case "the path":
		v.path += "/" + token
	}
	return nil
}

// setForm makes the call one of another form (RTV-03, RTV-09, RTV-14).
func (v *retailvista) setForm(words string) error {
	bodiless := func(method string) { v.method, v.body = method, func([]byte) []byte { return nil } }
	switch words {
	case "a GET":
		bodiless(http.MethodGet)
	case "a HEAD":
		bodiless(http.MethodHead)
	case "a PUT":
		v.method = http.MethodPut
	case "a DELETE":
		bodiless(http.MethodDelete)
	case "an OPTIONS":
		bodiless(http.MethodOptions)
	case "a method that nobody knows":
		v.method = "BREW"
	case "to the root":
		v.path = "/"
	case "to a path that does not exist":
		v.path = missingPath
	case "a GET of the WSDL":
		bodiless(http.MethodGet)
		v.query = "wsdl"
	case "without a body":
		v.body = func([]byte) []byte { return nil }
	case "with a body that is no XML":
		v.body = func([]byte) []byte { return []byte("this is no XML") }
	case "with a body of 256 KiB":
		return v.setBody("of 256 KiB")
	case "in chunks":
		v.chunked = true
	case "HTTP/1.0":
		v.version = "HTTP/1.0"
	case "HTTP/1.0 with a kept connection":
		v.version = "HTTP/1.0"
		v.fields = append(v.fields, wire.Field{Name: "Connection", Value: "keep-alive"})
	case "with Expect: 100-continue":
		v.fields = append(v.fields, wire.Field{Name: "Expect", Value: "100-continue"})
	case "with many other headers":
		for i := range 40 {
			v.fields = append(v.fields, wire.Field{Name: fmt.Sprintf("X-Other-%d", i), Value: "token"})
		}
	default:
		return v.setSOAP(words)
	}
	return nil
}

const missingPath = "/authbench-no-such-service.asmx"

// setSOAP changes what the document says.
func (v *retailvista) setSOAP(words string) error {
	switch words {
	case "without a SOAP header":
		v.soap.noHeader = true
	case "with an empty SOAP header":
		v.soap.header = nil
	case "with an empty Retail3000AuthenticateToken":
		v.soap.header = []element{authenticate()}
	case "with the Retail3000AuthenticateToken in the body instead":
		v.soap.inBody, v.soap.header = v.soap.header, nil
	case "with a body that breaks off":
		v.body = func(doc []byte) []byte { return doc[:len(doc)*4/5] }
	case "for an unknown operation":
		v.soap.operation = "AuthbenchNoSuchOperation"
	default:
		return fmt.Errorf("%q is no form of a call", words)
	}
	return nil
}

// setBody writes the same document in another way (RTV-01).
func (v *retailvista) setBody(words string) error {
	switch words {
	case "with comments and white space":
		v.soap.comment, v.soap.pretty = v.soap.comment+" two  spaces and a <tag> & more ", true
	case "with other prefixes":
		v.soap.prefix = "SOAP-ENV"
	case "with letters outside ASCII":
		v.soap.comment += " Grüße 鍵 "
	case "of 256 KiB":
		v.soap.comment += strings.Repeat(" padding", 32<<10)
	case "in chunks":
		v.chunked = true
	}
	return nil
}

func (v *retailvista) setField(name, how string) error {
	fields := slices.Clone(v.soap.header[0].children)
	i := slices.IndexFunc(fields, func(e element) bool { return e.name == name })
	switch how {
	case "wrong":
		fields[i].text = wrongField(fields[i].text)
		v.w.hide(name+", changed", fields[i].text)
	case "missing":
		fields = slices.Delete(fields, i, i+1)
	case "empty":
		fields[i].text = ""
	case "in another case":
		swapped := swapCase(fields[i].text)
		if swapped == fields[i].text {
			return v.w.untested("a password with letters")
		}
		fields[i].text = swapped
		v.w.hide(name+", changed", swapped)
	}
	v.soap.header = []element{authenticate(fields...)}
	return nil
}

// wrongField is a value like the right one: a number stays one.
func wrongField(right string) string {
	if right != "" && strings.Trim(right, "0123456789") == "" {
		return lastDigitChanged(right)
	}
	return right + "-wrong"
}

// request is the call as it is sent.
func (v *retailvista) request() wire.Request {
	body := v.soap.bytes()
	if v.body != nil {
		body = v.body(body)
	}
	target := requestTarget(v.w.target, v.path)
	if v.query != "" {
		target += "?" + v.query
	}
	var fields []wire.Field
	for _, t := range v.tokens {
		fields = append(fields, wire.Field{Name: v.header, Value: t})
	}
	if len(body) > 0 {
		fields = append(fields, wire.Field{Name: "Content-Type", Value: "text/xml; charset=utf-8"})
	}
	if !slices.ContainsFunc(v.fields, func(f wire.Field) bool { return f.Name == "SOAPAction" }) {
		fields = append(fields, wire.Field{Name: "SOAPAction", Value: `"` + v.soap.namespace + "/" + v.soap.operation + `"`})
	}
	v.sent = wire.Request{Method: v.method, Target: target, Version: v.version, Header: append(fields, v.fields...), Body: body,
		Chunked: v.chunked, Trailer: v.trailer}
	return v.sent
}

// mute says that the call may meet silence: it has no ApiToken header by any case of its name, or more than one (RTV-15).
func (v *retailvista) mute() bool {
	return len(v.tokens) != 1 || !strings.EqualFold(v.header, "ApiToken")
}

// patience is how long a call is waited for that may meet silence: as the configuration says, and many times as long as a good
// call has taken, so that a slow answer is not taken for none.
func (v *retailvista) patience() time.Duration {
	d, _ := time.ParseDuration(v.w.target.Settings["silence_wait"]) // checked when it was read
	return max(d, 20*v.took)
}

// bounded makes an exchange in what is left of the scenario's time. The reply to a call that may meet silence is waited for only
// so long; what comes before it, such as the connection, has all the time that is left.
func (v *retailvista) bounded(mute bool, do func(context.Context, *wire.Peer) wire.Exchange) (wire.Exchange, error) {
	var x wire.Exchange
	v.w.requests++
	peer := *v.w.peer
	if mute {
		peer.Patience = v.patience()
	}
	err := v.w.within(func(ctx context.Context) error {
		x = do(ctx, &peer)
		return nil
	})
	if err == nil {
		err = v.fit(x)
	}
	return x, err
}

// fit ends the scenario for what says nothing about the contract.
func (v *retailvista) fit(x wire.Exchange) error {
	switch {
	case x.End == wire.NotSent, x.End == wire.Refused, x.End == wire.Unreachable, x.End == wire.TLSFailed:
		return v.w.errored(x.Err)
	case x.Reply == nil && v.w.ctx.Err() != nil:
		return v.w.errored(v.w.ended(v.w.ctx.Err()))
	}
	return nil
}

// call makes the call. One that is to meet silence is made after a good one, which proves the gateway alive.
func (v *retailvista) call() error {
	if v.mute() {
		if err := v.proveAlive("before"); err != nil {
			return err
		}
	}
	if err := v.turn(1); err != nil {
		return err
	}
	r := v.request()
	x, err := v.bounded(v.mute(), func(ctx context.Context, peer *wire.Peer) wire.Exchange { return peer.Do(ctx, r) })
	v.w.last = &x
	return err
}

func (v *retailvista) turn(n int) error {
	if err := v.w.session.turns(v.w.ctx, v.w.target, n); err != nil {
		return v.w.errored(v.w.ended(err))
	}
	return nil
}

// goodCall makes a good call beside the scenario's own, and leaves the last call what it was.
func (v *retailvista) goodCall() (wire.Exchange, error) {
	if err := v.turn(1); err != nil {
		return wire.Exchange{}, err
	}
	good := newRetailvista(v.w)
	if other := v.w.target.Credentials["other_api_token"]; v.ended && other != "" {
		good.tokens = []string{other}
	}
	r := good.request()
	return v.bounded(false, func(ctx context.Context, peer *wire.Peer) wire.Exchange { return peer.Do(ctx, r) })
}

// proveAlive makes a good call: without a reply to it, what looks like silence may be an outage. A reply that is no success is
// no outage; RTV-01 judges it, and nothing is said of this scenario.
func (v *retailvista) proveAlive(when string) error {
	x, err := v.goodCall()
	if err != nil {
		return err
	}
	switch c := v.judgeSuccess(x); {
	case x.Reply == nil:
		return v.w.errored(fmt.Errorf("an outage is no silence: a good call %s got no reply: %s", when, c.actual))
	case !c.ok:
		return v.w.untested("a good call that succeeds %s: it was %s", when, c.actual)
	}
	v.alive, v.took = true, x.Took
	return nil
}

// callKept makes a good call and then this one on the same connection.
func (v *retailvista) callKept() error {
	if err := v.turn(2); err != nil {
		return err
	}
	var conn *wire.Conn
	first := newRetailvista(v.w).request()
	x, err := v.bounded(false, func(ctx context.Context, peer *wire.Peer) (x wire.Exchange) {
		if conn, x = peer.Dial(ctx); conn != nil {
			x = conn.Do(ctx, first)
		}
		return x
	})
	if conn != nil {
		defer conn.Close()
	}
	if err != nil {
		return err
	}
	v.good, v.alive = &x, v.judgeSuccess(x).ok
	if !conn.Kept() {
		v.w.last = v.good
		return v.w.untested("a connection that is kept after a good call")
	}
	r := v.request()
	second, err := v.bounded(v.mute(), func(ctx context.Context, peer *wire.Peer) wire.Exchange { return conn.DoWithin(ctx, peer.Patience, r) })
	v.w.last = &second
	return err
}

// callPipelined sends a good call and this one at once.
func (v *retailvista) callPipelined() error {
	if err := v.turn(2); err != nil {
		return err
	}
	var second wire.Exchange
	first, r := newRetailvista(v.w).request(), v.request()
	patience := time.Duration(0)
	if v.mute() {
		patience = v.patience()
	}
	x, err := v.bounded(false, func(ctx context.Context, peer *wire.Peer) (x wire.Exchange) {
		conn, x := peer.Dial(ctx)
		if conn == nil {
			return x
		}
		defer conn.Close()
		x, second = conn.Pipeline(ctx, patience, first, r)
		return x
	})
	if err != nil {
		return err
	}
	v.w.requests++
	v.good, v.alive, v.w.last = &x, v.judgeSuccess(x).ok, &second
	return nil
}

// callFromElsewhere makes the call from the address that is not allowed (RTV-12).
func (v *retailvista) callFromElsewhere() error {
	from := v.w.target.Settings["forbidden_source"]
	if from == "" {
		return v.w.untested("forbidden_source, a local address from which the token must not open")
	}
	if err := v.proveAlive("from the allowed address"); err != nil {
		return err
	}
	if err := v.turn(1); err != nil {
		return err
	}
	r := v.request()
	x, err := v.bounded(true, func(ctx context.Context, peer *wire.Peer) wire.Exchange {
		peer.Local = from
		return peer.Do(ctx, r)
	})
	v.w.last = &x
	return err
}

func (v *retailvista) callOften(times int) error {
	if times > 1000 {
		return fmt.Errorf("%d times is more than 1000", times)
	}
	for range times {
		if err := v.call(); err != nil {
			return err
		}
		v.often = append(v.often, *v.w.last)
	}
	return nil
}

func (v *retailvista) disable() error {
	control, err := v.w.control("to disable the token")
	if err != nil {
		return err
	}
	if err := v.w.within(func(ctx context.Context) error { return control.Revoke(ctx, "api_token") }); err != nil {
		return v.w.errored(err)
	}
	v.ended = true
	return nil
}

func (v *retailvista) setDetail(words string) error {
	control, err := v.w.control("to set the detail of the traffic log")
	if err != nil {
		return err
	}
	detail := map[string]string{"the summary": "summary", "full detail": "full"}[words]
	if err := v.w.within(func(ctx context.Context) error { return control.Detail(ctx, detail) }); err != nil {
		return v.w.errored(err)
	}
	return nil
}

// preflight makes one good call before the first scenario.
func (v *retailvista) preflight() ([]string, error) {
	x, err := v.goodCall()
	v.w.last = &x
	if err != nil {
		return nil, v.w.because(err)
	}
	if c := v.judgeSuccess(x); !c.ok {
		return nil, errors.New("a good call does not succeed before the first scenario: it was " + c.actual +
			": check api_token, username, password, company_number, store_number, operation and url")
	}
	return []string{fmt.Sprintf("a call that may meet silence is waited for %s", v.patience())}, nil
}
