package mock

import (
	"math/rand/v2"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// variation is one way of keeping the contract that a careless suite or client might take for a breach. All of it is
// left open by the clauses; the zero seed draws the plainest.
type variation struct {
	denialStatus          map[reason]int // 4xx
	denialBody            string         // json, text, html, empty, echo
	terse                 bool           // a denial gives no reason
	okStatus              int            // 2xx
	form                  mockkit.Form
	wrapped, pretty       bool // lists inside an object; indented JSON
	exclusive             bool // GIL-07: 600 s itself is outside
	unenforcedHashIgnored bool // GIL-12
	replayRefused         bool // GIL-19
	anyHex                bool // GIL-21: upper-case hexadecimal is taken
	anyCase               bool // GIL-21: parameter names in any case
	twice                 string
	paths                 string // strict, normalised, redirected
	idsPerArea            bool
	alphabet              string // of the keys
	skew                  time.Duration
}

var reasons = []reason{
	noKey, unknownKey, deletedKey, hashRequired, missingPart, malformedSalt, saltOutside, wrongHash, usedHash, notPermitted,
	plainDenied, oddParameters, twiceParameter,
}

// drawVariation draws a variation from a seed; the same seed gives the same one, and 0 the plain one.
func drawVariation(seed uint64) variation {
	v := variation{
		denialStatus: map[reason]int{}, denialBody: "json", okStatus: 200, twice: "first", paths: "strict", alphabet: "hex",
	}
	for _, r := range reasons {
		v.denialStatus[r] = 403
	}
	if seed == 0 {
		return v
	}
	rng := rand.New(rand.NewPCG(seed, 0x7661_7279))
	coin := func() bool { return rng.UintN(2) == 1 }
	one := func(of ...string) string { return of[rng.IntN(len(of))] }

	statuses := []int{400, 401, 403}
	all := statuses[rng.IntN(3)]
	each := coin()
	for _, r := range reasons {
		if each {
			all = statuses[rng.IntN(3)]
		}
		v.denialStatus[r] = all
	}
	if coin() {
		v.denialStatus[notPermitted] = 404 // hides what exists
	}
	v.denialBody = one("json", "text", "html", "empty", "echo")
	v.terse = coin()
	v.okStatus = []int{200, 200, 203}[rng.IntN(3)]
	v.form = mockkit.Form{LowerHeaders: coin(), Chunked: coin(), Closes: coin()}
	v.wrapped, v.pretty = coin(), coin()
	v.exclusive, v.unenforcedHashIgnored, v.replayRefused = coin(), coin(), coin()
	v.anyHex, v.anyCase = coin(), coin()
	v.twice = one("first", "last", "denied")
	v.paths = one("strict", "normalised", "redirected")
	v.idsPerArea = coin()
	v.alphabet = one("hex", "base64")
	if coin() {
		v.skew = time.Duration(rng.IntN(7201)-3600) * time.Second // a clock that is up to an hour off
	}
	return v
}
