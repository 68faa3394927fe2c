package mock

import (
	"slices"

	"github.com/authbench/authbench/targets"
)

// Faults lists the ways in which the mock can be wrong on purpose. Breaks names every clause that the suite must then
// find broken, the one that the fault was made for first.
func Faults() []targets.Fault {
	return slices.Concat(faultsOfTime(), faultsOfHashes(), faultsOfKeys(), faultsOfReplies())
}

func breaks(clauses ...string) []string { return clauses }

func faultsOfTime() []targets.Fault {
	return []targets.Fault{
		{Name: "window-11m", Summary: "accepts a salt up to 11 minutes away", Breaks: breaks("GIL-06", "GIL-18")},
		{Name: "window-future-11m", Summary: "accepts a salt up to 11 minutes ahead", Breaks: breaks("GIL-06")},
		{Name: "window-590s", Summary: "accepts a salt up to 590 s away", Breaks: breaks("GIL-06")},
		{Name: "window-610s", Summary: "accepts a salt up to 610 s away", Breaks: breaks("GIL-06")},
		{Name: "window-past-only", Summary: "checks how old a salt is, but not how far ahead", Breaks: breaks("GIL-06", "GIL-16")},
		{Name: "window-future-only", Summary: "checks how far ahead a salt is, but not how old", Breaks: breaks("GIL-06", "GIL-17", "GIL-18")},
		{Name: "no-window", Summary: "never looks at the salt's time", Breaks: breaks("GIL-06", "GIL-16", "GIL-17", "GIL-18")},
		{Name: "window-in-minutes", Summary: "compares whole minutes, and so accepts up to 59 s more", Breaks: breaks("GIL-06", "GIL-18")},
		{Name: "salt-in-milliseconds", Summary: "takes the salt for milliseconds", Breaks: breaks("GIL-02", "GIL-01", "GIL-03", "GIL-04", "GIL-06", "GIL-10", "GIL-13", "GIL-14", "GIL-15", "GIL-16", "GIL-18")},
		{Name: "salt-lenient-number", Summary: "reads spaces, signs, fractions and hexadecimal in a salt", Breaks: breaks("GIL-16")},
		{Name: "unparsable-salt-skips-check", Summary: "checks the time only of a salt that is a number", Breaks: breaks("GIL-16")},
		{Name: "bad-salt-is-500", Summary: "breaks down over a salt that is no number", Breaks: breaks("GIL-16")},
		{Name: "negative-salt-wraps", Summary: "reads the salt modulo 2^64", Breaks: breaks("GIL-16")},
		{Name: "salt-wraps-32", Summary: "reads the salt modulo 2^32", Breaks: breaks("GIL-16")},
		{Name: "last-salt-checked-first-hashed", Summary: "checks the time of the last salt and hashes the first", Breaks: breaks("GIL-17")},
		{Name: "first-salt-checked-last-hashed", Summary: "checks the time of the first salt and hashes the last", Breaks: breaks("GIL-17")},
		{Name: "accepted-url-cached", Summary: "goes on accepting a URL that it once accepted", Breaks: breaks("GIL-18")},
	}
}

