package gillie

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets/gillie/client"
)

// vectorFile is what is published for other people's unit tests; `go test ./targets/gillie -run Published -update` writes it.
const vectorFile = "../../docs/vectors/gillie.json"

var update = flag.Bool("update", false, "write "+vectorFile)

type vector struct {
	ID            int      `json:"id"`
	Comment       string   `json:"comment"`
	PublicKey     string   `json:"public_key"`
	PrivateKey    string   `json:"private_key"`
	Salt          string   `json:"salt"`
	Order         string   `json:"order"`
	Concatenation string   `json:"concatenation"`
	Hash          string   `json:"hash"`
	Result        string   `json:"result"`
	Mistake       string   `json:"mistake,omitempty"`
	Flags         []string `json:"flags"`
}

func (v vector) ingredients() ingredients {
	return ingredientsOf(client.Key{Public: v.PublicKey, Private: v.PrivateKey}, client.Order(v.Order), v.Salt)
}

type vectors struct {
	Schema   string            `json:"schema"`
	Version  int               `json:"version"`
	Vendor   string            `json:"vendor"`
	About    []string          `json:"about"`
	Flags    map[string]string `json:"flags"`
	Mistakes map[string]string `json:"mistakes"`
	Vectors  []vector          `json:"vectors"`
}

const (
	valid, invalid = "valid", "invalid"
	prose          = "ProseOrder"
)

// published makes the file: each specimen in both orders, with salts of all kinds, and each mistake with the plainest keys
// that it does anything to.
func published() vectors {
	file := vectors{
		Schema: "authbench/vectors/1", Version: 1, Vendor: "gillie",
		About: []string{
			"apihash is the SHA-256 of the concatenation, in lower-case hexadecimal; all texts are UTF-8, and hashed as they are.",
			"A valid vector: sign public_key, private_key and salt in the named order, and compare with hash.",
			"An invalid vector: a hash that a server with that order has to deny, as a signer with that mistake makes it of the same keys and salt.",
			"Try private-public-salt first: the vendor's shell example and its own client have it. Vectors with the flag ProseOrder are for servers that hash as the prose of its page says.",
			"None of these keys is anybody's.",
		},
		Flags: map[string]string{
			"Short": "a part of one character", "Reserved": "characters that URLs, shells or formats reserve", "Spaces": "spaces at the ends",
			"NonASCII": "characters outside ASCII", "Seam": "digits where two parts meet", "Length": "a length around the blocks of SHA-256",
			"Salt": "a salt that is not of these years", prose: "public key first", "NoPrivateKey": "no private key: with an empty one there should be no hash",
		},
		Mistakes: map[string]string{},
	}
	add := func(v vector, order client.Order, result, mistake string, hash string, flags ...string) {
		v.ID, v.Order, v.Result, v.Mistake, v.Hash = len(file.Vectors)+1, string(order), result, mistake, hash
		v.Concatenation, v.Flags = v.ingredients().message(), append([]string{}, flags...)
		file.Vectors = append(file.Vectors, v)
	}
	for _, v := range plain() {
		add(v, client.PrivatePublicSalt, valid, "", v.hash(client.PrivatePublicSalt), v.Flags...)
		add(v, client.PublicPrivateSalt, valid, "", v.hash(client.PublicPrivateSalt), append(slices.Clone(v.Flags), prose)...)
	}
	for _, wrong := range wrongHashes {
		file.Mistakes[wrong.name] = wrong.says
		for _, v := range plain() {
			v.Order = string(client.PrivatePublicSalt)
			hashes := wrong.hashes(v.ingredients())
			if len(hashes) == 0 || v.PrivateKey == "" {
				continue
			}
			v.Comment = wrong.says
			add(v, client.PrivatePublicSalt, invalid, wrong.name, hashes[0])
			break
		}
		if wrong.name == "other-order" {
			v := plain()[0]
			v.Comment, v.Order = wrong.says, string(client.PublicPrivateSalt)
			add(v, client.PublicPrivateSalt, invalid, wrong.name, wrong.hashes(v.ingredients())[0], prose)
		}
	}
	return file
}

