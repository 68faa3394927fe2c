package client_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/gillie/client"
)

// bench are the keys of performance.md: with a salt they make a message of 74 bytes, and one of 138.
func bench(tb testing.TB, private, public int) *client.Signer {
	tb.Helper()
	key := client.Key{Public: strings.Repeat("p", public), Private: strings.Repeat("s", private)}
	signer, err := client.NewSigner(key, client.PrivatePublicSalt)
	if err != nil {
		tb.Fatal(err)
	}
	return signer
}

// The signer and Key.Hash go different ways, and sha256sum's vectors hold Key.Hash. Salts that are no numbers are the
// caller's own affair: a signer makes none.
func TestSignerAgainstSha256sum(t *testing.T) {
	tried := 0
	for _, v := range vectors(t) {
		salt, err := strconv.ParseInt(v["salt"], 10, 64)
		if err != nil || v["private"] == "" {
			continue
		}
		for _, order := range client.Orders() {
			signer, err := client.NewSigner(client.Key{Public: v["public"], Private: v["private"]}, order)
			if err != nil {
				t.Fatal(err)
			}
			tried++
			if got := string(signer.AppendHash([]byte("kept "), salt)); got != "kept "+v[string(order)] {
				t.Errorf("%s, %s: %s, want %s", v["comment"], order, got, v[string(order)])
			}
			query, err := url.ParseQuery(string(signer.AppendQuery(nil, time.Unix(salt, 0))))
			if err != nil || query.Get("apihash") != v[string(order)] || query.Get("apisalt") != v["salt"] {
				t.Errorf("%s, %s: %v, %v", v["comment"], order, query, err)
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d hashes", tried)
	}
}

// Messages of every length around the blocks of SHA-256: the digest that is kept after the keys has a part of a block in it.
func TestKeysOfEveryLength(t *testing.T) {
	for n := 1; n < 200; n++ {
		key := client.Key{Public: strings.Repeat("p", n), Private: "s"}
		signer, err := client.NewSigner(key, client.PrivatePublicSalt)
		if err != nil {
			t.Fatal(err)
		}
		for _, salt := range []int64{0, -1, 1764000000, 1<<63 - 1} {
			if got, want := string(signer.AppendHash(nil, salt)), key.Hash(client.PrivatePublicSalt, fmt.Sprint(salt)); got != want {
				t.Fatalf("%d letters, salt %d: %s, want %s", n, salt, got, want)
			}
		}
	}
}

// Whatever moments come in whatever order, and from many goroutines: each gets the credentials of its own second.
func TestEachMomentGetsItsOwnSecond(t *testing.T) {
	key := client.Key{Public: "p", Private: "s"}
	signer, err := client.NewSigner(key, client.PublicPrivateSalt)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 2000 {
				unix := int64(1764000000 + (i*7+worker*3)%50 + i/100)
				salt := fmt.Sprint(unix)
				want := "a=b&apikey=p&apisalt=" + salt + "&apihash=" + key.Hash(client.PublicPrivateSalt, salt)
				if got := string(signer.AppendQuery([]byte("a=b"), time.Unix(unix, 999_999_999))); got != want {
					t.Errorf("%s, want %s", got, want)
					return
				}
			}
		})
	}
	all.Wait()
}

// The counts are floors of the mean, so that the race detector, under which a pool forgets at random, changes none.
func TestAllocations(t *testing.T) {
	signer := bench(t, 40, 24)
	room, now, salt := make([]byte, 0, 256), time.Unix(1764000000, 0), int64(1764000000)
	req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1/api/customers", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		want float64
		do   func()
	}{
		{"a hash", 0, func() { salt++; room = signer.AppendHash(room[:0], salt) }},
		{"a query of the kept second", 0, func() { room = signer.AppendQuery(room[:0], now) }},
		{"a query of a second gone by", 0, func() { room = signer.AppendQuery(room[:0], now.Add(-time.Second)) }},
		{"a request", 1, func() { req.URL.RawQuery = "page=2"; signer.Sign(req, now) }}, // its query
	} {
		if got := testing.AllocsPerRun(1000, c.do); got != c.want {
			t.Errorf("%s takes %g allocations, want %g", c.what, got, c.want)
		}
	}
}

func BenchmarkSigner(b *testing.B) {
	for _, c := range []struct{ private, public int }{{40, 24}, {64, 64}} {
		signer, size := bench(b, c.private, c.public), c.private+c.public+10
		message, room := []byte(strings.Repeat("m", size)), make([]byte, 0, 512)
		b.Run(fmt.Sprintf("bare sha256/%d", size), func(b *testing.B) {
			var sum [sha256.Size]byte
			for b.Loop() {
				sum = sha256.Sum256(message)
			}
			room = append(room[:0], sum[:]...)
		})
		b.Run(fmt.Sprintf("per call/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for salt := int64(1764000000); b.Loop(); salt++ {
				room = signer.AppendHash(room[:0], salt)
			}
		})
		b.Run(fmt.Sprintf("kept per second, with the clock/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				room = signer.AppendQuery(room[:0], time.Now())
			}
		})
	}
}
