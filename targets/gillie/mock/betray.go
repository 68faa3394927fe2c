package mock

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
)

// betray shows in a denial what a faulty server should keep to itself (GIL-20, GIL-08, GIL-14).
func (m *Mock) betray(r *reply, c call, k *key) {
	expected := digest(sha256.New(), k.private, k.public, pick(c.salts, m.vary.twice))
	header := func(name, value string) { r.header = map[string]string{name: value} }
	switch {
	case m.faults.Has("echo-private-key"):
		header("X-Reason", fmt.Sprintf("no match for %q", k.private))
	case m.faults.Has("echo-private-key-early"):
		r.early = k.private
	case m.faults.Has("echo-private-key-compressed"):
		header("Content-Encoding", "gzip")
		r.packed = compressed("no match for " + k.private)
	case m.faults.Has("echo-expected-hash"):
		header("X-Expected", expected)
	case m.faults.Has("echo-expected-hash-in-base64"):
		raw, _ := hex.DecodeString(expected) // it was encoded just now
		header("X-Expected", base64.StdEncoding.EncodeToString(raw))
	case m.faults.Has("echo-half-of-expected-hash"):
		header("X-Expected", expected[:40]+"...")
	case m.faults.Has("echo-hash-of-now"):
		now := strconv.FormatInt(m.now().Unix(), 10)
		header("X-Example", "apisalt="+now+"&apihash="+digest(sha256.New(), k.private, k.public, now))
	case m.faults.Has("denial-shows-records"):
		r.denied, r.body = false, m.records(c.path, k.area)
	}
}

func compressed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
