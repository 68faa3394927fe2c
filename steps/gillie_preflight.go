package steps

import (
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
	note, err := g.w.clockNote()
	if err != nil {
		return nil, err
	}
	notes := []string{note}
	tried, err := g.firstCall()
	if err != nil {
		return nil, g.w.because(err)
	}
	if tried.found {
		g.w.session.opened = true
		return notes, nil
	}
	if x := g.w.last; x == nil || x.Reply == nil || x.Reply.Status/100 != 4 {
		return nil, g.w.unfit()
	}
	reading, more, err := g.otherReadings()
	if err != nil {
		return nil, g.w.because(err)
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
	x, err := g.inOrder(order)
	if err != nil {
		return orderFinding{}, err
	}
	return orderFinding{order: order, found: judgeAccepted(x).ok, tried: []string{outcome(order, x)}}, nil
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
		{"a salt in milliseconds", func(c *gillie) {
			c.salt = func() (string, error) { salt, err := c.fresh(); return salt + "000", err }
		}},
		{"a hash without the salt", func(c *gillie) { c.hash, _ = overParts("private key, public key") }},
		{"a SHA-1 hash", func(c *gillie) { c.hash = c.digestHash("SHA-1") }},
		{"the plain public key", func(c *gillie) { c.noSalt, c.noHash = true, true }},
	}
	path := g.w.target.Paths["read"]
	for _, r := range readings {
		c := &gillie{w: g.w}
		r.set(c)
		if err := c.call(path); err != nil {
			return "", tried, err
		}
		if judgeAccepted(*g.w.last).ok {
			return r.name, tried, nil
		}
		tried = append(tried, r.name+" ("+describe(*g.w.last)+")")
	}
	if err := g.ready(); err != nil {
		return "", tried, err
	}
	salt, err := g.fresh()
	if err != nil {
		return "", tried, err
	}
	err = g.w.send(wire.Request{Method: http.MethodGet, Target: requestTarget(g.w.target, path), Header: []wire.Field{
		{Name: client.ParamKey, Value: g.key().Public}, {Name: client.ParamSalt, Value: salt},
		{Name: client.ParamHash, Value: g.rightHash(g.key(), salt)}}})
	if err != nil {
		return "", tried, err
	}
	if judgeAccepted(*g.w.last).ok {
		return "the three values as headers", tried, nil
	}
	return "", append(tried, "the three values as headers ("+describe(*g.w.last)+")"), nil
}
