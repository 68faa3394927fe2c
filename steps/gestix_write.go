package steps

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/authbench/authbench/targets/wire"
)

// gestixWrite is one write that a scenario made: the mark is in its body and nowhere else.
type gestixWrite struct {
	mark    string
	request wire.Request
	reply   wire.Exchange
}

// writing is a write that is being made up; nil where a later change put an error.
type writing struct {
	method, path string
	query        []string
	header       []wire.Field
	auth         *string
	body         string
}

// change is what a step does to a write before it is sent.
type change func(*writing) error

// nonceSigns are what a feature file writes in braces for what cannot stand in a query as it is.
var nonceSigns = strings.NewReplacer("{space}", "%20", "{plus}", "%2B", "{newline}", "%0A", "{fullwidth 5}", "%EF%BC%95",
	"{100 digits}", strings.Repeat("1", 100))

// nonceQuery puts the nonce where it belongs (GES-17).
func nonceQuery(text string) change {
	return func(w *writing) error {
		w.query = append(w.query, "nonce="+text)
		return nil
	}
}

// nonceIn puts a nonce where it does not count (GES-17).
func nonceIn(place, nonce string) change {
	return func(w *writing) error {
		switch place {
		case "the header nonce":
			w.header = append(w.header, wire.Field{Name: "nonce", Value: nonce})
		case "the header X-Nonce":
			w.header = append(w.header, wire.Field{Name: "X-Nonce", Value: nonce})
		case "a cookie":
			w.header = append(w.header, wire.Field{Name: "Cookie", Value: "nonce=" + nonce})
		case "the body":
			var object map[string]any
			if err := json.Unmarshal([]byte(w.body), &object); err != nil || object == nil {
				return errNoObject
			}
			object["nonce"], _ = strconv.Atoi(nonce)
			text, err := json.Marshal(object)
			w.body = string(text)
			return err
		}
		return nil
	}
}

var errNoObject = fmt.Errorf("the body is no JSON object")

func brokenBody(w *writing) error {
	w.body = strings.TrimRight(w.body, " \t\r\n}")
	return nil
}

// allowed leaves the scenario untested where the target's owner has not agreed to writes.
func (g *gestix) allowed() error {
	if g.session == nil {
		return fmt.Errorf("no session was opened before this step: add Given a session")
	}
	if !g.w.target.Allow.Writes {
		return g.w.untested("allow: {writes: true}")
	}
	return nil
}

// prepare makes a write up: a POST makes a record, anything else changes one that is there.
func (g *gestix) prepare(method string, s *gestixSession, changes ...change) (*gestixWrite, error) {
	if err := g.allowed(); err != nil {
		return nil, err
	}
	header := "Bearer " + s.token
	made := &gestixWrite{mark: g.w.session.marks.next()}
	w := &writing{method: method, path: g.w.target.Paths["create"], auth: &header, body: g.w.target.Bodies["create"]}
	if method != "POST" {
		if err := g.haveRecord(); err != nil {
			return nil, err
		}
		w.path = strings.ReplaceAll(g.w.target.Paths["update"], "{id}", url.QueryEscape(g.record))
		w.body = g.w.target.Bodies["update"]
	}
	if w.path == "" || w.body == "" {
		return nil, g.w.untested("paths and bodies `create` and `update`")
	}
	w.body = strings.ReplaceAll(w.body, "{mark}", made.mark)
	if method == "DELETE" {
		w.body = ""
	}
	for _, c := range changes {
		if err := c(w); err == errNoObject {
			return nil, g.w.untested("a body that is a JSON object")
		} else if err != nil {
			return nil, err
		}
	}
	made.request = wire.Request{Method: w.method, Target: g.endpoint(w.path, strings.Join(w.query, "&")), Body: []byte(w.body),
		Header: slices.Concat(authorization(w.auth), w.header)}
	if w.body != "" {
		made.request.Header = append(made.request.Header, wire.Field{Name: "Content-Type", Value: "application/json"})
	}
	return made, nil
}

// make sends a write with the current session.
func (g *gestix) make(method string, changes ...change) error {
	return g.makeIn(g.session, method, changes...)
}

