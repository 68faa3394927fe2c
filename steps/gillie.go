package steps

import (
	"strconv"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/gillie/client"
)

func gillieVocabulary() vocabulary {
	phrases := gillieGivens()
	phrases = append(phrases, gillieSaltGivens()...)
	phrases = append(phrases, gillieHashGivens()...)
	phrases = append(phrases, gillieHashChanges()...)
	phrases = append(phrases, gillieWhens()...)
	phrases = append(phrases, gillieProbes()...)
	return vocabulary{
		phrases: append(phrases, commonPhrases(noDoubt)...),
		start: func(w *world) {
			g := &gillie{w: w, name: "the enforced key"}
			w.vendor, w.mistrust = g, g.lockedOut
		},
		preflight: func(w *world) ([]string, error) { return of(w).preflight() },
	}
}

// of is the call that the scenario makes up.
func of(w *world) *gillie { return w.vendor.(*gillie) }

func gillieGivens() []Phrase {
	return []Phrase{
		phrase(`(`+gillieKeyWords+`)`, "Given the enforced key",
			"the key of the call; `authbench init` shows the credential that each key needs",
			word((*gillie).choose)),
		phrase(`the public key is (left out|empty)`, "And the public key is left out", "", word(func(g *gillie, how string) error {
			g.noKey, g.public = how == "left out", new(string)
			return nil
		})),
		phrase(`the public key is in the other case, and the hash over it (as it was made|as it is sent)`,
			"And the public key is in the other case, and the hash over it as it is sent", "capital letters for small ones, small for capital",
			word((*gillie).otherCase)),
		phrase(`the public key of (`+gillieKeyWords+`) is put (before|after) its own`,
			"And the public key of the key of another Area is put before its own", "apikey then comes twice",
			words((*gillie).addKey)),
		phrase(`the (salt|hash) is left out`, "And the salt is left out", "the parameter is absent", word(func(g *gillie, which string) error {
			g.noSalt, g.noHash = g.noSalt || which == "salt", g.noHash || which == "hash"
			return nil
		})),
		phrase(`the salt and the hash are left out`, "And the salt and the hash are left out", "the public key comes alone",
			with(func(g *gillie) error { g.noSalt, g.noHash = true, true; return nil })),
		phrase(`the parameters come in the order "([^"]*)"`, `And the parameters come in the order "apihash, apisalt, apikey"`, "",
			word(func(g *gillie, list string) error {
				g.order = strings.Split(strings.ReplaceAll(list, " ", ""), ",")
				return nil
			})),
		phrase(`the query also has "([^"]*)" (before|after) the credentials`,
			`And the query also has "page=1&size=20" before the credentials`, "the text stands in the URL as it is written",
			words(func(g *gillie, query, where string) error {
				if where == "before" {
					g.before = append(g.before, query)
				} else {
					g.after = append(g.after, query)
				}
				return nil
			})),
		phrase(`the parameter names are in upper case`, "And the parameter names are in upper case", "",
			with(func(g *gillie) error { g.upperNames = true; return nil })),
		phrase(`the path "([^"]*)" is open to the enforced key`, `And the path "outside" is open to the enforced key`,
			"untested where it is not: a denial there would prove nothing", word((*gillie).openToEnforced)),
	}
}

func gillieSaltGivens() []Phrase {
	return []Phrase{
		phrase(`the salt is (\d+) seconds (old|ahead)`, "And the salt is 585 seconds old", "by the target's clock, its skew corrected",
			words(func(g *gillie, seconds int64, side string) error {
				g.salt = func() (string, error) { return g.away(aged(seconds, side)) }
				return g.w.clockKnown()
			})),
		phrase(`the server's clock is known to the second`, "Given the server's clock is known to the second", "needs a control endpoint",
			with(func(g *gillie) error { return g.w.clockExact() })),
		phrase(`the salt is written "([^"]*)"`, `And the salt is written "{seconds}.5"`,
			"the hash is right for what is written; {seconds} is the target's time, and there are {hex} {grouped} {fullwidth} {date} "+
				"{2^32+seconds} {2^64+seconds} {seconds-2^64} {100 digits} {space} {newline}",
			word(func(g *gillie, text string) error {
				g.salt = func() (string, error) { return written(text, g.w.targetNow().Add(-2*time.Second)), nil }
				return nil
			})),
		phrase(`a fresh salt is put (before|after) it`, "And a fresh salt is put before it", "apisalt then comes twice",
			word(func(g *gillie, where string) error {
				if where == "before" {
					g.freshBefore++
				} else {
					g.freshLast++
				}
				return nil
			})),
	}
}

