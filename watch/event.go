// Package watch shows a person who develops a client what a mock makes of each request: as lines for a terminal, and as a
// small page for a browser, from which the mock can be steered. What it keeps and shows is masked.
package watch

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Event is one request as people may see it: masked, and without control characters.
type Event struct {
	Vendor  string            `json:"vendor"`
	Number  int               `json:"number"` // counted from 1 for each mock, in the order of arrival
	At      time.Time         `json:"time"`
	Method  string            `json:"method"`
	URI     string            `json:"uri"`
	Outcome string            `json:"outcome"` // accepted, denied or silence
	Status  int               `json:"status"`  // of the reply; 0 for silence
	Reason  string            `json:"reason,omitempty"`
	Why     string            `json:"why,omitempty"`
	Right   string            `json:"right,omitempty"` // what would have been right
	Facts   map[string]string `json:"facts,omitempty"`
	Sent    string            `json:"sent"` // request line, header and body; lines end in \n
}

// printable keeps a stranger's control characters, and those that turn the direction of writing, off terminal and page.
func printable(text string) string {
	return escape(text, func(r rune) bool { return unicode.IsPrint(r) || r == '\n' || r == '\t' })
}

// ascii is for a terminal, where other characters may be two columns wide, or none.
func ascii(text string) string {
	return escape(text, func(r rune) bool { return ' ' <= r && r <= '~' || r == '…' })
}

// escape writes what is not to be kept as Go does in a string.
func escape(text string, keep func(rune) bool) string {
	var b strings.Builder
	for i, r := range text {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) { // a byte that is no UTF-8
			size = -1
		}
		switch {
		case size < 0:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[i])|0x100, 16)[1:])
		case keep(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
