package gillie

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/authbench/authbench/targets/gillie/client"
)

// ingredients are what a hash is made of. First and second are the keys in the order in which they are concatenated.
type ingredients struct{ private, public, first, second, salt string }

func ingredientsOf(key client.Key, order client.Order, salt string) ingredients {
	in := ingredients{private: key.Private, public: key.Public, first: key.Private, second: key.Public, salt: salt}
	if order == client.PublicPrivateSalt {
		in.first, in.second = key.Public, key.Private
	}
	return in
}

// message is what is to be hashed (GIL-03).
func (in ingredients) message() string { return in.first + in.second + in.salt }

// wrongHash is a usual way to get the hash wrong. Its name is also that of a mistake of the vendor's small client, where that
// has it. The first of the hashes that it gives stands for all; ingredients that it does nothing to give none.
type wrongHash struct {
	name, says string
	hashes     func(in ingredients) []string
}

var wrongHashes = []wrongHash{
	{"other-order", "the keys are concatenated in the other order", func(in ingredients) []string {
		return shas(in.second + in.first + in.salt)
	}},
	{"salt-first", "the salt stands before the keys: it comes last", func(in ingredients) []string {
		return shas(in.salt+in.first+in.second, in.salt+in.second+in.first)
	}},
	{"salt-between", "the salt stands between the keys: it comes last", func(in ingredients) []string {
		return shas(in.first+in.salt+in.second, in.second+in.salt+in.first)
	}},
	{"without-salt", "the salt is not part of what was hashed", func(in ingredients) []string {
		return shas(in.first+in.second, in.second+in.first)
	}},
	{"private-key-alone", "the public key is not part of what was hashed", func(in ingredients) []string { return shas(in.private + in.salt) }},
	{"public-key-alone", "the private key is not part of what was hashed", func(in ingredients) []string { return shas(in.public + in.salt) }},
	{"newline-hashed", "a newline at the end was hashed too: echo needs -n, or use printf", func(in ingredients) []string {
		return shas(in.message()+"\n", in.message()+"\r\n")
	}},
	{"newlines-between", "each part was hashed with a newline behind it", func(in ingredients) []string {
		return shas(in.first+"\n"+in.second+"\n"+in.salt+"\n", in.first+"\n"+in.second+"\n"+in.salt)
	}},
	{"zero-byte-hashed", "the zero byte that ends a string in C was hashed too", func(in ingredients) []string { return shas(in.message() + "\x00") }},
	{"colons-between", "something stands between the parts: nothing belongs there", func(in ingredients) []string {
		var list []string
		for _, between := range []string{":", "-", "&", "|", ",", ";", ".", " ", "+", "/", "_"} {
			list = append(list, sha(in.first+between+in.second+between+in.salt), sha(in.second+between+in.first+between+in.salt))
		}
		return list
	}},
	{"salt-in-milliseconds", "the salt was hashed in milliseconds: it is in seconds", func(in ingredients) []string {
		var list []string
		for ms := range 1000 {
			list = append(list, sha(in.first+in.second+fmt.Sprintf("%s%03d", in.salt, ms)))
		}
		return list
	}},
	{"salt-with-fraction", "the salt was hashed as a number with a fraction: it is whole seconds", func(in ingredients) []string {
		return shas(in.first+in.second+in.salt+".0", in.first+in.second+in.salt+".000000")
	}},
	{"another-salt-hashed", "another salt was hashed than the one that was given", nearSalts},
	{"escaped-keys-hashed", "the keys were hashed in their URL-escaped form: they are hashed as they are", escapedKeys},
	{"latin-1-hashed", "the keys were hashed as Latin-1: they are UTF-8", func(in ingredients) []string {
		message, plain := latin1(in.message())
		if !plain {
			return nil
		}
		return shas(message)
	}},
	{"utf-16-hashed", "the text was hashed as UTF-16: it is UTF-8", func(in ingredients) []string { return shas(utf16le(in.message())) }},
	{"upper-case", "the hash is right but in upper case: lower-case hexadecimal is wanted", func(in ingredients) []string {
		return []string{strings.ToUpper(sha(in.message()))}
	}},
	{"prefixed", "the hash is right, but 0x stands before it", func(in ingredients) []string { return []string{"0x" + sha(in.message())} }},
	{"hmac", "this is an HMAC: a plain SHA-256 of the concatenation is right", func(in ingredients) []string {
		var list []string
		for _, message := range []string{in.public + in.salt, in.salt, in.message(), in.salt + in.public} {
			list = append(list, digestOf(hmac.New(sha256.New, []byte(in.private)), message))
		}
		return append(list, digestOf(hmac.New(sha256.New, []byte(in.salt)), in.first+in.second))
	}},
	{"md5", "this is MD5: SHA-256 is right", func(in ingredients) []string { return []string{digestOf(md5.New(), in.message())} }},
	{"sha1", "this is SHA-1: SHA-256 is right", func(in ingredients) []string { return []string{digestOf(sha1.New(), in.message())} }},
	{"sha512", "this is SHA-512: SHA-256 is right", func(in ingredients) []string { return []string{digestOf(sha512.New(), in.message())} }},
	{"hashed-twice", "the hash was hashed again: one SHA-256 is right", func(in ingredients) []string {
		sum := sha256.Sum256([]byte(in.message()))
		return shas(sha(in.message()), string(sum[:]))
	}},
	{"base64", "this is base64: hexadecimal is right", func(in ingredients) []string {
		sum := sha256.Sum256([]byte(in.message()))
		return []string{base64.StdEncoding.EncodeToString(sum[:]), base64.RawStdEncoding.EncodeToString(sum[:]),
			base64.URLEncoding.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:]),
			base64.StdEncoding.EncodeToString([]byte(sha(in.message())))}
	}},
	{"cut-hash", "the hash is cut short: all 64 digits are wanted", func(in ingredients) []string {
		right := sha(in.message())
		list := []string{right[:32]}
		for n := 1; n < len(right); n++ {
			list = append(list, right[:n])
		}
		return list
	}},
}

