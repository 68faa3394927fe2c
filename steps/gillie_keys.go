package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// openToEnforced proves that a path exists and that only the permission can shut it (GIL-14).
func (g *gillie) openToEnforced(name string) error {
	path, err := g.path(name)
	if err != nil {
		return err
	}
	probe := &gillie{w: g.w, name: "the enforced key", key: g.enforced()}
	if err := probe.call(path); err != nil {
		return err
	}
	if !judgeAccepted(*g.w.last).ok {
		return g.w.untested("a path %s that public_key may read: %s was %s", name, path, describe(*g.w.last))
	}
	g.opened = g.w.last.Reply.Body
	return nil
}

// nothingOpened wants that an odd spelling of a path opens nothing (GIL-14): a denial, or a redirect to a tidier path. A 2xx
// may still be a page that is shown to everybody; it is one when it comes without a key as well, and holds nothing of what
// the path shows to a key that may read it.
func (g *gillie) nothingOpened() error {
	c := judgeShut(*g.w.last)
	if c.ok || !judgeAccepted(*g.w.last).ok {
		return g.w.judged(c)
	}
	answer := g.w.last
	if !sharesRecord(answer.Reply.Body, g.opened) {
		if err := g.w.send(wire.Request{Method: http.MethodGet, Target: requestTarget(g.w.target, g.sentPath)}); err != nil {
			return err
		}
		if judgeAccepted(*g.w.last).ok {
			return nil
		}
	}
	g.w.last = answer
	return g.w.judged(c)
}

func (g *gillie) keyWorks(words string) error {
	key, err := g.find(words)
	if err != nil {
		return err
	}
	probe := &gillie{w: g.w, name: words, key: key}
	if err := probe.callNamed("read"); err != nil {
		return err
	}
	if c := judgeAccepted(*g.w.last); !c.ok {
		return g.w.broken(c.expected+" for "+words, c.actual)
	}
	return nil
}

// end deletes the scenario's key, or recreates it, through the control endpoint (GIL-13).
func (g *gillie) end(recreate bool) error {
	control, err := g.w.control("to delete or recreate a key")
	if err != nil {
		return err
	}
	prefix := gillieKeys[g.name]
	if !recreate {
		err := g.w.within(func(ctx context.Context) error { return control.Revoke(ctx, prefix+"public_key") })
		if err != nil {
			return g.w.errored(err)
		}
		return nil
	}
	var made targets.Credentials
	err = g.w.within(func(ctx context.Context) (err error) {
		made, err = control.Recreate(ctx, prefix+"public_key")
		return err
	})
	if err != nil {
		return g.w.errored(err)
	}
	g.old, g.key = g.key, client.Key{Public: made[prefix+"public_key"], Private: made[prefix+"private_key"]}
	if g.key.Public == "" || g.key.Private == "" {
		return g.w.errored(fmt.Errorf("the control endpoint recreated %spublic_key without telling the new pair", prefix))
	}
	return nil
}

func (g *gillie) keepsSecrets() error {
	secrets := map[string]string{"private key": g.key.Private}
	if expected := g.rightHash(g.key, g.sentSalt); !strings.Contains(g.lastQuery, expected) {
		secrets["expected hash"] = expected
	}
	if c := judgeSecret(*g.w.last, secrets); !c.ok {
		return g.w.broken(c.expected, c.actual)
	}
	return nil
}

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

// nothingShared wants that the two lists have no record in common. Two Areas may hold records that are equal by chance, such
// as a vendor's examples, so a shared one accuses nobody: it takes a record of our own to prove a leak.
func (g *gillie) nothingShared() error {
	var lists [][]string
	for _, x := range g.results {
		records, err := recordsIn(x.Reply.Body)
		if err != nil {
			return g.w.untested("a path `read` that shows %v", err)
		}
		if len(records) == 0 {
			return g.w.untested("records in both Areas")
		}
		lists = append(lists, records)
	}
	for _, record := range lists[0] {
		if slices.Contains(lists[1], record) {
			return g.markArea()
		}
	}
	return nil
}

// markArea makes a record that exists nowhere else with the first key and looks for it with the second.
func (g *gillie) markArea() error {
	if !g.w.target.Allow.Writes {
		return g.w.untested("allow: {writes: true}, for both keys are shown an equal record: only one of our own can tell whether it is the same")
	}
	writer, err := g.find(g.readers[0])
	if err != nil {
		return err
	}
	path, err := g.path("read")
	if err != nil {
		return err
	}
	mark := g.w.session.marks.next()
	post := &gillie{w: g.w, name: g.readers[0], key: writer}
	err = g.w.send(wire.Request{
		Method: http.MethodPost, Target: post.target(path, post.query()), Body: []byte(`{"name":"` + mark + `"}`),
		Header: []wire.Field{{Name: "Content-Type", Value: "application/json"}},
	})
	if err != nil {
		return err
	}
	if !judgeAccepted(*g.w.last).ok {
		return g.w.untested("a path `read` that takes a new record, for both keys are shown an equal one: POST was %s", describe(*g.w.last))
	}
	g.w.session.marks.left.Add(1)
	seen := [2]bool{}
	for i, words := range g.readers {
		if err := g.keyWorks(words); err != nil {
			return err
		}
		seen[i] = strings.Contains(string(g.w.last.Reply.Body), mark)
	}
	switch {
	case !seen[0]:
		return g.w.untested("a path `read` that shows a new record to the key that made it")
	case seen[1]:
		return g.w.broken("no record of one Area in the other", "a record made with "+g.readers[0]+" is shown to "+g.readers[1])
	}
	return nil
}
