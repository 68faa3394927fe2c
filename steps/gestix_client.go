package steps

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/authbench/authbench/targets"
)

func gestixClientVocabulary() vocabulary {
	return vocabulary{
		phrases: slices.Concat(gestixClientGivens(), gestixClientVerdicts(), clientPhrases()),
		start:   func(*world) {},
		client: &clientSide{
			credentials: func() targets.Credentials {
				return targets.Credentials{
					"api_token": "T" + rand.Text() + rand.Text(), "username": "web-" + rand.Text() + "@example.com", "password": "p+&=%#? é" + rand.Text(),
				}
			},
			given: []string{"api_token", "username", "password"}, secrets: []string{"api_token", "password"},
			did: func(kind string, a targets.Arrival) bool {
				switch kind {
				case "read":
					return a.Method == http.MethodGet && isCustomers(a)
				case "write":
					return a.Method == http.MethodPost && isCustomers(a) && a.Wrote != ""
				}
				return a.Method == http.MethodPut && isCustomers(a) && a.Wrote != ""
			},
			opens: isOpening,
		},
	}
}

func gestixClientGivens() []Phrase {
	const ended = "the server ends every session just before it judges that call"
	return []Phrase{
		phrase(`the session has ended when the first call comes`, "Given the session has ended when the first call comes", ended,
			onBench(func(b *bench) error { b.stage.play(b.endsBefore(1)); return nil })),
		phrase(`the session ends after (\d+) calls?`, "Given the session ends after 5 calls", ended,
			onBenchWith(func(b *bench, n int) error { b.stage.play(b.endsBefore(n + 1)); return nil })),
		phrase(`the session has ended when (\d+) calls come together`, "Given the session has ended when 20 calls come together",
			"each is held until all are there, or no other comes, and then denied", onBenchWith(func(b *bench, n int) error {
				b.stage.play(b.endsBefore(1))
				b.stage.play(b.heldTogether(n))
				return nil
			})),
		phrase(`every call with a session is denied`, "Given every call with a session is denied", "by 403, while sessions can be had",
			onBench(func(b *bench) error { b.stage.play(answering(isProtected, forbidden)); return nil })),
		phrase(`no session can be had`, "Given no session can be had", "the API token and the password were revoked", onBench(func(b *bench) error {
			b.steer(func(c targets.Controlled) { _, _ = c.Revoke("api_token"), c.Revoke("password") }) // the names are known
			return nil
		})),
		phrase(`(the first|every) write is rejected by (400|409)`, "Given the first write is rejected by 409", "with the vendor's error object; nothing is written",
			func(w *world) any {
				return func(which, status string) error { w.bench.stage.play(rejecting(which == "every", status)); return nil }
			}),
		phrase(`writes that are under way together are taken in falling order of their nonces`,
			"Given writes that are under way together are taken in falling order of their nonces",
			"the order in which a server takes what comes over several connections is its own", onBench(func(b *bench) error {
				b.stage.play(b.fallingOrder())
				return nil
			})),
		phrase(`the server sends its reads to another host`, "Given the server sends its reads to another host", "by a redirect, to a host that no secret is meant for",
			onBench(func(b *bench) error {
				return b.sendAway(func(a *targets.Arrival) bool { return isProtected(a) && a.Method == http.MethodGet })
			})),
		phrase(`the server sends whoever asks for a session to another host`, "Given the server sends whoever asks for a session to another host", "likewise",
			onBench(func(b *bench) error { return b.sendAway(func(a *targets.Arrival) bool { return isOpening(*a) }) })),
	}
}

