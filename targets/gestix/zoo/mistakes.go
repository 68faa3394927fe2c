package zoo

import "github.com/authbench/authbench/targets"

// Mistakes lists what the client can do wrong. Breaks names every clause that a judge must then find broken, the one that the
// mistake was made for first: GESC-01..GESC-10 of the contract, GESC-11 (leaves no secret behind: output, files, arguments of
// children) and GESC-12 (reports what truly happened).
//
// What follows from a mistake is read off the clauses so: GESC-03 wants a reported success, GESC-04 a reported failure; GESC-07
// wants that the server took the writes, whatever is reported, and GESC-08 that it took none twice.
func Mistakes() []targets.Fault {
	return []targets.Fault{
		{Name: "calls-before-session", Summary: "asks for /status before it has a session", Breaks: breaks("GESC-01")},
		{Name: "api-token-as-session", Summary: "takes the API token for a session token, until it is denied", Breaks: breaks("GESC-01", "GESC-02")},
		{Name: "status-without-session", Summary: "asks for /status without the session token that it has", Breaks: breaks("GESC-02")},
		{Name: "api-token-in-header", Summary: "sends the API token along in a header of its own", Breaks: breaks("GESC-02")},
		{Name: "api-token-in-query", Summary: "sends the API token along in the query", Breaks: breaks("GESC-02")},
		{Name: "api-token-in-body", Summary: "sends the API token along in the body of writes", Breaks: breaks("GESC-02")},
		{Name: "api-token-after-denial", Summary: "tries a denied call with the API token before it gets a new session", Breaks: breaks("GESC-02")},
		{Name: "api-token-for-want-of-session", Summary: "makes its calls with the API token when it is denied a session", Breaks: breaks("GESC-02")},

		{Name: "no-refresh", Summary: "takes the first 403 for a failure", Breaks: breaks("GESC-03")},
		{Name: "refresh-without-repeat", Summary: "gets a new session, and does not repeat the call", Breaks: breaks("GESC-03")},
		{Name: "session-token-on-helo", Summary: "asks for a new session with the old session token", Breaks: breaks("GESC-03")},
		{Name: "repeats-with-old-token", Summary: "gets a new session, and repeats the call with the old token", Breaks: breaks("GESC-03")},
		{Name: "refreshes-forever", Summary: "gets new sessions as long as the call is denied", Breaks: breaks("GESC-04")},
		{Name: "refreshes-three-times", Summary: "gets up to three new sessions for a call", Breaks: breaks("GESC-04")},
		{Name: "helo-again-when-denied", Summary: "asks for a session five times when it is denied one", Breaks: breaks("GESC-04")},
		{Name: "swallows-403", Summary: "reports a success when a call is denied in the end", Breaks: breaks("GESC-04", "GESC-12")},
		{Name: "session-per-call", Summary: "gets a session for each call", Breaks: breaks("GESC-05", "GESC-09")},
		{Name: "three-sessions-at-start", Summary: "gets three sessions at its start, and uses the last", Breaks: breaks("GESC-05")},
		{Name: "session-per-part", Summary: "gets a session for each of the calls that it makes at once", Breaks: breaks("GESC-05", "GESC-09")},

		{Name: "no-nonce-on-post", Summary: "sends no nonce with a POST", Breaks: breaks("GESC-06")},
		{Name: "no-nonce-on-put", Summary: "sends no nonce with a PUT", Breaks: breaks("GESC-06")},
		{Name: "nonce-in-body", Summary: "sends the nonce in the body", Breaks: breaks("GESC-06")},
		{Name: "nonce-in-header", Summary: "sends the nonce in a header", Breaks: breaks("GESC-06")},
		{Name: "nonce-with-fraction", Summary: "sends seconds with a fraction for a nonce", Breaks: breaks("GESC-06")},
		{Name: "nonce-drawn-once", Summary: "sends the time when it was started for every nonce", Breaks: breaks("GESC-06", "GESC-07")},
		{Name: "nonce-falls", Summary: "counts its nonces down", Breaks: breaks("GESC-06", "GESC-07")},
		{Name: "nonce-restarts-with-session", Summary: "counts its nonces from 1 in each session", Breaks: breaks("GESC-06")},
		{Name: "nonce-kept-on-repeat", Summary: "repeats a write with the nonce it had", Breaks: breaks("GESC-06")},
		{Name: "writes-unordered", Summary: "sends all writes at once, in any order of their nonces", Breaks: breaks("GESC-07")},
		{Name: "writes-twice-after-refresh", Summary: "repeats a write twice after it got a new session", Breaks: breaks("GESC-08")},
		{Name: "repeats-batch-after-refresh", Summary: "repeats all writes, the accepted ones too, after it got a new session", Breaks: breaks("GESC-08")},
		{Name: "refresh-storm", Summary: "gets a new session for each call that is denied", Breaks: breaks("GESC-09")},
		{Name: "repeats-400", Summary: "repeats a write that was rejected by 400 as it was", Breaks: breaks("GESC-10")},
		{Name: "repeats-409", Summary: "repeats a write that was rejected by 409 as it was", Breaks: breaks("GESC-10")},

		{Name: "prints-api-token", Summary: "shows the API token on the standard output", Breaks: breaks("GESC-11")},
		{Name: "prints-session-token", Summary: "shows the session token on the standard error", Breaks: breaks("GESC-11")},
		{Name: "prints-token-base64", Summary: "shows the API token in base64 on the standard error", Breaks: breaks("GESC-11")},
		{Name: "prints-password-in-url", Summary: "shows the password, escaped as in a URL, on the standard error", Breaks: breaks("GESC-11")},
		{Name: "password-in-header", Summary: "sends the password along in a header of its own", Breaks: breaks("GESC-11")},
		{Name: "follows-with-token", Summary: "follows a redirect to another host, and takes the session token along", Breaks: breaks("GESC-11")},
		{Name: "writes-token-file", Summary: "leaves the API token in a file of its home", Breaks: breaks("GESC-11")},
		{Name: "token-in-child-arguments", Summary: "starts a child with the API token among its arguments for each call", Breaks: breaks("GESC-11")},

		{Name: "exit-0-always", Summary: "reports a success whatever happened", Breaks: breaks("GESC-12", "GESC-04")},
		{Name: "exit-1-always", Summary: "reports a failure whatever happened", Breaks: breaks("GESC-12", "GESC-03")},
		{Name: "one-part-suffices", Summary: "reports a success when one of many calls was accepted", Breaks: breaks("GESC-12")},
		{Name: "takes-409-for-done", Summary: "reports a success when a write is rejected by 409", Breaks: breaks("GESC-12")},
		{Name: "impatient", Summary: "gives up a call after a second, whatever the server makes of it", Breaks: breaks("GESC-12")},
	}
}

func breaks(clauses ...string) []string { return clauses }