// aged is the age of a salt, negative where it is ahead.
func aged(seconds int64, side string) int64 {
	if side == "ahead" {
		return -seconds
	}
	return seconds
}

func gillieHashGivens() []Phrase {
	return []Phrase{
		phrase(`the hash is made over (.+)`, "And the hash is made over salt, public key, private key",
			"SHA-256 of the parts: private key, public key, salt, newline, colon",
			word(func(g *gillie, parts string) (err error) { g.hash, err = overParts(parts); return err })),
		phrase(`the hash is made with (SHA-1|MD5|SHA-512|HMAC-SHA-256)`, "And the hash is made with SHA-1", "over the right parts",
			word(func(g *gillie, name string) error { g.hash = g.digestHash(name); return nil })),
		phrase(`the hash is made in the order that the target does not take`,
			"And the hash is made in the order that the target does not take", "the other order of the vendor's page",
			with(func(g *gillie) error {
				g.hash = func(k client.Key, salt string) string { return k.Hash(otherOrder(g.agreedOrder()), salt) }
				return nil
			})),
		phrase(`the hash is made with the (private key|whole pair) of (`+gillieKeyWords+`)`,
			"And the hash is made with the private key of the key of another Area", "the public key that is sent stays",
			words((*gillie).foreignHash)),
		phrase(`the hash is of the salt one second (earlier|later)`, "And the hash is of the salt one second earlier", "",
			word(func(g *gillie, side string) error {
				d := map[string]int64{"earlier": -1, "later": 1}[side]
				g.hash = func(k client.Key, salt string) string {
					at, _ := strconv.ParseInt(salt, 10, 64) // a fresh salt is a number
					return g.rightHash(k, strconv.FormatInt(at+d, 10))
				}
				return nil
			})),
		phrase(`a wrong hash is sent with a (fresh salt|salt of yesterday)`, "And a wrong hash is sent with a fresh salt", "",
			word(func(g *gillie, which string) error {
				if which == "salt of yesterday" {
					g.salt = func() (string, error) { return client.Salt(g.w.targetNow().Add(-24 * time.Hour)), nil }
				}
				g.hash = func(client.Key, string) string { return strings.Repeat("0", 64) }
				return nil
			})),
	}
}

func gillieHashChanges() []Phrase {
	return []Phrase{
		phrase(`the (first|middle|last) digit of the hash is changed`, "And the last digit of the hash is changed", "",
			word(func(g *gillie, which string) error { g.change = changeDigit(which); return nil })),
		phrase(`every digit of the hash but the first, the middle and the last is changed`,
			"And every digit of the hash but the first, the middle and the last is changed", "",
			with(func(g *gillie) error { g.change = changeMost; return nil })),
		phrase(`the hash is cut to (\d+) digits`, "And the hash is cut to 63 digits", "", word(func(g *gillie, n int) error {
			g.change = func(hash string) string { return hash[:min(n, len(hash))] }
			return nil
		})),
		phrase(`the hash has a space (before|behind) it`, "And the hash has a space before it", "",
			word(func(g *gillie, where string) error {
				g.change = func(hash string) string {
					if where == "before" {
						return " " + hash
					}
					return hash + " "
				}
				return nil
			})),
		phrase(`the hash is followed by "([^"]*)"`, `And the hash is followed by "0"`, "",
			word(func(g *gillie, tail string) error { g.change = func(h string) string { return h + tail }; return nil })),
		phrase(`the hash is empty`, "And the hash is empty", "the parameter is there, without a value",
			with(func(g *gillie) error { g.change = func(string) string { return "" }; return nil })),
		phrase(`the hash is "([^"]*)"`, `And the hash is "0000"`, "sent as it is written",
			word(func(g *gillie, text string) error { g.change = func(string) string { return text }; return nil })),
		phrase(`the hash is in upper case`, "And the hash is in upper case", "",
			with(func(g *gillie) error { g.change = strings.ToUpper; return nil })),
	}
}