func gestixClientVerdicts() []Phrase {
	return []Phrase{
		phrase(`a session was asked for before anything else`, "Then a session was asked for before anything else", "by /helo or /auth", afterTurn(gestixOpensFirst)),
		phrase(`every other call carries a session token`, "Then every other call carries a session token", "as Bearer", afterTurn(gestixTokensRight)),
		phrase(`the API token is in no other call`, "Then the API token is in no other call", "but in those of /helo; nowhere, in any usual encoding", afterTurn(gestixTokenAtHome)),
		phrase(`the password is in no other call`, "Then the password is in no other call", "but in those of /auth", afterTurn(gestixPasswordAtHome)),
		phrase(`it got at most (\d+) new sessions? after the first denial`, "Then it got at most 1 new session after the first denial",
			"calls of /helo, or of /auth, that came after a call was denied; so many for each kind of call that is denied, where a client makes others too",
			afterTurnWith(gestixRefreshes)),
		phrase(`the denied call was made again in a new session`, "Then the denied call was made again in a new session", "the first that was denied",
			afterTurn(gestixRepeated)),
		phrase(`all of them were written`, "Then all of them were written", "untested where a write lacks a nonce", afterTurn(gestixAllWritten)),
		phrase(`it asked for at most (\d+) sessions?`, "Then it asked for at most 2 sessions", "calls of /helo, or of /auth", afterTurnWith(gestixOpenings)),
		phrase(`every write carries a nonce`, "Then every write carries a nonce", "POST and PUT, a positive whole number in the query", afterTurn(gestixNonces)),
		phrase(`every nonce is greater than those before`, "Then every nonce is greater than those before",
			"also than those of an earlier session; of writes that are wanted at once they need only differ", afterTurn(gestixNoncesRise)),
		phrase(`no nonce was too low`, "Then no nonce was too low", "the server rejected no write for it", afterTurn(gestixNoneTooLow)),
		phrase(`nothing was written twice`, "Then nothing was written twice", "as many records as the action has parts", afterTurn(gestixWrittenOnce)),
		phrase(`no rejected write was repeated unchanged`, "Then no rejected write was repeated unchanged", "nor more than twice with another nonce",
			afterTurn(gestixNoRepeat)),
		phrase(`no secret reached the other host`, "Then no secret reached the other host", "", afterTurn((*bench).nothingElsewhere)),
	}
}

// resourceOf is the last part of a request's path, such as /helo.
func resourceOf(a targets.Arrival) string {
	path, _, _ := strings.Cut(a.URI, "?")
	return path[strings.LastIndexByte(path, '/')+1:]
}

func isOpening(a targets.Arrival) bool    { r := resourceOf(a); return r == "helo" || r == "auth" }
func isCustomers(a targets.Arrival) bool  { return resourceOf(a) == "customers" }
func isProtected(a *targets.Arrival) bool { return !isOpening(*a) }
func isWrite(a targets.Arrival) bool {
	return !isOpening(a) && (a.Method == http.MethodPost || a.Method == http.MethodPut)
}

// gestixOpensFirst judges GESC-01.
func gestixOpensFirst(b *bench) error {
	for _, t := range b.turns {
		if first := t.arrivals[0]; !isOpening(first) {
			return b.accuse(&first, "a session asked for by /helo or /auth before anything else", "the first call is %s %s", first.Method, "/"+resourceOf(first))
		}
	}
	return nil
}

// gestixTokensRight judges that protected calls carry a session token, be it one that has ended (GESC-02).
func gestixTokensRight(b *bench) error {
	judged, opened := false, false
	for _, a := range b.calls() {
		opened = opened || isOpening(a) && a.Outcome == targets.OutcomeAccepted
		if isOpening(a) || !opened { // what comes before there is a session is another clause's (GESC-01)
			continue
		}
		judged = true
		if credential := a.Facts["credential"]; credential != "session token" && credential != "expired session token" {
			return b.accuse(&a, "Authorization: Bearer <session token>", "request %d carries: %s", a.Number, credential)
		}
	}
	if !judged {
		return b.w.untested("a client that calls anything but /helo and /auth")
	}
	return nil
}

// gestixTokenAtHome judges that the API token goes to /helo alone (GESC-02).
func gestixTokenAtHome(b *bench) error { return b.atHome("api_token", "helo") }

