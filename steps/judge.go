package steps

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// A check is what a judge finds in an exchange: whether the contract was kept, else what was expected and what came.
type check struct {
	ok               bool
	expected, actual string
}

// judgeAccepted wants a 2xx reply.
func judgeAccepted(x wire.Exchange) check {
	return check{x.Reply != nil && x.Reply.Status/100 == 2, "accepted: a 2xx reply", describe(x)}
}

// judgeDenied wants a 4xx reply: a 5xx, a redirect, a hang or a dropped connection is no denial.
func judgeDenied(x wire.Exchange) check {
	return check{x.Reply != nil && x.Reply.Status/100 == 4, "denied: a 4xx reply", describe(x)}
}

// judgeShut wants that nothing was opened: a denial, or a redirect to a tidier path, which opens nothing either.
func judgeShut(x wire.Exchange) check {
	class := 0
	if x.Reply != nil {
		class = x.Reply.Status / 100
	}
	return check{class == 4 || class == 3, "nothing opened: a 4xx reply, or a redirect", describe(x)}
}

// judgeSecret wants none of the secrets, in any encoding, in a reply.
func judgeSecret(x wire.Exchange, secrets map[string]string) check {
	c := check{ok: true, expected: "a reply without the private key and without the expected hash"}
	if x.Reply == nil {
		return check{false, c.expected, describe(x)}
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		for _, p := range partsOf(*x.Reply) {
			if shows(p.text, secrets[name]) {
				return check{false, c.expected, fmt.Sprintf("%s shows the %s", p.name, name)}
			}
		}
	}
	return c
}

// part is a part of a reply in which something may be shown.
type part struct{ name, text string }

// partsOf are all parts of a reply that say something.
func partsOf(r wire.Reply) []part {
	places := []part{{"a header of the reply", r.Head}, {"the body of the reply", string(bodyOf(r))}}
	if r.Interim != "" {
		places = append(places, part{"a header of an interim reply", r.Interim})
	}
	for name, values := range r.Trailer {
		places = append(places, part{"a field behind the body", name + ": " + strings.Join(values, ", ")})
	}
	return places
}

// shortestEncoded is the length below which an encoding of a secret stands in ordinary words.
const shortestEncoded = 8

// shows says whether a text holds a value in any encoding.
func shows(text, value string) bool {
	return value != "" && slices.ContainsFunc(wire.Encodings(value), func(encoded string) bool {
		return (len(encoded) >= shortestEncoded || encoded == value) && strings.Contains(text, encoded)
	})
}

// describe says in one line how an exchange ended.
func describe(x wire.Exchange) string {
	if x.Reply == nil {
		return fmt.Sprintf("%s: %v", x.End, x.Err)
	}
	word := map[int]string{2: "accepted", 3: "redirected", 4: "denied", 5: "broke down"}[x.Reply.Status/100]
	if word == "" {
		word = "answered"
	}
	return fmt.Sprintf("%s: %s", word, strings.TrimSpace(x.Reply.Line))
}

// form describes a denial: its status, its type and its length.
func form(x wire.Exchange) string {
	if x.Reply == nil {
		return describe(x)
	}
	kind := x.Reply.Header.Get("Content-Type")
	if kind == "" {
		kind = "no type"
	}
	return fmt.Sprintf("%d, %s, %d bytes", x.Reply.Status, kind, len(x.Reply.Body))
}

// requestTarget is the request target of a path below the target's base URL.
func requestTarget(t targets.Target, path string) string {
	base := ""
	if u, err := url.Parse(t.URL); err == nil {
		base = strings.TrimSuffix(u.EscapedPath(), "/")
	}
	return base + path
}
