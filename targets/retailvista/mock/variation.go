package mock

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// The ways in which silence ends: by FIN, by RST, or not at all.
const (
	silenceClosed = "closed"
	silenceReset  = "reset"
	silenceOpen   = "open"
)

// variation is one way of keeping the contract that a careless suite or client might take for a breach. All of it is
// left open by the clauses; the zero seed draws the plainest.
type variation struct {
	silence                          string
	pause                            time.Duration // before every silence, whatever the call (RTV-16)
	denialForm                       string        // text, json, html, soap
	denialStatus                     map[reason]int
	wording                          int  // which of the texts of each reason is told
	marked                           bool // with mark-up in the text
	deniedCloses                     bool
	duplicateSilent, addressSilent   bool // RTV-15, RTV-12: explicitly or in silence
	upperGUID, bracedGUID, nakedGUID bool // RTV-17
	perMinute                        int  // calls of one address and token (RTV-13)
	soap                             soapStyle
	refusalAsResult, missingAsResult bool // RTV-09: a SOAP fault or a result that says so
	refusedResult                    string
	form                             mockkit.Form
	bareStatus                       bool // a status line without a reason phrase
}

// drawVariation draws a variation from a seed; the same seed gives the same one, and 0 the plain one.
func drawVariation(seed uint64) variation {
	v := variation{
		silence: silenceClosed, denialForm: "text", denialStatus: map[reason]int{}, upperGUID: true, perMinute: math.MaxInt,
		soap: soapStyles[0], refusedResult: "LoginFailed",
	}
	for _, because := range denials {
		v.denialStatus[because] = 403
	}
	v.denialStatus[emptyToken], v.denialStatus[noGUID] = 400, 400
	if seed == 0 {
		return v
	}
	rng := rand.New(rand.NewPCG(seed, 0x7661_7279))
	coin := func() bool { return rng.UintN(2) == 1 }
	one := func(of ...string) string { return of[rng.IntN(len(of))] }

	v.silence = one(silenceClosed, silenceReset, silenceOpen)
	v.pause = time.Duration(rng.IntN(4)) * time.Millisecond
	v.denialForm = one("text", "json", "html", "soap")
	statuses := []int{400, 401, 403}
	if v.denialForm == "soap" {
		statuses = append(statuses, 500) // how SOAP 1.1 sends a fault
	}
	for _, because := range denials {
		v.denialStatus[because] = statuses[rng.IntN(len(statuses))]
	}
	v.wording, v.marked, v.deniedCloses = rng.IntN(3), coin(), coin()
	v.duplicateSilent, v.addressSilent = coin(), coin()
	v.upperGUID, v.bracedGUID, v.nakedGUID = coin(), coin(), coin()
	v.perMinute = 300 + rng.IntN(1701)
	v.soap = soapStyles[rng.IntN(len(soapStyles))]
	v.refusalAsResult, v.missingAsResult = coin(), coin()
	v.refusedResult = one("LoginFailed", "InvalidCredentials", "AccessDenied")
	v.form = mockkit.Form{LowerHeaders: coin(), Chunked: coin()}
	v.bareStatus = coin()
	return v
}
