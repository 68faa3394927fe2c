package mock

import (
	"math/rand/v2"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// variation is one way of keeping the contract that a careless suite or client might take for a breach. All of it is
// left open by the clauses; the zero seed draws the plainest.
type variation struct {
	nonceStatus, loginStatus, createdStatus int
	tokens                                  tokenForm
	lifetime                                time.Duration
	sliding                                 bool // a session lives from its last use
	skew                                    time.Duration
	anyCase                                 bool // GES-25: bearer, BEARER
	readsMoveMark                           bool // GES-18: a nonce on a GET
	failureUsesNonce                        bool // GES-18: 400 for the body, 404, 409
	looseMethods                            bool // GES-18: DELETE and PATCH need no nonce
	errorPath, requestID                    bool
	noErrors                                any // what /status says when there are none
	layout                                  string
	zone                                    *time.Location
	uuids, wrapped                          bool
	extra, shuffled, pretty                 bool
	jsonType, errorType                     string
	form                                    mockkit.Form
}

// drawVariation draws a variation from a seed; the same seed gives the same one, and 0 the plain one.
func drawVariation(seed uint64) variation {
	v := variation{
		nonceStatus: 400, loginStatus: 400, createdStatus: 201, tokens: tokenForm{"hex", 40}, lifetime: 20 * time.Minute,
		noErrors: []any{}, layout: "2006-01-02T15:04:05Z07:00", zone: time.UTC, jsonType: "application/json",
		errorType: "application/json",
	}
	if seed == 0 {
		return v
	}
	rng := rand.New(rand.NewPCG(seed, 0x7661_7279))
	coin := func() bool { return rng.UintN(2) == 1 }
	one := func(of ...string) string { return of[rng.IntN(len(of))] }
	status := func(of ...int) int { return of[rng.IntN(len(of))] }

	v.nonceStatus, v.loginStatus, v.createdStatus = status(400, 409), status(400, 403), status(201, 200)
	v.tokens = drawTokenForm(rng)
	v.lifetime = 90*time.Second + time.Duration(rng.Int64N(int64(4*time.Hour-90*time.Second)/int64(time.Second)+1))*time.Second
	v.sliding = coin()
	if coin() {
		v.skew = time.Duration(rng.IntN(7201)-3600) * time.Second // a clock that is up to an hour off
	}
	v.anyCase, v.readsMoveMark, v.failureUsesNonce, v.looseMethods = coin(), coin(), coin(), coin()
	v.errorPath, v.requestID = coin(), coin()
	v.noErrors = []any{[]any{}, map[string]any{}, nil}[rng.IntN(3)]
	v.layout, v.zone = drawStamp(rng)
	v.uuids, v.wrapped = coin(), coin()
	v.extra, v.shuffled, v.pretty = coin(), coin(), coin()
	v.jsonType = one("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8")
	v.errorType = one(v.jsonType, "application/problem+json")
	v.form = mockkit.Form{LowerHeaders: coin(), Chunked: coin(), Closes: coin()}
	return v
}

// drawStamp draws one of the ways in which ISO 8601 writes a time (GES-20, GES-21).
func drawStamp(rng *rand.Rand) (layout string, zone *time.Location) {
	fraction := []string{"", ".0", ".000", ".000000"}[rng.IntN(4)]
	layout = "2006-01-02T15:04:05" + fraction
	switch rng.IntN(4) {
	case 0:
		return layout + "-07:00", time.FixedZone("", 3600) // +01:00
	case 1:
		return layout + "-0700", time.FixedZone("", -(3*3600 + 1800)) // -0330, the basic form
	case 2:
		return layout + "-07:00", time.UTC // +00:00
	}
	return layout + "Z07:00", time.UTC
}

func (v variation) stamp(t time.Time) string { return t.In(v.zone).Format(v.layout) }
