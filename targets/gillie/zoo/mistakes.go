package zoo

import (
	"slices"

	"github.com/authbench/authbench/targets"
)

// mistake is one thing that the client does wrong. Of its functions those that are set stand in place of the right ones.
type mistake struct {
	name, summary string
	breaks        []string
	is            flags
	sign          func(k key, salt string) string // the hash
	salt          func(c *client) string
	escape        func(string) string             // of the public key in the query
	query         func(q string, k key) string    // what becomes of the whole query, and of the caller's own
	own           func(q string) string           // what becomes of the caller's own query
	left          func(c *client) error           // what it leaves behind, or prints
	during        func(c *client) (func(), error) // what goes on beside a call; the function returned ends it
}

// flags are mistakes that need no function of their own.
type flags struct {
	hashInHeader, signsReadsOnly, signsFirstCallOnly bool
	keyInHeader, keyInBody                           bool
	fallsBack, deniedIsSuccess, always0, always1     bool
	emptyParts, impatient, breakdownIsSuccess        bool
	handsOver, wantsKept, oneSuffices, readsOnly     bool
	tries                                            int // of a denied call
}

// Mistakes are those that the client can be told to make.
func Mistakes() []targets.Fault {
	list := make([]targets.Fault, len(mistakes))
	for i, m := range mistakes {
		list[i] = targets.Fault{Name: m.name, Summary: m.summary, Breaks: m.breaks}
	}
	return list
}

func find(name string) (mistake, bool) {
	if name == "" {
		return mistake{}, true
	}
	i := slices.IndexFunc(mistakes, func(m mistake) bool { return m.name == name })
	if i < 0 {
		return mistake{}, false
	}
	return mistakes[i], true
}