// explainHash names the mistake that has probably given a hash, or says what is wrong with its form.
func explainHash(in ingredients, given string) string {
	for _, wrong := range wrongHashes {
		if slices.Contains(wrong.hashes(in), given) {
			return wrong.name + ": " + wrong.says
		}
	}
	if len(given) != 64 || strings.Trim(strings.ToLower(given), "0123456789abcdef") != "" {
		return fmt.Sprintf("it is no SHA-256 in hexadecimal: it has %d characters, and 64 hexadecimal digits are right", len(given))
	}
	return "none of the usual mistakes gives it"
}

func sha(message string) string { return digestOf(sha256.New(), message) }

func shas(messages ...string) []string {
	list := make([]string, len(messages))
	for i, m := range messages {
		list[i] = sha(m)
	}
	return list
}

func digestOf(h hash.Hash, message string) string {
	_, _ = h.Write([]byte(message)) // a hash.Hash never fails to write
	return hex.EncodeToString(h.Sum(nil))
}

// nearSalts are the hashes of other salts, the next second first: a program that takes the time by itself gives one.
func nearSalts(in ingredients) []string {
	at, err := strconv.ParseInt(in.salt, 10, 64)
	if err != nil {
		return nil
	}
	var list []string
	for d := range int64(120) {
		list = append(list, sha(in.first+in.second+strconv.FormatInt(at+d+1, 10)), sha(in.first+in.second+strconv.FormatInt(at-d-1, 10)))
	}
	return list
}

// escapedKeys are the hashes of keys that were escaped before, in the ways that languages have for it.
func escapedKeys(in ingredients) []string {
	var list []string
	for _, way := range []func(string) string{
		url.QueryEscape, url.PathEscape, func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
	} {
		first, second := way(in.first), way(in.second)
		for _, keys := range []string{first + second, in.first + second, first + in.second} {
			if keys != in.first+in.second { // where escaping changes nothing it is no mistake
				list = append(list, sha(keys+in.salt))
			}
		}
	}
	return list
}

// latin1 writes a text in Latin-1, and says whether that has a sign for each letter and is any different.
func latin1(s string) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b.WriteByte(byte(r))
	}
	return b.String(), b.String() != s
}

func utf16le(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(unit))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}
