package mock

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// hashMatches compares a given hash with the right one (GIL-03, GIL-05, GIL-08).
func (m *Mock) hashMatches(k *key, salt, given string) bool {
	if m.faults.Has("ignore-hash") {
		return true
	}
	if m.hashIsRight(k, salt, given) {
		return true
	}
	given = m.hexOf(given)
	return slices.Contains(m.wronglyAccepted(k, salt, given, m.expected(k, salt)), given)
}

// hashIsRight says that a hash is the one that this server makes itself.
func (m *Mock) hashIsRight(k *key, salt, given string) bool {
	return m.hexOf(given) == m.expected(k, salt)
}

// hexOf is a hash as this server reads it (GIL-21).
func (m *Mock) hexOf(given string) string {
	if m.vary.anyHex {
		return strings.ToLower(given)
	}
	return given
}

// expected is the SHA-256 of private + public + salt in lower-case hexadecimal, or what a fault makes of it.
func (m *Mock) expected(k *key, salt string) string {
	switch {
	case m.faults.Has("swapped-order"):
		return digest(sha256.New(), k.public, k.private, salt)
	case m.faults.Has("hash-without-salt"):
		return digest(sha256.New(), k.private, k.public)
	case m.faults.Has("sha1"):
		return digest(sha1.New(), k.private, k.public, salt)
	case m.faults.Has("hashes-escaped-key"):
		return digest(sha256.New(), url.QueryEscape(k.private), url.QueryEscape(k.public), salt)
	}
	return digest(sha256.New(), k.private, k.public, salt)
}

// wronglyAccepted lists the other hashes that a faulty server takes.
func (m *Mock) wronglyAccepted(k *key, salt, given, want string) []string {
	switch {
	case m.faults.Has("both-orders"):
		return []string{digest(sha256.New(), k.public, k.private, salt)}
	case m.faults.Has("any-order"):
		return []string{
			digest(sha256.New(), k.public, k.private, salt), digest(sha256.New(), salt, k.private, k.public),
			digest(sha256.New(), salt, k.public, k.private), digest(sha256.New(), k.private, salt, k.public),
			digest(sha256.New(), k.public, salt, k.private),
		}
	case m.faults.Has("prefix-compare") && given != "" && strings.HasPrefix(want, given),
		m.faults.Has("empty-hash-accepted") && given == "",
		m.faults.Has("compare-first-half") && len(given) == len(want) && given[:32] == want[:32],
		m.faults.Has("compare-last-half") && len(given) == len(want) && given[32:] == want[32:],
		m.faults.Has("longer-hash-accepted") && strings.HasPrefix(given, want):
		return []string{given}
	case m.faults.Has("hash-trimmed") && strings.TrimSpace(given) == want,
		m.faults.Has("compare-sparsely") && len(given) == len(want) && given[0] == want[0] && given[32] == want[32] && given[63] == want[63]:
		return []string{given}
	case m.faults.Has("key-case-ignored") && k.sent != "":
		return []string{digest(sha256.New(), k.private, k.sent, salt)}
	case m.faults.Has("other-digests-accepted"):
		mac := hmac.New(sha256.New, []byte(k.private))
		return []string{
			digest(sha1.New(), k.private, k.public, salt), digest(md5.New(), k.private, k.public, salt),
			digest(sha512.New(), k.private, k.public, salt), digest(mac, k.public, salt),
		}
	case m.faults.Has("any-key-pair"):
		var all []string
		for _, other := range m.keys {
			all = append(all, m.expected(other, salt), digest(sha256.New(), other.private, k.public, salt))
		}
		return all
	case m.faults.Has("neighbour-salt-accepted"):
		at, _ := strconv.ParseInt(salt, 10, 64)
		var all []string
		for d := int64(-60); d <= 60; d++ {
			all = append(all, m.expected(k, strconv.FormatInt(at+d, 10)))
		}
		return all
	}
	return nil
}

func digest(h hash.Hash, parts ...string) string {
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}