func faultsOfHashes() []targets.Fault {
	return []targets.Fault{
		{Name: "swapped-order", Summary: "concatenates the public key first", Breaks: breaks("GIL-04", "GIL-01", "GIL-02", "GIL-03", "GIL-05", "GIL-06", "GIL-10", "GIL-13", "GIL-14", "GIL-15", "GIL-18")},
		{Name: "both-orders", Summary: "accepts the keys in either order", Breaks: breaks("GIL-05")},
		{Name: "any-order", Summary: "accepts keys and salt in any of the six orders", Breaks: breaks("GIL-05")},
		{Name: "prefix-compare", Summary: "compares only as much of the hash as was sent", Breaks: breaks("GIL-08")},
		{Name: "compare-first-half", Summary: "compares only the first half of the hash", Breaks: breaks("GIL-08")},
		{Name: "compare-last-half", Summary: "compares only the last half of the hash", Breaks: breaks("GIL-08")},
		{Name: "compare-sparsely", Summary: "compares only the first, the middle and the last digit of the hash", Breaks: breaks("GIL-08")},
		{Name: "longer-hash-accepted", Summary: "accepts anything after the right hash", Breaks: breaks("GIL-08")},
		{Name: "empty-hash-accepted", Summary: "takes an empty hash for a right one", Breaks: breaks("GIL-08")},
		{Name: "hash-trimmed", Summary: "drops spaces around the hash", Breaks: breaks("GIL-08")},
		{Name: "hash-ignored-elsewhere", Summary: "looks at the hash on one path alone", Breaks: breaks("GIL-08", "GIL-14")},
		{Name: "denial-shows-records", Summary: "denies, and shows the records all the same", Breaks: breaks("GIL-08", "GIL-14")},
		{Name: "ignore-hash", Summary: "never looks at the hash", Breaks: breaks("GIL-08", "GIL-03", "GIL-05", "GIL-14", "GIL-15", "GIL-17")},
		{Name: "hash-without-salt", Summary: "leaves the salt out of the hash", Breaks: breaks("GIL-03", "GIL-01", "GIL-02", "GIL-04", "GIL-06", "GIL-10", "GIL-13", "GIL-14", "GIL-15", "GIL-18")},
		{Name: "sha1", Summary: "hashes with SHA-1", Breaks: breaks("GIL-03", "GIL-01", "GIL-02", "GIL-04", "GIL-06", "GIL-08", "GIL-10", "GIL-13", "GIL-14", "GIL-15", "GIL-18")},
		{Name: "hashes-escaped-key", Summary: "hashes the keys in their URL-escaped form", Breaks: breaks("GIL-03")},
		{Name: "other-digests-accepted", Summary: "accepts SHA-1, MD5, SHA-512 and HMAC beside SHA-256", Breaks: breaks("GIL-08")},
		{Name: "neighbour-salt-accepted", Summary: "accepts the hash of a salt up to a minute away", Breaks: breaks("GIL-08")},
		{Name: "any-key-pair", Summary: "accepts the hash of any key it knows", Breaks: breaks("GIL-08", "GIL-14", "GIL-15")},
	}
}

func faultsOfKeys() []targets.Fault {
	return []targets.Fault{
		{Name: "enforcement-ignored", Summary: "accepts the plain public key of an enforced key", Breaks: breaks("GIL-10", "GIL-09")},
		{Name: "key-remembered", Summary: "accepts the plain public key of an enforced key that was once used rightly", Breaks: breaks("GIL-10")},
		{Name: "enforced-on-one-path", Summary: "enforces the hash code on one path alone", Breaks: breaks("GIL-10")},
		{Name: "missing-salt-is-now", Summary: "checks the time only when a salt came", Breaks: breaks("GIL-09")},
		{Name: "missing-salt-filled-in", Summary: "fills a missing salt in from its own clock", Breaks: breaks("GIL-09")},
		{Name: "missing-hash-accepted", Summary: "checks the hash only when one came", Breaks: breaks("GIL-09")},
		{Name: "missing-hash-accepted-elsewhere", Summary: "wants the hash on one path alone", Breaks: breaks("GIL-09")},
		{Name: "plain-refused", Summary: "wants a hash with every key", Breaks: breaks("GIL-11", "GIL-13")},
		{Name: "plain-only-bare", Summary: "refuses a plain public key that comes with other parameters", Breaks: breaks("GIL-11")},
		{Name: "deleted-key-works", Summary: "goes on accepting a deleted key", Breaks: breaks("GIL-13")},
		{Name: "delete-all", Summary: "deletes every key when one is deleted", Breaks: breaks("GIL-13")},
		{Name: "recreate-revives-old", Summary: "lets the old pair work again once a key is recreated", Breaks: breaks("GIL-13")},
		{Name: "recreate-breaks-others", Summary: "deletes every other key when one is recreated", Breaks: breaks("GIL-13")},
		{Name: "unknown-key-has-empty-secret", Summary: "takes an unknown key for one with an empty private key", Breaks: breaks("GIL-13")},
		{Name: "unknown-key-accepted", Summary: "lets a key that it does not know read as a guest", Breaks: breaks("GIL-13")},
		{Name: "no-key-accepted", Summary: "answers a call without a public key", Breaks: breaks("GIL-13")},
		{Name: "empty-key-accepted", Summary: "answers a call with an empty public key", Breaks: breaks("GIL-13")},
		{Name: "other-paths-need-no-key", Summary: "wants a public key on one path alone", Breaks: breaks("GIL-13")},
		{Name: "key-case-ignored", Summary: "looks a public key up without regard to capitals", Breaks: breaks("GIL-13")},
		{Name: "permissions-ignored", Summary: "lets every key use every path", Breaks: breaks("GIL-14")},
		{Name: "role-ignored", Summary: "lets a key limited by role use every path", Breaks: breaks("GIL-14")},
		{Name: "limited-key-opens-nothing", Summary: "denies a key limited by URL even its own path", Breaks: breaks("GIL-14")},
		{Name: "url-permission-by-prefix", Summary: "compares a permitted path as a mere prefix", Breaks: breaks("GIL-14")},
		{Name: "role-permission-by-prefix", Summary: "compares the paths of a role as mere prefixes", Breaks: breaks("GIL-14")},
		{Name: "url-permission-on-raw-path", Summary: "compares the path before it is decoded and normalised", Breaks: breaks("GIL-14")},
		{Name: "path-decoded-twice", Summary: "judges the path as it is decoded once, and serves it as it is decoded twice", Breaks: breaks("GIL-14")},
		{Name: "rights-of-second-key", Summary: "takes the hash of one public key, and the permissions of another beside it", Breaks: breaks("GIL-14")},
		{Name: "area-leak", Summary: "shows every key the data of every area", Breaks: breaks("GIL-15")},
		{Name: "area-leak-one-way", Summary: "shows the keys of one area the data of the other", Breaks: breaks("GIL-15")},
		{Name: "area-of-second-key", Summary: "takes the hash of one public key, and the area of another beside it", Breaks: breaks("GIL-15")},
	}
}

