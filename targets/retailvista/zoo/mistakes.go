package zoo

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
)

// mistake is one way of being wrong: how the right client is spoiled.
type mistake struct {
	targets.Fault
	spoil func(*client)
}

var mistakes = slices.Concat(ofTheAPIToken, ofTheSOAPHeader, ofSilence, ofTries, ofReasons, ofSOAP, ofSecrets, ofTruth)

func fault(name, summary string, breaks ...string) targets.Fault {
	return targets.Fault{Name: name, Summary: summary, Breaks: breaks}
}

// sends makes a mistake in what is sent.
func sends(spoil func(*call)) func(*client) {
	return func(c *client) { c.edit = spoil }
}

// takes makes a mistake of an error that is taken for success.
func takes(wrongly func(error) bool) func(*client) {
	return func(c *client) {
		act := c.act
		c.act = func(ctx context.Context, part int) error {
			if err := act(ctx, part); !wrongly(err) {
				return err
			}
			return nil
		}
	}
}

func apiToken(q *call) string { return q.header["ApiToken"][0] }

func dropAPIToken(q *call) { delete(q.header, "ApiToken") }

// Where the ApiToken goes (RTVC-01, RTVC-03).
var ofTheAPIToken = []mistake{
	{fault("no-api-token", "sends no ApiToken", "RTVC-01"), sends(dropAPIToken)},
	{fault("token-in-query-only", "sends the ApiToken in the query and in no header", "RTVC-01", "RTVC-03"), sends(func(q *call) {
		q.url += "?ApiToken=" + url.QueryEscape(apiToken(q))
		dropAPIToken(q)
	})},
	{fault("token-in-authorization-only", "sends the ApiToken in the header Authorization", "RTVC-01"), sends(func(q *call) {
		q.header["Authorization"] = []string{"Bearer " + apiToken(q)}
		dropAPIToken(q)
	})},
	{fault("token-on-first-call-only", "sends the ApiToken with the first of many calls only", "RTVC-01"), sends(func(q *call) {
		if q.part > 0 {
			dropAPIToken(q)
		}
	})},
	{fault("token-not-on-repeat", "leaves the ApiToken out when a call is tried again", "RTVC-01"), sends(func(q *call) {
		if q.try > 1 {
			dropAPIToken(q)
		}
	})},
	{fault("token-also-in-query", "repeats the ApiToken in the query", "RTVC-03"), sends(func(q *call) {
		q.url += "?ApiToken=" + url.QueryEscape(apiToken(q))
	})},
	{fault("token-in-query-on-repeat", "repeats the ApiToken in the query when a call is tried again", "RTVC-03"), sends(func(q *call) {
		if q.try > 1 {
			q.url += "?ApiToken=" + url.QueryEscape(apiToken(q))
		}
	})},
	{fault("token-also-in-soap-header", "repeats the ApiToken in the Retail3000AuthenticateToken", "RTVC-03"), sends(func(q *call) {
		q.token.fields = append(q.token.fields, field{"ApiToken", escape(apiToken(q))})
	})},
	{fault("token-also-in-body", "repeats the ApiToken as an argument of the operation", "RTVC-03"), sends(func(q *call) {
		q.bodies[0].fields = append(q.bodies[0].fields, field{"ApiToken", escape(apiToken(q))})
	})},
}

// What is in the SOAP header (RTVC-02).
var ofTheSOAPHeader = []mistake{
	{fault("no-soap-header", "sends an envelope without header", "RTVC-02"), sends(func(q *call) { q.headers = nil })},
	{fault("soap-header-on-first-call-only", "sends the SOAP header with the first of many calls only", "RTVC-02"), sends(func(q *call) {
		if q.part > 0 {
			q.headers = nil
		}
	})},
	{fault("soap-header-not-on-repeat", "leaves the SOAP header out when a call is tried again", "RTVC-02"), sends(func(q *call) {
		if q.try > 1 {
			q.headers = nil
		}
	})},
	{fault("soap-header-in-body", "puts the Retail3000AuthenticateToken into the SOAP body", "RTVC-02"), sends(func(q *call) {
		q.headers, q.bodies = nil, append(q.headers, q.bodies...)
	})},
	{fault("other-namespace", "puts the Retail3000AuthenticateToken into another service's namespace", "RTVC-02"), sends(func(q *call) {
		q.token.namespace = strings.Replace(service, "Security", "Stock", 1)
	})},
	{fault("fields-without-namespace", "puts the fields of the Retail3000AuthenticateToken into no namespace", "RTVC-02"), sends(func(q *call) {
		q.token.bare = true
	})},
	{fault("no-company-number", "leaves the CompanyNumber out", "RTVC-02"), sends(func(q *call) { q.drop("CompanyNumber") })},
	{fault("store-number-empty", "sends an empty StoreNumber", "RTVC-02"), sends(func(q *call) { q.set("StoreNumber", "") })},
}

