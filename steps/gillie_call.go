package steps

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// gillie is the call that a scenario makes up, before it is sent. The zero value is a good call with a fresh salt.
type gillie struct {
	w    *world
	name string // of the key, as the feature file says it
	key  client.Key
	old  client.Key // the pair before the key was recreated

	salt                   *string // nil: a fresh one
	noSalt, noHash         bool
	saltsBefore, saltsLast []string                            // further apisalt parameters
	hash                   func(k client.Key, s string) string // nil: the right one
	change                 func(hash string) string            // what is done to the hash, nil: nothing
	order                  []string                            // of the three parameters
	before, after          []string                            // other parameters, as they stand in the query
	upperNames             bool
	frozen                 bool   // the query was fixed before it was sent
	signed                 string // that query
	lastQuery, sentPath    string // of the last call
	sentSalt               string

	edges   string          // what was found of the window
	order4  orderFinding    // of GIL-04
	opened  []byte          // what a path shows to a key that may read it
	results []wire.Exchange // of steps that make several calls
	readers []string        // the keys that made them
}

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

// plain says that the key needs no salt and no hash.
func (g *gillie) plain() bool {
	return g.name == "the key made without enforcement" && g.hash == nil && g.salt == nil
}

// fresh is a current salt that no call of the run has used with the key. It is two seconds old, so that no rounding of the
// target's clock puts it in the future.
func (g *gillie) fresh() string {
	return strconv.FormatInt(g.w.salts.take(g.key.Public, g.w.targetNow().Unix()-2, -1), 10)
}

// away is a salt that is so many seconds old, or ahead where age is negative. A used one is moved away from the window's
// edge, never towards it.
func (g *gillie) away(age int64) (string, error) {
	if err := g.w.clockKnown(); err != nil {
		return "", err
	}
	step := int64(1) // towards the present
	if (age < 0) == (max(age, -age) < 600) {
		step = -1
	}
	return strconv.FormatInt(g.w.salts.take(g.key.Public, g.w.targetNow().Unix()-age, step), 10), nil
}

// until is how long it takes until the salt of the last signed call has that age, in seconds.
func (g *gillie) until(age int64) time.Duration {
	at, err := strconv.ParseInt(g.sentSalt, 10, 64)
	if err != nil {
		return 0 // a salt that is no time has no age
	}
	return time.Unix(at+age, 0).Sub(g.w.targetNow().Truncate(time.Second))
}

// written replaces what a feature file writes in braces, as of the target's clock.
func written(text string, now time.Time) string {
	s := now.Unix()
	wide := make([]rune, 0, 10)
	for _, digit := range strconv.FormatInt(s, 10) {
		wide = append(wide, digit-'0'+'０')
	}
	grouped := strconv.FormatInt(s, 10)
	for i := len(grouped) - 3; i > 0; i -= 3 {
		grouped = grouped[:i] + "," + grouped[i:]
	}
	return strings.NewReplacer(
		"{seconds}", strconv.FormatInt(s, 10), "{hex}", strconv.FormatInt(s, 16), "{grouped}", grouped,
		"{2^32+seconds}", strconv.FormatInt(s+1<<32, 10), "{2^64+seconds}", "1844674407"+strconv.FormatInt(3709551616+s, 10),
		"{seconds-2^64}", "-"+strconv.FormatUint(-uint64(s), 10), "{100 digits}", strings.Repeat("1", 100),
		"{space}", " ", "{newline}", "\n", "{fullwidth}", string(wide), "{date}", now.UTC().Format(time.RFC3339),
	).Replace(text)
}

// rightHash is the hash that a good call carries.
func (g *gillie) rightHash(k client.Key, salt string) string { return k.Hash(g.agreedOrder(), salt) }

// query makes the query of the call; what it must not show in a report is kept.
func (g *gillie) query() string {
	if g.frozen {
		return g.signed
	}
	values := map[string]string{client.ParamKey: g.key.Public}
	if !g.plain() {
		salt := g.saltText()
		g.sentSalt = salt
		hashOf := g.hash
		if hashOf == nil {
			hashOf = g.rightHash
		}
		given := hashOf(g.key, salt)
		if g.change != nil {
			given = g.change(given)
		}
		g.w.hide("hash", given, g.rightHash(g.key, salt))
		values[client.ParamSalt], values[client.ParamHash] = salt, given
	}
	return strings.Join(slices.Concat(g.before, g.credentials(values), g.after), "&")
}

func (g *gillie) saltText() string {
	if g.salt == nil {
		return g.fresh()
	}
	return *g.salt
}

