package steps

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
)

func gillieClientVocabulary() vocabulary {
	phrases := []Phrase{
		phrase(`keys with reserved characters`, "Given keys with reserved characters",
			"characters that mean something in a URL, and some outside ASCII", onBench(gillieReservedKeys)),
		phrase(`a key without enforcement, of which the client has the public part alone`,
			"Given a key without enforcement, of which the client has the public part alone", "", onBench(gilliePlainKey)),
		phrase(`the key was deleted`, "Given the key was deleted", "", onBench(func(b *bench) error {
			b.steer(func(c targets.Controlled) { _ = c.Revoke("public_key") }) // the name is known
			return nil
		})),
		phrase(`the server breaks down on every call`, "Given the server breaks down on every call", "it answers 503", onBench(func(b *bench) error {
			b.stage.play(answering(func(*targets.Arrival) bool { return true }, targets.CuedReply{Status: http.StatusServiceUnavailable, Body: "busy\n", Type: "text/plain"}))
			return nil
		})),
		phrase(`the server denies all calls but the first (\d+)`, "Given the server denies all calls but the first 2", "by 403", onBenchWith(func(b *bench, n int) error {
			b.stage.play(answering(func(a *targets.Arrival) bool { return a.Number > n }, targets.CuedReply{Status: http.StatusForbidden, Body: "denied\n", Type: "text/plain"}))
			return nil
		})),
		phrase(`the caller's own query is "([^"]*)"`, `Given the caller's own query is "tag=a%26b&tag=c"`,
			"AUTHBENCH_QUERY; untested where none of its parameters arrives", onBenchWith(func(b *bench, query string) error { b.query = query; return nil })),
		phrase(`the server sends it to another host`, "Given the server sends it to another host", "by a redirect, to a host that no secret is meant for",
			onBench(func(b *bench) error { return b.sendAway(func(*targets.Arrival) bool { return true }) })),
		phrase(`every call carries the key, a salt and a hash`, "Then every call carries the key, a salt and a hash",
			"in the query, each once", afterTurn(gillieSigned)),
		phrase(`every salt is the current time in seconds`, "Then every salt is the current time in seconds",
			"within 30 s of this machine's clock", afterTurn(gillieSaltsCurrent)),
		phrase(`every salt is taken anew`, "Then every salt is taken anew", "calls two seconds apart carry different ones", afterTurn(gillieSaltsAnew)),
		phrase(`every hash is right`, "Then every hash is right", "over private key, public key and the salt of the same call", afterTurn(gillieHashesRight)),
		phrase(`the keys were hashed as they are`, "Then the keys were hashed as they are", "not as they stand in the URL; untested where the hash is wrong for another reason",
			afterTurn(gillieHashedAsGiven)),
		phrase(`every key arrives as it was given`, "Then every key arrives as it was given", "", afterTurn(gillieKeysArrive)),
		phrase(`the private key is nowhere in what it sent`, "Then the private key is nowhere in what it sent", "in any usual encoding",
			afterTurn(func(b *bench) error { return b.neverSent("private_key") })),
		phrase(`no signed call is followed by one with the public key alone`, "Then no signed call is followed by one with the public key alone", "",
			afterTurn(gillieNoFallback)),
		phrase(`every call carries the public key alone`, "Then every call carries the public key alone", "no salt and no hash, not even empty ones",
			afterTurn(gilliePlain)),
		phrase(`the caller's own parameters arrive as they were`, "Then the caller's own parameters arrive as they were",
			"names, values and number", afterTurn(gillieQueryKept)),
		phrase(`no secret reached the other host`, "Then no secret reached the other host", "", afterTurn((*bench).nothingElsewhere)),
	}
	return vocabulary{
		phrases: append(phrases, clientPhrases()...),
		start:   func(*world) {},
		client: &clientSide{
			credentials: func() targets.Credentials {
				return targets.Credentials{"public_key": "P" + rand.Text(), "private_key": "S" + rand.Text() + rand.Text(), "plain_key": "N" + rand.Text()}
			},
			given: []string{"public_key", "private_key"}, secrets: []string{"private_key"},
			did: func(kind string, a targets.Arrival) bool {
				path, _, _ := strings.Cut(a.URI, "?")
				return path == "/api/customers" && a.Method == map[string]string{"read": http.MethodGet, "write": http.MethodPost}[kind]
			},
		},
	}
}

// answering makes a rule that answers the requests that it picks.
func answering(picks func(*targets.Arrival) bool, reply targets.CuedReply) rule {
	return func(_ context.Context, a *targets.Arrival) (targets.Cue, bool) {
		if !picks(a) {
			return targets.Cue{}, false
		}
		return targets.Cue{Reply: &reply}, true
	}
}

func gillieReservedKeys(b *bench) error {
	for name, value := range map[string]string{"public_key": "p+&=%#? ü" + rand.Text(), "private_key": "s+&=%#? é" + rand.Text() + rand.Text()} {
		b.opt.Credentials[name], b.given[name] = value, value
	}
	return nil
}

