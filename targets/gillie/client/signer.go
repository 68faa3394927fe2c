package client

import (
	"crypto/sha256"
	"encoding"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Signer adds credentials to requests. It is safe for concurrent use, and not to be copied.
//
// Keys never change and the salt comes last, so the state of the digest after the keys is computed once; and all requests of
// one second carry the same hash, so that of the latest second is kept.
type Signer struct {
	key     Key
	escaped string    // apikey=, and the public key as it stands in a query
	prefix  []byte    // the digest after the keys
	digests sync.Pool // of *digest
	latest  atomic.Pointer[second]
}

// second is a moment with its credentials, as they stand in a query. It is never changed.
type second struct {
	unix  int64
	query string
}

// digest is a SHA-256 with the room that it works in, so that none is allocated for a signature.
type digest struct {
	sha   hash.Hash
	state encoding.BinaryUnmarshaler // of sha
	salt  [20]byte                   // as many digits as 64 bits have, and a sign
	sum   [sha256.Size]byte
}

// NewSigner returns a signer. Without a private key it adds the public key alone. An empty public key or an unknown order
// is an error.
func NewSigner(key Key, order Order) (*Signer, error) {
	if key.Public == "" {
		return nil, fmt.Errorf("gillie: a key needs its public part")
	}
	if order != PrivatePublicSalt && order != PublicPrivateSalt {
		return nil, fmt.Errorf("gillie: %q is no order: use %s or %s", order, PrivatePublicSalt, PublicPrivateSalt)
	}
	sha := sha256.New()
	_, _ = sha.Write([]byte(key.prefix(order))) // a hash.Hash never fails to write
	prefix, err := sha.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("gillie: the digest of the keys cannot be kept: %w", err)
	}
	s := &Signer{key: key, escaped: ParamKey + "=" + url.QueryEscape(key.Public), prefix: prefix}
	s.digests.New = func() any {
		sha := sha256.New()
		return &digest{sha: sha, state: sha.(encoding.BinaryUnmarshaler)}
	}
	return s, nil
}

// AppendHash appends the hash for a salt, given as Unix time in seconds (GIL-03). It computes each one anew, and allocates
// nothing where dst has room for 64 bytes.
func (s *Signer) AppendHash(dst []byte, salt int64) []byte {
	d := s.digests.Get().(*digest)
	if err := d.state.UnmarshalBinary(s.prefix); err != nil {
		panic(err) // SHA-256 does not read what it has written
	}
	_, _ = d.sha.Write(strconv.AppendInt(d.salt[:0], salt, 10))
	d.sha.Sum(d.sum[:0])
	dst = appendHex(dst, &d.sum)
	s.digests.Put(d)
	return dst
}

// digits are the two hexadecimal digits of each byte: looking them up takes half the time of hex.AppendEncode.
var digits = func() (table [256][2]byte) {
	const hexadecimal = "0123456789abcdef"
	for b := range table {
		table[b] = [2]byte{hexadecimal[b>>4], hexadecimal[b&15]}
	}
	return table
}()

func appendHex(dst []byte, sum *[sha256.Size]byte) []byte {
	var text [2 * sha256.Size]byte
	for i, b := range sum {
		pair := digits[b]
		text[2*i], text[2*i+1] = pair[0], pair[1]
	}
	return append(dst, text[:]...)
}

// AppendQuery appends the credentials for the moment now to a raw query, which may be empty and is kept as it is. It
// allocates nothing where the query has room, but for the first one of a second.
func (s *Signer) AppendQuery(rawQuery []byte, now time.Time) []byte {
	if len(rawQuery) > 0 {
		rawQuery = append(rawQuery, '&')
	}
	if s.key.Private == "" {
		return append(rawQuery, s.escaped...)
	}
	unix, latest := now.Unix(), s.latest.Load()
	if latest == nil || latest.unix < unix {
		latest = &second{unix, string(s.appendCredentials(nil, unix))}
		s.latest.Store(latest)
	}
	if latest.unix != unix { // a clock that went back, or calls that take turns with several salts
		return s.appendCredentials(rawQuery, unix)
	}
	return append(rawQuery, latest.query...)
}

func (s *Signer) appendCredentials(query []byte, unix int64) []byte {
	query = append(append(query, s.escaped...), "&"+ParamSalt+"="...)
	query = append(strconv.AppendInt(query, unix, 10), "&"+ParamHash+"="...)
	return s.AppendHash(query, unix)
}

// Sign adds the credentials for the moment now to the request's URL in place.
func (s *Signer) Sign(req *http.Request, now time.Time) {
	var room [512]byte
	req.URL.RawQuery = string(s.AppendQuery(append(room[:0], req.URL.RawQuery...), now))
}
