package mock

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/authbench/authbench/targets/mockkit"
)

// text is a reply as bytes on the wire, in the form of the variation.
func (m *Mock) text(c *call, r mockkit.Reply, closes bool) []byte {
	var b bytes.Buffer
	version, form := "HTTP/1.1", m.vary.form
	if c.http10 {
		version, form.Chunked = "HTTP/1.0", false
	}
	phrase := http.StatusText(r.Status)
	if m.vary.bareStatus {
		phrase = ""
	}
	fmt.Fprintf(&b, "%s %d %s\r\n", version, r.Status, phrase)
	field := func(name, value string) {
		if form.LowerHeaders {
			name = strings.ToLower(name)
		}
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	field("Date", m.Now().UTC().Format(http.TimeFormat))
	if r.ContentType != "" {
		field("Content-Type", r.ContentType)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		field(name, r.Header[name])
	}
	switch {
	case closes:
		field("Connection", "close")
	case c.http10:
		field("Connection", "keep-alive")
	}
	if r.Status == http.StatusNoContent || r.Status == http.StatusNotModified { // on cue: RFC 9110, 6.4.1
		b.WriteString("\r\n")
		return b.Bytes()
	}
	if form.Chunked && len(r.Body) > 1 && c.method != http.MethodHead {
		field("Transfer-Encoding", "chunked")
		b.WriteString("\r\n")
		half := len(r.Body) / 2
		fmt.Fprintf(&b, "%x\r\n%s\r\n%x;last\r\n%s\r\n0\r\n\r\n", half, r.Body[:half], len(r.Body)-half, r.Body[half:])
		return b.Bytes()
	}
	field("Content-Length", strconv.Itoa(len(r.Body)))
	b.WriteString("\r\n")
	if c.method != http.MethodHead {
		b.Write(r.Body)
	}
	return b.Bytes()
}