var mistakes = []mistake{
	{name: "no-hash", summary: "leaves apihash out", breaks: []string{"GILC-01"},
		query: func(q string, _ key) string { return without(q, "apihash") }},
	{name: "no-salt", summary: "leaves apisalt out", breaks: []string{"GILC-01"},
		query: func(q string, _ key) string { return without(q, "apisalt") }},
	{name: "no-key", summary: "leaves apikey out", breaks: []string{"GILC-01", "GILC-05", "GILC-08"},
		query: func(q string, _ key) string { return without(q, "apikey") }},
	{name: "key-twice", summary: "sends apikey twice", breaks: []string{"GILC-01"},
		query: func(q string, _ key) string { return q + "&" + only(q, "apikey") }},
	{name: "credentials-in-headers", summary: "sends the three as headers instead of in the query", breaks: []string{"GILC-01", "GILC-05", "GILC-08"},
		is: flags{hashInHeader: true}},
	{name: "signs-reads-only", summary: "sends a write with the public key alone", breaks: []string{"GILC-01"}, is: flags{signsReadsOnly: true}},
	{name: "signs-first-call-only", summary: "takes the first call for a login", breaks: []string{"GILC-01"}, is: flags{signsFirstCallOnly: true}},

	{name: "salt-in-milliseconds", summary: "takes the salt in milliseconds", breaks: []string{"GILC-02"}, salt: millis},
	{name: "salt-with-fraction", summary: "takes the salt with a fraction", breaks: []string{"GILC-02"}, salt: fraction},
	{name: "salt-in-local-time", summary: "takes the salt from the local time of a zone an hour away", breaks: []string{"GILC-02"}, salt: hourAway},
	{name: "salt-is-a-date", summary: "takes a date for the salt", breaks: []string{"GILC-02"}, salt: date},
	{name: "salt-of-the-minute", summary: "takes the minute that runs for the salt, in seconds", breaks: []string{"GILC-02"}, salt: minute},
	{name: "salt-is-random", summary: "takes a random number for the salt", breaks: []string{"GILC-02"}, salt: random},
	{name: "salt-kept-in-file", summary: "keeps the first salt in a file and takes it again", breaks: []string{"GILC-02"}, salt: kept},

	{name: "prose-order", summary: "puts the public key first, as the page's prose has it", breaks: []string{"GILC-03"},
		sign: func(k key, salt string) string { return sha(k.public + k.private + salt) }},
	{name: "salt-first", summary: "puts the salt first", breaks: []string{"GILC-03"},
		sign: func(k key, salt string) string { return sha(salt + k.private + k.public) }},
	{name: "without-salt", summary: "hashes the keys without the salt", breaks: []string{"GILC-03"},
		sign: func(k key, _ string) string { return sha(k.private + k.public) }},
	{name: "private-key-alone", summary: "hashes the private key and the salt alone", breaks: []string{"GILC-03"},
		sign: func(k key, salt string) string { return sha(k.private + salt) }},
	{name: "newline-hashed", summary: "hashes a newline at the end too, as echo does", breaks: []string{"GILC-03"},
		sign: func(k key, salt string) string { return sha(k.private + k.public + salt + "\n") }},
	{name: "colons-between", summary: "puts colons between the parts", breaks: []string{"GILC-03"},
		sign: func(k key, salt string) string { return sha(k.private + ":" + k.public + ":" + salt) }},
	{name: "hmac", summary: "makes an HMAC with the private key", breaks: []string{"GILC-03"}, sign: hmacOf},
	{name: "sha1", summary: "takes SHA-1", breaks: []string{"GILC-03"}, sign: sha1Of},
	{name: "base64", summary: "writes the hash in base64", breaks: []string{"GILC-03"}, sign: base64Of},
	{name: "hashed-twice", summary: "hashes the hash again", breaks: []string{"GILC-03"},
		sign: func(k key, salt string) string { return sha(right(k, salt)) }},
	{name: "cut-hash", summary: "sends the first 32 digits of the hash", breaks: []string{"GILC-03"},
		sign: func(k key, salt string) string { return right(k, salt)[:32] }},
	{name: "another-salt-hashed", summary: "takes the time twice, for the salt and for the hash", breaks: []string{"GILC-03"}, sign: nextSecond},

	{name: "private-key-in-query", summary: "sends the private key as a fourth parameter", breaks: []string{"GILC-04"},
		query: func(q string, k key) string { return q + "&secret=" + escape(k.private) }},
	{name: "private-key-in-header", summary: "sends both keys as HTTP Basic credentials as well", breaks: []string{"GILC-04"}, is: flags{keyInHeader: true}},
	{name: "private-key-in-body", summary: "sends the private key in the body of a write", breaks: []string{"GILC-04"}, is: flags{keyInBody: true}},
	{name: "private-key-in-hex", summary: "sends the private key in hexadecimal", breaks: []string{"GILC-04"},
		query: func(q string, k key) string { return q + "&k=" + hexOf(k.private) }},

	{name: "keys-not-escaped", summary: "puts the public key into the URL as it is", breaks: []string{"GILC-05"}, escape: barely},
	{name: "keys-escaped-twice", summary: "escapes the public key twice", breaks: []string{"GILC-05"}, escape: func(s string) string { return escape(escape(s)) }},
	{name: "keys-in-latin-1", summary: "escapes the public key as Latin-1", breaks: []string{"GILC-05"}, escape: latin1},
	{name: "escaped-keys-hashed", summary: "hashes the keys in their escaped form", breaks: []string{"GILC-05"},
		sign: func(k key, salt string) string { return sha(escape(k.private) + escape(k.public) + salt) }},

	{name: "falls-back-to-plain", summary: "tries the public key alone after a denial", breaks: []string{"GILC-06"}, is: flags{fallsBack: true}},

	{name: "denial-is-success", summary: "takes a denial for a success", breaks: []string{"GILC-07", "GILC-11"}, is: flags{deniedIsSuccess: true}},
	{name: "breakdown-is-success", summary: "takes a reply of 503 for a success", breaks: []string{"GILC-07"}, is: flags{breakdownIsSuccess: true}},
	{name: "tries-ten-times", summary: "tries a denied call ten times", breaks: []string{"GILC-07"}, is: flags{tries: 10}},
	{name: "tries-for-ever", summary: "tries a denied call without an end", breaks: []string{"GILC-07"}, is: flags{tries: 1 << 30}},

	{name: "plain-with-empty-parts", summary: "sends apisalt and an empty apihash without a private key", breaks: []string{"GILC-08"}, is: flags{emptyParts: true}},

	{name: "query-escaped-twice", summary: "escapes the caller's parameters again", breaks: []string{"GILC-09"}, own: func(q string) string { return percentAgain(q) }},
	{name: "query-as-a-map", summary: "keeps one value of each of the caller's parameters", breaks: []string{"GILC-09"}, own: lastOfEach},
	{name: "query-without-empty-values", summary: "leaves out those of the caller's parameters that have no value", breaks: []string{"GILC-09"},
		own: withoutEmpty},
	{name: "query-loses-plus", summary: "unescapes the caller's parameters and sends them so", breaks: []string{"GILC-09"}, own: unescaped},

	{name: "prints-private-key", summary: "prints its configuration, private key included", breaks: []string{"GILC-10"}, left: printsKey},
	{name: "prints-hidden-key", summary: "prints both keys in base64, for support", breaks: []string{"GILC-10"}, left: printsBase64},
	{name: "writes-private-key", summary: "leaves the private key in a file in its home", breaks: []string{"GILC-10"}, left: writesKey},
	{name: "private-key-on-command-line", summary: "starts another program with the private key among its arguments", breaks: []string{"GILC-10"}, during: startsChild},
	{name: "follows-with-private-key", summary: "follows a redirect, and hands the private key over", breaks: []string{"GILC-10"}, is: flags{handsOver: true}},

	{name: "exit-0-always", summary: "ends with 0, whatever happened", breaks: []string{"GILC-11", "GILC-07"}, is: flags{always0: true}},
	{name: "exit-1-always", summary: "ends with 1, whatever happened", breaks: []string{"GILC-11"}, is: flags{always1: true}},
	{name: "impatient", summary: "waits 100 ms for a reply", breaks: []string{"GILC-11"}, is: flags{impatient: true}},
	{name: "wants-a-kept-connection", summary: "takes a connection that is closed after a reply for a failure", breaks: []string{"GILC-11"}, is: flags{wantsKept: true}},
	{name: "one-success-suffices", summary: "ends with 0 when one of many calls succeeded", breaks: []string{"GILC-11"}, is: flags{oneSuffices: true}},
	{name: "writes-nothing", summary: "reads where it should write, and is content", breaks: []string{"GILC-11"}, is: flags{readsOnly: true}},
}