func (g *gestix) makeIn(s *gestixSession, method string, changes ...change) error {
	if s == nil {
		return fmt.Errorf("no session was opened before this step: add Given a session")
	}
	w, err := g.prepare(method, s, changes...)
	if err != nil {
		return err
	}
	return g.sendWrite(w, s)
}

// sendWrite sends a write and keeps it as the last.
func (g *gestix) sendWrite(w *gestixWrite, s *gestixSession) error {
	if err := g.send(w.request, s); err != nil {
		return err
	}
	w.reply, g.write = *g.w.last, w
	g.countLeft(w)
	return nil
}

// countLeft counts a record that the scenario leaves at the target: its pages name no way to delete one.
func (g *gestix) countLeft(w *gestixWrite) {
	if w.request.Method == "POST" && judgeAccepted(w.reply).ok {
		g.w.session.marks.left.Add(1)
	}
}

func (g *gestix) makeBefore(method, nonce string) error {
	return g.makeIn(g.before, method, nonceQuery(nonce))
}

// makeAs sends a write with another Authorization header than the session's; an empty one is sent empty.
func (g *gestix) makeAs(method, nonce, header string) error {
	filled, err := g.filled(header)
	if err != nil {
		return err
	}
	if err := g.allowed(); err != nil {
		return err
	}
	w, err := g.prepare(method, g.session, nonceQuery(nonce), func(w *writing) error { w.auth = &filled; return nil })
	if err != nil {
		return err
	}
	return g.sendWrite(w, nil)
}

// accepted makes a write that the scenario needs to begin with.
func (g *gestix) accepted(method, nonce string) error {
	if err := g.make(method, nonceQuery(nonce)); err != nil {
		return err
	}
	if !judgeAccepted(*g.w.last).ok {
		return g.w.untested("a %s with nonce %s that is accepted: it was %s", method, nonce, describe(*g.w.last))
	}
	g.accept = g.write
	return nil
}

func (g *gestix) makeElsewhere(nonce string) error {
	if err := g.allowed(); err != nil {
		return err
	}
	target, _, err := g.elsewhere(g.w.target.Paths["create"])
	if err != nil {
		return err
	}
	w, err := g.prepare("POST", g.session)
	if err != nil {
		return err
	}
	w.request.Target = joinQuery(target, "nonce="+nonce)
	return g.sendWrite(w, g.session)
}

func (g *gestix) makeTwice(nonce string) error {
	var pair [2]*gestixWrite
	for i := range pair {
		var err error
		if err = g.allowed(); err != nil {
			return err
		}
		if pair[i], err = g.prepare("POST", g.session, nonceQuery(nonce)); err != nil {
			return err
		}
	}
	if err := g.onOneConnection(pair[0].request, pair[1].request); err != nil {
		return err
	}
	for i := range pair {
		pair[i].reply = g.kept[i]
		g.countLeft(pair[i])
	}
	return nil
}

// replay sends the last write again, byte for byte.
func (g *gestix) replay() error {
	if g.write == nil {
		return fmt.Errorf("no write was made before this step")
	}
	again := *g.write
	return g.sendWrite(&again, g.session)
}

// duplicate makes the record of the accepted write a second time, with a nonce of its own.
func (g *gestix) duplicate(nonce string) error {
	if g.accept == nil {
		return fmt.Errorf("no write was accepted before this step: add And a POST with nonce 5 was accepted")
	}
	return g.make("POST", nonceQuery(nonce), func(w *writing) error { w.body = string(g.accept.request.Body); return nil })
}

// haveRecord makes a record that a PUT can change, in a session of its own so that no nonce of the scenario's is touched.
func (g *gestix) haveRecord() error {
	if g.record != "" {
		return nil
	}
	last, earlier, write := g.w.last, g.earlier, g.write
	s, err := g.open("a session")
	if err != nil {
		return err
	}
	if s == nil {
		return g.w.untested("a record to change: no session could be opened for it (%s)", describe(*g.w.last))
	}
	w, err := g.prepare("POST", s, nonceQuery("1"))
	if err != nil {
		return err
	}
	if err := g.sendWrite(w, s); err != nil {
		return err
	}
	if g.record = idIn(w.reply); g.record == "" {
		return g.w.untested("a record to change: the POST that makes one was %s and told no id", describe(w.reply))
	}
	g.w.last, g.earlier, g.write = last, earlier, write
	return nil
}

