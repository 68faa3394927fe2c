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
	"slices"
	"strings"

	"github.com/authbench/authbench/targets/gillie/client"
)

// overParts is the SHA-256 of parts that are named by words.
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
		b[i] = otherDigit(b[i])
		return string(b)
	}
}

// changeMost replaces every digit but three, so that a comparison of a few finds nothing wrong.
func changeMost(hash string) string {
	b := []byte(hash)
	for i := range b {
		if i == 0 || i == len(b)/2 || i == len(b)-1 {
			continue
		}
		b[i] = otherDigit(b[i])
	}
	return string(b)
}

func otherDigit(digit byte) byte {
	if digit == '0' {
		return '1'
	}
	return '0'
}
