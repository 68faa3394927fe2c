package mock

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mistake is a usual way of getting the hash wrong, with the hashes that it gives.
type mistake struct {
	says   string
	hashes []string
}

// explainHash says which of the usual mistakes would have produced the hash, so that a client's author need not guess. The
// faults are those that were on when it was judged.
func (m *Mock) explainHash(k *key, salt, given string, faults []string) string {
	if given == "" {
		return "apihash is empty"
	}
	sent, right := strings.ToLower(given), sha(k.private, k.public, salt)
	if given == right {
		return "the hash is right: this mock is wrong on purpose (" + strings.Join(faults, ", ") + ")"
	}
	if sent == right {
		return "the hash is right but in upper case: this server wants lower-case hexadecimal"
	}
	for _, mistake := range m.mistakes(k, salt) {
		for _, h := range mistake.hashes {
			if sent == h || given == h {
				return mistake.says
			}
		}
	}
	if n := len(given); n < 64 && strings.HasPrefix(right, sent) {
		return fmt.Sprintf("the hash is cut short: %d of 64 digits", n)
	}
	if len(given) != 64 || strings.Trim(sent, "0123456789abcdef") != "" {
		return fmt.Sprintf("the hash is no SHA-256 in hexadecimal: it has %d characters, 64 hexadecimal digits are right", len(given))
	}
	return "none of the usual mistakes gives this hash: it has to be sha256(private key + public key + salt), in hexadecimal"
}

func sha(parts ...string) string { return digest(sha256.New(), parts...) }

func (m *Mock) mistakes(k *key, salt string) []mistake {
	priv, pub := k.private, k.public
	list := []mistake{
		{"this is sha256(public+private+salt): the order of the page's prose; its shell example puts the private key first",
			[]string{sha(pub, priv, salt)}},
		{"the salt stands before or between the keys: it comes last",
			[]string{sha(salt, priv, pub), sha(salt, pub, priv), sha(priv, salt, pub), sha(pub, salt, priv)}},
		{"the salt is not part of what was hashed", []string{sha(priv, pub), sha(pub, priv)}},
		{"the public key is not part of what was hashed", []string{sha(priv, salt), sha(salt, priv)}},
		{"the private key is not part of what was hashed", []string{sha(pub, salt), sha(salt, pub), sha(pub)}},
		{"a newline at the end was hashed too: echo needs -n, or use printf",
			[]string{sha(priv, pub, salt, "\n"), sha(pub, priv, salt, "\n"), sha(priv, "\n", pub, "\n", salt, "\n")}},
		{"the hash was hashed again: one SHA-256 is right", doubled(priv+pub+salt, pub+priv+salt)},
		{"the keys were hashed in their URL-escaped form: hash them as they are, escape them only in the URL", escaped(priv, pub, salt)},
		{"the keys were changed in case or trimmed before hashing",
			[]string{sha(strings.ToUpper(priv), strings.ToUpper(pub), salt), sha(strings.ToLower(priv), strings.ToLower(pub), salt)}},
		{"this is an HMAC: a plain SHA-256 of the concatenation is right", hmacs(priv, pub, salt)},
		{"this is another digest: SHA-256 is right", otherDigests(priv+pub+salt, pub+priv+salt)},
		{"this is base64: hexadecimal is right", base64s(priv+pub+salt, pub+priv+salt)},
	}
	for _, between := range []string{":", "-", "&", "|", ",", ".", " ", "\n", "+"} {
		list = append(list, mistake{fmt.Sprintf("%q stands between the parts: nothing belongs there", between), []string{
			sha(priv, between, pub, between, salt), sha(pub, between, priv, between, salt)}})
	}
	for _, other := range m.keys {
		if other != k {
			list = append(list, mistake{"another key was used for the hash: " + other.publicName, []string{
				sha(other.private, pub, salt), sha(priv, other.public, salt), sha(other.private, other.public, salt),
				sha(pub, other.private, salt), sha(other.public, other.private, salt)}})
		}
	}
	return append(list, otherSalts(priv, pub, salt)...)
}

