package watch

import (
	"encoding/hex"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

const (
	maxBody  = 64 << 10 // a longer body is not shown
	maxShown = 8 << 10  // of each part of an event, once it is masked
)

// veil hides secrets: those of the mock by their values, and what a stranger may have meant to be one by where it stands or
// by what it looks like. A session token, or a key that was made anew, is known to nobody but the mock.
type veil struct {
	mask  *wire.Mask
	names *regexp.Regexp // what the veil itself puts in the place of a secret
}

func newVeil(secrets targets.Credentials) *veil {
	words := []string{"hash", `\d+ characters`}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		words = append(words, regexp.QuoteMeta(name))
	}
	return &veil{mask: wire.NewMask(secrets), names: regexp.MustCompile("<(?:" + strings.Join(words, "|") + ")>")}
}

var (
	hashes   = regexp.MustCompile(`[0-9A-Fa-f]{64,}`)
	escapes  = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	delicate = `[\w.:-]*(?:key|hash|token|pass|secret|auth|user|sign|session|cookie)[\w.:-]*`
	// named are values that stand behind a delicate name: in a query or form, in JSON, and in XML.
	named = []*regexp.Regexp{
		regexp.MustCompile(`(?i)(` + delicate + `=["']?)([^&#"'\s]+)`),
		regexp.MustCompile(`(?i)("` + delicate + `"\s*:\s*")((?:[^"\\]|\\.)+)`),
		regexp.MustCompile(`(?i)(<` + delicate + `(?:\s[^<>]*)?>\s*)([^<\s][^<]*)`),
	}
	delicateName = regexp.MustCompile(`(?i)^` + delicate + `$`)
	scheme       = regexp.MustCompile(`^(?i:bearer|basic|digest|token|apikey)\s+`)
	runs         = regexp.MustCompile(`[\w.~%+-]{16,}`) // none is shorter than 16 characters that is a session token of a mock
	parts        = regexp.MustCompile(`[\w]+`)
	word         = regexp.MustCompile(`^(?:v?[0-9]+|[A-Z]*[a-z]*|[A-Z]{0,4}(?:[A-Z]?[a-z]{2,}|[A-Z][a-z])+|` +
		`[A-Z][a-z]{3,}[0-9]{1,4}(?:[A-Z][a-z]{3,})+|[0-9]{2}T[0-9]{2}|.{1,3})$`)
)

// text masks what is said of a request.
func (v *veil) text(text string) string { return cut(printable(v.masked(text))) }

// words masks what a stranger sent.
func (v *veil) words(text string) string { return cut(printable(v.strange(text))) }

// masked hides what is known to be a secret, also where it is escaped in part or more than once, and every hash.
func (v *veil) masked(text string) string {
	text = v.mask.Text(text)
	for inner := unescape(text); ; inner = unescape(inner) {
		if masked := v.mask.Text(inner); masked != inner {
			text, inner = masked, masked
		}
		if unescape(inner) == inner {
			return hashes.ReplaceAllString(text, "<hash>")
		}
	}
}

// unescape decodes what is percent-encoded or written as in XML.
func unescape(text string) string {
	return html.UnescapeString(escapes.ReplaceAllStringFunc(text, func(code string) string {
		b, _ := hex.DecodeString(code[1:]) // the expression lets nothing else through
		return string(b)
	}))
}

func (v *veil) strange(text string) string {
	text = v.names.ReplaceAllStringFunc(text, func(own string) string { // a stranger's own element of that name
		return own[:len(own)-1] + " >"
	})
	text = v.masked(text)
	for _, where := range named {
		text = where.ReplaceAllStringFunc(text, func(found string) string {
			pair := where.FindStringSubmatch(found)
			if v.names.MatchString(pair[1]) { // which is no element of XML
				return found
			}
			return pair[1] + v.hidden(pair[2])
		})
	}
	return v.outside(text, func(text string) string {
		return runs.ReplaceAllStringFunc(text, func(run string) string {
			for _, part := range parts.FindAllString(escapes.ReplaceAllString(run, " "), -1) {
				if !word.MatchString(part) {
					return characters(run)
				}
			}
			return run
		})
	})
}

// hidden leaves of a value the names of secrets, and signs.
func (v *veil) hidden(value string) string {
	return v.outside(value, func(text string) string {
		if parts.MatchString(text) {
			return characters(text)
		}
		return text
	})
}

// outside changes what stands around the names of secrets.
func (v *veil) outside(text string, change func(string) string) string {
	var b strings.Builder
	from := 0
	for _, at := range v.names.FindAllStringIndex(text, -1) {
		b.WriteString(change(text[from:at[0]]) + text[at[0]:at[1]])
		from = at[1]
	}
	return b.String() + change(text[from:])
}

func characters(text string) string {
	return fmt.Sprintf("<%d characters>", utf8.RuneCountInString(text))
}

// cut bounds the memory. It comes last, since half a secret is not found.
func cut(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}

// request is all that was sent, with the header in the order of its names.
func (v *veil) request(a *targets.Arrival) string {
	var head strings.Builder
	head.WriteString(v.words(a.Method) + " " + v.words(a.URI) + "\n")
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		for _, value := range a.Header[name] {
			head.WriteString(v.words(name) + ": " + v.field(name, value) + "\n")
		}
	}
	return cut(head.String()) + v.body(a.Body)
}

// field is the value of one field of the header.
func (v *veil) field(name, value string) string {
	if name == "User-Agent" || !delicateName.MatchString(name) {
		return v.words(value)
	}
	kind := scheme.FindString(value)
	return cut(printable(kind + v.hidden(v.masked(value[len(kind):]))))
}

func (v *veil) body(body []byte) string {
	switch {
	case len(body) == 0:
		return ""
	case len(body) > maxBody || !utf8.Valid(body):
		return fmt.Sprintf("\n(%d bytes that are not shown)\n", len(body))
	}
	return "\n" + v.words(strings.ReplaceAll(string(body), "\r\n", "\n"))
}
