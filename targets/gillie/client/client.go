// Package client signs requests for Gillie: the public key, a salt and a hash go into the URL's query.
//
// A program that talks to Gillie needs only Transport:
//
//	signer, err := client.NewSigner(client.Key{Public: pub, Private: priv}, client.PrivatePublicSalt)
//	...
//	hc := &http.Client{Transport: &client.Transport{Signer: signer}}
//	resp, err := hc.Get("https://gillie.io/api/customers")
package client

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Order is the order in which the keys and the salt are concatenated before they are hashed. The vendor's page gives two
// (GIL-04).
type Order string

// The two orders of the vendor's page.
const (
	PrivatePublicSalt Order = "private-public-salt" // the page's shell example, and the vendor's own client
	PublicPrivateSalt Order = "public-private-salt" // the page's prose
)

// Orders lists the orders, the more likely one first.
func Orders() []Order { return []Order{PrivatePublicSalt, PublicPrivateSalt} }

// Key is an API key. Without a private key it can only be used plainly (GIL-11). It never prints its values.
type Key struct{ Public, Private string }

// Format keeps the values out of every %v, %s and %#v.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, "gillie key") }

// The names of the three parameters (GIL-01).
const (
	ParamKey  = "apikey"
	ParamSalt = "apisalt"
	ParamHash = "apihash"
)

// Salt is the salt for a moment: Unix time in whole seconds, decimal (GIL-02).
func Salt(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// Hash is the SHA-256 of the concatenation, in lower-case hexadecimal (GIL-03). The salt is taken as it is.
func (k Key) Hash(order Order, salt string) string {
	sum := sha256.Sum256([]byte(k.prefix(order) + salt))
	return hex.EncodeToString(sum[:])
}

// prefix is what stands before the salt: in both orders the salt is last.
func (k Key) prefix(order Order) string {
	if order == PublicPrivateSalt {
		return k.Public + k.Private
	}
	return k.Private + k.Public
}

// Transport signs every request anew and sends it by Base. It is safe for concurrent use. After a redirect the URL that
// the server named is signed as any other: restrict http.Client.CheckRedirect if it may lead to another host.
type Transport struct {
	Signer *Signer
	Base   http.RoundTripper // nil means http.DefaultTransport
	Now    func() time.Time  // nil means time.Now
}

// RoundTrip sends a signed copy of the request; the request itself is left as it is.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	now, base := t.Now, t.Base
	if now == nil {
		now = time.Now
	}
	if base == nil {
		base = http.DefaultTransport
	}
	signed := req.Clone(req.Context())
	t.Signer.Sign(signed, now())
	return base.RoundTrip(signed)
}