// credentials writes the three parameters in their order.
func (g *gillie) credentials(values map[string]string) []string {
	order := g.order
	if order == nil {
		order = []string{client.ParamKey, client.ParamSalt, client.ParamHash}
	}
	var parts []string
	add := func(name, value string) {
		if g.upperNames {
			name = strings.ToUpper(name)
		}
		parts = append(parts, name+"="+url.QueryEscape(value))
	}
	for _, name := range order {
		value, present := values[name]
		if !present || name == client.ParamSalt && g.noSalt || name == client.ParamHash && g.noHash {
			continue
		}
		if name == client.ParamSalt {
			for _, s := range g.saltsBefore {
				add(name, s)
			}
		}
		add(name, value)
		if name == client.ParamSalt {
			for _, s := range g.saltsLast {
				add(name, s)
			}
		}
	}
	return parts
}

// call sends the call to a path as it is written.
func (g *gillie) call(path string) error {
	g.lastQuery, g.sentPath = g.query(), path
	return g.w.send(wire.Request{Method: "GET", Target: g.target(path, g.lastQuery)})
}

// callNamed sends the call to a path of the configuration.
func (g *gillie) callNamed(name string) error {
	path, err := g.path(name)
	if err != nil {
		return err
	}
	return g.call(path)
}

// callSpelled sends the call to the path outside, written in another way.
func (g *gillie) callSpelled(how string) error {
	inside, err := g.path("inside")
	if err != nil {
		return err
	}
	outside, err := g.path("outside")
	if err != nil {
		return err
	}
	path, err := spelled(how, inside, outside)
	if err != nil {
		return err
	}
	return g.call(path)
}

func (g *gillie) target(path, query string) string {
	target := requestTarget(g.w.target, path)
	switch {
	case query == "":
		return target
	case strings.Contains(target, "?"):
		return target + "&" + query
	}
	return target + "?" + query
}

// path returns a path of the configuration by its name, or leaves the scenario untested.
func (g *gillie) path(name string) (string, error) {
	if p := g.w.target.Paths[name]; p != "" {
		return p, nil
	}
	return "", g.w.untested("paths.%s in the configuration", name)
}

// parts are what a hash can be made over.
func overParts(words string) (func(client.Key, string) string, error) {
	known := []string{"private key", "public key", "salt", "newline", "colon"}
	names := strings.Split(words, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if !slices.Contains(known, names[i]) {
			return nil, fmt.Errorf("%q is no part of a hash: use %s", names[i], strings.Join(known, ", "))
		}
	}
	return func(k client.Key, salt string) string {
		value := map[string]string{"private key": k.Private, "public key": k.Public, "salt": salt, "newline": "\n", "colon": ":"}
		h := sha256.New()
		for _, name := range names {
			h.Write([]byte(value[name]))
		}
		return hex.EncodeToString(h.Sum(nil))
	}, nil
}

// digestHash is the hash by another digest than SHA-256.
func (g *gillie) digestHash(name string) func(client.Key, string) string {
	return func(k client.Key, salt string) string {
		first, second := k.Private, k.Public
		if g.agreedOrder() == client.PublicPrivateSalt {
			first, second = second, first
		}
		var h hash.Hash
		switch name {
		case "SHA-1":
			h = sha1.New()
		case "MD5":
			h = md5.New()
		case "SHA-512":
			h = sha512.New()
		default: // HMAC-SHA-256, keyed by the private key
			h = hmac.New(sha256.New, []byte(k.Private))
			first, second = "", k.Public
		}
		h.Write([]byte(first + second + salt))
		return hex.EncodeToString(h.Sum(nil))
	}
}

// changeDigit replaces one digit by another hexadecimal digit.
func changeDigit(which string) func(string) string {
	return func(hash string) string {
		if hash == "" {
			return hash
		}
		b := []byte(hash)
		i := map[string]int{"first": 0, "middle": len(b) / 2, "last": len(b) - 1}[which]
		if b[i] == '0' {
			b[i] = '1'
		} else {
			b[i] = '0'
		}
		return string(b)
	}
}

// spelled writes the path outside in another way than its own, or says that the words name none.
func spelled(how, inside, outside string) (string, error) {
	leading, rest := outside[:1], outside[1:]
	up := strings.Count(strings.Trim(inside, "/"), "/") + 1
	switch how {
	case "with a slash at its end":
		return outside + "/", nil
	case "with a doubled slash at its start":
		return "/" + outside, nil
	case "with a doubled slash inside":
		i := strings.LastIndex(outside, "/")
		return outside[:i] + "/" + outside[i:], nil
	case "with a dot segment":
		i := strings.LastIndex(outside, "/")
		return outside[:i] + "/." + outside[i:], nil
	case "in upper case":
		return strings.ToUpper(outside), nil
	case "with its first letter escaped":
		return leading + fmt.Sprintf("%%%02X", rest[0]) + rest[1:], nil
	case "behind the path inside and dot segments":
		return inside + strings.Repeat("/..", up) + outside, nil
	case "behind the path inside and escaped dot segments":
		return inside + strings.Repeat("/%2e%2e", up) + outside, nil
	case "behind the path inside and dot segments with escaped slashes":
		return inside + strings.Repeat("%2f..", up) + outside, nil
	}
	return "", fmt.Errorf("%q is no way to write a path that is known here", how)
}