func gillieWhens() []Phrase {
	return []Phrase{
		phrase(`the call is signed`, "And the call is signed", "fixes the URL now; it is sent later", with((*gillie).sign)),
		phrase(`the server's clock is moved until the salt is (\d+) seconds (old|ahead)`,
			"And the server's clock is moved until the salt is 585 seconds old", "needs a control endpoint",
			words(func(g *gillie, seconds int64, side string) error { return g.ageUntil(aged(seconds, side), g.w.steer) })),
		phrase(`time passes until the salt is (\d+) seconds old`, "When time passes until the salt is 615 seconds old",
			"moves the target's clock, or waits where --timeout allows it",
			word(func(g *gillie, seconds int64) error { return g.ageUntil(seconds, g.w.pass) })),
		phrase(`the call is made`, "When the call is made", "GET of the path `read`",
			with(func(g *gillie) error { return g.callNamed("read") })),
		phrase(`the call is made to the path "([^"]*)"`, `When the call is made to the path "inside"`,
			"a path of the configuration, by its name", word((*gillie).callNamed)),
		phrase(`the call is made to the path "outside" written (.+)`, `When the call is made to the path "outside" written in upper case`,
			"another spelling of the same path: with a slash at its end, with a doubled slash at its start, with a doubled slash "+
				"inside, with a dot segment, in upper case, with its first letter escaped, with its first letter escaped twice, behind "+
				"the path inside and dot segments, ... and escaped dot segments, ... and twice-escaped dot segments, "+
				"... and dot segments with escaped slashes",
			word((*gillie).callSpelled)),
		phrase(`the call is made without salt and hash`, "When the call is made without salt and hash", "the public key comes alone",
			with(func(g *gillie) error { g.noSalt, g.noHash = true, true; return g.callNamed("read") })),
		phrase(`the call is made with the (old|new) pair`, "When the call is made with the old pair", "after the key was recreated",
			word((*gillie).callWith)),
		phrase(`the same URL is called again`, "And the same URL is called again", "the last one, byte for byte",
			func(w *world) any {
				return after(w, func() error { return of(w).get(of(w).sentPath, of(w).lastQuery) })
			}),
		phrase(`the same parameters are used on the path "([^"]*)"`, `When the same parameters are used on the path "outside"`, "",
			word((*gillie).callElsewhere)),
		phrase(`a call with (`+gillieKeyWords+`) is accepted`, "Then a call with the enforced key is accepted",
			"makes a good call with that key", word((*gillie).keyWorks)),
		phrase(`the key is deleted`, "When the key is deleted", "needs a control endpoint",
			with(func(g *gillie) error { return g.end(false) })),
		phrase(`the key is recreated`, "When the key is recreated", "needs a control endpoint",
			with(func(g *gillie) error { return g.end(true) })),
		phrase(`nothing is opened`, "Then nothing is opened",
			"the reply is a 4xx, a redirect, or the page that is shown where there is nothing", func(w *world) any {
				return after(w, func() error { return of(w).nothingOpened() })
			}),
		phrase(`the denial shows no records`, "Then the denial shows no records",
			"none of those that the path shows to a key that may read it; after Given the path ... is open to the enforced key",
			func(w *world) any { return after(w, func() error { return of(w).showsNoRecords() }) }),
		phrase(`the reply keeps the secrets`, "Then the reply keeps the secrets",
			"no private key in it, in any encoding, and no hash that opens the target",
			func(w *world) any { return after(w, func() error { return of(w).keepsSecrets() }) }),
	}
}

func gillieProbes() []Phrase {
	return []Phrase{
		phrase(`the agreed order is tried`, "When the agreed order is tried", "with hash_order: auto, both are",
			with((*gillie).tryOrder)),
		phrase(`the target takes it, and the sentence that is therefore wrong is named`,
			"Then the target takes it, and the sentence that is therefore wrong is named", "", with((*gillie).judgeOrder)),
		phrase(`the edges of the window are searched`, "When the edges of the window are searched",
			"by bisection to the second; needs a control endpoint, whose clock is exact", with((*gillie).searchEdges)),
		phrase(`they are reported`, "Then they are reported", "writes down what was found; never fails",
			with((*gillie).reportEdges)),
		phrase(`calls without the salt are made with the hash of each second within (\d+) s of the server's clock`,
			"When calls without the salt are made with the hash of each second within 3 s of the server's clock", "",
			word((*gillie).callEachSecond)),
		phrase(`each of them is denied`, "Then each of them is denied", "every reply is a 4xx", with((*gillie).eachDenied)),
		phrase(`the records are read with (`+gillieKeyWords+`) and with (`+gillieKeyWords+`)`,
			"When the records are read with the enforced key and with the key of another Area", "GET of the path `read`",
			words((*gillie).readBoth)),
		phrase(`they have no record in common`, "Then they have no record in common",
			"makes a record in each Area where allow.writes is true, else compares whole records", with((*gillie).nothingShared)),
		phrase(`nothing of the other Area is shown`, "Then nothing of the other Area is shown",
			"the reply is a 4xx, or shows none of the records that only the second key was shown",
			func(w *world) any { return after(w, func() error { return of(w).onlyOwnArea() }) }),
	}
}
