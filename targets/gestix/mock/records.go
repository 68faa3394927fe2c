package mock

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
)

// kind is what one resource keeps.
type kind struct {
	create []string // fields that a new record needs
	update []string // fields that a PUT needs
	key    []string // what no two records share (409)
	// told is what a write answers beside the id.
	told func(a *account, record map[string]any) map[string]any
}

var kinds = map[string]kind{
	"/customers": {
		create: []string{"code", "name"}, update: []string{"name"}, key: []string{"code"},
		told: func(_ *account, record map[string]any) map[string]any {
			return map[string]any{"entity_code": record["code"]}
		},
	},
	"/invoices": {
		create: []string{"document_set", "seq_number", "date", "currency", "total_amount"}, key: []string{"document_set", "seq_number"},
		told: func(a *account, record map[string]any) map[string]any {
			return map[string]any{
				"documentSeries": record["document_set"], "documentNumber": record["seq_number"],
				"url": fmt.Sprintf("%s/invoices?id=%v", a.base(), record["id"]),
			}
		},
	},
}

func (k kind) keyOf(record map[string]any) string {
	parts := make([]string, len(k.key))
	for i, name := range k.key {
		parts[i] = fmt.Sprint(record[name])
	}
	return strings.Join(parts, "\x00")
}

// shelf holds the records of one resource and account. A record in it is never changed, only replaced: a list that was
// handed out stays as it was.
type shelf struct {
	kind  kind
	byID  map[string]map[string]any
	byKey map[string]string // id by key
	order []string          // ids, the oldest first; those deleted are still there
}

func newShelf(k kind) *shelf {
	return &shelf{kind: k, byID: map[string]map[string]any{}, byKey: map[string]string{}}
}

func (s *shelf) list() []any {
	list := make([]any, 0, len(s.byID))
	for _, id := range s.order {
		if record, found := s.byID[id]; found {
			list = append(list, record)
		}
	}
	return list
}

// add keeps a new record under an id of its own.
func (m *Mock) add(s *shelf, record map[string]any) {
	m.recordID++
	record["id"] = m.vary.id(m.seed, m.recordID)
	id := fmt.Sprint(record["id"])
	if s.byID[id] == nil {
		s.order = append(s.order, id)
	}
	s.byID[id], s.byKey[s.kind.keyOf(record)] = record, id
}

// id is a number, or a UUID made of it.
func (v variation) id(seed uint64, n int) any {
	if !v.uuids {
		return n
	}
	return uuid(rand.New(rand.NewPCG(seed, uint64(n))))
}

// change does what the body says to the records of the call's account.
func (m *Mock) change(c *call) reply {
	shelf := c.account.shelves[c.resource]
	if c.method == http.MethodPost {
		return m.create(c, shelf)
	}
	ids := c.values("id")
	if len(ids) != 1 || shelf.byID[ids[0]] == nil {
		if m.takesAny(c) {
			r := m.create(c, shelf)
			r.status = http.StatusOK
			return r
		}
		return m.deny(c, noSuchRecord, "%s", whyNoRecord(len(ids)))
	}
	old := shelf.byID[ids[0]]
	if c.method == http.MethodDelete {
		delete(shelf.byID, ids[0])
		delete(shelf.byKey, shelf.kind.keyOf(old))
		return reply{status: http.StatusOK, body: map[string]any{"id": old["id"]}, wrote: ids[0]}
	}
	return m.update(c, shelf, old)
}

// takesAny says that the write needs no particular body, and no particular record: for the judging of clients.
func (m *Mock) takesAny(c *call) bool {
	return m.anyBody && (c.method == http.MethodPost || c.method == http.MethodPut)
}

// fields are those of the body; why says what is wrong with it. Where any body will do, what is no JSON object has no fields,
// and key fields that cannot be one are left out.
func (m *Mock) fields(c *call, required, key []string) (fields map[string]any, why string) {
	fields, why = decode(c, required)
	if !m.takesAny(c) {
		return fields, why
	}
	if fields == nil {
		fields = map[string]any{}
	}
	for _, name := range key {
		if lacks(fields, []string{name}) != "" {
			delete(fields, name)
		}
	}
	return fields, ""
}

func (m *Mock) create(c *call, s *shelf) reply {
	k := s.kind
	record, why := m.fields(c, k.create, k.key)
	if why != "" {
		return m.deny(c, badBody, "%s", why)
	}
	if m.takesAny(c) {
		for _, name := range k.key {
			record[name] = cmp.Or(record[name], any(fmt.Sprintf("record %d", m.recordID+1)))
		}
	} else if s.byKey[k.keyOf(record)] != "" {
		return m.deny(c, duplicate, "there is a record with this %s already", strings.Join(k.key, " and "))
	}
	m.keep(s, record)
	return told(m.vary.createdStatus, k, c.account, record)
}

func (m *Mock) update(c *call, s *shelf, old map[string]any) reply {
	k := s.kind
	required := k.update
	if c.method == http.MethodPatch {
		required = nil
	}
	fields, why := m.fields(c, required, k.key)
	if why != "" {
		return m.deny(c, badBody, "%s", why)
	}
	record := maps.Clone(old)
	maps.Copy(record, fields)
	record["id"] = old["id"]
	if why := lacks(record, k.key); why != "" {
		return m.deny(c, badBody, "%s", why)
	}
	id, key := fmt.Sprint(old["id"]), k.keyOf(record)
	if holder := s.byKey[key]; holder != "" && holder != id && !m.takesAny(c) {
		return m.deny(c, duplicate, "another record has this %s already", strings.Join(k.key, " and "))
	}
	r := told(http.StatusOK, k, c.account, record)
	if m.faults.Has("put-writes-nothing") {
		r.wrote = ""
		return r
	}
	delete(s.byKey, k.keyOf(old))
	s.byID[id], s.byKey[key] = record, id
	return r
}

func told(status int, k kind, a *account, record map[string]any) reply {
	body := k.told(a, record)
	body["id"] = record["id"]
	return reply{status: status, body: body, wrote: fmt.Sprint(record["id"])}
}

// decode reads the body as one JSON object with the required fields filled in; why says what it is instead.
func decode(c *call, required []string) (object map[string]any, why string) {
	if c.tooLong {
		return nil, fmt.Sprintf("the body is longer than %d bytes", maxBody)
	}
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.UseNumber() // an amount keeps its digits
	if err := dec.Decode(&object); err != nil || object == nil {
		return nil, whyBody(c.body)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, "something follows the JSON object in the body"
	}
	return object, lacks(object, required)
}

// lacks names the first field that is not filled in; "" is none.
func lacks(object map[string]any, required []string) string {
	for _, name := range required {
		switch v := object[name].(type) {
		case json.Number:
			continue
		case string:
			if v != "" {
				continue
			}
		}
		return fmt.Sprintf("the body's field %q is missing, empty or neither text nor number", name)
	}
	return ""
}