// escaped are the hashes of keys that were escaped first, one of them or both, in the ways that languages have for it.
func escaped(priv, pub, salt string) []string {
	lower := func(s string) string { return percent.ReplaceAllStringFunc(s, strings.ToLower) }
	ways := []func(string) string{
		url.QueryEscape, url.PathEscape, func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
	}
	for _, way := range slices.Clone(ways) {
		ways = append(ways, func(s string) string { return lower(way(s)) })
	}
	unescape := func(s string) string { plain, _ := url.QueryUnescape(s); return plain } // "+" becomes a space
	var list []string
	for _, way := range append(ways, unescape) {
		changedPriv, changedPub := way(priv), way(pub)
		for _, pair := range [][2]string{{changedPriv, changedPub}, {priv, changedPub}, {changedPriv, pub}} {
			if pair != [2]string{priv, pub} { // where escaping changes nothing it is no mistake
				list = append(list, sha(pair[0], pair[1], salt), sha(pair[1], pair[0], salt))
			}
		}
	}
	return list
}

var percent = regexp.MustCompile(`%[0-9A-F]{2}`)

// otherSalts are the hashes of salts near the one that was sent.
func otherSalts(priv, pub, salt string) []mistake {
	at, err := strconv.ParseInt(salt, 10, 64)
	if err != nil {
		return nil
	}
	var millis, near []string
	for ms := range 1000 {
		millis = append(millis, sha(priv, pub, fmt.Sprintf("%d%03d", at, ms)))
	}
	for d := int64(-120); d <= 120; d++ {
		if other := strconv.FormatInt(at+d, 10); other != salt {
			near = append(near, sha(priv, pub, other), sha(pub, priv, other))
		}
	}
	return []mistake{
		{"the salt was hashed in milliseconds and sent in seconds: hash what is sent", millis},
		{"the hash is of another salt than the one sent: take the time once and use it for both", near},
	}
}

func doubled(messages ...string) []string {
	var list []string
	for _, s := range messages {
		raw := sha256.Sum256([]byte(s))
		list = append(list, sha(hex.EncodeToString(raw[:])), sha(string(raw[:])))
	}
	return list
}

func hmacs(priv, pub, salt string) []string {
	var list []string
	for _, message := range []string{pub + salt, salt, priv + pub + salt, pub + priv + salt, salt + pub} {
		list = append(list, digest(hmac.New(sha256.New, []byte(priv)), message))
	}
	return append(list, digest(hmac.New(sha256.New, []byte(salt)), priv+pub))
}

func otherDigests(messages ...string) []string {
	var list []string
	for _, s := range messages {
		list = append(list, digest(sha1.New(), s), digest(md5.New(), s), digest(sha512.New(), s),
			digest(sha512.New384(), s), digest(sha256.New224(), s), digest(sha512.New512_256(), s))
	}
	return list
}

func base64s(messages ...string) []string {
	var list []string
	for _, s := range messages {
		raw := sha256.Sum256([]byte(s))
		list = append(list, base64.StdEncoding.EncodeToString(raw[:]), base64.RawURLEncoding.EncodeToString(raw[:]),
			base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(raw[:]))))
	}
	return list
}

// explainSalt says what is wrong with the form of a salt, without repeating it: it may be anything.
func explainSalt(salt string) string {
	switch {
	case salt == "":
		return "it is empty"
	case strings.TrimSpace(salt) != salt:
		return "it has a space or newline around it"
	case strings.HasPrefix(salt, "+"), strings.HasPrefix(salt, "-"):
		return "it has a sign"
	case strings.HasPrefix(strings.ToLower(salt), "0x"):
		return "it is hexadecimal"
	case strings.Trim(salt, "0123456789.,") == "" && strings.ContainsAny(salt, ".,"):
		return "it has a fraction"
	case strings.Trim(salt, "0123456789") == "":
		return "it has more digits than 64 bits hold"
	case strings.Contains(salt, "T") && strings.Contains(salt, ":"):
		return "it is a date: send the seconds since 1970"
	}
	return "it has letters or signs in it"
}
