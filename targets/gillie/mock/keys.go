package mock

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"

	"github.com/authbench/authbench/targets"
)

// key is an API key as its owner made it.
type key struct {
	publicName, privateName string // of its credentials in the configuration
	public, private         string
	enforced                bool     // the hash code is required (GIL-10)
	role                    string   // what it may do, unless limited by URL (GIL-14)
	urls                    []string // limited to these paths
	area                    string   // whose data it sees (GIL-15)
	deleted                 bool
	guest                   bool   // made up by a faulty server
	sent                    string // the public key as it came, where the fault key-case-ignored took it for this one
}

func (k *key) addTo(all targets.Credentials) {
	all[k.publicName] = k.public
	if k.privateName != "" {
		all[k.privateName] = k.private
	}
}

var areas = []string{"north", "south"}

// roles tells the paths that each role opens; nil opens everything.
var roles = map[string][]string{
	"admin":         nil,
	"customer-care": {"/api/customers"},
}

// makeKeys draws the keys; given values take the place of what was drawn.
func makeKeys(rng *rand.Rand, alphabet string, given targets.Credentials) []*key {
	keys := []*key{
		{publicName: "public_key", privateName: "private_key", enforced: true, role: "admin", area: "north"},
		{publicName: "plain_key", role: "admin", area: "north"},
		{publicName: "deleted_public_key", privateName: "deleted_private_key", enforced: true, role: "admin", area: "north", deleted: true},
		{publicName: "limited_public_key", privateName: "limited_private_key", enforced: true, urls: []string{"/api/customers"}, area: "north"},
		{publicName: "role_public_key", privateName: "role_private_key", enforced: true, role: "customer-care", area: "north"},
		{publicName: "other_area_public_key", privateName: "other_area_private_key", enforced: true, role: "admin", area: "south"},
		{publicName: "reserved_public_key", privateName: "reserved_private_key", enforced: true, role: "admin", area: "north"},
	}
	for _, k := range keys {
		k.public, k.private = makePair(rng, alphabet)
		if k.publicName == "reserved_public_key" {
			// Letters that mean something in a URL, and some outside ASCII: the hash is over what they stand for.
			k.public, k.private = "p+&=%#? ü"+k.public[:8], "s+&=%#? é"+k.private[:16]
		}
		k.public, k.private = cmp.Or(given[k.publicName], k.public), cmp.Or(given[k.privateName], k.private)
	}
	return keys
}

func makePair(rng *rand.Rand, alphabet string) (public, private string) {
	return makeText(rng, alphabet, 12), makeText(rng, alphabet, 24)
}

func makeText(rng *rand.Rand, alphabet string, size int) string {
	raw := make([]byte, size)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	if alphabet == "base64" {
		return base64.StdEncoding.EncodeToString(raw)
	}
	return hex.EncodeToString(raw)
}
