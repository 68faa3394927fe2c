package mock

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
)

// decoded makes UTF-8 of UTF-16, which whoever reads XML has to read, and takes the byte order mark away.
func decoded(body []byte) []byte {
	high := -1 // which byte of a pair is the higher one
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("<\x00")):
		high = 1
	case bytes.HasPrefix(body, []byte("\xfe\xff")), bytes.HasPrefix(body, []byte("\x00<")):
		high = 0
	}
	if high >= 0 {
		units := make([]uint16, len(body)/2)
		for i := range units {
			units[i] = uint16(body[2*i+high])<<8 | uint16(body[2*i+1-high])
		}
		body = []byte(string(utf16.Decode(units)))
	}
	return bytes.TrimPrefix(body, []byte("\ufeff"))
}

var errCharset = errors.New("its encoding is not one that this server reads: take UTF-8")

// charset reads what an XML declaration names. UTF-16 has been decoded by then.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be", "us-ascii":
		return in, nil
	case "iso-8859-1":
		raw, err := io.ReadAll(in)
		var text strings.Builder
		for _, c := range raw {
			text.WriteRune(rune(c))
		}
		return strings.NewReader(text.String()), err
	}
	return nil, errCharset
}
