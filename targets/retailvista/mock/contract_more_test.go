package mock

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/authbench/authbench/targets/wire"
)

func probesOfForwarding() []probe {
	list := []probe{
		calling("RTV-01", "a good call", (*bench).good, succeeds),
		{"RTV-01", "seen once", seenOnce((*bench).good, succeeds)},
		calling("RTV-01", "a refusal is brought back", func(b *bench) *ask { return b.field("Password", "wrong") }, isRefused),
		{"RTV-01", "two calls on one connection", func(b *bench) string { return b.after(b.good(), b.good(), succeeds) }},
	}
	for name, change := range map[string]func(*ask){
		"comments and white space": func(a *ask) {
			a.body = strings.ReplaceAll(a.body, "<soap:Body>", "\n  <!-- a comment -->\r\n\t<soap:Body >")
		},
		"other prefixes": func(a *ask) { a.body = strings.NewReplacer("soap:", "e:", ":soap", ":e").Replace(a.body) },
		"letters outside ASCII": func(a *ask) {
			a.body = strings.Replace(a.body, "<ScannerNumber>1", "<ScannerNumber>ß漢", 1)
		},
		"70 KiB":    func(a *ask) { a.body += "<!--" + strings.Repeat("x", 70<<10) + "-->" },
		"in chunks": func(a *ask) { a.chunked = true },
	} {
		list = append(list, probe{"RTV-01", name, seenOnce(func(b *bench) *ask { a := b.good(); change(a); return a }, succeeds)})
	}
	return list
}

// field is a good call with another value in its token header, escaped; none leaves the field out.
func (b *bench) field(name, value string) *ask {
	login := b.login()
	for i, f := range login {
		if f[0] == name {
			login[i][1] = value
			if value == "none" {
				login = append(login[:i], login[i+1:]...)
				break
			}
		}
	}
	a := b.good()
	a.body = b.envelope(login)
	return a
}

func withToken(token func(b *bench) string) func(b *bench) *ask {
	return func(b *bench) *ask { return b.good().set("ApiToken", token(b)) }
}

const unknownGUID = "0b6ffa1a-6a3c-4a07-8f0d-3a8c55a1b7aa"

func fixed(token string) func(b *bench) string { return func(*bench) string { return token } }

// lastChanged is the good token with another last digit.
func lastChanged(b *bench) string {
	token := b.c["api_token"]
	last := "0"
	if strings.HasSuffix(token, last) {
		last = "1"
	}
	return token[:len(token)-1] + last
}

func probesOfTokens() []probe {
	unknown, empty := withToken(fixed(unknownGUID)), withToken(fixed(""))
	list := []probe{
		{"RTV-05", "nothing reaches Retail3000", unseen(empty, isDenied)},
		calling("RTV-05", "a GET", func(b *bench) *ask { a := empty(b); a.method, a.body = "GET", ""; return a }, isDenied),
		calling("RTV-05", "an unknown path", func(b *bench) *ask { a := empty(b); a.target = "/nothing"; return a }, isDenied),
		calling("RTV-05", "no body", func(b *bench) *ask { a := empty(b); a.body = ""; return a }, isDenied),
		{"RTV-06", "nothing reaches Retail3000", unseen(unknown, isDenied)},
		{"RTV-06", "on a used connection", func(b *bench) string { return b.after(b.good(), unknown(b), isDenied) }},
	}
	for name, value := range map[string]string{"empty": "", "a space": " ", "three spaces": "   ", "a tab": "\t"} {
		list = append(list, calling("RTV-05", name, withToken(fixed(value)), isDenied))
	}
	for name, token := range map[string]func(b *bench) string{
		"a word": fixed("letmein"), "unknown": fixed(unknownGUID), "zeros": fixed("00000000-0000-0000-0000-000000000000"),
		"last digit changed": lastChanged,
		"cut":                func(b *bench) string { return b.c["api_token"][:35] },
		"a digit more":       func(b *bench) string { return b.c["api_token"] + "0" },
		"twice in one":       func(b *bench) string { return b.c["api_token"] + ", " + b.c["api_token"] },
		"the user name":      func(b *bench) string { return b.c["username"] },
	} {
		list = append(list, calling("RTV-06", name, withToken(token), isDenied))
	}
	for _, name := range []string{"apitoken", "APITOKEN", "aPiToKeN"} {
		list = append(list, calling("RTV-08", name, func(b *bench) *ask { return b.silent().add(name, b.c["api_token"]) }, succeeds))
	}
	for _, pair := range [][2]string{{"good", unknownGUID}, {unknownGUID, "good"}, {"good", ""}, {"", "good"}} {
		list = append(list, calling("RTV-15", fmt.Sprint(pair), func(b *bench) *ask {
			a := b.silent()
			for _, value := range pair {
				a.add("ApiToken", strings.Replace(value, "good", b.c["api_token"], 1))
			}
			return a
		}, isNoSuccess))
	}
	return list
}

