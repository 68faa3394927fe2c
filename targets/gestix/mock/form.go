package mock

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// list gives a list of records its form: bare or wrapped.
func (v variation) list(records []any) any {
	if v.wrapped {
		return map[string]any{"total": len(records), "items": records}
	}
	return records
}

// send gives the reply the form that the variation asks for; turn counts the replies. It needs no lock.
func (m *Mock) send(w http.ResponseWriter, r reply, now time.Time, turn uint64) {
	out := mockkit.Reply{Status: r.status, Header: r.header, ContentType: m.vary.jsonType}
	if r.denied() {
		out.ContentType = m.vary.errorType
	}
	if text, plain := r.body.(string); plain {
		out.ContentType, out.Body = "text/plain; charset=utf-8", []byte(text+"\n")
	} else {
		out.Body = m.vary.text(r.body, rand.New(rand.NewPCG(m.seed, turn)))
	}
	m.vary.form.Write(w, out, now)
}

// text is the reply's JSON. Nothing in a shared record is changed.
func (v variation) text(body any, order *rand.Rand) []byte {
	if v.extra {
		body = v.withExtra(body)
	}
	var b bytes.Buffer
	if v.shuffled {
		encode(&b, body, order)
	} else {
		text, _ := json.Marshal(body) // maps, texts and numbers: it cannot fail
		b.Write(text)
	}
	if v.pretty {
		var indented bytes.Buffer
		_ = json.Indent(&indented, b.Bytes(), "", "  ")
		b = indented
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// withExtra adds fields that no client knows, at the top and in each record.
func (v variation) withExtra(body any) any {
	switch body := body.(type) {
	case map[string]any:
		more := maps.Clone(body)
		more["meta"] = map[string]any{"node": "b2", "notes": []any{nil, true, 0.5}}
		if items, ok := more["items"]; ok {
			more["items"] = v.withExtra(items)
		}
		return more
	case []any:
		list := make([]any, len(body))
		for i, item := range body {
			list[i] = v.withExtra(item)
		}
		return list
	}
	return body
}

// encode writes JSON with the fields of each object in an order of their own.
func encode(b *bytes.Buffer, value any, order *rand.Rand) {
	switch value := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(value))
		order.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		b.WriteByte('{')
		for i, name := range names {
			if i > 0 {
				b.WriteByte(',')
			}
			encode(b, name, order)
			b.WriteByte(':')
			encode(b, value[name], order)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				b.WriteByte(',')
			}
			encode(b, item, order)
		}
		b.WriteByte(']')
	default:
		text, _ := json.Marshal(value)
		b.Write(text)
	}
}
