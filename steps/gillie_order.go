package steps

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// orderFinding is what is known of the order in which the target concatenates (GIL-04).
type orderFinding struct {
	order client.Order
	found bool     // it was seen to be accepted
	both  bool     // so was the other
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
	if g.fixed != "" {
		return g.fixed
	}
	if set := g.w.target.Settings["hash_order"]; set != "auto" {
		return client.Order(set)
	}
	return g.findOrder().order
}

// findOrder tries the orders, the likelier first, and stops at the first that is accepted.
func (g *gillie) findOrder() orderFinding {
	finding, _ := g.w.session.know("hash order", func() (any, error) {
		f := orderFinding{order: client.PrivatePublicSalt}
		for _, o := range client.Orders() {
			x, err := g.inOrder(o)
			f.tried = append(f.tried, outcome(o, x))
			if err == nil && judgeAccepted(x).ok {
				f.order, f.found = o, true
				break
			}
		}
		return f, nil
	})
	return finding.(orderFinding)
}

// outcome is an order and what came of it.
func outcome(o client.Order, x wire.Exchange) string {
	return fmt.Sprintf("%s (%s)", strings.ReplaceAll(string(o), "-", "+"), describe(x))
}

// inOrder makes one good call in the given order, beside what the scenario makes up.
func (g *gillie) inOrder(o client.Order) (wire.Exchange, error) {
	probe := &gillie{w: g.w, fixed: o}
	if err := probe.callNamed("read"); err != nil {
		if g.w.last == nil {
			return wire.Exchange{End: wire.NotSent, Err: g.w.because(err)}, err
		}
		return *g.w.last, err
	}
	return *g.w.last, nil
}

// tryOrder makes a call in the agreed order and one in the other: with `auto` any of them will do, and a target that takes
// both proves no sentence of the page wrong.
func (g *gillie) tryOrder() error {
	agreed := g.agreedOrder()
	auto := g.w.target.Settings["hash_order"] == "auto"
	var taken []client.Order
	var shown *wire.Exchange
	for _, o := range []client.Order{agreed, otherOrder(agreed)} {
		x, err := g.inOrder(o)
		if err != nil {
			return err
		}
		if shown == nil {
			shown = g.w.last
		}
		note := outcome(o, x)
		if judgeAccepted(x).ok {
			taken = append(taken, o)
			if o != agreed && !auto {
				note += "; hash_order: " + string(o) + " would say so"
			}
		}
		g.order4.tried = append(g.order4.tried, note)
	}
	g.w.last = shown
	g.order4.both = len(taken) == 2
	if g.order4.found = slices.Contains(taken, agreed) || auto && len(taken) > 0; g.order4.found {
		g.order4.order = taken[0]
	}
	return nil
}

func (g *gillie) judgeOrder() error {
	switch {
	case g.order4.both:
		g.w.observed("the target takes both orders of the vendor's page: neither sentence of it is wrong here")
		return nil
	case g.order4.found:
		g.w.observed("%s", wrongSentence(g.order4.order))
		return nil
	case len(g.order4.tried) == 0:
		return g.w.errored(errors.New("no order was tried before this step: add When the agreed order is tried"))
	}
	expected := "accepted: a hash in the order " + string(g.agreedOrder())
	if g.w.target.Settings["hash_order"] == "auto" {
		expected = "accepted: a hash in one of the two orders of the vendor's page"
	}
	return g.w.judged(check{false, expected, "tried " + strings.Join(g.order4.tried, "; ")})
}
