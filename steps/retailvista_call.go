package steps

import (
	"context"
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
