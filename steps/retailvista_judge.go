package steps

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/retailvista/client"
	"github.com/authbench/authbench/targets/wire"
)

// judgeSilence wants that not one byte came back (RTV-02). How it ended is left open.
func judgeSilence(x wire.Exchange) check {
	silent := x.End == wire.Closed || x.End == wire.Reset || x.End == wire.Open
	return check{silent, "silence: not one byte of a reply", describe(x)}
}

// silent judges the last call, and makes a good call after it: an outage never counts as silence.
func (v *retailvista) silent() error {
	return after(v.w, func() error {
		if c := judgeSilence(*v.w.last); !c.ok {
			return v.w.judged(c)
		}
		if !v.alive {
			return v.w.untested("a good call that succeeds before the silence")
		}
		return v.proveAlive("after")
	})()
}

// judge holds the last call against the contract. One that got no reply is no breach where a good call gets none either: that
// is an outage.
func (v *retailvista) judge(judge func(wire.Exchange) check) error {
	return after(v.w, func() error {
		last := v.w.last
		c := judge(*last)
		if !c.ok && last.Reply == nil {
			x, err := v.goodCall()
			if err != nil {
				return err
			}
			if x.Reply == nil {
				return v.w.errored(fmt.Errorf("an outage: a good call gets no reply: %s", describe(x)))
			}
		}
		v.w.last = last
		return v.w.judged(c)
	})()
}

// answerOf is the SOAP answer that a reply is; the check says what it is instead.
func answerOf(x wire.Exchange) (client.Answer, check) {
	if x.Reply == nil {
		return client.Answer{}, check{actual: describe(x)}
	}
	answer, err := client.ParseAnswer(x.Reply.Body)
	if err != nil {
		return answer, check{actual: describe(x) + ", and no SOAP envelope"}
	}
	return answer, check{ok: true, actual: describe(x)}
}

// judgeSuccess wants the answer that the operation gives to those who may call it (RTV-01).
func (v *retailvista) judgeSuccess(x wire.Exchange) check {
	success := v.w.target.Settings["success"]
	expected := fmt.Sprintf("success: 200, a SOAP answer to %s, and %q in its result", v.w.target.Settings["operation"], success)
	answer, c := answerOf(x)
	switch {
	case !c.ok:
		return check{false, expected, c.actual}
	case answer.Fault != nil:
		return check{false, expected, fmt.Sprintf("%s, a SOAP fault: %s", c.actual, short(answer.Fault.Text))}
	case x.Reply.Status != 200 || answer.Operation != v.w.target.Settings["operation"] || !strings.Contains(answer.Result, success):
		return check{false, expected, fmt.Sprintf("%s, the result %q of %q", c.actual, short(answer.Result), short(answer.Operation))}
	}
	return check{ok: true}
}

// judgeRefusal wants that Retail3000 says no: by a SOAP fault, or by a result that is no success (RTV-09).
func (v *retailvista) judgeRefusal(x wire.Exchange) check {
	const expected = "refused by Retail3000: a SOAP fault, or a result that is no success"
	answer, c := answerOf(x)
	switch {
	case !c.ok:
		return check{false, expected, c.actual}
	case answer.Fault != nil:
		return check{ok: true}
	case answer.Result == "" || strings.Contains(answer.Result, v.w.target.Settings["success"]):
		return check{false, expected, fmt.Sprintf("%s, the result %q", c.actual, short(answer.Result))}
	}
	return check{ok: true}
}

// short keeps a text of a server's from filling a report.
func short(text string) string {
	if len(text) > 200 {
		return strings.ToValidUTF8(text[:200], "") + "..."
	}
	return text
}

// noSuccess wants anything but a success, silence too; one that looks like an outage says nothing (RTV-12, RTV-15).
func (v *retailvista) noSuccess() error {
	return after(v.w, func() error {
		x := *v.w.last
		if c := v.judgeSuccess(x); c.ok {
			return v.w.broken("no success: a denial, a refusal or silence", describe(x)+", a success")
		}
		answer, c := answerOf(x)
		if c.ok && answer.Fault == nil && x.Reply.Status/100 == 2 {
			return v.w.broken("no success: a denial, a refusal or silence", fmt.Sprintf("%s, the result %q", c.actual, short(answer.Result)))
		}
		if x.Reply != nil && x.Reply.Status/100 == 2 && !c.ok {
			return v.w.broken("no success: a denial, a refusal or silence", c.actual)
		}
		return v.proveAlive("after")
	})()
}

