package steps

import "github.com/authbench/authbench/targets/wire"

func gestixVocabulary() vocabulary {
	phrases := gestixSessions()
	phrases = append(phrases, gestixDoors()...)
	phrases = append(phrases, gestixReads()...)
	phrases = append(phrases, gestixWrites()...)
	phrases = append(phrases, gestixRaces()...)
	phrases = append(phrases, gestixVerdicts()...)
	return vocabulary{
		phrases:   append(phrases, commonPhrases(func(w *world) error { return w.vendor.(*gestix).doubt() })...),
		start:     func(w *world) { w.vendor = &gestix{w: w} },
		preflight: func(w *world) ([]string, error) { return w.vendor.(*gestix).preflight() },
	}
}

// gestix is what a scenario has done so far.
type gestix struct {
	w       *world
	session *gestixSession // the one that calls are made with; nil before the first
	before  *gestixSession // the one before it
	used    *gestixSession // by the last call; nil when it carried no session token, or none that should be good

	earlier *wire.Exchange   // the call before the last
	kept    [2]wire.Exchange // two calls on one connection
	write   *gestixWrite     // the last
	accept  *gestixWrite     // the last one that a Given made
	record  string           // the id of what a PUT changes
	races   []race
	tokens  []string // of sessions opened to compare them
	life    string   // what was found of a session's lifetime
}

const (
	gestixFlows = `a session|a session by user name and password`
	gestixLogin = `the user name and the password|the password and the user name|the user name alone|the password alone|neither|` +
		`the user name and a wrong password|the user name and an empty password|an unknown user name and the password|` +
		`an unknown user name and a wrong password`
	gestixTokens = `the API token|the revoked API token|an unknown API token|the API token with its last letter changed|` +
		`the API token without its last letter|the API token with one letter more`
)

func gestixSessions() []Phrase {
	return []Phrase{
		phrase(`(`+gestixFlows+`)`, "Given a session", "opened by /helo or by /auth; untested where none can be had",
			word((*gestix).given)),
		phrase(`the next session is (`+gestixFlows+`)`, "When the next session is a session", "calls are made with it from now on",
			word((*gestix).given)),
		phrase(`the session's lifetime is over`, "When the session's lifetime is over",
			"moves the target's clock, or waits where --timeout allows it; needs session_lifetime, or a control endpoint",
			with((*gestix).expire)),
		phrase(`half of the session's lifetime is over`, "When half of the session's lifetime is over", "needs session_lifetime",
			with((*gestix).halfway)),
		phrase(`the API token is revoked`, "When the API token is revoked", "needs a control endpoint", with((*gestix).revoke)),
		phrase(`eight sessions are opened, each (by the API token|by user name and password)`,
			"When eight sessions are opened, each by the API token", "", word((*gestix).openEight)),
		phrase(`their tokens differ in at least (\d+) bits`, "Then their tokens differ in at least 64 bits",
			"counts the places where they differ, and the letters found there", word((*gestix).tokensDiffer)),
		phrase(`the lifetime of a session is searched`, "When the lifetime of a session is searched",
			"by bisection to the second where the clock can be steered", with((*gestix).searchLifetime)),
		phrase(`the lifetime is reported`, "Then the lifetime is reported", "never fails",
			with(func(g *gestix) error { g.w.observed("%s", g.life); return nil })),
	}
}

func gestixDoors() []Phrase {
	return []Phrase{
		phrase(`/helo is called with (`+gestixTokens+`)`, "When /helo is called with the API token", "GET /helo, the token as Bearer",
			word((*gestix).heloWith)),
		phrase(`/helo is called with the API token and nonce (\d+)`, "When /helo is called with the API token and nonce 5", "",
			word(func(g *gestix, nonce string) error { return g.helo(g.bearer("api_token"), "nonce="+nonce) })),
		phrase(`/helo is called without an Authorization header`, "When /helo is called without an Authorization header", "",
			with(func(g *gestix) error { return g.helo(nil, "") })),
		phrase(`/helo is called with the Authorization header "([^"]*)"`,
			`When /helo is called with the Authorization header "Basic {API token}"`,
			"in braces: API token, session token, unknown token; and of the session token: last changed, cut",
			word(func(g *gestix, text string) error {
				header, err := g.filled(text)
				if err != nil {
					return err
				}
				return g.helo(&header, "")
			})),
		phrase(`/helo is called with the API token in the query`, "When /helo is called with the API token in the query", "",
			with((*gestix).heloByQuery)),
		phrase(`/auth is called with (`+gestixLogin+`)`, "When /auth is called with the user name and the password",
			"POST /auth, the parameters in the query", word((*gestix).login)),
		phrase(`/status is called`, "When /status is called", "with the session token",
			with(func(g *gestix) error { return g.status("") })),
		phrase(`/status is called with nonce (\d+)`, "When /status is called with nonce 5", "",
			word(func(g *gestix, nonce string) error { return g.status("nonce=" + nonce) })),
	}
}

