package mock

import "github.com/authbench/authbench/targets"

// faultsOfReplies are about what a reply says (GES-20, GES-21, GES-24).
func faultsOfReplies() []targets.Fault {
	return []targets.Fault{
		{Name: "error-without-code", Summary: "leaves the code out of errors", Breaks: breaks("GES-20", "GES-11")},
		{Name: "error-without-message", Summary: "leaves the message out of errors", Breaks: breaks("GES-20")},
		{Name: "error-without-timestamp", Summary: "leaves the timestamp out of errors", Breaks: breaks("GES-20")},
		{Name: "error-timestamp-broken", Summary: "writes the timestamp of errors as 24/11/2025 16:00", Breaks: breaks("GES-20")},
		{Name: "error-timestamp-is-number", Summary: "writes the timestamp of errors as seconds since 1970", Breaks: breaks("GES-20")},
		{Name: "missing-nonce-bare-error", Summary: "answers a missing nonce without an error object", Breaks: breaks("GES-20", "GES-11")},
		{Name: "malformed-nonce-bare-error", Summary: "answers a malformed nonce without an error object", Breaks: breaks("GES-20")},
		{Name: "rejected-nonce-bare-error", Summary: "answers a nonce that is not greater without an error object", Breaks: breaks("GES-20")},
		{Name: "helo-bare-error", Summary: "answers a malformed header without an error object", Breaks: breaks("GES-20")},
		{Name: "auth-bare-error", Summary: "answers a missing parameter without an error object", Breaks: breaks("GES-20")},
		{Name: "duplicate-bare-error", Summary: "answers a duplicate without an error object", Breaks: breaks("GES-20")},
		{Name: "duplicate-is-400", Summary: "answers a duplicate by 400", Breaks: breaks("GES-20")},
		{Name: "code-changes-each-time", Summary: "changes the code of a missing nonce from one to the next", Breaks: breaks("GES-20")},
		{Name: "status-incomplete", Summary: "leaves the current version out of /status", Breaks: breaks("GES-21")},
		{Name: "status-incomplete-for-users", Summary: "leaves the current version out of /status for the session of a user", Breaks: breaks("GES-21")},
		{Name: "status-without-errors", Summary: "leaves the errors out of /status", Breaks: breaks("GES-21")},
		{Name: "status-time-broken", Summary: "writes the time in /status as 24/11/2025 16:00", Breaks: breaks("GES-21")},
		{Name: "status-refuses-user-session", Summary: "denies /status to a session of a user", Breaks: breaks("GES-21")},
		{Name: "token-echoed", Summary: "shows the API token in the reply of /helo", Breaks: breaks("GES-24")},
		{Name: "echo-header-in-error", Summary: "shows the Authorization header that it could not read", Breaks: breaks("GES-24")},
		{Name: "echo-query-in-error", Summary: "shows the query of a denied call", Breaks: breaks("GES-24")},
		{Name: "echo-revoked-token", Summary: "shows the API token that is revoked", Breaks: breaks("GES-24")},
		{Name: "echo-bearer-in-403", Summary: "shows the API token that stands where a session token belongs", Breaks: breaks("GES-24")},
		{Name: "echo-password", Summary: "shows the password in the reply of /auth", Breaks: breaks("GES-24")},
		{Name: "echo-lone-password", Summary: "shows a password that came without a user name", Breaks: breaks("GES-24")},
		{Name: "echo-wrong-login", Summary: "shows a password that came with an unknown user name", Breaks: breaks("GES-24", "GES-05")},
		{Name: "status-shows-token", Summary: "shows the API token, in base64, in /status", Breaks: breaks("GES-24")},
		{Name: "read-shows-token", Summary: "shows the API token, in base64, in a header of a read", Breaks: breaks("GES-24")},
		{Name: "helo-query-redirected", Summary: "redirects /helo to an address that holds the API token", Breaks: breaks("GES-24", "GES-02")},
		{Name: "403-as-200", Summary: "says no with status 200 where 403 belongs", Breaks: breaks("GES-07", "GES-03", "GES-08", "GES-09", "GES-10", "GES-22")},
	}
}