func faultsOfReplies() []targets.Fault {
	return []targets.Fault{
		{Name: "echo-private-key", Summary: "shows the private key in a header of a denial", Breaks: breaks("GIL-20")},
		{Name: "echo-private-key-in-header", Summary: "shows the private key, in base64, in a header of a good reply", Breaks: breaks("GIL-20")},
		{Name: "echo-private-key-early", Summary: "shows the private key in an interim reply", Breaks: breaks("GIL-20")},
		{Name: "echo-private-key-compressed", Summary: "shows the private key in a compressed body", Breaks: breaks("GIL-20")},
		{Name: "echo-expected-hash", Summary: "shows the hash that it expected", Breaks: breaks("GIL-20")},
		{Name: "echo-expected-hash-in-base64", Summary: "shows the hash that it expected, in base64", Breaks: breaks("GIL-20")},
		{Name: "echo-half-of-expected-hash", Summary: "shows 40 digits of the hash that it expected", Breaks: breaks("GIL-20")},
		{Name: "echo-hash-of-now", Summary: "shows a good hash for its own clock", Breaks: breaks("GIL-20")},
		{Name: "denial-is-200", Summary: "says no with status 200", Breaks: breaks("GIL-08", "GIL-03", "GIL-05", "GIL-06", "GIL-09", "GIL-10", "GIL-13", "GIL-14", "GIL-16", "GIL-17", "GIL-18")},
		{Name: "denial-is-500", Summary: "says no with status 500", Breaks: breaks("GIL-08", "GIL-03", "GIL-05", "GIL-06", "GIL-09", "GIL-10", "GIL-13", "GIL-14", "GIL-15", "GIL-16", "GIL-17", "GIL-18")},
		{Name: "headers-instead-of-query", Summary: "reads the three values from headers", Breaks: breaks("GIL-01", "GIL-02", "GIL-03", "GIL-04", "GIL-06", "GIL-10", "GIL-11", "GIL-13", "GIL-14", "GIL-15", "GIL-18")},
		{Name: "parameter-order-matters", Summary: "wants the three parameters in one order", Breaks: breaks("GIL-01")},
		{Name: "extra-parameters-refused", Summary: "denies a call that has other parameters too", Breaks: breaks("GIL-01", "GIL-11")},
	}
}
