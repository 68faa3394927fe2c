package gillie

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
)

const (
	// benchSalt is the first salt of a bench; those after it have as many digits.
	benchSalt   = 1764000000
	saltDigits  = 10
	maxMessage  = 4096
	benchKeys   = 8   // key pairs that a program is measured with
	benchSalts  = 128 // salts that each of them is measured with
	benchOrder  = client.PrivatePublicSalt
	sampleSalts = "1764000000 0 4294967296"
)

// signBench gives messages of two keys and a salt: the public key is three eighths of the keys, as those of 24 and 40
// characters are. The keys are drawn anew and mean nothing to anybody.
func signBench(bytes int) (targets.SignBench, error) {
	if bytes < saltDigits+2 || bytes > maxMessage {
		return targets.SignBench{}, fmt.Errorf("a message of %d bytes does not hold two keys and a salt, or is too long: choose from %d to %d",
			bytes, saltDigits+2, maxMessage)
	}
	public := max((bytes-saltDigits)*3/8, 1)
	bench := targets.SignBench{Samples: samples(), Explain: explain}
	var key client.Key
	for range benchKeys {
		key = client.Key{Public: drawn(public), Private: drawn(bytes - saltDigits - public)}
		for n := range benchSalts {
			bench.Requests = append(bench.Requests, request("the shape of real keys", key, salt(uint64(n))))
		}
	}
	bench.Message = []byte(key.Private + key.Public + salt(0))
	signer, err := client.NewSigner(key, benchOrder)
	if err != nil {
		return targets.SignBench{}, err
	}
	bench.Ways = ways(signer, key)
	return bench, nil
}

// ways are those in which requests are signed: each with a hash of its own, and as programs use a signer, by the clock.
func ways(signer *client.Signer, key client.Key) []targets.SignWay {
	return []targets.SignWay{{
		Name: "our signer, per call",
		Sign: func(dst []byte, n uint64) []byte { return signer.AppendHash(dst, benchSalt+int64(n%1e9)) },
		Right: func(n uint64, signature []byte) bool {
			return string(signature) == key.Hash(benchOrder, salt(n%1e9))
		},
	}, {
		Name: "our signer, kept per second",
		Sign: func(dst []byte, _ uint64) []byte { return signer.AppendQuery(dst, time.Now()) },
		Right: func(_ uint64, signature []byte) bool {
			query, err := url.ParseQuery(string(signature))
			return err == nil && query.Get(client.ParamKey) == key.Public &&
				query.Get(client.ParamHash) == key.Hash(benchOrder, query.Get(client.ParamSalt))
		},
	}}
}

func salt(n uint64) string { return strconv.FormatUint(benchSalt+n, 10) }

// drawn is a random text of letters and digits.
func drawn(length int) string {
	var b strings.Builder
	for b.Len() < length {
		b.WriteString(rand.Text())
	}
	return strings.ToLower(b.String()[:length])
}

func request(comment string, key client.Key, salt string) targets.SignRequest {
	return targets.SignRequest{
		Comment: comment, Hash: key.Hash(benchOrder, salt),
		Input: map[string]string{"public_key": key.Public, "private_key": key.Private, "salt": salt},
	}
}

// samples are keys of all kinds with salts of all kinds.
func samples() []targets.SignRequest {
	var list []targets.SignRequest
	for _, k := range specimens {
		for _, salt := range strings.Fields(sampleSalts) {
			list = append(list, request(k.comment, k.key, salt))
		}
	}
	return list
}

func explain(r targets.SignRequest, answer string) string {
	key := client.Key{Public: r.Input["public_key"], Private: r.Input["private_key"]}
	return explainHash(ingredientsOf(key, benchOrder, r.Input["salt"]), answer)
}

// specimen is a pair of keys with something in it that programs get wrong. None holds a quote, a backslash or a line's end:
// those are a matter of reading JSON. None is a word, either, as outputs are searched for keys.
type specimen struct {
	comment string
	flags   []string
	key     client.Key
}

var specimens = []specimen{
	{"the shape of real keys", nil, client.Key{Public: "9f86d081884c7d65", Private: "2c26b46b68ffc68ff99b453c1d30413413422d70"}},
	{"one character each", []string{"Short"}, client.Key{Public: "a", Private: "b"}},
	{"a public key of one character", []string{"Short"}, client.Key{Public: "0", Private: "2c26b46b68ffc68ff99b453c1d304134"}},
	{"a private key of one character", []string{"Short"}, client.Key{Public: "9f86d081884c7d65", Private: "0"}},
	{"characters that a URL reserves", []string{"Reserved"}, client.Key{Public: "p+u&b=l%i#c /?", Private: "p r+i&v=a%t#e"}},
	{"what looks like an escape already", []string{"Reserved"}, client.Key{Public: "9f86%2Bd081", Private: "2c26%20b46b+68ff"}},
	{"the alphabet of base64", []string{"Reserved"}, client.Key{Public: "Zm9vZm+/8w==", Private: "YmFyYm/z+/8="}},
	{"characters that a shell expands", []string{"Reserved"}, client.Key{Public: "$9f86*d081~", Private: "`2c26`$(b46b)!;<68ff>|&"}},
	{"a percent sign, as in a format", []string{"Reserved"}, client.Key{Public: "9f%s86%d", Private: "2c%n26%%b4"}},
	{"spaces around the keys, which belong to them", []string{"Spaces"}, client.Key{Public: " 9f86d081 ", Private: " 2c26b46b "}},
	{"a leading dash, as of an option", []string{"Reserved"}, client.Key{Public: "-n9f86d081", Private: "-e2c26b46b"}},
	{"letters of Latin-1", []string{"NonASCII"}, client.Key{Public: "öff9f86é", Private: "ßü2c26b46bñ"}},
	{"letters outside Latin-1", []string{"NonASCII"}, client.Key{Public: "ключ9f86", Private: "鍵2c26b46b-é"}},
	{"a letter and its accent as two characters", []string{"NonASCII"}, client.Key{Public: "e\u03019f86", Private: "u\u03082c26"}},
	{"a character beyond 16 bits", []string{"NonASCII"}, client.Key{Public: "🔑9f86d081", Private: "2c26b46b🗝"}},
	{"digits at the seams", []string{"Seam"}, client.Key{Public: "9f86d0811", Private: "2c26b46b9"}},
	{"the same text, with the seam of the keys moved", []string{"Seam"}, client.Key{Public: "99f86d0811", Private: "2c26b46b"}},
	{"a message of 55 bytes, the last that fits one block of SHA-256", []string{"Length"},
		client.Key{Public: strings.Repeat("9f8", 7) + "9f", Private: strings.Repeat("2c", 11)}},
	{"a message of 64 bytes, one whole block", []string{"Length"},
		client.Key{Public: strings.Repeat("9f86", 8), Private: strings.Repeat("2c", 11)}},
	{"a message of 74 bytes", []string{"Length"}, client.Key{Public: strings.Repeat("9f86", 6), Private: strings.Repeat("2c26", 10)}},
	{"a message of 138 bytes", []string{"Length"}, client.Key{Public: strings.Repeat("9f86", 16), Private: strings.Repeat("2c26", 16)}},
	{"a long message", []string{"Length"}, client.Key{Public: strings.Repeat("9f86", 50), Private: strings.Repeat("2c26", 75)}},
}