func gilliePlainKey(b *bench) error {
	b.given = targets.Credentials{"public_key": b.opt.Credentials["plain_key"]}
	return nil
}

// gillieParameters are the values of a request's query by name; what cannot be unescaped is left out.
func gillieParameters(a targets.Arrival) url.Values {
	_, query, _ := strings.Cut(a.URI, "?")
	values, _ := url.ParseQuery(query)
	return values
}

// gillieSigned judges that every call carries all three (GILC-01).
func gillieSigned(b *bench) error {
	for _, a := range b.calls() {
		values := gillieParameters(a)
		for _, name := range []string{client.ParamKey, client.ParamSalt, client.ParamHash} {
			if n := len(values[name]); n != 1 || values.Get(name) == "" {
				return b.accuse(&a, "apikey, apisalt and apihash in the query of every call, each once", "request %d carries %s %s",
					a.Number, name, times(n, values.Get(name) == ""))
			}
		}
	}
	return nil
}

func times(n int, empty bool) string {
	switch {
	case n == 0:
		return "not at all"
	case n == 1 && empty:
		return "without a value"
	}
	return fmt.Sprintf("%d times", n)
}

// signedCalls are those of all calls that carry what a judgement needs; without any the scenario is untested.
func signedCalls(b *bench, names ...string) ([]targets.Arrival, error) {
	calls := b.calls()
	calls = slices.DeleteFunc(calls, func(a targets.Arrival) bool {
		values := gillieParameters(a)
		return slices.ContainsFunc(names, func(name string) bool { return values.Get(name) == "" })
	})
	if len(calls) == 0 {
		return nil, b.w.untested("calls that carry %s", strings.Join(names, " and "))
	}
	return calls, nil
}

// maxSaltAge is how far a salt may be from the mock's clock (GILC-02).
const maxSaltAge = 30 * time.Second

func gillieSaltsCurrent(b *bench) error {
	calls, err := signedCalls(b, client.ParamSalt)
	for _, a := range calls {
		salt := gillieParameters(a).Get(client.ParamSalt)
		at, wrong := strconv.ParseInt(salt, 10, 64)
		const expected = "a salt that is the current Unix time in whole seconds"
		if wrong != nil || !isDigits(salt) {
			return b.accuse(&a, expected, "request %d has a salt that is no whole number", a.Number)
		}
		if away := a.At.Sub(time.Unix(at, 0)); away.Abs() > maxSaltAge {
			return b.accuse(&a, expected, "the salt of request %d is %s from the time at which it arrived", a.Number, howFar(away))
		}
	}
	return err
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// howFar is a duration in words, also where it is beyond all measure.
func howFar(d time.Duration) string {
	if d.Abs() > 100*365*24*time.Hour {
		return "centuries"
	}
	return d.Abs().Round(time.Second).String()
}

// farApart is the distance of two calls that may not carry one salt; a little less, since they are seen arriving.
const farApart = 1900 * time.Millisecond

func gillieSaltsAnew(b *bench) error {
	calls, err := signedCalls(b, client.ParamSalt)
	for i, later := range calls {
		for _, earlier := range calls[:i] {
			same := gillieParameters(earlier).Get(client.ParamSalt) == gillieParameters(later).Get(client.ParamSalt)
			if apart := later.At.Sub(earlier.At); same && apart > farApart {
				return b.accuse(&later, "a salt that is taken anew for every call", "requests %d and %d carry one salt, %s apart",
					earlier.Number, later.Number, apart.Round(100*time.Millisecond))
			}
		}
	}
	return err
}

// gillieHashesRight judges the hash by what was sent with it (GILC-03). Its digits in upper case are a question to servers
// (GIL-21).
func gillieHashesRight(b *bench) error {
	calls, err := signedCalls(b, client.ParamSalt, client.ParamHash)
	key := client.Key{Public: b.given["public_key"], Private: b.given["private_key"]}
	for _, a := range calls {
		values := gillieParameters(a)
		if !strings.EqualFold(values.Get(client.ParamHash), key.Hash(client.PrivatePublicSalt, values.Get(client.ParamSalt))) {
			return b.accuse(&a, "apihash = sha256(private key + public key + apisalt), in hexadecimal", "request %d: %s", a.Number, likely(a))
		}
	}
	return err
}

// gillieHashedAsGiven judges that the hash is over what the keys stand for, not over how they are written in the URL (GILC-05).
func gillieHashedAsGiven(b *bench) error {
	calls, err := signedCalls(b, client.ParamSalt, client.ParamHash)
	for _, a := range calls {
		values := gillieParameters(a)
		salt, sent := values.Get(client.ParamSalt), values.Get(client.ParamHash)
		hashed := func(public, private string) bool {
			return strings.EqualFold(sent, client.Key{Public: public, Private: private}.Hash(client.PrivatePublicSalt, salt))
		}
		public, private := b.given["public_key"], b.given["private_key"]
		switch {
		case hashed(public, private):
		case slices.ContainsFunc(waysToWrite, func(way func(string) string) bool { // of both keys, or of one
			return hashed(way(public), way(private)) || hashed(way(public), private) || hashed(public, way(private))
		}):
			return b.accuse(&a, "the hash of the keys as they are", "request %d: the keys were hashed in another form than the one that they stand for", a.Number)
		default:
			return b.w.untested("a client whose hash is right otherwise")
		}
	}
	return err
}

// waysToWrite are the forms in which a key may have been hashed by mistake.
var waysToWrite = []func(string) string{
	url.QueryEscape, url.PathEscape, component, html.EscapeString, inLatin1,
	func(s string) string { return strings.ToLower(url.QueryEscape(s)) },
	func(s string) string { return strings.ToLower(component(s)) },
	func(s string) string { return strings.ReplaceAll(s, "+", " ") },
	func(s string) string { return inASCII(s, "") },
	func(s string) string { return inASCII(s, "?") },
	func(s string) string { return inASCII(s, "??") }, // for each byte of UTF-8
	func(s string) string { before, _, _ := strings.Cut(s, "#"); return before },
	func(s string) string { before, _, _ := strings.Cut(s, "&"); return before },
	func(s string) string { before, _, _ := strings.Cut(s, " "); return before },
	func(s string) string { return strings.ReplaceAll(s, " ", "") },
}

// component is how JavaScript escapes what is to stand in a URL.
func component(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// inLatin1 is a text as many an old library encodes it.
func inLatin1(s string) string {
	var raw []byte
	for _, r := range s {
		raw = append(raw, byte(r))
	}
	return string(raw)
}

// inASCII is a text as one that knows no other characters has it.
func inASCII(s, instead string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			b.WriteString(instead)
		}
	}
	return b.String()
}