// judgeExplained wants an explicit denial with a reason that a person can read (RTV-05, RTV-06).
func judgeExplained(x wire.Exchange) check {
	c := check{expected: "denied explicitly: a 4xx reply or a SOAP fault, with a reason that a person can read", actual: describe(x)}
	if x.Reply == nil {
		return c
	}
	answer, soap := answerOf(x)
	fault := soap.ok && answer.Fault != nil
	if x.Reply.Status/100 != 4 && !fault {
		return c
	}
	reason := readable(x.Reply.Body)
	if fault {
		reason = answer.Fault.Text
	}
	if wordCount(reason) < 2 {
		c.actual = fmt.Sprintf("%s, and the reason %q", c.actual, short(reason))
		return c
	}
	return check{ok: true}
}

// wordCount counts the words of a text that have two letters or more.
func wordCount(text string) int {
	n := 0
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len([]rune(word)) > 1 {
			n++
		}
	}
	return n
}

// readable is what a person reads in a body: the texts of a JSON document or of a page, or the text itself.
func readable(body []byte) string {
	var doc any
	if json.Unmarshal(body, &doc) == nil {
		return strings.Join(textsIn(doc), " ")
	}
	if !strings.Contains(string(body), "<") {
		return string(body)
	}
	dec := xml.NewDecoder(strings.NewReader(string(body)))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var b strings.Builder
	for skip := 0; ; {
		token, err := dec.Token()
		if err != nil {
			return b.String()
		}
		switch t := token.(type) {
		case xml.StartElement:
			if skip > 0 || slices.Contains([]string{"title", "style", "script"}, strings.ToLower(t.Name.Local)) {
				skip++
			}
		case xml.EndElement:
			skip = max(0, skip-1)
		case xml.CharData:
			if skip == 0 {
				b.Write(t)
				b.WriteByte(' ')
			}
		}
	}
}

func textsIn(doc any) (texts []string) {
	switch v := doc.(type) {
	case string:
		return []string{v}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, textsIn(v[name])...)
		}
	case []any:
		for _, item := range v {
			texts = append(texts, textsIn(item)...)
		}
	}
	return texts
}

func (v *retailvista) goodAnswered() error {
	if v.good == nil {
		return fmt.Errorf("no good call was made before this step: add When the call is made on a connection that a good call has used")
	}
	last := v.w.last
	v.w.last = v.good
	if err := v.judge(v.judgeSuccess); err != nil {
		return err
	}
	v.w.last = last
	return nil
}

// traces are how stack traces of the usual platforms look.
var traces = regexp.MustCompile(`(?m)\bat [\w.$<>` + "`" + `]+\([^)\n]*\)|Traceback \(most recent call last\)|goroutine \d+ \[|\.(cs|java|go|py|php|vb):(line )?\d+|` +
	`System\.\w+Exception|java\.lang\.\w+|Exception in thread|Stack ?[Tt]race:`)

// keepsSecrets looks for tokens, the password and a stack trace in the last reply (RTV-14).
func (v *retailvista) keepsSecrets() error {
	return after(v.w, func() error {
		x := *v.w.last
		if x.Reply == nil {
			return v.w.untested("a reply to look at: there was %s", describe(x))
		}
		secrets, err := v.secrets()
		if err != nil {
			return err
		}
		c := judgeSecret(x, secrets)
		if answer, soap := answerOf(x); c.ok && soap.ok && answer.Fault != nil { // what it quotes is escaped twice
			quoted := x
			quoted.Reply = &wire.Reply{Status: x.Reply.Status, Body: []byte(answer.Fault.Text)}
			c = judgeSecret(quoted, secrets)
		}
		c.expected = "a reply without tokens, passwords and stack traces"
		if c.ok && traces.Match(x.Reply.Body) {
			c.ok, c.actual = false, "the body of the reply shows a stack trace"
		}
		return v.w.judged(c)
	})()
}

