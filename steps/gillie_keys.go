package steps

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
)

// gillieKeys maps the words for a key to the names of its credentials.
var gillieKeys = map[string]string{
	"the enforced key":                 "",
	"the deleted key":                  "deleted_",
	"the key limited by URL":           "limited_",
	"the key limited by role":          "role_",
	"the key of another Area":          "other_area_",
	"the key with reserved characters": "reserved_",
}

const gillieKeyWords = `the enforced key|the key made without enforcement|the deleted key|the key limited by URL|` +
	`the key limited by role|the key of another Area|the key with reserved characters|an unknown key|` +
	`an unknown key with an empty private key`

// find returns a key by its words, or leaves the scenario untested.
func (g *gillie) find(words string) (client.Key, error) {
	have := g.w.target.Credentials
	switch words {
	case "the key made without enforcement":
		if have["plain_key"] == "" {
			return client.Key{}, g.w.untested("the credential plain_key, a key made without enforcement")
		}
		return client.Key{Public: have["plain_key"]}, nil
	case "an unknown key", "an unknown key with an empty private key":
		made := sha256.Sum256([]byte("unknown to " + have["public_key"]))
		key := client.Key{Public: hex.EncodeToString(made[:12])}
		if words == "an unknown key" {
			key.Private = hex.EncodeToString(made[12:])
		}
		return key, nil
	}
	prefix, known := gillieKeys[words]
	if !known {
		return client.Key{}, fmt.Errorf("%q is no key", words)
	}
	key := client.Key{Public: have[prefix+"public_key"], Private: have[prefix+"private_key"]}
	if key.Public == "" || key.Private == "" {
		return key, g.w.untested("the credentials %spublic_key and %sprivate_key", prefix, prefix)
	}
	return key, nil
}

// choose makes a key the one of the call.
func (g *gillie) choose(words string) error {
	key, err := g.find(words)
	g.name, g.chosen = words, &key
	return err
}

// addKey puts the public key of another key beside the call's own.
func (g *gillie) addKey(words, where string) error {
	key, err := g.find(words)
	if where == "before" {
		g.keysBefore = append(g.keysBefore, key.Public)
	} else {
		g.keysLast = append(g.keysLast, key.Public)
	}
	return err
}

// otherCase sends the public key with the case of its letters changed, and a hash over it as it was made or as it is sent.
func (g *gillie) otherCase(over string) error {
	own := g.key()
	swapped := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, own.Public)
	if swapped == own.Public {
		return g.w.untested("a public key with letters in it")
	}
	g.public = &swapped
	g.w.hide("public key, in another case", swapped)
	if over == "as it is sent" {
		g.hash = func(k client.Key, salt string) string {
			return g.rightHash(client.Key{Public: swapped, Private: k.Private}, salt)
		}
	}
	return nil
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

// keyWorks wants a good call with a key accepted.
func (g *gillie) keyWorks(words string) error {
	probe, err := g.another(words)
	if err != nil {
		return err
	}
	if err := probe.callNamed("read"); err != nil {
		return err
	}
	c := judgeAccepted(*g.w.last)
	c.expected += " for " + words
	return g.w.judged(c)
}

// end deletes the scenario's key, or recreates it, through the control endpoint (GIL-13).
func (g *gillie) end(recreate bool) error {
	prefix, known := gillieKeys[g.name]
	if !known {
		return fmt.Errorf("%s has no pair to delete or recreate: choose another key", g.name)
	}
	control, err := g.w.control("to delete or recreate a key")
	if err != nil {
		return err
	}
	if !recreate {
		err := g.w.within(func(ctx context.Context) error { return control.Revoke(ctx, prefix+"public_key") })
		if err != nil {
			return g.w.errored(err)
		}
		return nil
	}
	var made targets.Credentials
	err = g.w.within(func(ctx context.Context) (err error) {
		made, err = control.Recreate(ctx, prefix+"public_key")
		return err
	})
	if err != nil {
		return g.w.errored(err)
	}
	g.old = g.key()
	fresh := client.Key{Public: made[prefix+"public_key"], Private: made[prefix+"private_key"]}
	g.chosen = &fresh
	g.w.hide(prefix+"public_key", fresh.Public)
	g.w.hide(prefix+"private_key", fresh.Private)
	if fresh.Public == "" || fresh.Private == "" {
		return g.w.errored(fmt.Errorf("the control endpoint recreated %spublic_key without telling the new pair", prefix))
	}
	return nil
}