func gestixReads() []Phrase {
	return []Phrase{
		phrase(`a read is made`, "When a read is made", "GET of the path `read`, with the session token",
			with(func(g *gestix) error { return g.readWith(g.session) })),
		phrase(`a read is made with the session before`, "When a read is made with the session before", "",
			with(func(g *gestix) error { return g.readWith(g.before) })),
		phrase(`a read is made with nonce (\d+)`, "When a read is made with nonce 100", "", word((*gestix).readNonce)),
		phrase(`a read is made without an Authorization header`, "When a read is made without an Authorization header", "",
			with(func(g *gestix) error { return g.read(nil, "") })),
		phrase(`a read is made with the Authorization header "([^"]*)"`,
			`When a read is made with the Authorization header "Bearer {API token}"`, "", word((*gestix).readHeader)),
		phrase(`a read is made with the session token in the query`, "When a read is made with the session token in the query", "",
			with((*gestix).readByQuery)),
		phrase(`a read is made on the path of another account`, "When a read is made on the path of another account",
			"needs other_account and other_api_token", with((*gestix).readElsewhere)),
		phrase(`two reads are made on one connection`, "When two reads are made on one connection", "", with((*gestix).readTwice)),
	}
}

func gestixWrites() []Phrase {
	const place = `the body|the header nonce|the header X-Nonce|a cookie`
	return []Phrase{
		phrase(`a (POST|PUT) with nonce (\d+) was accepted`, "And a POST with nonce 5 was accepted",
			"makes the write; untested where it is not accepted", words((*gestix).accepted)),
		phrase(`a (POST|PUT) is made with nonce (\d+)`, "When a POST is made with nonce 5",
			"the path `create`, or `update` for a record made before; needs allow: {writes: true}",
			words(func(g *gestix, method, nonce string) error { return g.make(method, nonceQuery(nonce)) })),
		phrase(`a (POST|PUT) is made with nonce (\d+) in the session before`, "And a POST is made with nonce 6 in the session before", "",
			words((*gestix).makeBefore)),
		phrase(`a (POST|PUT) is made with the nonce written "([^"]*)"`, `When a POST is made with the nonce written "1.5"`,
			"in braces: space, plus, newline, fullwidth 5, 100 digits",
			words(func(g *gestix, method, text string) error {
				return g.make(method, nonceQuery(nonceSigns.Replace(text)))
			})),
		phrase(`a (POST|PUT|DELETE|PATCH) is made without a nonce`, "When a POST is made without a nonce", "",
			word(func(g *gestix, method string) error { return g.make(method) })),
		phrase(`a (POST|PUT) is made with nonce (\d+) and the Authorization header "([^"]*)"`,
			`When a POST is made with nonce 1 and the Authorization header "Bearer {API token}"`, "", func(w *world) any {
				return func(method, nonce, header string) error { return w.vendor.(*gestix).makeAs(method, nonce, header) }
			}),
		phrase(`a POST is made without a nonce, and with nonce (\d+) in (`+place+`)`,
			"When a POST is made without a nonce, and with nonce 5 in the body", "",
			words(func(g *gestix, nonce, where string) error { return g.make("POST", nonceIn(where, nonce)) })),
		phrase(`a POST is made with nonce (\d+), and with nonce (\d+) in (`+place+`)`,
			"When a POST is made with nonce 6, and with nonce 5 in the body", "", func(w *world) any {
				return func(nonce, other, where string) error {
					return w.vendor.(*gestix).make("POST", nonceQuery(nonce), nonceIn(where, other))
				}
			}),
		phrase(`a POST is made with nonce (\d+) and a body that is no JSON`, "When a POST is made with nonce 5 and a body that is no JSON", "",
			word(func(g *gestix, nonce string) error { return g.make("POST", nonceQuery(nonce), brokenBody) })),
		phrase(`a POST is made with nonce (\d+) on the path of another account`,
			"When a POST is made with nonce 1 on the path of another account", "needs other_account and other_api_token",
			word((*gestix).makeElsewhere)),
		phrase(`two writes with nonce (\d+) are made on one connection`, "When two writes with nonce 7 are made on one connection", "",
			word((*gestix).makeTwice)),
		phrase(`the same POST is made again`, "And the same POST is made again", "byte for byte", with((*gestix).replay)),
		phrase(`the same record is made again with nonce (\d+)`, "When the same record is made again with nonce 6",
			"the body of the accepted write", word((*gestix).duplicate)),
	}
}

