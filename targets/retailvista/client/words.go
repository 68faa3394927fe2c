package client

import (
	"strings"
	"unicode"
)

// maxWords is how many bytes of a server's words an error keeps.
const maxWords = 300

// printable returns text on one line, without characters that cannot be seen, cut to maxWords bytes.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "")
	}
	return text
}
