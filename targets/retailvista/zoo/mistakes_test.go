package zoo

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestTheListOfMistakes(t *testing.T) {
	seen, first := map[string]bool{}, map[string]bool{}
	for _, m := range Mistakes() {
		if seen[m.Name] || m.Summary == "" || len(m.Breaks) == 0 {
			t.Errorf("%q comes twice, or says nothing, or breaks nothing", m.Name)
			continue
		}
		seen[m.Name], first[m.Breaks[0]] = true, true
		for i, id := range m.Breaks {
			if !regexp.MustCompile(`^RTVC-0[1-9]$`).MatchString(id) || slices.Contains(m.Breaks[:i], id) {
				t.Errorf("%s breaks %q: that is no clause, or it comes twice", m.Name, id)
			}
		}
	}
	if len(first) != 9 {
		t.Errorf("mistakes were made for %d clauses of 9: %v", len(first), first)
	}
}

// done is how a gateway answers that is content, bad how one answers that denies.
var (
	done = answer(200, success)
	bad  = answer(403, "The tangerine is forbidden.")
)

// wrongs says of each mistake what it looks like from outside.
var wrongs = map[string]func(*trial){
	"no-api-token": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasAPIToken) == 0 && !strings.Contains(r.requests[0].RequestURI, testToken), "no ApiToken")
	},
	"token-in-query-only": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasAPIToken) == 0 && r.requests[0].URL.Query().Get("ApiToken") == testToken, "the query instead of the header")
	},
	"token-in-authorization-only": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasAPIToken) == 0 && r.requests[0].Header.Get("Authorization") == "Bearer "+testToken, "another header")
	},
	"token-on-first-call-only": func(r *trial) {
		r.reads(4).meets(done).ends(0, 4)
		r.want(r.count(hasAPIToken) == 1, "one ApiToken of four")
	},
	"token-not-on-repeat": func(r *trial) {
		r.meets(closed, closed, done).ends(0, 3)
		r.want(hasAPIToken(r.requests[0]) && r.count(hasAPIToken) == 1, "the ApiToken on the first try alone")
	},
	"token-also-in-query": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasAPIToken) == 1 && r.requests[0].URL.Query().Get("ApiToken") == testToken, "header and query")
	},
	"token-in-query-on-repeat": func(r *trial) {
		r.meets(closed, done).ends(0, 2)
		r.want(r.requests[0].URL.RawQuery == "" && r.requests[1].URL.Query().Get("ApiToken") == testToken, "the query of the second try")
	},
	"token-also-in-soap-header": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasAPIToken) == 1 && strings.Contains(header(r.requests[0]), testToken), "both headers")
	},
	"token-also-in-body": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasAPIToken) == 1 && strings.Contains(body(r.requests[0]), testToken), "header and SOAP body")
	},

	"no-soap-header": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(!strings.Contains(r.requests[0].text, "Header"), "no SOAP header")
	},
	"soap-header-on-first-call-only": func(r *trial) {
		r.reads(4).meets(done).ends(0, 4)
		r.want(r.count(hasSOAPHeader) == 1, "one SOAP header of four")
	},
	"soap-header-not-on-repeat": func(r *trial) {
		r.meets(closed, closed, done).ends(0, 3)
		r.want(hasSOAPHeader(r.requests[0]) && r.count(hasSOAPHeader) == 1, "the SOAP header on the first try alone")
	},
	"soap-header-in-body": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasSOAPHeader) == 0 && strings.Contains(body(r.requests[0]), tokenName), "it is in the SOAP body")
	},
	"other-namespace": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasSOAPHeader) == 1 && !strings.Contains(header(r.requests[0]), service), "another namespace")
	},
	"fields-without-namespace": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(header(r.requests[0]), "<rv:"+tokenName) && strings.Contains(header(r.requests[0]), "<Username>"), "bare fields")
	},
	"no-company-number": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(r.count(hasSOAPHeader) == 1 && !strings.Contains(r.requests[0].text, "CompanyNumber"), "no CompanyNumber")
	},
	"store-number-empty": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(header(r.requests[0]), "<rv:StoreNumber></rv:StoreNumber>"), "no text in StoreNumber")
	},

	"hangs-on-open-silence": func(r *trial) {
		// The right client begins later and tries twice: one that has a time-out would have begun its second try by then.
		var end context.CancelFunc
		r.ctx, end = context.WithCancel(r.ctx)
		whole, sound := newGateway(r.T, open), newTrial(r.T, "")
		hung := newGateway(r.T, open)
		sound.tries = 2
		hung.during = func() {
			go func() {
				defer end()
				sound.against(whole).ends(1, 2)
			}()
		}
		r.against(hung).ends(1, 1)
	},
	"open-is-success": func(r *trial) {
		r.tries = 1
		r.meets(open).ends(0, 1)
		r.meets(closed).ends(1, 1)
	},
	"closed-is-success": func(r *trial) { r.meets(closed).ends(0, 3); r.meets(reset).ends(1, 3) },
	"reset-is-success":  func(r *trial) { r.meets(reset).ends(0, 3); r.meets(closed).ends(1, 3) },

	"tries-four-times": func(r *trial) {
		r.meets(closed).ends(1, 4)
		r.want(slices.IsSorted(r.pauses) && len(r.pauses) == 3, "growing pauses")
	},
	"tries-for-ever": func(r *trial) {
		r.meets(append(slices.Repeat([]string{closed}, 40), done)...).ends(0, 41)
		r.want(slices.IsSorted(r.pauses), "growing pauses")
	},
	"no-pauses": func(r *trial) {
		r.meets(closed).ends(1, 3)
		r.want(slices.Equal(r.pauses, []time.Duration{0, 0}), "no time between tries")
	},
	"constant-pauses": func(r *trial) {
		r.meets(closed).ends(1, 3)
		r.want(len(r.pauses) == 2 && r.pauses[0] > 0 && r.pauses[0] == r.pauses[1], "the same pause twice")
	},
	"denied-tried-ten-times": func(r *trial) {
		r.meets(bad).ends(1, 10)
		r.want(strings.Contains(r.stderr.String(), "tangerine"), "the reason is told")
		r.meets(closed).ends(1, 3)
	},
	"fault-tried-five-times": func(r *trial) {
		r.meets(soapFault("tangerine")).ends(1, 5)
		r.want(slices.IsSorted(r.pauses), "growing pauses")
		r.meets(bad).ends(1, 1)
	},

	"reason-swallowed": func(r *trial) {
		r.meets(bad).ends(1, 1)
		r.want(!strings.Contains(r.stderr.String(), "tangerine") && !strings.Contains(r.stderr.String(), "403"), "nothing of the reply")
	},
	"reason-only-status": func(r *trial) {
		r.meets(bad).ends(1, 1)
		r.want(!strings.Contains(r.stderr.String(), "tangerine") && strings.Contains(r.stderr.String(), "403"), "the status alone")
	},
	"reason-of-403-only": func(r *trial) {
		r.meets(bad).ends(1, 1)
		r.want(strings.Contains(r.stderr.String(), "tangerine"), "the reason of a 403")
		r.meets(answer(400, "The tangerine is forbidden.")).ends(1, 1)
		r.want(!strings.Contains(r.stderr.String(), "tangerine"), "no reason of a 400")
	},
	"reason-cut": func(r *trial) {
		r.meets(bad).ends(1, 1)
		r.want(strings.HasSuffix(r.stderr.String(), ": The t\n"), "five characters")
	},

	"password-not-escaped": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(header(r.requests[0]), ">"+testPassword+"<"), "the password as it is")
	},
	"password-escaped-twice": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(header(r.requests[0]), "p&amp;amp;s&amp;lt;"), "escaped twice")
	},
	"latin-1": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(r.requests[0].text, "\xe9") && strings.Contains(r.requests[0].text, `encoding="utf-8"`), "é as one byte")
	},
	"soap-12": func(r *trial) {
		r.meets(done).ends(0, 1)
		q := r.requests[0]
		r.want(strings.Contains(q.text, soap12) && strings.HasPrefix(q.Header.Get("Content-Type"), "application/soap+xml"), "SOAP 1.2")
	},
	"no-soapaction": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(len(r.requests[0].Header.Values("SOAPAction")) == 0, "no SOAPAction")
	},
	"soapaction-of-another": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.HasSuffix(r.requests[0].Header.Get("SOAPAction"), `/Logon"`) && strings.Contains(body(r.requests[0]), operation), "two operations")
	},
	"header-behind-body": func(r *trial) {
		r.meets(done).ends(0, 1)
		text := r.requests[0].text
		r.want(hasSOAPHeader(r.requests[0]) && strings.Index(text, "<soap:Header>") > strings.Index(text, "</soap:Body>"), "the header comes last")
	},
	"document-type": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(r.requests[0].text, "?>\n<!DOCTYPE Envelope>\n<soap:Envelope"), "a document type")
	},
	"prefix-of-nothing": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(body(r.requests[0]) == "<rv:ValidateUser></rv:ValidateUser>", "an undeclared prefix")
	},
	"text-plain": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.HasPrefix(r.requests[0].Header.Get("Content-Type"), "text/plain"), "text/plain")
	},

	"password-in-query": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(hasAPIToken(r.requests[0]) && r.requests[0].URL.Query().Get("password") == testPassword, "the password in the query")
	},
	"prints-token": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(r.stdout.String(), testToken), "the ApiToken on standard output")
	},
	"prints-password": func(r *trial) {
		r.meets(done).ends(0, 1)
		r.want(strings.Contains(r.stderr.String(), escape(testPassword)), "the password on standard error")
	},
	"prints-refused-envelope": func(r *trial) {
		r.meets(soapFault("tangerine")).ends(1, 1)
		r.want(strings.Contains(r.stderr.String(), escape(testPassword)), "the password on standard error")
		r.meets(done).ends(0, 1)
		r.want(r.stderr.Len() == 0, "nothing after a success")
	},
	"writes-token-file": func(r *trial) {
		r.meets(done).ends(0, 1)
		text, err := os.ReadFile(filepath.Join(r.env["HOME"], tokenFile))
		r.want(err == nil && strings.Contains(string(text), testToken), "the ApiToken in a file")
	},
	"password-in-child-arguments": func(r *trial) {
		g, found := newGateway(r.T, done), atomic.Int64{}
		r.env[envPassword] += r.env["HOME"] // which no other process has
		g.during = func() { found.Add(int64(processesWith(r.env[envPassword]))) }
		r.against(g).ends(0, 1)
		r.want(runtime.GOOS != "linux" || found.Load() == 1, "the password among a child's arguments while the call is made")
		r.want(processesWith(r.env[envPassword]) == 0, "the child has ended")
	},

	"exit-0-always": func(r *trial) { r.meets(closed).ends(0, 3); r.meets(bad).ends(0, 1) },
	"exit-1-always": func(r *trial) { r.meets(done).ends(1, 1) },
	"fault-is-success": func(r *trial) {
		r.meets(soapFault("tangerine")).ends(0, 1)
		r.want(r.stderr.Len() == 0, "the reason is not told")
		r.meets(answer(200, strings.Replace(success, "Successful", "Failed", 1))).ends(0, 1)
		r.meets(bad).ends(1, 1)
	},
	"status-is-success": func(r *trial) {
		r.meets(answer(200, strings.Replace(success, "Successful", "Failed", 1))).ends(0, 1)
		r.meets(soapFault("tangerine")).ends(1, 1)
	},
	"redirect-is-success": func(r *trial) {
		r.meets(answer(307, "")).ends(0, 1)
		r.meets(bad).ends(1, 1)
	},
	"errors-of-many-lost": func(r *trial) {
		r.reads(3).meets(closed, closed, done).ends(0, 3)
		r.env["AUTHBENCH_ACTION"] = "read"
		r.meets(bad).ends(1, 1)
	},
	"impatient": func(r *trial) {
		r.meets(open)
		r.want(r.code == 1 && r.client.timeout <= 400*time.Millisecond, "no patience with a slow gateway")
	},
	"one-call-for-many": func(r *trial) { r.reads(5).meets(done).ends(0, 1) },
}

// processesWith is how many processes have the text among their arguments, where the system tells.
func processesWith(text string) (n int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if line, err := os.ReadFile(file); err == nil && strings.Contains(string(line), text) {
			n++
		}
	}
	return n
}

func TestEachMistakeIsMade(t *testing.T) {
	t.Parallel()
	for _, m := range Mistakes() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			look := wrongs[m.Name]
			if look == nil {
				t.Fatal("nothing says what this mistake looks like")
			}
			look(newTrial(t, m.Name))
		})
	}
	if len(wrongs) != len(Mistakes()) {
		t.Errorf("%d mistakes, and %d looks", len(Mistakes()), len(wrongs))
	}
}
