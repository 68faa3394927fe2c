package steps

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// keepsSecrets wants neither the private key nor a hash that opens the target in the last reply (GIL-20).
func (g *gillie) keepsSecrets() error {
	private := g.key().Private
	if len(private) < shortestSecret {
		return g.w.untested("a private key of at least %d letters: a shorter one stands in ordinary words", shortestSecret)
	}
	c := judgeSecret(*g.w.last, map[string]string{"private key": private})
	if c.ok {
		if part, word := g.shownHash(*g.w.last); part != "" {
			g.w.hide("hash", word)
			c.ok, c.actual = false, part+" shows a hash that is right for the key"
		}
	}
	if !c.ok {
		return g.w.broken(c.expected, c.actual)
	}
	return nil
}

// What may be a hash, or enough of one to guess the rest: in hexadecimal, or as base64 of its 32 bytes.
var (
	hexWord    = regexp.MustCompile(`[0-9A-Fa-f]{16,}`)
	base64Word = regexp.MustCompile(`[0-9A-Za-z+/_-]{43}=?`)
)

// shownHash looks for a hash that is right for the key: for the salt that was sent, for those beside it, and for every second
// within the window of the server's clock. What the call itself carried is no secret of the server's. It returns the part of
// the reply and the word, or "".
func (g *gillie) shownHash(x wire.Exchange) (part, word string) {
	sent := strings.ToLower(string(x.Sent))
	right := sync.OnceValue(func() map[string]bool { return g.rightHashes(sent) }) // a reply rarely holds what may be one
	for _, p := range partsOf(*x.Reply) {
		for _, word := range hexWord.FindAllString(p.text, -1) {
			low := strings.ToLower(word)
			if !strings.Contains(sent, low) && holdsHash(low, right()) {
				return p.name, word
			}
		}
		for _, word := range base64Word.FindAllString(p.text, -1) {
			raw, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(word))
			if err == nil && len(raw) == sha256.Size && right()[hex.EncodeToString(raw)] {
				return p.name, word
			}
		}
	}
	return "", ""
}

// holdsHash says whether a word is a part of one of the hashes, or one is a part of it.
func holdsHash(word string, hashes map[string]bool) bool {
	for i := 0; i+2*sha256.Size <= len(word); i++ {
		if hashes[word[i:i+2*sha256.Size]] {
			return true
		}
	}
	for hash := range hashes {
		if strings.Contains(hash, word) {
			return true
		}
	}
	return false
}

// rightHashes are the hashes of the key, in both orders, that open the target and were not sent.
func (g *gillie) rightHashes(sent string) map[string]bool {
	salts := map[string]bool{g.sentSalt: true}
	around := func(second, distance int64) {
		for d := -distance; d <= distance; d++ {
			salts[strconv.FormatInt(second+d, 10)] = true
		}
	}
	if second, err := strconv.ParseInt(g.sentSalt, 10, 64); err == nil {
		around(second, 2)
	}
	around(g.w.targetNow().Unix(), 600)
	hashes := map[string]bool{}
	for salt := range salts {
		for _, order := range client.Orders() {
			if hash := g.key().Hash(order, salt); !strings.Contains(sent, hash) {
				hashes[hash] = true
			}
		}
	}
	return hashes
}
