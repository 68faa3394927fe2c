package mock

import (
	"slices"

	"github.com/authbench/authbench/targets"
)

// Faults lists the ways in which the mock can be wrong on purpose. Breaks names every clause that the suite must then
// find broken, the one that the fault was made for first.
func Faults() []targets.Fault {
	return slices.Concat(faultsOfSessions(), faultsOfNonces(), faultsOfReplies())
}

func breaks(clauses ...string) []string { return clauses }

// faultsOfSessions are about tokens, sessions and accounts (GES-01..GES-10, GES-22, GES-23).
func faultsOfSessions() []targets.Fault {
	return []targets.Fault{
		{Name: "wrong-token-field", Summary: "calls the session token of /helo `token` instead of `xa-token`", Breaks: breaks("GES-01", "GES-19")},
		{Name: "empty-xa-token", Summary: "gives an empty session token at /helo", Breaks: breaks("GES-01", "GES-19")},
		{Name: "xa-token-in-object", Summary: "gives an object instead of a text for the session token", Breaks: breaks("GES-01", "GES-19")},
		{Name: "api-token-good-once", Summary: "takes an API token for one session only", Breaks: breaks("GES-01")},
		{Name: "helo-400-as-403", Summary: "answers a malformed header at /helo by 403", Breaks: breaks("GES-02", "GES-20")},
		{Name: "helo-missing-header-is-403", Summary: "answers a missing header at /helo by 403", Breaks: breaks("GES-02", "GES-20")},
		{Name: "helo-empty-token-is-403", Summary: "answers an empty token at /helo by 403", Breaks: breaks("GES-02")},
		{Name: "helo-other-scheme-is-403", Summary: "answers another scheme, or none, at /helo by 403", Breaks: breaks("GES-02")},
		{Name: "helo-any-scheme", Summary: "takes the API token with any scheme", Breaks: breaks("GES-02")},
		{Name: "helo-scheme-optional", Summary: "takes the API token without a scheme", Breaks: breaks("GES-02")},
		{Name: "helo-token-from-query", Summary: "takes the API token from the query", Breaks: breaks("GES-02")},
		{Name: "helo-accepts-anything", Summary: "opens a session for any token", Breaks: breaks("GES-03", "GES-08")},
		{Name: "helo-token-prefix-compared", Summary: "compares only as much of the API token as was sent", Breaks: breaks("GES-03")},
		{Name: "helo-longer-token-accepted", Summary: "takes anything after the API token", Breaks: breaks("GES-03")},
		{Name: "helo-token-last-ignored", Summary: "does not compare the last character of the API token", Breaks: breaks("GES-03")},
		{Name: "helo-403-as-401", Summary: "answers an unknown API token by 401", Breaks: breaks("GES-03")},
		{Name: "helo-revoked-is-400", Summary: "answers a revoked API token by 400", Breaks: breaks("GES-03")},
		{Name: "revoked-token-works", Summary: "goes on taking a revoked API token", Breaks: breaks("GES-03")},
		{Name: "revoked-only-checked-at-start", Summary: "knows only the API tokens that were revoked before it started", Breaks: breaks("GES-03")},
		{Name: "revocation-waits-for-session", Summary: "takes a revoked API token as long as a session of it is open", Breaks: breaks("GES-03")},
		{Name: "auth-wrong-token-field", Summary: "calls the session token of /auth `token` instead of `xa-token`", Breaks: breaks("GES-04", "GES-11")},
		{Name: "auth-from-body", Summary: "reads user name and password from the body", Breaks: breaks("GES-04", "GES-05", "GES-11")},
		{Name: "auth-decodes-twice", Summary: "unescapes the password twice", Breaks: breaks("GES-04", "GES-11")},
		{Name: "auth-ascii-only", Summary: "loses letters outside ASCII in a password", Breaks: breaks("GES-04", "GES-11")},
		{Name: "auth-order-matters", Summary: "wants the user name before the password", Breaks: breaks("GES-04")},
		{Name: "auth-missing-parameter-ok", Summary: "opens a session without user name or password", Breaks: breaks("GES-05", "GES-20")},
		{Name: "auth-missing-parameter-is-403", Summary: "answers a missing parameter by 403", Breaks: breaks("GES-05", "GES-20")},
		{Name: "auth-ignores-password", Summary: "never looks at the password", Breaks: breaks("GES-05")},
		{Name: "auth-empty-password-ok", Summary: "takes an empty password for the right one", Breaks: breaks("GES-05")},
		{Name: "auth-ignores-user", Summary: "takes the right password with any user name", Breaks: breaks("GES-05")},
		{Name: "auth-unknown-user-is-guest", Summary: "opens a session for a user it does not know", Breaks: breaks("GES-05")},
		{Name: "auth-tells-users-apart", Summary: "says that a user name is unknown", Breaks: breaks("GES-05")},
		{Name: "auth-failed-other-code", Summary: "gives wrong credentials the code INVALID_ARGUMENT", Breaks: breaks("GES-05")},
		{Name: "auth-failed-is-401", Summary: "answers wrong credentials by 401", Breaks: breaks("GES-05")},
		{Name: "session-opens-no-read", Summary: "denies a session every read", Breaks: breaks("GES-06", "GES-09", "GES-10", "GES-19", "GES-23")},
		{Name: "session-good-for-two-reads", Summary: "denies a session its third read", Breaks: breaks("GES-06")},
		{Name: "one-call-per-connection", Summary: "denies the second call on a connection", Breaks: breaks("GES-06")},
		{Name: "session-for-get-only", Summary: "denies a session every write", Breaks: breaks("GES-06", "GES-10", "GES-11", "GES-12", "GES-13", "GES-15", "GES-16", "GES-17", "GES-20")},
		{Name: "session-cannot-put", Summary: "denies a session every PUT", Breaks: breaks("GES-06", "GES-10", "GES-11", "GES-12", "GES-13", "GES-16")},
		{Name: "missing-header-opens-read", Summary: "lets a call without a header read", Breaks: breaks("GES-07")},
		{Name: "empty-token-opens-read", Summary: "lets an empty token read", Breaks: breaks("GES-07")},
		{Name: "any-token-opens-read", Summary: "lets any token read", Breaks: breaks("GES-07")},
		{Name: "session-scheme-optional", Summary: "takes the session token without a scheme", Breaks: breaks("GES-07")},
		{Name: "session-any-scheme", Summary: "takes the session token with any scheme", Breaks: breaks("GES-07")},
		{Name: "session-token-from-query", Summary: "takes the session token from the query", Breaks: breaks("GES-07")},
		{Name: "session-token-prefix-compared", Summary: "compares only as much of the session token as was sent", Breaks: breaks("GES-07")},
		{Name: "session-token-last-ignored", Summary: "does not compare the last character of the session token", Breaks: breaks("GES-07")},
		{Name: "missing-session-is-401", Summary: "answers a call without a good token by 401", Breaks: breaks("GES-07")},
		{Name: "missing-session-is-400", Summary: "answers a call without a token by 400", Breaks: breaks("GES-07")},
		{Name: "post-needs-no-session", Summary: "lets anybody POST", Breaks: breaks("GES-07")},
		{Name: "put-needs-no-session", Summary: "lets anybody PUT", Breaks: breaks("GES-07")},
		{Name: "sessionless-write-is-written", Summary: "denies a write without a session and writes it all the same", Breaks: breaks("GES-07")},
		{Name: "api-token-opens-everything", Summary: "takes the API token for a session token", Breaks: breaks("GES-08")},
		{Name: "api-token-opens-reads", Summary: "lets the API token read", Breaks: breaks("GES-08")},
		{Name: "api-token-opens-reads-while-session-open", Summary: "lets the API token read while a session of it is open", Breaks: breaks("GES-08")},
		{Name: "api-token-opens-writes", Summary: "lets the API token write", Breaks: breaks("GES-08")},
		{Name: "api-token-write-is-written", Summary: "denies a write with the API token and writes it all the same", Breaks: breaks("GES-08")},
		{Name: "api-token-denied-by-401", Summary: "denies the API token by 401 where a session token belongs", Breaks: breaks("GES-08")},
		{Name: "helo-accepts-session-token", Summary: "opens a session for a session token", Breaks: breaks("GES-08")},
		{Name: "helo-accepts-user-session-token", Summary: "opens a session for the session token of a user", Breaks: breaks("GES-08")},
		{Name: "never-expires", Summary: "lets sessions live for ever", Breaks: breaks("GES-09", "GES-10")},
		{Name: "unused-session-never-expires", Summary: "lets a session that was never used live for ever", Breaks: breaks("GES-09")},
		{Name: "expires-as-401", Summary: "answers an expired session by 401", Breaks: breaks("GES-09", "GES-10")},
		{Name: "expires-at-once", Summary: "ends a session as soon as it was opened", Breaks: breaks("GES-09", "GES-06", "GES-10", "GES-11", "GES-12", "GES-13", "GES-15", "GES-16", "GES-17", "GES-19", "GES-20", "GES-21", "GES-23")},
		{Name: "dies-at-half-time", Summary: "ends a session at half its lifetime", Breaks: breaks("GES-09")},
		{Name: "expired-session-writes", Summary: "lets an expired session write", Breaks: breaks("GES-09")},
		{Name: "expired-write-is-written", Summary: "denies a write of an expired session and writes it all the same", Breaks: breaks("GES-09")},
		{Name: "new-session-revives-old", Summary: "lets an expired session live again once another is opened", Breaks: breaks("GES-09")},
		{Name: "user-session-cannot-read", Summary: "denies reads to a session of a user", Breaks: breaks("GES-10", "GES-09")},
		{Name: "user-session-cannot-write", Summary: "denies writes to a session of a user", Breaks: breaks("GES-10", "GES-14")},
		{Name: "user-session-needs-no-nonce", Summary: "lets a session of a user write without a nonce", Breaks: breaks("GES-10")},
		{Name: "user-nonce-ignored", Summary: "never compares the nonces of a user's session", Breaks: breaks("GES-10")},
		{Name: "user-session-never-expires", Summary: "lets the sessions of users live for ever", Breaks: breaks("GES-10")},
		{Name: "session-crosses-accounts", Summary: "takes a session of one account on the path of another", Breaks: breaks("GES-22")},
		{Name: "user-session-crosses-accounts", Summary: "takes a user's session on the path of another account", Breaks: breaks("GES-22")},
		{Name: "write-crosses-accounts", Summary: "lets a session write in another account", Breaks: breaks("GES-22")},
		{Name: "foreign-write-is-written", Summary: "denies a write in another account and writes it all the same", Breaks: breaks("GES-22")},
		{Name: "predictable-tokens", Summary: "counts the session tokens of /helo", Breaks: breaks("GES-23")},
		{Name: "predictable-user-tokens", Summary: "counts the session tokens of /auth", Breaks: breaks("GES-23")},
		{Name: "second-session-kills-first", Summary: "ends the other sessions when /helo opens one", Breaks: breaks("GES-23", "GES-06", "GES-10", "GES-11", "GES-12", "GES-13", "GES-14", "GES-16")},
		{Name: "user-session-kills-first", Summary: "ends the other sessions when /auth opens one", Breaks: breaks("GES-23")},
		{Name: "same-token-again", Summary: "gives the same token again while a session is open", Breaks: breaks("GES-23", "GES-14", "GES-16")},
	}
}
