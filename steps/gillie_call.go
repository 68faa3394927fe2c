package steps

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// gillie is the call that a scenario makes up, before it is sent. The zero value is a good call of the enforced key with a
// fresh salt.
type gillie struct {
	w      *world
	name   string      // of the key, as the feature file says it
	chosen *client.Key // nil: the enforced key
	old    client.Key  // the pair before the key was recreated

	public                 *string                             // what is sent as the public key, nil: the key's own
	keysBefore, keysLast   []string                            // further apikey parameters
	salt                   func() (string, error)              // made when the call is about to be sent; nil: a fresh one
	noKey, noSalt, noHash  bool                                // parameters that are left out
	freshBefore, freshLast int                                 // how many fresh apisalt parameters come beside it
	hash                   func(k client.Key, s string) string // nil: the right one
	change                 func(hash string) string            // what is done to the hash, nil: nothing
	fixed                  client.Order                        // of the keys in the hash, "": the agreed one
	order                  []string                            // of the three parameters
	before, after          []string                            // other parameters, as they stand in the query
	upperNames             bool
	frozen                 bool   // the query was fixed before it was sent
	signed                 string // that query
	lastQuery, sentPath    string // of the last call
	nowhere                string // a path that leads nowhere, written as the last one was
	sentSalt               string
	moment                 time.Time     // when the salt was chosen
	slack                  time.Duration // how long after that the reply may come, 0: at any time

	edges   string          // what was found of the window
	order4  orderFinding    // of GIL-04
	opened  []byte          // what a path shows to a key that may read it
	results []wire.Exchange // of steps that make several calls
	readers []string        // the keys that made them
}

func (g *gillie) enforced() client.Key {
	have := g.w.target.Credentials
	return client.Key{Public: have["public_key"], Private: have["private_key"]}
}

func (g *gillie) key() client.Key {
	if g.chosen == nil {
		return g.enforced()
	}
	return *g.chosen
}

// plain says that the key needs no salt and no hash.
func (g *gillie) plain() bool {
	return g.name == "the key made without enforcement" && g.hash == nil && g.salt == nil
}

// rightHash is the hash that a good call carries.
func (g *gillie) rightHash(k client.Key, salt string) string { return k.Hash(g.agreedOrder(), salt) }

// ready waits for the call's turn, so that its salt does not age while it waits. What the call rests on is found out first,
// for that takes turns of its own.
func (g *gillie) ready() error {
	g.w.reading()
	g.agreedOrder()
	if err := g.proveDenials(); err != nil {
		return err
	}
	if err := g.w.ready(); err != nil {
		return g.w.errored(err)
	}
	return nil
}

// query makes the query of the call; what it must not show in a report is kept.
func (g *gillie) query() (string, error) {
	if g.frozen {
		return g.signed, nil
	}
	values := map[string][]string{client.ParamKey: g.sentKeys()}
	if !g.plain() {
		salts, err := g.sentSalts()
		if err != nil {
			return "", err
		}
		values[client.ParamSalt], values[client.ParamHash] = salts, []string{g.sentHash()}
	}
	for name, out := range map[string]bool{client.ParamKey: g.noKey, client.ParamSalt: g.noSalt, client.ParamHash: g.noHash} {
		if out {
			delete(values, name)
		}
	}
	return strings.Join(slices.Concat(g.before, g.credentials(values), g.after), "&"), nil
}

func (g *gillie) sentKeys() []string {
	public := g.key().Public
	if g.public != nil {
		public = *g.public
	}
	return slices.Concat(g.keysBefore, []string{public}, g.keysLast)
}

// sentSalts are the salt of the call and the fresh ones around it.
func (g *gillie) sentSalts() ([]string, error) {
	all := make([]string, g.freshBefore+1+g.freshLast)
	for i := range all {
		choose := g.fresh
		if i == g.freshBefore && g.salt != nil {
			choose = g.salt
		}
		var err error
		if all[i], err = choose(); err != nil {
			return nil, err
		}
	}
	g.sentSalt = all[g.freshBefore]
	return all, nil
}

func (g *gillie) sentHash() string {
	hashOf := g.hash
	if hashOf == nil {
		hashOf = g.rightHash
	}
	given := hashOf(g.key(), g.sentSalt)
	if g.change != nil {
		given = g.change(given)
	}
	right := g.rightHash(g.key(), g.sentSalt)
	raw, _ := hex.DecodeString(right) // it was encoded just now
	g.w.hide("hash", given, right, base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw))
	return given
}

// credentials writes the three parameters in their order.
func (g *gillie) credentials(values map[string][]string) (parts []string) {
	order := g.order
	if order == nil {
		order = []string{client.ParamKey, client.ParamSalt, client.ParamHash}
	}
	for _, name := range order {
		written := name
		if g.upperNames {
			written = strings.ToUpper(name)
		}
		for _, value := range values[name] {
			parts = append(parts, written+"="+url.QueryEscape(value))
		}
	}
	return parts
}

// call sends the call to a path as it is written.
func (g *gillie) call(path string) error {
	if err := g.ready(); err != nil {
		return err
	}
	query, err := g.query()
	if err != nil {
		return err
	}
	return g.get(path, query)
}

// callNamed sends the call to a path of the configuration.
func (g *gillie) callNamed(name string) error {
	path, err := g.path(name)
	if err != nil {
		return err
	}
	g.nowhere = nowhere(path)
	return g.call(path)
}

// sign fixes the query before the call is made.
func (g *gillie) sign() (err error) {
	g.w.reading()
	g.signed, err = g.query()
	g.frozen = true
	return err
}

// callWith makes the call with the pair before the key was recreated, or with the one after.
func (g *gillie) callWith(pair string) error {
	if pair == "old" {
		key := g.chosen
		defer func() { g.chosen = key }()
		g.chosen = &g.old
	}
	return g.callNamed("read")
}

// callElsewhere uses the parameters of the last call on another path.
func (g *gillie) callElsewhere(name string) error {
	return after(g.w, func() error {
		path, err := g.path(name)
		if err != nil {
			return err
		}
		return g.get(path, g.lastQuery)
	})()
}

// get makes one GET, and ends the scenario if that took too long to judge the salt by (GIL-06).
func (g *gillie) get(path, query string) error {
	g.lastQuery, g.sentPath = query, path
	if err := g.w.send(wire.Request{Method: "GET", Target: g.target(path, query)}); err != nil {
		return err
	}
	g.countDenials()
	if took := g.w.target.Clock.Now().Sub(g.moment); g.slack > 0 && took > g.slack {
		return g.w.errored(fmt.Errorf("the reply came %.1f s after its salt was chosen: too late to judge a salt so near to the edge of the window",
			took.Seconds()))
	}
	return nil
}

func (g *gillie) target(path, query string) string {
	return joinQuery(requestTarget(g.w.target, path), query)
}

// path returns a path of the configuration by its name, or leaves the scenario untested.
func (g *gillie) path(name string) (string, error) {
	if p := g.w.target.Paths[name]; p != "" {
		return p, nil
	}
	return "", g.w.untested("paths.%s in the configuration", name)
}

// another is a good call with a key of its own, beside the one that the scenario makes up.
func (g *gillie) another(words string) (*gillie, error) {
	key, err := g.find(words)
	return &gillie{w: g.w, name: words, chosen: &key}, err
}