// likely is the mock's word on what is wrong.
func likely(a targets.Arrival) string {
	if a.Why == "" {
		return "another hash"
	}
	return a.Why
}

// gillieKeysArrive judges that the server reads the key that was given (GILC-05).
func gillieKeysArrive(b *bench) error {
	for _, a := range b.calls() {
		if sent := gillieParameters(a).Get(client.ParamKey); sent != b.given["public_key"] {
			return b.accuse(&a, "the public key, escaped so that the server reads it as it is", "request %d: the server reads another key%s",
				a.Number, mangled(sent, b.given["public_key"]))
		}
	}
	return nil
}

// mangled says how a key was changed on its way, where that can be told.
func mangled(sent, key string) string {
	unescaped, err := url.QueryUnescape(sent)
	switch {
	case err == nil && unescaped == key:
		return ": it was escaped twice"
	case sent == "":
		return ": it is empty, or not there"
	case strings.HasPrefix(key, sent):
		return ": it ends early, since & and # have to be escaped"
	case sent == strings.ReplaceAll(key, "+", " "):
		return ": its plus sign was not escaped, and so means a space"
	case strings.ToValidUTF8(sent, "") != sent:
		return ": it is not UTF-8"
	}
	return ""
}

// gillieNoFallback judges GILC-06, wherever the public key is put.
func gillieNoFallback(b *bench) error {
	signed := false
	for _, a := range b.calls() {
		values := gillieParameters(a)
		alone := values.Get(client.ParamHash) == ""
		if alone && values.Get(client.ParamKey) == "" {
			_, found := hunt(tracesOf(a), map[string][]string{client.ParamKey: {b.given["public_key"]}})
			alone = found != ""
		}
		if alone && signed {
			return b.accuse(&a, "a hash with every call, also after a denial", "request %d carries the public key alone, after a signed call", a.Number)
		}
		signed = signed || values.Get(client.ParamHash) != ""
	}
	return nil
}

// gilliePlain judges GILC-08.
func gilliePlain(b *bench) error {
	for _, a := range b.calls() {
		values := gillieParameters(a)
		switch {
		case values.Has(client.ParamSalt) || values.Has(client.ParamHash):
			return b.accuse(&a, "apikey alone, for want of a private key", "request %d carries apisalt or apihash too", a.Number)
		case values.Get(client.ParamKey) != b.given["public_key"]:
			return b.accuse(&a, "apikey alone, for want of a private key", "request %d carries another apikey, or none", a.Number)
		}
	}
	return nil
}

// gillieQueryKept judges GILC-09. A client that loses every parameter cannot be told from one that was never given any.
func gillieQueryKept(b *bench) error {
	own, _ := url.ParseQuery(b.query)
	for _, a := range b.calls() {
		values := gillieParameters(a)
		arrived := 0
		for name := range own {
			arrived += len(values[name])
		}
		if arrived == 0 {
			return b.w.untested("a client that adds the parameters of AUTHBENCH_QUERY to its calls: none of them arrived")
		}
		for name, list := range own {
			if !slices.Equal(values[name], list) {
				return b.accuse(&a, fmt.Sprintf("the caller's parameter %s as it was: %q", name, list), "request %d carries %q", a.Number, values[name])
			}
		}
	}
	return nil
}

// nothingElsewhere judges what came to the other host.
func (b *bench) nothingElsewhere() error {
	return b.clean(b.other.sent(), b.hunted(true), "no secret in a request to another host")
}
