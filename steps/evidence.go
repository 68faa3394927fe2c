package steps

import (
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"strings"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets/wire"
)

// maxShown bounds what a report shows of a reply.
const maxShown = 2000

// hashes are texts that may be a SHA-256 in hexadecimal, or hold one.
var hashes = regexp.MustCompile(`[0-9A-Fa-f]{64,}`)

// veiled hides whatever may be a hash: a reply may show one that we never made and that still opens the target.
func veiled(text string) string {
	return hashes.ReplaceAllStringFunc(text, func(word string) string {
		if strings.Trim(word, "0") == "" { // it is nobody's hash, and tells more when it is shown
			return word
		}
		return "<hash>"
	})
}

// mask knows the target's credentials and what the scenario made of them so far.
func (w *world) mask() *wire.Mask {
	if w.masked == nil || w.maskedCount != len(w.hidden) {
		w.masked, w.maskedCount = wire.NewMask(w.target.Secrets()), len(w.hidden)
		for _, h := range w.hidden {
			w.masked = w.masked.With(h.name, h.value)
		}
	}
	return w.masked
}

// evidence is the last exchange, without its secrets.
func (w *world) evidence() *record.Exchange {
	if w.last == nil {
		return nil
	}
	text := func(s string) string { return veiled(w.mask().Text(s)) }
	shown := &record.Exchange{Request: text(strings.TrimSpace(string(w.last.Sent)))}
	if r := w.last.Reply; r != nil {
		body := text(string(bodyOf(*r))) // before it is cut: a half secret is not found
		if len(body) > maxShown {
			body = body[:maxShown] + "\n[cut]"
		}
		shown.Response = text(r.Interim+r.Head) + "\n\n" + body
	} else {
		shown.Response = "(" + w.last.End.String() + ": " + text(w.last.Err.Error()) + ")"
	}
	return shown
}

// maxUnpacked bounds what is made of a compressed body.
const maxUnpacked = 4 << 20

// bodyOf is the body of a reply as it is read by people: a secret in a compressed one is shown all the same. We ask for no
// compression, and some servers compress what they like.
func bodyOf(r wire.Reply) []byte {
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		return r.Body
	}
	return unpacked(r.Body)
}

// unpacked is what gzip has packed, or the text itself where it has not.
func unpacked(packed []byte) []byte {
	unpack, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return packed
	}
	text, err := io.ReadAll(io.LimitReader(unpack, maxUnpacked))
	if err != nil && len(text) == 0 {
		return packed
	}
	return text
}
