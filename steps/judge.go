package steps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/authbench/authbench/reports/record"
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
	for name, value := range secrets {
		if place := leak(*x.Reply, value); place != "" {
			return check{false, c.expected, fmt.Sprintf("%s shows the %s", place, name)}
		}
	}
	return c
}

// leak says where a reply shows a value, or "".
func leak(r wire.Reply, value string) string {
	if value == "" {
		return ""
	}
	for _, encoded := range wire.Encodings(value) {
		if len(encoded) < 8 && encoded != value {
			continue
		}
		switch {
		case strings.Contains(r.Head, encoded):
			return "a header of the reply"
		case strings.Contains(string(r.Body), encoded):
			return "the body of the reply"
		}
	}
	return ""
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

// recordsIn returns the records of a JSON reply, each as canonical JSON: the elements of the outermost list of objects.
func recordsIn(body []byte) ([]string, error) {
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("a list of records in JSON")
	}
	list, found := listIn(doc, 3)
	if !found {
		return nil, fmt.Errorf("a list of records in JSON")
	}
	var records []string
	for _, item := range list {
		if _, object := item.(map[string]any); object {
			text, err := json.Marshal(item) // keys come out sorted
			if err != nil {
				return nil, err
			}
			records = append(records, string(text))
		}
	}
	return records, nil
}

// sharesRecord says whether two replies are the same, or show a record in common.
func sharesRecord(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	first, err1 := recordsIn(a)
	second, err2 := recordsIn(b)
	return err1 == nil && err2 == nil && slices.ContainsFunc(first, func(r string) bool { return slices.Contains(second, r) })
}

func listIn(doc any, depth int) ([]any, bool) {
	switch v := doc.(type) {
	case []any:
		return v, true
	case map[string]any:
		for _, inner := range v {
			if depth > 0 {
				if list, found := listIn(inner, depth-1); found {
					return list, true
				}
			}
		}
	}
	return nil, false
}

// requestTarget is the request target of a path below the target's base URL.
func requestTarget(t targets.Target, path string) string {
	base := ""
	if u, err := url.Parse(t.URL); err == nil {
		base = strings.TrimSuffix(u.EscapedPath(), "/")
	}
	return base + path
}

// maxShown bounds what a report shows of a reply.
const maxShown = 2000

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

// evidence is the last exchange, masked.
func (w *world) evidence() *record.Exchange {
	if w.last == nil {
		return nil
	}
	mask := w.mask()
	shown := &record.Exchange{Request: mask.Text(strings.TrimSpace(string(w.last.Sent)))}
	if r := w.last.Reply; r != nil {
		body := mask.Text(string(r.Body)) // before it is cut: a half secret is not found
		if len(body) > maxShown {
			body = body[:maxShown] + "\n[cut]"
		}
		shown.Response = mask.Text(r.Head) + "\n\n" + body
	} else {
		shown.Response = "(" + w.last.End.String() + ": " + mask.Text(w.last.Err.Error()) + ")"
	}
	return shown
}