// secrets are the tokens and the password, as far as they are long enough to be looked for.
func (v *retailvista) secrets() (map[string]string, error) {
	secrets := map[string]string{}
	for name, value := range v.w.target.Credentials {
		if !strings.Contains(name, "token") && name != "password" {
			continue
		}
		if len(value) < shortestSecret {
			return nil, v.w.untested("a %s of at least %d letters: a shorter one stands in ordinary words", name, shortestSecret)
		}
		secrets[name] = value
	}
	return secrets, nil
}

// log reads the target's log of requests. One that tells nothing of any request may be empty, or of another kind: a good call
// tells which.
func (v *retailvista) log() ([]map[string]any, error) {
	if v.w.target.Control == "" {
		return nil, v.w.untested("a control endpoint that shows the log of requests")
	}
	for tried := false; ; tried = true {
		var entries []map[string]any
		err := v.w.within(func(ctx context.Context) (err error) {
			entries, err = targets.NewControl(v.w.target.Control).Log(ctx)
			return err
		})
		if err != nil {
			return nil, v.w.errored(err)
		}
		if slices.ContainsFunc(entries, func(e map[string]any) bool { return e["at"] != nil && e["body_sha256"] != nil }) {
			return entries, nil
		}
		if tried {
			return nil, v.w.untested("a log whose entries tell `at` (gateway or upstream) and `body_sha256`")
		}
		if _, err := v.goodCall(); err != nil {
			return nil, err
		}
	}
}

// entriesOf are the log's entries of the last call at one place.
func (v *retailvista) entriesOf(place string) ([]map[string]any, error) {
	entries, err := v.log()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(v.sent.Body)
	return slices.DeleteFunc(entries, func(e map[string]any) bool {
		return e["at"] != place || e["body_sha256"] != hex.EncodeToString(sum[:])
	}), nil
}

// seenUpstream counts how often Retail3000 received the body of the last call, byte for byte (RTV-01, RTV-09). Where nobody can
// see that, the reply that it gave is proof enough that it received the call.
func (v *retailvista) seenUpstream(want int) error {
	return after(v.w, func() error {
		if want > 0 && v.w.target.Control == "" {
			return nil
		}
		entries, err := v.entriesOf("upstream")
		if err != nil {
			return err
		}
		return v.w.judged(check{len(entries) == want, fmt.Sprintf("Retail3000 receives this body %d times", want),
			fmt.Sprintf("it received it %d times", len(entries))})
	})()
}

// logged wants an entry of the last call under the name of its token (RTV-18).
func (v *retailvista) logged() error {
	return after(v.w, func() error {
		entries, err := v.entriesOf("gateway")
		if err != nil {
			return err
		}
		name := ""
		for credential, value := range v.w.target.Credentials {
			if len(v.tokens) == 1 && value == v.tokens[0] {
				name = credential
			}
		}
		found := slices.ContainsFunc(entries, func(e map[string]any) bool { return e["token"] == name })
		return v.w.judged(check{found, "an entry of this call under " + name + " in the traffic log",
			fmt.Sprintf("%d entries of this call, none under it", len(entries))})
	})()
}

// logKeepsSecrets looks for passwords and tokens in the whole log (RTV-18).
func (v *retailvista) logKeepsSecrets() error {
	return after(v.w, func() error {
		entries, err := v.log()
		if err != nil {
			return err
		}
		secrets, err := v.secrets()
		if err != nil {
			return err
		}
		text := strings.Join(textsIn(anyOf(entries)), "\n")
		for name, value := range secrets {
			if shows(text, value) {
				return v.w.broken("a log without passwords and tokens", "the log shows the "+name)
			}
		}
		return nil
	})()
}

func anyOf(entries []map[string]any) []any {
	var list []any
	for _, e := range entries {
		list = append(list, e)
	}
	return list
}

func (v *retailvista) reportSilence() error {
	return after(v.w, func() error {
		v.w.observed("a call without the header: %s after %.0f ms", v.w.last.End, v.w.last.Took.Seconds()*1e3)
		return nil
	})()
}

func (v *retailvista) reportOften() error {
	answered := 0
	for _, x := range v.often {
		if v.judgeSuccess(x).ok {
			answered++
		}
	}
	v.w.observed("%d of %d good calls in a row were answered", answered, len(v.often))
	return nil
}
