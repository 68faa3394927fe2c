package steps

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// orderFinding is what is known of the order in which the target concatenates (GIL-04).
type orderFinding struct {
	order client.Order
	found bool     // it was seen to be accepted
	tried []string // order and what came of it
}

func otherOrder(o client.Order) client.Order {
	if o == client.PrivatePublicSalt {
		return client.PublicPrivateSalt
	}
	return client.PrivatePublicSalt
}

// wrongSentence names the part of the vendor's page that a target with this order proves wrong.
func wrongSentence(o client.Order) string {
	if o == client.PrivatePublicSalt {
		return "the target hashes private key + public key + salt: the prose of the vendor's page, which names the public key first, is wrong"
	}
	return "the target hashes public key + private key + salt: the shell example of the vendor's page, which puts the private key first, is wrong"
}

// agreedOrder is the configured order, or with `auto` the one that was found, asked of the target once a run.
func (g *gillie) agreedOrder() client.Order {
	set := g.w.target.Settings["hash_order"]
	if set != "auto" {
		return client.Order(set)
	}
	return g.findOrder().order
}

// findOrder tries the orders, the likelier first, and stops at the first that is accepted.
func (g *gillie) findOrder() orderFinding {
	finding, _ := g.w.session.know("hash order", func() (any, error) {
		f := orderFinding{order: client.PrivatePublicSalt}
		for _, o := range client.Orders() {
			x, err := g.oneOff(g.enforced(), o)
			f.tried = append(f.tried, fmt.Sprintf("%s (%s)", strings.ReplaceAll(string(o), "-", "+"), describe(x)))
			if err == nil && judgeAccepted(x).ok {
				f.order, f.found = o, true
				break
			}
		}
		return f, nil
	})
	return finding.(orderFinding)
}

func (g *gillie) enforced() client.Key {
	have := g.w.target.Credentials
	return client.Key{Public: have["public_key"], Private: have["private_key"]}
}

// oneOff makes one good call in the given order, beside what the scenario makes up.
func (g *gillie) oneOff(key client.Key, order client.Order) (wire.Exchange, error) {
	salt := strconv.FormatInt(g.w.salts.take(key.Public, g.w.targetNow().Unix()-2, -1), 10)
	hash := key.Hash(order, salt)
	g.sentSalt = salt
	probe := &gillie{w: g.w, key: key, salt: &salt, hash: func(client.Key, string) string { return hash }, noHash: key.Private == "", noSalt: key.Private == ""}
	g.w.hide("hash", hash)
	values := map[string]string{client.ParamKey: key.Public, client.ParamSalt: salt, client.ParamHash: hash}
	err := g.w.send(wire.Request{Method: "GET", Target: g.target(g.w.target.Paths["read"], strings.Join(probe.credentials(values), "&"))})
	if err != nil {
		return wire.Exchange{End: g.w.last.End, Err: g.w.last.Err}, err
	}
	return *g.w.last, nil
}

func (g *gillie) tryOrder() error {
	if g.w.target.Settings["hash_order"] == "auto" {
		if g.order4 = g.findOrder(); !g.order4.found {
			return nil
		}
	}
	order := g.agreedOrder()
	x, err := g.oneOff(g.key, order)
	if err != nil {
		return err
	}
	g.order4 = orderFinding{order: order, found: judgeAccepted(x).ok, tried: []string{fmt.Sprintf("%s (%s)", order, describe(x))}}
	if g.order4.found {
		return nil
	}
	shown := g.w.last
	other, err := g.oneOff(g.key, otherOrder(order))
	if err != nil {
		return err
	}
	g.order4.tried = append(g.order4.tried, fmt.Sprintf("%s (%s)", otherOrder(order), describe(other)))
	if judgeAccepted(other).ok {
		g.order4.tried = append(g.order4.tried, "hash_order: "+string(otherOrder(order))+" would say so")
	}
	g.w.last = shown
	return nil
}

func (g *gillie) judgeOrder() error {
	if g.order4.found {
		g.w.observed("%s", wrongSentence(g.order4.order))
		return nil
	}
	expected := "accepted: a hash in the order " + string(g.order4.order)
	if g.w.target.Settings["hash_order"] == "auto" {
		expected = "accepted: a hash in one of the two orders of the vendor's page"
	}
	return g.w.broken(expected, "tried "+strings.Join(g.order4.tried, "; "))
}

// foreignHash makes the hash with the keys of another pair (GIL-08).
func (g *gillie) foreignHash(which, words string) error {
	other, err := g.find(words)
	if err != nil {
		return err
	}
	g.hash = func(k client.Key, salt string) string {
		if which == "private key" {
			return g.rightHash(client.Key{Public: k.Public, Private: other.Private}, salt)
		}
		return g.rightHash(other, salt)
	}
	return nil
}
