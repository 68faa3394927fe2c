package mock

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

// probe is one scenario of the features, as this package's own judge: it returns what is wrong, or "".
type probe struct {
	clause, name string
	run          func(b *bench) string
}

func probes() []probe {
	return slices.Concat(probesOfSilence(), probesOfPlaces(), probesOfForwarding(), probesOfTokens(), probesOfDisabled(),
		probesOfRetail3000(), probesOfReasons(), probesOfLog())
}

// calling makes a probe of a clause out of a call and a judgement.
func calling(clause, name string, make func(b *bench) *ask, judge func(b *bench, g got) string) probe {
	return probe{clause, name, func(b *bench) string { return judge(b, b.do(make(b))) }}
}

func isSilent(b *bench, g got) string {
	if !g.silent() {
		return fmt.Sprintf("no silence: %s, interim %t", g, g.interim)
	}
	if after := b.do(b.good()); !after.succeeded() {
		return "the good call after it: " + after.String()
	}
	return ""
}

func succeeds(_ *bench, g got) string {
	if !g.succeeded() {
		return "no success: " + g.String()
	}
	return ""
}

func isDenied(_ *bench, g got) string {
	if !g.denied() {
		return "no denial with a reason: " + g.String()
	}
	return ""
}

func isRefused(_ *bench, g got) string {
	if !g.refused() {
		return "no refusal: " + g.String()
	}
	return ""
}

func isNoSuccess(_ *bench, g got) string {
	if g.succeeded() {
		return "it succeeds"
	}
	return ""
}

// seen counts how often Retail3000 received that body.
func (b *bench) seen(body string) int {
	sum, count := sha256.Sum256([]byte(body)), 0
	for _, e := range b.log() {
		if e.At == "upstream" && e.BodySHA256 == hex.EncodeToString(sum[:]) {
			count++
		}
	}
	return count
}

// unseen makes the call and wants nothing of it to reach Retail3000.
func unseen(make func(b *bench) *ask, judge func(*bench, got) string) func(b *bench) string {
	return func(b *bench) string {
		a := make(b)
		a.body += "<!-- marked -->"
		said := judge(b, b.do(a))
		if n := b.seen(a.body); n > 0 {
			said = cmp.Or(said, fmt.Sprintf("Retail3000 saw it %d times", n))
		}
		return said
	}
}

// seenOnce makes the call and wants Retail3000 to have it once, byte for byte.
func seenOnce(make func(b *bench) *ask, judge func(*bench, got) string) func(b *bench) string {
	return func(b *bench) string {
		a := make(b)
		said := judge(b, b.do(a))
		if n := b.seen(a.body); n != 1 {
			said = cmp.Or(said, fmt.Sprintf("Retail3000 saw it %d times", n))
		}
		return said
	}
}

func probesOfSilence() []probe {
	list := []probe{
		calling("RTV-02", "a SOAP call", (*bench).silent, isSilent),
		{"RTV-02", "nothing reaches Retail3000", unseen((*bench).silent, isSilent)},
		{"RTV-03", "on a used connection", func(b *bench) string { return b.after(b.good(), b.silent(), isSilent) }},
		{"RTV-03", "pipelined", func(b *bench) string { return b.pipelined(b.good(), b.silent(), isSilent) }},
		{"RTV-16", "the same time", (*bench).tellsPathsApart},
	}
	for name, change := range map[string]func(*ask){
		"a GET":                           func(a *ask) { a.method, a.body, a.noLength = "GET", "", true },
		"a HEAD":                          func(a *ask) { a.method, a.body, a.noLength = "HEAD", "", true },
		"a PUT":                           func(a *ask) { a.method = "PUT" },
		"a DELETE":                        func(a *ask) { a.method = "DELETE" },
		"an OPTIONS":                      func(a *ask) { a.method, a.body = "OPTIONS", "" },
		"an unknown method":               func(a *ask) { a.method = "BREW" },
		"to the root":                     func(a *ask) { a.target = "/" },
		"to a path that does not exist":   func(a *ask) { a.target = base + "/nothing.asmx" },
		"a GET of the WSDL":               func(a *ask) { a.method, a.target, a.body, a.noLength = "GET", service+"?wsdl", "", true },
		"without a body":                  func(a *ask) { a.body = "" },
		"with a body that is no XML":      func(a *ask) { a.body = "name=value" },
		"with a body of 70 KiB":           func(a *ask) { a.body += "<!--" + strings.Repeat("x", 70<<10) + "-->" },
		"in chunks":                       func(a *ask) { a.chunked = true },
		"HTTP/1.0":                        func(a *ask) { a.proto = "HTTP/1.0" },
		"HTTP/1.0 with a kept connection": func(a *ask) { a.proto = "HTTP/1.0"; a.add("Connection", "keep-alive") },
		"with Expect: 100-continue":       func(a *ask) { a.add("Expect", "100-continue") },
		"without a SOAP header":           func(a *ask) { a.body = soapXML("", `<ValidateUser xmlns="`+serviceNS+`"/>`) },
		"with many other headers": func(a *ask) {
			for i := range 60 {
				a.add(fmt.Sprintf("X-Other-%d", i), "value")
			}
		},
	} {
		list = append(list, calling("RTV-03", name, func(b *bench) *ask { a := b.silent(); change(a); return a }, isSilent))
	}
	for _, name := range []string{"Api-Token", "X-ApiToken", "ApiTokens", "Token"} {
		list = append(list, calling("RTV-03", name, func(b *bench) *ask { return b.silent().add(name, b.c["api_token"]) }, isSilent))
	}
	return list
}