func gestixPasswordAtHome(b *bench) error { return b.atHome("password", "auth") }

// atHome judges that a credential is in no call but those of one resource.
func (b *bench) atHome(name, resource string) error {
	for _, a := range b.calls() {
		if resourceOf(a) == resource {
			continue
		}
		if where, found := hunt(tracesOf(a), map[string][]string{name: {b.given[name]}}); found != "" {
			return b.accuse(&a, fmt.Sprintf("the %s in no call but those of /%s", name, resource), "%s (%s /%s) holds it", where, a.Method, resourceOf(a))
		}
	}
	return nil
}

// gestixOpenings counts those of the last run; a client may know both ways.
func gestixOpenings(b *bench, most int) error {
	count := map[string]int{}
	for _, a := range b.last().arrivals {
		if isOpening(a) {
			if count[resourceOf(a)]++; count[resourceOf(a)] == most+1 {
				total := 0
				for _, other := range b.last().arrivals {
					if resourceOf(other) == resourceOf(a) {
						total++
					}
				}
				return b.accuse(&a, fmt.Sprintf("at most %d sessions asked for", most), "%d calls of /%s", total, resourceOf(a))
			}
		}
	}
	return nil
}

// writes are the POSTs and PUTs of all runs; without any there is nothing to judge.
func (b *bench) writes() ([]targets.Arrival, error) {
	writes := slices.DeleteFunc(b.calls(), func(a targets.Arrival) bool { return !isWrite(a) })
	if len(writes) == 0 {
		return nil, b.w.untested("a client that gets as far as a write")
	}
	return writes, nil
}

func nonceOf(a targets.Arrival) (int64, bool) {
	values := gillieParameters(a)["nonce"]
	if len(values) != 1 {
		return 0, false
	}
	n, err := strconv.ParseInt(values[0], 10, 64)
	return n, err == nil && n > 0 && isDigits(values[0])
}

// gestixNonces judges that there is one on every write (GESC-06).
func gestixNonces(b *bench) error {
	writes, err := b.writes()
	for _, a := range writes {
		if _, ok := nonceOf(a); !ok {
			return b.accuse(&a, "a positive whole number as nonce in the query of every POST and PUT", "request %d (%s) carries none that the server reads",
				a.Number, a.Method)
		}
	}
	return err
}

// gestixNoncesRise judges GESC-06 by the last run. Of writes that were wanted at once nobody can tell in which order they were
// sent, only that no two nonces may be the same; that they arrive in order is GESC-07.
func gestixNoncesRise(b *bench) error {
	writes, err := b.writes()
	alone := b.last().parts == 1
	for i, later := range writes {
		for _, earlier := range writes[:i] {
			low, ok1 := nonceOf(earlier)
			high, ok2 := nonceOf(later)
			if ok1 && ok2 && (high == low || high < low && alone) {
				return b.accuse(&later, fmt.Sprintf("a nonce greater than %d, that of request %d", low, earlier.Number), "request %d carries %d", later.Number, high)
			}
		}
	}
	return err
}

// firstDenied is where the first call stands that carried a session token and was denied, or -1.
func firstDenied(arrivals []targets.Arrival) int {
	return slices.IndexFunc(arrivals, func(a targets.Arrival) bool {
		return !isOpening(a) && a.Status == http.StatusForbidden && a.Facts["session"] != ""
	})
}

// gestixRefreshes counts the sessions that were asked for after the first denied call (GESC-04, GESC-09).
func gestixRefreshes(b *bench, most int) error {
	arrivals := b.last().arrivals
	first := firstDenied(arrivals)
	if first < 0 {
		return b.w.untested("a client that makes a call with a session")
	}
	most *= kindsDenied(arrivals)
	count := 0
	for _, a := range arrivals {
		if !isOpening(a) || a.Number <= arrivals[first].Before {
			continue
		}
		if count++; count > most {
			return b.accuse(&a, fmt.Sprintf("at most %d sessions asked for after the first denial", most), "request %d asks for one more", a.Number)
		}
	}
	return nil
}