// What silence is taken for (RTVC-04).
var ofSilence = []mistake{
	{fault("hangs-on-open-silence", "has no time-out", "RTVC-04"), func(c *client) { c.timeout = 0 }},
	{fault("open-is-success", "takes a call that was never answered for done", "RTVC-04"), takesSilence("open")},
	{fault("closed-is-success", "takes a connection that was closed for done", "RTVC-04"), takesSilence("closed")},
	{fault("reset-is-success", "takes a connection that was reset for done", "RTVC-04"), takesSilence("reset")},
}

func takesSilence(end string) func(*client) {
	return takes(func(err error) bool { return silenceOf(err) == end })
}

// How often and how fast it tries (RTVC-05).
var ofTries = []mistake{
	{fault("tries-four-times", "tries once more than it may when it meets silence", "RTVC-05"), func(c *client) { c.tries = 4 }},
	{fault("tries-for-ever", "tries until it meets no silence any more", "RTVC-05", "RTVC-04"), func(c *client) { c.tries = 0 }},
	{fault("no-pauses", "tries again at once", "RTVC-05"), func(c *client) { c.pause = pauses(0) }},
	{fault("constant-pauses", "pauses for 300 ms each time", "RTVC-05"), func(c *client) { c.pause = pauses(300 * time.Millisecond) }},
	{fault("denied-tried-ten-times", "tries ten times when it is denied", "RTVC-05"), triesAgain(10, isDenial)},
	{fault("fault-tried-five-times", "takes a SOAP fault for a server that is out of order, and tries five times", "RTVC-05"),
		triesAgain(5, deniedWith(http.StatusInternalServerError))},
}

// triesAgain repeats what ends with such an error, with growing pauses.
func triesAgain(tries int, such func(error) bool) func(*client) {
	return func(c *client) {
		act := c.act
		c.act = func(ctx context.Context, part int) (err error) {
			for try := 1; try <= tries; try++ {
				if err = act(ctx, part); !such(err) || c.wait(ctx, time.Duration(10*try)*time.Millisecond) != nil {
					break
				}
			}
			return err
		}
	}
}

func pauses(d time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return d }
}

// What its user is told (RTVC-06).
var ofReasons = []mistake{
	{fault("reason-swallowed", "says of a denial only that there was one", "RTVC-06"), func(c *client) {
		c.tell = func(int, string) string { return "denied" }
	}},
	{fault("reason-only-status", "tells the status of a denial and nothing else", "RTVC-06"), func(c *client) {
		c.tell = func(status int, _ string) string { return tell(status, http.StatusText(status)) }
	}},
	{fault("reason-of-403-only", "tells the reason of a denial only where the status is 403", "RTVC-06"), func(c *client) {
		c.tell = func(status int, reason string) string {
			if status != http.StatusForbidden {
				reason = http.StatusText(status)
			}
			return tell(status, reason)
		}
	}},
	{fault("reason-cut", "tells the first five characters of a reason", "RTVC-06"), func(c *client) {
		c.tell = func(status int, reason string) string { return tell(status, first(5, reason)) }
	}},
}