// after makes two calls on one connection and judges the second; the first has to succeed.
func (b *bench) after(first, second *ask, judge func(*bench, got) string) string {
	l := b.dial("")
	defer l.Close()
	l.send(first.bytes())
	if g := l.receive(first.method); !g.succeeded() {
		return "the good call: " + g.String()
	}
	l.send(second.bytes())
	return judge(b, l.receive(second.method))
}

func (b *bench) pipelined(first, second *ask, judge func(*bench, got) string) string {
	l := b.dial("")
	defer l.Close()
	l.send(append(first.bytes(), second.bytes()...))
	if g := l.receive(first.method); !g.succeeded() {
		return "the good call: " + g.String()
	}
	return judge(b, l.receive(second.method))
}

// tellsPathsApart compares the least times of silence, which noise cannot lower, until they are near one another.
func (b *bench) tellsPathsApart() string {
	const missing = base + "/nothing.asmx"
	least := map[string]time.Duration{}
	for round := 1; ; round++ {
		for _, path := range []string{service, missing} {
			a := b.silent()
			a.target = path
			began := time.Now()
			g := b.do(a)
			if took := time.Since(began); least[path] == 0 || took < least[path] {
				least[path] = took
			}
			if !g.silent() {
				return "no silence at " + path
			}
		}
		switch d := (least[service] - least[missing]).Abs(); {
		case d < 4*time.Millisecond && round >= 3:
			return ""
		case round == 20:
			return fmt.Sprintf("the paths differ by %s", d)
		}
	}
}

func probesOfPlaces() []probe {
	header := func(field func(token string) wire.Field) func(*bench, *ask) {
		return func(b *bench, a *ask) { f := field(b.c["api_token"]); a.set(f.Name, f.Value) }
	}
	var list []probe
	for name, put := range map[string]func(*bench, *ask){
		"the query":     func(b *bench, a *ask) { a.target += "?ApiToken=" + b.c["api_token"] },
		"a cookie":      header(func(token string) wire.Field { return wire.Field{Name: "Cookie", Value: "ApiToken=" + token} }),
		"Authorization": header(func(token string) wire.Field { return wire.Field{Name: "Authorization", Value: token} }),
		"as Bearer":     header(func(token string) wire.Field { return wire.Field{Name: "Authorization", Value: "Bearer " + token} }),
		"as Basic": header(func(token string) wire.Field {
			return wire.Field{Name: "Authorization", Value: basic("ApiToken", token)}
		}),
		"a trailer": func(b *bench, a *ask) { a.chunked, a.trailer = true, "ApiToken: "+b.c["api_token"]+"\r\n" },
		"the SOAP header": func(b *bench, a *ask) {
			extra := `<ApiToken xmlns="` + serviceNS + `">` + b.c["api_token"] + `</ApiToken>`
			a.body = strings.Replace(a.body, "</soap:Header>", extra+"</soap:Header>", 1)
		},
		"the token header": func(b *bench, a *ask) {
			a.body = b.envelope(append(b.login(), [2]string{"ApiToken", b.c["api_token"]}))
		},
		"the SOAPAction": func(b *bench, a *ask) { a.set("SOAPAction", `"`+b.c["api_token"]+`"`) },
		"the path":       func(b *bench, a *ask) { a.target = base + "/" + b.c["api_token"] + "/securitycomponents.asmx" },
	} {
		list = append(list, calling("RTV-04", name, func(b *bench) *ask { a := b.silent(); put(b, a); return a }, isSilent))
	}
	return list
}

func basic(name, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return r.Header.Get("Authorization")
}