// written reads back and counts the records that hold the mark of the last write.
func (g *gestix) written(want int) error {
	if g.write == nil {
		return fmt.Errorf("no write was made before this step")
	}
	if err := g.doubt(); err != nil {
		return err
	}
	marks, err := g.readBack(g.write.mark)
	if err != nil {
		return err
	}
	return g.w.judged(judgeCount(marks[0], want))
}

// readBack counts the records that hold each mark; the last call stays what it was.
func (g *gestix) readBack(marks ...string) ([]int, error) {
	if err := g.provenReadBack(); err != nil {
		return nil, err
	}
	x, err := g.list()
	if err != nil {
		return nil, err
	}
	counts := make([]int, len(marks))
	for i, mark := range marks {
		if counts[i], err = recordsWith(x, mark); err != nil {
			return nil, g.w.untested("a path `read` that shows %v", err)
		}
	}
	return counts, nil
}

// list reads the path `read` with a session that is good, and leaves the last call what it was.
func (g *gestix) list() (wire.Exchange, error) {
	last, earlier, used := g.w.last, g.earlier, g.used
	defer func() { g.w.last, g.earlier, g.used = last, earlier, used }()
	s := g.session
	if s == nil || s.over || !s.worked {
		var err error
		if s, err = g.open("a session"); err != nil {
			return wire.Exchange{}, err
		}
	}
	if s == nil {
		return wire.Exchange{}, g.w.untested("a session to read back with: the target gave none (%s)", describe(*g.w.last))
	}
	if err := g.readWith(s); err != nil {
		return wire.Exchange{}, err
	}
	if !judgeAccepted(*g.w.last).ok {
		return wire.Exchange{}, g.w.untested("a path `read` to read back: it was %s", describe(*g.w.last))
	}
	return *g.w.last, nil
}

// provenReadBack finds out once a run whether a record that was made shows up when it is read back: without that, what does
// not show up proves nothing.
func (g *gestix) provenReadBack() error {
	lack, err := g.w.session.know("read back", func() (any, error) {
		last, write := g.w.last, g.write
		defer func() { g.w.last, g.write = last, write }()
		return g.w.lack((&gestix{w: g.w}).tryReadBack())
	})
	if err != nil {
		return err
	}
	if lack != "" {
		return g.w.untested("%s", lack)
	}
	return nil
}

// tryReadBack makes a record and reads it back.
func (g *gestix) tryReadBack() error {
	if err := g.given("a session"); err != nil {
		return err
	}
	if err := g.make("POST", nonceQuery("1")); err != nil {
		return err
	}
	if !judgeAccepted(*g.w.last).ok {
		return g.w.untested("a POST that is accepted, to prove that records can be read back: it was %s", describe(*g.w.last))
	}
	g.session.worked = true
	x, err := g.list()
	if err != nil {
		return err
	}
	if n, err := recordsWith(x, g.write.mark); err != nil || n < 1 {
		return g.w.untested("a path `read` that shows a record made by a POST, and bodies with {mark} in a text of theirs")
	}
	return nil
}

// nothingElsewhere looks for the last write on the path of the other account (GES-22).
func (g *gestix) nothingElsewhere() error {
	last := g.w.last
	target, own, err := g.elsewhere(g.w.target.Paths["read"])
	if err != nil {
		return err
	}
	header := "Bearer " + own.token
	if err := g.send(wire.Request{Method: "GET", Target: target, Header: authorization(&header)}, own); err != nil {
		return err
	}
	n, err := recordsWith(*g.w.last, g.write.mark)
	if err != nil {
		return g.w.untested("a path `read` of the other account that shows %v", err)
	}
	g.w.last = last
	return g.w.judged(judgeCount(n, 0))
}
