package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html"
	"regexp"
	"strings"
)

// Masked masks a finished report as the last guard: value by value and in the manner of its format, so that a secret that is
// also a word of the format damages nothing. Keys, and values out of a fixed list, stay as they are.
func Masked(text []byte, mask func(string) string) []byte {
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		return []byte(maskedJSON(string(text), mask))
	case bytes.HasPrefix(text, []byte("<?xml")):
		return []byte(maskedXML(string(text), mask))
	}
	return []byte(mask(string(text)))
}

// fixed are the keys whose values are words of our own, or numbers in disguise.
var fixed = map[string]bool{
	`"schema"`: true, `"version"`: true, `"started"`: true, `"vendor"`: true, `"kind"`: true, `"id"`: true, `"weight"`: true,
	`"verdict"`: true, `"status"`: true, `"clause"`: true, `"clauses"`: true, `"fault"`: true, `"profile"`: true, `"histogram"`: true,
}

var literal = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func maskedJSON(text string, mask func(string) string) string {
	var b strings.Builder
	key, end := "", 0
	for _, at := range literal.FindAllStringIndex(text, -1) {
		word := text[at[0]:at[1]]
		if strings.HasPrefix(strings.TrimLeft(text[at[1]:], " "), ":") {
			key = word
		} else if !fixed[key] {
			word = maskedLiteral(word, mask)
		}
		b.WriteString(text[end:at[0]] + word)
		end = at[1]
	}
	return b.String() + text[end:]
}

func maskedLiteral(word string, mask func(string) string) string {
	var value string
	if json.Unmarshal([]byte(word), &value) != nil || mask(value) == value {
		return word
	}
	var b bytes.Buffer
	if encode(&b, mask(value)) != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}

var (
	piece     = regexp.MustCompile(`<[^>]*>|[^<]+`) // in XML of ours no value holds a bare bracket
	attribute = regexp.MustCompile(`\b(name|classname|file|message)="[^"]*"`)
)

func maskedXML(text string, mask func(string) string) string {
	return piece.ReplaceAllStringFunc(text, func(part string) string {
		if !strings.HasPrefix(part, "<") {
			return maskedText(part, mask)
		}
		return attribute.ReplaceAllStringFunc(part, func(attr string) string {
			name, value, _ := strings.Cut(attr, "=")
			return name + `="` + maskedText(strings.Trim(value, `"`), mask) + `"`
		})
	})
}

func maskedText(text string, mask func(string) string) string {
	value := html.UnescapeString(text)
	if mask(value) == value {
		return text
	}
	var b strings.Builder
	if xml.EscapeText(&b, []byte(mask(value))) != nil {
		return ""
	}
	return b.String()
}