// kindsDenied counts the calls of different kinds that were denied: a client may ask for /status, say, before it makes the call
// that it was told to make, and each of them may take a new session.
func kindsDenied(arrivals []targets.Arrival) int {
	kinds := map[string]bool{}
	for _, a := range arrivals {
		if !isOpening(a) && a.Status == http.StatusForbidden {
			kinds[a.Method+resourceOf(a)] = true
		}
	}
	return len(kinds)
}

// gestixRepeated judges that a call that was denied is made again, with another session token (GESC-03). Where the action was
// done all the same, what was denied was not part of it: a look at /status, say.
func gestixRepeated(b *bench) error {
	arrivals := b.last().arrivals
	first := firstDenied(arrivals)
	switch {
	case first < 0:
		return b.w.untested("a client that makes another call with the session that was denied to it")
	case b.cutShort() || b.done() >= b.last().parts:
		return nil
	}
	denied := arrivals[first]
	for _, a := range arrivals[first+1:] {
		if a.Method == denied.Method && resourceOf(a) == resourceOf(denied) && a.Facts["session"] != "" && a.Facts["session"] != denied.Facts["session"] {
			return nil
		}
	}
	return b.accuse(&denied, "the denied call made again in a new session", "request %d was denied, and no such call followed", denied.Number)
}

// gestixAllWritten judges GESC-07 where nothing but the order of the nonces stands in the way.
func gestixAllWritten(b *bench) error {
	writes, err := b.writes()
	if err != nil {
		return err
	}
	for _, a := range writes {
		if _, ok := nonceOf(a); !ok {
			return b.w.untested("a client that puts a nonce on its writes")
		}
	}
	if t, done := b.last(), b.done(); done < t.parts && !b.cutShort() {
		return b.accuse(b.denied(), fmt.Sprintf("%d records written", t.parts), "%d were", done)
	}
	return nil
}

// gestixNoneTooLow judges GESC-07.
func gestixNoneTooLow(b *bench) error {
	writes, err := b.writes()
	for _, a := range writes {
		if a.Reason == "nonce not greater" {
			return b.accuse(&a, "writes that arrive in the order of their nonces, however many are wanted at once", "request %d was rejected: %s", a.Number, a.Why)
		}
	}
	return err
}

// gestixWrittenOnce judges GESC-08.
func gestixWrittenOnce(b *bench) error {
	t := b.last()
	var done []targets.Arrival
	for _, a := range t.arrivals {
		if a.Method == http.MethodPost && a.Wrote != "" {
			done = append(done, a)
		}
	}
	switch {
	case len(done) > t.parts:
		return b.accuse(&done[t.parts], fmt.Sprintf("%d records written", t.parts), "%d were", len(done))
	case len(done) < t.parts:
		return b.w.untested("a client that repeats a write after it got a new session: only %d of %d were written", len(done), t.parts)
	}
	return nil
}

// maxSameBody is how often one body may be sent when the server rejects it: a client may take a 400 or a 409 for a nonce
// that came too late, and try again with a greater one.
const maxSameBody = 3

// gestixNoRepeat judges GESC-10.
func gestixNoRepeat(b *bench) error {
	writes, err := b.writes()
	for i, a := range writes {
		bodies := 1
		for _, earlier := range writes[:i] {
			rejected := earlier.Status == http.StatusBadRequest || earlier.Status == http.StatusConflict
			if !rejected || earlier.Method != a.Method || string(earlier.Body) != string(a.Body) {
				continue
			}
			if bodies++; earlier.URI == a.URI || bodies > maxSameBody {
				return b.accuse(&a, "a write that was rejected by 400 or 409 is not repeated unchanged", "request %d repeats request %d, which was answered by %d",
					a.Number, earlier.Number, earlier.Status)
			}
		}
	}
	return err
}