func (v vector) hash(order client.Order) string {
	return client.Key{Public: v.PublicKey, Private: v.PrivateKey}.Hash(order, v.Salt)
}

// plain are the keys and salts that are signed.
func plain() []vector {
	var list []vector
	for _, s := range specimens {
		list = append(list, vector{Comment: s.comment, PublicKey: s.key.Public, PrivateKey: s.key.Private, Salt: "1764000000", Flags: s.flags})
	}
	real := specimens[0].key
	for _, salt := range []string{"0", "1", "999999999", "1764000001", "4294967296"} {
		list = append(list, vector{Comment: "the salt " + salt, PublicKey: real.Public, PrivateKey: real.Private, Salt: salt, Flags: []string{"Salt"}})
	}
	return append(list,
		vector{Comment: "quotes and backslashes", PublicKey: `9f"86'd0\81`, PrivateKey: `2c\"26\n'b4`, Salt: "1764000000", Flags: []string{"Reserved"}},
		vector{Comment: "no private key", PublicKey: real.Public, Salt: "1764000000", Flags: []string{"NoPrivateKey"}})
}

func TestPublishedVectorsAreAsGenerated(t *testing.T) {
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(published()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(vectorFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/vectors/gillie.json is not as generated: go test ./targets/gillie -run Published -update")
	}
}

// read are the vectors as others read them.
func read(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var file vectors
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPublishedVectorsAreSound(t *testing.T) {
	file := read(t)
	ids, contents, flags, results := map[int]bool{}, map[string]bool{}, map[string]bool{}, map[string]int{}
	mistakes := map[string]bool{}
	for _, v := range file.Vectors {
		content := strings.Join([]string{v.PublicKey, v.PrivateKey, v.Salt, v.Order, v.Hash}, "\x00")
		if ids[v.ID] || contents[content] || v.Comment == "" {
			t.Errorf("vector %d comes twice, or without a comment", v.ID)
		}
		ids[v.ID], contents[content] = true, true
		results[v.Result+" "+v.Order]++
		for _, f := range v.Flags {
			if flags[f] = true; file.Flags[f] == "" {
				t.Errorf("vector %d has the flag %q, which nothing explains", v.ID, f)
			}
		}
		right := sha(v.Concatenation)
		switch {
		case v.Order == string(client.PrivatePublicSalt) && v.Concatenation != v.PrivateKey+v.PublicKey+v.Salt,
			v.Order == string(client.PublicPrivateSalt) && v.Concatenation != v.PublicKey+v.PrivateKey+v.Salt:
			t.Errorf("vector %d is not concatenated in its order", v.ID)
		case v.Result == valid && (v.Hash != right || v.Mistake != ""):
			t.Errorf("the valid vector %d is wrong", v.ID)
		case v.Result == invalid && (v.Hash == right || v.Hash == "" || file.Mistakes[v.Mistake] == ""):
			t.Errorf("the invalid vector %d is right, or has a mistake that nothing explains: %q", v.ID, v.Mistake)
		}
		if v.Result == invalid {
			mistakes[v.Mistake] = true
			if says := explainHash(v.ingredients(), v.Hash); !strings.HasPrefix(says, v.Mistake+": ") {
				t.Errorf("the mistake of vector %d, %s, is taken for %q", v.ID, v.Mistake, says)
			}
		}
	}
	if len(flags) != len(file.Flags) || len(mistakes) != len(file.Mistakes) || len(mistakes) != len(wrongHashes) {
		t.Errorf("of the flags %v only %v are used, of the mistakes %v only %v", slices.Collect(maps.Keys(file.Flags)), flags, file.Mistakes, mistakes)
	}
	for result, atLeast := range map[string]int{"valid private-public-salt": 25, "valid public-private-salt": 25, "invalid private-public-salt": 20,
		"invalid public-private-salt": 1} {
		if results[result] < atLeast {
			t.Errorf("only %d are %s", results[result], result)
		}
	}
}

// Every hash, the wrong ones too, is made again by programs that share nothing with this house: sha256sum and openssl.
func TestPublishedVectorsAgainstOtherPrograms(t *testing.T) {
	for _, program := range []string{"sh", "sha256sum", "openssl", "iconv", "base64"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is needed: apt-get install -y --no-install-recommends openssl libc-bin coreutils", program)
		}
	}
	for _, v := range read(t).Vectors {
		cmd := exec.Command("sh", "testdata/hash.sh")
		first, second := v.PrivateKey, v.PublicKey
		if v.Order == string(client.PublicPrivateSalt) {
			first, second = second, first
		}
		cmd.Env = append(os.Environ(), "MISTAKE="+v.Mistake, "PRIVATE="+v.PrivateKey, "PUBLIC="+v.PublicKey, "FIRST="+first, "SECOND="+second, "SALT="+v.Salt)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSuffix(string(out), "\n"); err != nil || got != v.Hash {
			t.Errorf("vector %d (%s): %s, not %s; %v", v.ID, v.Comment, got, v.Hash, err)
		}
	}
}

// A wrong answer is explained without a key in the explanation.
func TestExplanations(t *testing.T) {
	in := ingredientsOf(specimens[0].key, benchOrder, "1764000000")
	for _, c := range []struct{ hash, want string }{
		{sha(in.message())[:40], "cut-hash: the hash is cut short: all 64 digits are wanted"},
		{sha(in.first + in.second + "1763999990"), "another-salt-hashed: another salt was hashed than the one that was given"},
		{sha(in.first + in.second + "1764000000123"), "salt-in-milliseconds: the salt was hashed in milliseconds: it is in seconds"},
		{sha(in.first + "|" + in.second + "|" + in.salt), "colons-between: something stands between the parts: nothing belongs there"},
		{sha("what else"), "none of the usual mistakes gives it"},
		{"", "it is no SHA-256 in hexadecimal: it has 0 characters, and 64 hexadecimal digits are right"},
		{strings.Repeat("z", 64), "it is no SHA-256 in hexadecimal: it has 64 characters, and 64 hexadecimal digits are right"},
	} {
		if got := explainHash(in, c.hash); got != c.want {
			t.Errorf("%q is explained by %q, want %q", c.hash, got, c.want)
		}
	}
}

func TestSignBench(t *testing.T) {
	for _, bytes := range []int{12, 74, 138, 4096} {
		b, err := signBench(bytes)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Message) != bytes || len(b.Requests) != benchKeys*benchSalts || len(b.Samples) < 50 {
			t.Errorf("%d bytes: %d, %d requests, %d samples", bytes, len(b.Message), len(b.Requests), len(b.Samples))
		}
		for _, r := range slices.Concat(b.Samples, b.Requests) {
			if r.Hash != sha(r.Input["private_key"]+r.Input["public_key"]+r.Input["salt"]) {
				t.Fatalf("%v has the hash %s", r.Input, r.Hash)
			}
		}
		if got := len(fmt.Sprint(b.Requests[0].Input["private_key"], b.Requests[0].Input["public_key"], b.Requests[0].Input["salt"])); got != bytes {
			t.Errorf("a request hashes %d bytes, not %d", got, bytes)
		}
		for _, way := range b.Ways {
			for _, n := range []uint64{0, 7, 1 << 41} {
				made := way.Sign(nil, n)
				if !way.Right(n, made) || way.Right(n, made[:len(made)-1]) || way.Right(n, nil) {
					t.Errorf("%s does not know its own signature, or takes any", way.Name)
				}
			}
		}
	}
	for _, bytes := range []int{-1, 0, 11, 4097} {
		if _, err := signBench(bytes); err == nil || !strings.Contains(err.Error(), "choose from 12 to 4096") {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
}