func gestixRaces() []Phrase {
	return []Phrase{
		phrase(`(\d+) times, eight (POST|PUT) with (one nonce|different nonces) are released together`,
			"When 4 times, eight POST with one nonce are released together", "each on a connection of its own, in a session of its own",
			func(w *world) any {
				return func(times int, method, which string) error {
					return w.vendor.(*gestix).race(times, method, which == "one nonce", 1)
				}
			}),
		phrase(`(\d+) times, four (POST|PUT) with one nonce are released together in each of both sessions`,
			"And 4 times, four POST with one nonce are released together in each of both sessions", "",
			words(func(g *gestix, times int, method string) error { return g.race(times, method, true, 2) })),
		phrase(`each time exactly one is accepted(?: in each session)?, and written once`,
			"Then each time exactly one is accepted, and written once", "", with((*gestix).oneWinner)),
		phrase(`every accepted one is written once, and no other`, "Then every accepted one is written once, and no other", "",
			with((*gestix).allWritten)),
		phrase(`each time no nonce up to the greatest accepted one is accepted afterwards`,
			"Then each time no nonce up to the greatest accepted one is accepted afterwards", "", with((*gestix).markHolds)),
	}
}

func gestixVerdicts() []Phrase {
	last := func(judge func(wire.Exchange) check) func(*world) any {
		return with(func(g *gestix) error { return g.verdict(judge) })
	}
	return []Phrase{
		phrase(`the call is denied by (\d+)`, "Then the call is denied by 403", "the last reply has that status",
			word(func(g *gestix, status int) error {
				return g.verdict(func(x wire.Exchange) check { return judgeStatus(x, status) })
			})),
		phrase(`the reply gives a session token`, "Then the reply gives a session token", "200, and JSON with a text xa-token",
			last(judgeToken)),
		phrase(`the credentials are denied`, "Then the credentials are denied", "400 or 403; code AUTH_FAILED where an error object comes",
			last(judgeRefused)),
		phrase(`both replies say the same`, "Then both replies say the same",
			"the last two, but for times, ids and the user name that was sent", with((*gestix).sayTheSame)),
		phrase(`both calls are accepted`, "Then both calls are accepted", "those on one connection", with((*gestix).bothAccepted)),
		phrase(`the first is accepted and the second is denied`, "Then the first is accepted and the second is denied",
			"those on one connection", with((*gestix).onlyFirstAccepted)),
		phrase(`the reply has the code "([^"]*)"`, `Then the reply has the code "INVALID_ARGUMENT"`, "of the error object",
			word(func(g *gestix, code string) error {
				return g.verdict(func(x wire.Exchange) check { return judgeCode(x, code) })
			})),
		phrase(`the reply is an error object`, "Then the reply is an error object",
			"code, message and an ISO 8601 timestamp; untested where the denial is neither 400 nor 409", with((*gestix).errorObject)),
		phrase(`it is a duplicate: denied by 409 with an error object`, "Then it is a duplicate: denied by 409 with an error object",
			"untested where the target takes the same record twice", with((*gestix).isDuplicate)),
		phrase(`both replies have the same code`, "Then both replies have the same code", "the last two", with((*gestix).sameCode)),
		phrase(`the reply tells status, server_time, versions and errors`, "Then the reply tells status, server_time, versions and errors",
			"", last(judgeServerState)),
		phrase(`the reply keeps the secrets`, "Then the reply keeps the secrets", "no API token and no password in it, in any encoding",
			with((*gestix).keepsSecrets)),
		phrase(`it was written once`, "Then it was written once", "reads the path `read` back and looks for the mark of the last write",
			with(func(g *gestix) error { return g.written(1) })),
		phrase(`nothing was written`, "Then nothing was written", "likewise", with(func(g *gestix) error { return g.written(0) })),
		phrase(`nothing was written there`, "Then nothing was written there", "on the path of the other account",
			with((*gestix).nothingElsewhere)),
	}
}