// How the call is written (RTVC-07).
var ofSOAP = []mistake{
	{fault("password-not-escaped", "writes the password into the envelope as it is", "RTVC-07"), func(c *client) {
		c.edit = func(q *call) { q.set("Password", c.env(envPassword)) }
	}},
	{fault("password-escaped-twice", "escapes what was escaped already", "RTVC-07"), func(c *client) {
		c.edit = func(q *call) { q.set("Password", escape(escape(c.env(envPassword)))) }
	}},
	{fault("latin-1", "writes the envelope in ISO 8859-1 and calls it UTF-8", "RTVC-07"), sends(func(q *call) { q.encode = latin1 })},
	{fault("soap-12", "speaks SOAP 1.2", "RTVC-07"), sends(func(q *call) {
		q.envelope = soap12
		q.header["Content-Type"] = []string{`application/soap+xml; charset=utf-8; action="` + service + "/" + operation + `"`}
		delete(q.header, "SOAPAction")
	})},
	{fault("no-soapaction", "sends no SOAPAction", "RTVC-07"), sends(func(q *call) { delete(q.header, "SOAPAction") })},
	{fault("soapaction-of-another", "names another operation in the SOAPAction than in the SOAP body", "RTVC-07"), sends(func(q *call) {
		q.header["SOAPAction"] = []string{`"` + service + `/Logon"`}
	})},
	{fault("header-behind-body", "puts the SOAP header behind the SOAP body", "RTVC-07"), writes(func(text string) string {
		before, rest, _ := strings.Cut(text, "<soap:Header>")
		header, rest, _ := strings.Cut(rest, "</soap:Header>")
		body, after, _ := strings.Cut(rest, "</soap:Envelope>")
		return before + body + "<soap:Header>" + header + "</soap:Header></soap:Envelope>" + after
	})},
	{fault("document-type", "puts a document type in front of the envelope", "RTVC-07"), writes(func(text string) string {
		return strings.Replace(text, "<soap:Envelope", "<!DOCTYPE Envelope>\n<soap:Envelope", 1)
	})},
	{fault("prefix-of-nothing", "writes the operation with a prefix that it does not declare", "RTVC-07"), writes(func(text string) string {
		return strings.Replace(text, "<rv:"+operation+` xmlns:rv="`+service+`">`, "<rv:"+operation+">", 1)
	})},
	{fault("text-plain", "calls the envelope text/plain", "RTVC-07"), sends(func(q *call) {
		q.header["Content-Type"] = []string{"text/plain; charset=utf-8"}
	})},
}

// writes makes a mistake in the envelope as it is written.
func writes(edit func(string) string) func(*client) {
	return sends(func(q *call) { q.encode = func(text string) []byte { return []byte(edit(text)) } })
}

func latin1(text string) []byte {
	var b []byte
	for _, r := range text {
		if r > 0xff {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return b
}

// What becomes of its secrets (RTVC-08).
var ofSecrets = []mistake{
	{fault("password-in-query", "repeats the password in the query", "RTVC-08"), func(c *client) {
		c.edit = func(q *call) { q.url += "?password=" + url.QueryEscape(c.env(envPassword)) }
	}},
	{fault("prints-token", "logs the headers of each call on standard output", "RTVC-08"), printsToken},
	{fault("prints-password", "logs the envelope of each call on standard error", "RTVC-08"), printsPassword},
	{fault("prints-refused-envelope", "logs the envelope of a call that Retail3000 refused", "RTVC-08"), printsRefused},
	{fault("writes-token-file", "keeps the ApiToken in a file", "RTVC-08"), writesTokenFile},
	{fault("password-in-child-arguments", "starts a child with the password among its arguments", "RTVC-08"), startsChild},
}

// What it reports (RTVC-09).
var ofTruth = []mistake{
	{fault("exit-0-always", "exits 0 whatever happened", "RTVC-09", "RTVC-04"), func(c *client) { c.exit = func(int) int { return 0 } }},
	{fault("exit-1-always", "exits 1 whatever happened", "RTVC-09"), func(c *client) { c.exit = func(int) int { return 1 } }},
	{fault("fault-is-success", "takes every SOAP reply for success", "RTVC-09", "RTVC-06"), takes(isSOAPDenial)},
	{fault("status-is-success", "takes every reply of status 200 for success", "RTVC-09"), takes(deniedWith(http.StatusOK))},
	{fault("redirect-is-success", "takes a redirect for success", "RTVC-09"), takes(deniedWith(http.StatusTemporaryRedirect))},
	{fault("errors-of-many-lost", "tries each of many calls once, and loses their errors", "RTVC-09"), func(c *client) {
		if c.env("AUTHBENCH_ACTION") == "read" {
			return
		}
		c.tries = 1
		takes(func(error) bool { return true })(c)
	}},
	{fault("impatient", "waits for a reply for 400 ms only", "RTVC-09"), func(c *client) { c.timeout = 400 * time.Millisecond }},
	{fault("one-call-for-many", "makes one call where many are asked for", "RTVC-09"), func(c *client) {
		act := c.act
		c.act = func(ctx context.Context, part int) error {
			if part > 0 {
				return nil
			}
			return act(ctx, part)
		}
	}},
}
