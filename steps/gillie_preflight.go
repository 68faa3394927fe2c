package steps

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// preflight makes one good call before the first scenario. A target that denies it either has other credentials or is wrong
// in a way that denies every good call: the usual wrong readings tell the two apart, so that a wrong server is judged and
// wrong credentials are not taken for one.
func (g *gillie) preflight() ([]string, error) {
	g.key = g.enforced()
	var notes []string
	ahead, err := g.w.skew()
	var silent *noReply
	if errors.As(err, &silent) {
		return nil, silent.cause
	}
	switch {
	case err != nil:
		notes = append(notes, "the target's clock is not known, and taken to be ours: that needs "+err.Error())
	case ahead != 0:
		notes = append(notes, fmt.Sprintf("the target's clock is %s ours; salts are made by its clock", clockWords(ahead.Seconds())))
	default:
		notes = append(notes, "the target's clock agrees with ours")
	}
	tried, err := g.firstCall()
	if err != nil {
		return nil, g.reason(err)
	}
	if tried.found {
		return notes, g.tryAgain()
	}
	if x := g.w.last; x == nil || x.Reply == nil || x.Reply.Status/100 != 4 {
		return nil, g.unfit()
	}
	reading, more, err := g.otherReadings()
	if err != nil {
		return nil, g.reason(err)
	}
	if reading != "" {
		return append(notes, "a good call is denied, but the credentials are good: the target accepts "+reading), nil
	}
	return nil, fmt.Errorf("the credentials were refused before the first scenario: tried %s: check public_key and private_key",
		strings.Join(append(tried.tried, more...), "; "))
}

// firstCall is one good call in the agreed order, or with `auto` as many as it takes to find it.
func (g *gillie) firstCall() (orderFinding, error) {
	if g.w.target.Settings["hash_order"] == "auto" {
		return g.findOrder(), nil
	}
	order := g.agreedOrder()
	x, err := g.oneOff(g.key, order)
	if err != nil {
		return orderFinding{}, err
	}
	return orderFinding{order, judgeAccepted(x).ok, []string{string(order) + " (" + describe(x) + ")"}}, nil
}

// tryAgain repeats the last call byte for byte: a target that accepts it (GIL-19) needs no new salt for every call.
func (g *gillie) tryAgain() error {
	sent, _, _ := strings.Cut(string(g.w.last.Sent), " HTTP/1.1\r\n")
	if err := g.w.send(wire.Request{Method: http.MethodGet, Target: strings.TrimPrefix(sent, "GET ")}); err != nil {
		return g.reason(err)
	}
	if judgeAccepted(*g.w.last).ok {
		g.w.salts.reuse()
	}
	return nil
}

// reason is what an errored call wrote down.
func (g *gillie) reason(err error) error {
	if g.w.finding.Reason != "" {
		return fmt.Errorf("%s", g.w.finding.Reason)
	}
	return err
}

// unfit says why a good call got no reply that can be judged.
func (g *gillie) unfit() error {
	x := g.w.last
	switch {
	case x == nil:
		return fmt.Errorf("no call could be made: %s", g.w.finding.Reason)
	case x.Reply == nil:
		return fmt.Errorf("a good call got no whole reply: %v", x.Err)
	case x.Reply.Status/100 == 3:
		return fmt.Errorf("a good call is redirected to %q: put the final address into url", x.Reply.Header.Get("Location"))
	}
	return fmt.Errorf("a good call is answered by %s: nothing can be told apart", strings.TrimSpace(x.Reply.Line))
}

// clockWords says how far a clock is from ours.
func clockWords(seconds float64) string {
	if seconds < 0 {
		return fmt.Sprintf("%.0f s behind", -seconds)
	}
	return fmt.Sprintf("%.0f s ahead of", seconds)
}

// otherReadings tries the ways in which a wrong server may want a good call, and returns the first that it accepts.
func (g *gillie) otherReadings() (accepted string, tried []string, err error) {
	readings := []struct {
		name string
		set  func(call *gillie)
	}{
		{"the other order of keys", func(c *gillie) {
			c.hash = func(k client.Key, salt string) string { return k.Hash(otherOrder(g.agreedOrder()), salt) }
		}},
		{"a salt in milliseconds", func(c *gillie) { salt := c.fresh() + "000"; c.salt = &salt }},
		{"a hash without the salt", func(c *gillie) { c.hash, _ = overParts("private key, public key") }},
		{"a SHA-1 hash", func(c *gillie) { c.hash = c.digestHash("SHA-1") }},
		{"the plain public key", func(c *gillie) { c.noSalt, c.noHash = true, true }},
	}
	path := g.w.target.Paths["read"]
	for _, r := range readings {
		c := &gillie{w: g.w, key: g.key, name: g.name}
		r.set(c)
		if err := c.call(path); err != nil {
			return "", tried, err
		}
		if judgeAccepted(*g.w.last).ok {
			return r.name, tried, nil
		}
		tried = append(tried, r.name+" ("+describe(*g.w.last)+")")
	}
	salt := g.fresh()
	err = g.w.send(wire.Request{Method: http.MethodGet, Target: requestTarget(g.w.target, path), Header: []wire.Field{
		{Name: client.ParamKey, Value: g.key.Public}, {Name: client.ParamSalt, Value: salt},
		{Name: client.ParamHash, Value: g.rightHash(g.key, salt)}}})
	if err != nil {
		return "", tried, err
	}
	if judgeAccepted(*g.w.last).ok {
		return "the three values as headers", tried, nil
	}
	return "", append(tried, "the three values as headers ("+describe(*g.w.last)+")"), nil
}
