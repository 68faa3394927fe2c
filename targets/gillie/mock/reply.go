package mock

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// reply is what the server says, before the variation gives it its form.
type reply struct {
	status int
	denied bool
	reason reason // why it is denied, or of noResource, noMethod, badBody
	wrote  string // the id of the record that was made
	detail string // the caller's own request line, where a server shows it
	body   any    // of an accepted call
	header map[string]string
	early  string // a header field of an interim reply (faults)
	packed []byte // a compressed body (faults)
}

// record is one thing that an area owns.
type record struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	Area string `json:"area,omitempty"`
}

var names = map[string]map[string][]string{
	"/api/customers":         {"north": {"Aalto Oy", "Birch & Sons", "Cedar Care"}, "south": {"Dune Clinic", "Estuary Home"}},
	"/api/customers-archive": {"north": {"Fern (closed)"}, "south": {"Gorse (closed)"}},
	"/api/users":             {"north": {"hanna", "ivo"}, "south": {"jaana"}},
}

// records are those of one area (GIL-15).
func (m *Mock) records(path, area string) []record {
	list := []record{}
	for i, name := range names[path][area] {
		id := i + 1
		if !m.vary.idsPerArea && area == "south" {
			id += 100
		}
		list = append(list, record{ID: id, Name: name})
	}
	if path == "/api/customers" {
		list = append(list, m.created[area]...)
	}
	return list
}

// answer makes the reply to a judged call.
func (m *Mock) answer(c call, d decision) reply {
	if d.crash {
		return reply{status: http.StatusInternalServerError, body: map[string]string{"error": "internal error"}}
	}
	if d.reason != accepted {
		return m.denial(c, d)
	}
	r := m.serve(c, d.key)
	if m.faults.Has("echo-private-key-in-header") {
		r.header = map[string]string{"X-Debug": base64.StdEncoding.EncodeToString([]byte("user:" + d.key.private))}
	}
	return r
}

func (m *Mock) denial(c call, d decision) reply {
	r := reply{status: m.vary.denialStatus[d.reason], denied: true, reason: d.reason, detail: c.uri}
	if r.status == 0 {
		r.status = m.vary.denialStatus[wrongHash]
	}
	if d.key != nil {
		m.betray(&r, c, d.key)
	}
	switch {
	case m.faults.Has("denial-is-200"):
		r.status = http.StatusOK
	case m.faults.Has("denial-is-500"):
		r.status = http.StatusInternalServerError
	}
	return r
}

// serve answers an accepted call: GET lists what the key's area owns, POST adds a customer to it.
func (m *Mock) serve(c call, k *key) reply {
	if c.tidy != "" {
		return reply{status: http.StatusMovedPermanently, header: map[string]string{"Location": c.tidy}}
	}
	if _, found := names[c.path]; !found {
		return reply{status: http.StatusNotFound, reason: noResource, body: map[string]string{"error": "no such resource"}}
	}
	switch {
	case c.method == http.MethodGet || c.method == http.MethodHead:
		list := m.records(c.path, k.area)
		if m.faults.Has("area-leak") || m.faults.Has("area-leak-one-way") && k.area == areas[0] {
			list = nil
			for _, area := range areas {
				list = append(list, m.records(c.path, area)...)
			}
		}
		return reply{status: m.vary.okStatus, body: list}
	case c.method == http.MethodPost && c.path == "/api/customers":
		return m.create(c, k)
	}
	return reply{status: http.StatusMethodNotAllowed, reason: noMethod, body: map[string]string{"error": "no such method here"}}
}

func (m *Mock) create(c call, k *key) reply {
	var in record
	id := 1000 + len(m.created[k.area])
	if err := json.Unmarshal(c.body, &in); err != nil || in.Name == "" {
		if !m.anyBody {
			return reply{status: http.StatusBadRequest, reason: badBody, body: map[string]string{"error": whyFailed[badBody]}}
		}
		in = record{Name: fmt.Sprintf("customer %d", id)}
	}
	in.ID, in.Area = id, ""
	m.created[k.area] = append(m.created[k.area], in)
	return reply{status: http.StatusCreated, body: in, wrote: strconv.Itoa(id)}
}

// write gives the reply the form that the variation asks for.
func (v variation) write(w http.ResponseWriter, r reply, now time.Time) {
	if r.early != "" {
		w.Header().Set("X-Debug", r.early)
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("X-Debug")
	}
	contentType, text := v.body(r)
	v.form.Write(w, mockkit.Reply{Status: r.status, Header: r.header, ContentType: contentType, Body: text}, now)
}

// body returns content type and body.
func (v variation) body(r reply) (string, []byte) {
	if r.packed != nil {
		return "text/plain; charset=utf-8", r.packed
	}
	if r.denied {
		return v.denialForm(r)
	}
	body := r.body
	if list, ok := body.([]record); ok && v.wrapped {
		body = map[string]any{"total": len(list), "customers": list, "next": nil}
	}
	var text []byte
	if v.pretty {
		text, _ = json.MarshalIndent(body, "", "  ")
	} else {
		text, _ = json.Marshal(body)
	}
	return "application/json; charset=utf-8", append(text, '\n')
}

// denialForm says no in one of the ways that the contract leaves open (GIL-21).
func (v variation) denialForm(r reply) (string, []byte) {
	sentence := "access denied: " + string(r.reason)
	if v.terse {
		sentence = "access denied"
	}
	switch v.denialBody {
	case "text":
		return "text/plain; charset=utf-8", []byte(sentence + "\n")
	case "html":
		return "text/html", []byte("<!doctype html><title>Denied</title><h1>" + sentence + "</h1>\n")
	case "empty":
		return "", nil
	case "echo": // many frameworks show the caller its own request
		text, _ := json.Marshal(map[string]string{"message": sentence, "path": r.detail})
		return "application/problem+json", text
	}
	text, _ := json.Marshal(map[string]string{"error": sentence})
	return "application/json", text
}
