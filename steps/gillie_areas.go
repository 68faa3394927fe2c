package steps

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets/wire"
)

// readBoth reads the records that two keys are shown (GIL-15).
func (g *gillie) readBoth(first, second string) error {
	for _, words := range []string{first, second} {
		if err := g.keyWorks(words); err != nil {
			return err
		}
		g.results, g.readers = append(g.results, *g.w.last), append(g.readers, words)
	}
	return nil
}

// areas are the records that each of the two keys was shown.
func (g *gillie) areas() (lists [2][]string, err error) {
	if len(g.results) != 2 {
		return lists, g.w.errored(errors.New("no records were read before this step: add When the records are read with ... and with ..."))
	}
	for i, x := range g.results {
		if lists[i], err = g.recordsOf(x); err != nil {
			return lists, g.w.untested("a path `read` that shows %v", err)
		}
	}
	return lists, nil
}

// recordsOf are the records of a reply. A link to the same record may name the key of whoever reads it: it is the same all
// the same.
func (g *gillie) recordsOf(x wire.Exchange) ([]string, error) {
	text := string(bodyOf(*x.Reply))
	for _, words := range g.readers {
		key, err := g.find(words)
		if err != nil {
			return nil, err
		}
		for _, public := range []string{key.Public, url.QueryEscape(key.Public), url.PathEscape(key.Public)} {
			text = strings.ReplaceAll(text, public, "")
		}
	}
	return recordsIn([]byte(text))
}

// nothingShared wants that each key is shown nothing of the other's Area. Records of our own prove it where they may be made.
// Two Areas may hold records that are equal by chance, such as a vendor's examples, so these accuse nobody.
func (g *gillie) nothingShared() error {
	if len(g.results) != 2 {
		_, err := g.areas()
		return err
	}
	lack := "allow: {writes: true}"
	if g.w.target.Allow.Writes {
		var err error
		if lack, err = g.markAreas(); err != nil || lack == "" {
			return err
		}
	}
	lists, err := g.areas()
	if err != nil {
		return err
	}
	if len(lists[0]) == 0 || len(lists[1]) == 0 {
		return g.w.untested("records in both Areas")
	}
	if len(common(lists[0], lists[1])) > 0 {
		return g.w.untested("%s, for both keys are shown an equal record: only one of our own can tell whether it is the same", lack)
	}
	return nil
}

// markAreas makes a record in each Area that exists nowhere else, and looks for both with each key. It says what the target
// lacks when that proves nothing.
func (g *gillie) markAreas() (lack string, err error) {
	var marks [2]string
	for i, words := range g.readers {
		marks[i] = g.w.session.marks.next()
		if lack, err = g.mark(words, marks[i]); err != nil || lack != "" {
			return lack, err
		}
	}
	for i, words := range g.readers {
		if err := g.keyWorks(words); err != nil {
			return "", err
		}
		body := string(bodyOf(*g.w.last.Reply))
		if strings.Contains(body, marks[1-i]) {
			return "", g.w.broken("no record of one Area in the other", "a record made with "+g.readers[1-i]+" is shown to "+words)
		}
		if !strings.Contains(body, marks[i]) {
			lack = "a path `read` that shows a new record to the key that made it"
		}
	}
	return lack, nil
}

// mark makes one record with a key.
func (g *gillie) mark(words, mark string) (lack string, err error) {
	post, err := g.another(words)
	if err != nil {
		return "", err
	}
	path, err := g.path("read")
	if err != nil {
		return "", err
	}
	if err := post.ready(); err != nil {
		return "", err
	}
	query, err := post.query()
	if err != nil {
		return "", err
	}
	err = g.w.send(wire.Request{
		Method: http.MethodPost, Target: post.target(path, query), Body: []byte(`{"name":"` + mark + `"}`),
		Header: []wire.Field{{Name: "Content-Type", Value: "application/json"}},
	})
	if err != nil {
		return "", err
	}
	if !judgeAccepted(*g.w.last).ok {
		return fmt.Sprintf("a path `read` that takes a new record (POST was %s)", describe(*g.w.last)), nil
	}
	g.w.session.marks.left.Add(1)
	return "", nil
}

// onlyOwnArea wants a call with the public keys of two Areas denied, or answered with records of the Area whose hash it
// carried. A server may take either parameter, as long as it takes one for all.
func (g *gillie) onlyOwnArea() error {
	answer := *g.w.last
	if judgeDenied(answer).ok {
		return nil
	}
	if c := judgeAccepted(answer); !c.ok {
		return g.w.broken("accepted or denied: a 2xx or 4xx reply", c.actual)
	}
	lists, err := g.areas()
	if err != nil {
		return err
	}
	foreign := slices.DeleteFunc(lists[1], func(r string) bool { return slices.Contains(lists[0], r) })
	if len(foreign) == 0 {
		return g.w.untested("a record that only %s is shown", g.readers[1])
	}
	shown, err := g.recordsOf(answer)
	if err != nil {
		return g.w.untested("a path `read` that shows %v", err)
	}
	if len(common(shown, foreign)) > 0 {
		return g.w.broken("denied, or only records of the Area whose key made the hash", "a record that only "+g.readers[1]+" may see is shown")
	}
	return nil
}