func probesOfDisabled() []probe {
	disabling := func(then func(b *bench) string) func(b *bench) string {
		return func(b *bench) string {
			if err := b.m.Revoke("api_token"); err != nil {
				return err.Error()
			}
			return then(b)
		}
	}
	forbidden := func(b *bench) *ask { return b.good() }
	return []probe{
		calling("RTV-07", "long ago", withToken(func(b *bench) string { return b.c["disabled_api_token"] }), isDenied),
		{"RTV-07", "now", disabling(unseen((*bench).good, isDenied))},
		{"RTV-07", "the others go on", disabling(func(b *bench) string {
			return succeeds(b, b.do(b.good().set("ApiToken", b.c["other_api_token"])))
		})},
		{"RTV-12", "a forbidden address", func(b *bench) string {
			a := forbidden(b)
			said := isNoSuccess(b, b.doFrom("127.0.0.2", a))
			if b.seen(a.body) > 0 {
				said = cmp.Or(said, "Retail3000 saw it")
			}
			return said
		}},
	}
}

func withSOAP(header, body string) func(b *bench) *ask {
	return func(b *bench) *ask { a := b.good(); a.body = soapXML(header, body); return a }
}

const operationXML = `<ValidateUser xmlns="` + serviceNS + `"/>`

func probesOfRetail3000() []probe {
	headless := withSOAP("", operationXML)
	list := []probe{
		{"RTV-09", "no SOAP header", seenOnce(headless, isRefused)},
		calling("RTV-09", "an empty SOAP header", withSOAP("<soap:Header/>", operationXML), isRefused),
		calling("RTV-09", "an empty token", withSOAP("<soap:Header>"+tokenXML(nil)+"</soap:Header>", operationXML), isRefused),
		calling("RTV-09", "in the body", func(b *bench) *ask { return withSOAP("", tokenXML(b.login())+operationXML)(b) }, isRefused),
		{"RTV-10", "on the same connection", func(b *bench) string { return b.after(b.good(), headless(b), isRefused) }},
		{"RTV-10", "on another connection", func(b *bench) string {
			return cmp.Or(succeeds(b, b.do(b.good())), isRefused(b, b.do(headless(b))))
		}},
		{"RTV-10", "a wrong password", func(b *bench) string { return b.after(b.good(), b.field("Password", "wrong"), isRefused) }},
		calling("RTV-11", "Password in another case", func(b *bench) *ask {
			return b.field("Password", strings.ToUpper(b.c["password"]))
		}, isRefused),
	}
	for _, field := range required {
		for name, value := range map[string]string{"wrong": "wrong", "missing": "none", "empty": ""} {
			list = append(list, calling("RTV-11", field+" "+name, func(b *bench) *ask { return b.field(field, value) }, isRefused))
		}
	}
	return list
}

var trace = regexp.MustCompile(`\.cs:line \d|\bat [\w.]+\(`)

// isDiscreet wants a reply that shows neither a secret nor a stack trace.
func isDiscreet(b *bench, g got) string {
	secrets := map[string]string{}
	for _, name := range []string{"api_token", "other_api_token", "disabled_api_token", "password", "username"} {
		secrets[name] = b.c[name]
	}
	switch {
	case g.end != "replied":
		return "no reply"
	case wire.NewMask(secrets).Text(g.body) != g.body:
		return "it shows a secret: " + g.body
	case trace.MatchString(g.body):
		return "it shows a stack trace: " + g.body
	}
	return ""
}

func probesOfReasons() []probe {
	var list []probe
	for name, make := range map[string]func(b *bench) *ask{
		"empty": withToken(fixed("")), "a word": withToken(fixed("letmein")), "unknown": withToken(fixed(unknownGUID)),
		"disabled":           withToken(func(b *bench) string { return b.c["disabled_api_token"] }),
		"last digit changed": withToken(lastChanged),
		"no SOAP header":     withSOAP("", operationXML),
		"no XML":             func(b *bench) *ask { a := b.good(); a.body = "name=value"; return a },
		"cut in half":        func(b *bench) *ask { a := b.good(); a.body = a.body[:len(a.body)-60]; return a },
		"unknown operation": func(b *bench) *ask {
			a := b.good()
			a.body = strings.ReplaceAll(a.body, "ValidateUser", "Nothing")
			return a.set("SOAPAction", `"`+serviceNS+`/Nothing"`)
		},
		"wrong Username": func(b *bench) *ask { return b.field("Username", "wrong") },
		"wrong Password": func(b *bench) *ask { return b.field("Password", "wrong") },
	} {
		list = append(list, calling("RTV-14", name, make, isDiscreet))
	}
	return list
}

func probesOfLog() []probe {
	logged := func(token, detail string) func(b *bench) string {
		return func(b *bench) string {
			if err := b.m.Detail(detail); err != nil {
				return err.Error()
			}
			a := withToken(func(b *bench) string { return b.c[token] })(b)
			b.do(a)
			found, text := false, ""
			for _, e := range b.log() {
				found = found || e.At == "gateway" && e.Token == token && e.BodyBytes == len(a.body)
				text += fmt.Sprintf("%+v\n", e)
			}
			switch {
			case !found:
				return "the log does not have it"
			case wire.NewMask(map[string]string{"password": b.c["password"]}).Text(text) != text:
				return "the log shows the password"
			}
			return ""
		}
	}
	return []probe{
		{"RTV-18", "a good call", logged("api_token", "summary")},
		{"RTV-18", "a disabled token", logged("disabled_api_token", "summary")},
		{"RTV-18", "full detail", logged("api_token", "full")},
	}
}
