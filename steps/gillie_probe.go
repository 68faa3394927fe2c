package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/wire"
)

// orderFinding is what is known of the order in which the target concatenates (GIL-04).
type orderFinding struct {
	order client.Order
	found bool     // it was seen to be accepted
	tried []string // order and what came of it
}

func otherOrder(o client.Order) client.Order {
	if o == client.PrivatePublicSalt {
		return client.PublicPrivateSalt
	}
	return client.PrivatePublicSalt
}

// wrongSentence names the part of the vendor's page that a target with this order proves wrong.
func wrongSentence(o client.Order) string {
	if o == client.PrivatePublicSalt {
		return "the target hashes private key + public key + salt: the prose of the vendor's page, which names the public key first, is wrong"
	}
	return "the target hashes public key + private key + salt: the shell example of the vendor's page, which puts the private key first, is wrong"
}

// agreedOrder is the configured order, or with `auto` the one that was found, asked of the target once a run.
func (g *gillie) agreedOrder() client.Order {
	set := g.w.target.Settings["hash_order"]
	if set != "auto" {
		return client.Order(set)
	}
	return g.findOrder().order
}

// findOrder tries the orders, the likelier first, and stops at the first that is accepted.
func (g *gillie) findOrder() orderFinding {
	finding, _ := g.w.session.know("hash order", func() (any, error) {
		f := orderFinding{order: client.PrivatePublicSalt}
		for _, o := range client.Orders() {
			x, err := g.oneOff(g.enforced(), o)
			f.tried = append(f.tried, fmt.Sprintf("%s (%s)", strings.ReplaceAll(string(o), "-", "+"), describe(x)))
			if err == nil && judgeAccepted(x).ok {
				f.order, f.found = o, true
				break
			}
		}
		return f, nil
	})
	return finding.(orderFinding)
}

func (g *gillie) enforced() client.Key {
	have := g.w.target.Credentials
	return client.Key{Public: have["public_key"], Private: have["private_key"]}
}

// oneOff makes one good call in the given order, beside what the scenario makes up.
func (g *gillie) oneOff(key client.Key, order client.Order) (wire.Exchange, error) {
	salt := strconv.FormatInt(g.w.salts.take(key.Public, g.w.targetNow().Unix()-2, -1), 10)
	hash := key.Hash(order, salt)
	g.sentSalt = salt
	probe := &gillie{w: g.w, key: key, salt: &salt, hash: func(client.Key, string) string { return hash }, noHash: key.Private == "", noSalt: key.Private == ""}
	g.w.hashes = append(g.w.hashes, hash)
	values := map[string]string{client.ParamKey: key.Public, client.ParamSalt: salt, client.ParamHash: hash}
	err := g.w.send(wire.Request{Method: "GET", Target: g.target(g.w.target.Paths["read"], strings.Join(probe.credentials(values), "&"))})
	if err != nil {
		return wire.Exchange{End: g.w.last.End, Err: g.w.last.Err}, err
	}
	return *g.w.last, nil
}

func (g *gillie) tryOrder() error {
	if g.w.target.Settings["hash_order"] == "auto" {
		if g.order4 = g.findOrder(); !g.order4.found {
			return nil
		}
	}
	order := g.agreedOrder()
	x, err := g.oneOff(g.key, order)
	if err != nil {
		return err
	}
	g.order4 = orderFinding{order: order, found: judgeAccepted(x).ok, tried: []string{fmt.Sprintf("%s (%s)", order, describe(x))}}
	if g.order4.found {
		return nil
	}
	shown := g.w.last
	other, err := g.oneOff(g.key, otherOrder(order))
	if err != nil {
		return err
	}
	g.order4.tried = append(g.order4.tried, fmt.Sprintf("%s (%s)", otherOrder(order), describe(other)))
	if judgeAccepted(other).ok {
		g.order4.tried = append(g.order4.tried, "hash_order: "+string(otherOrder(order))+" would say so")
	}
	g.w.last = shown
	return nil
}

func (g *gillie) judgeOrder() error {
	if g.order4.found {
		g.w.observed("%s", wrongSentence(g.order4.order))
		return nil
	}
	expected := "accepted: a hash in the order " + string(g.order4.order)
	if g.w.target.Settings["hash_order"] == "auto" {
		expected = "accepted: a hash in one of the two orders of the vendor's page"
	}
	return g.w.broken(expected, "tried "+strings.Join(g.order4.tried, "; "))
}

// foreignHash makes the hash with the keys of another pair (GIL-08).
func (g *gillie) foreignHash(which, words string) error {
	other, err := g.find(words)
	if err != nil {
		return err
	}
	g.hash = func(k client.Key, salt string) string {
		if which == "private key" {
			return g.rightHash(client.Key{Public: k.Public, Private: other.Private}, salt)
		}
		return g.rightHash(other, salt)
	}
	return nil
}

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
		return g.judged(c)
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
	return g.judged(c)
}

func (g *gillie) judged(c check) error {
	if c.ok {
		return nil
	}
	return g.w.broken(c.expected, c.actual)
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

// callEachSecond makes a call without a salt for every second that a server might fill in from its own clock (GIL-09).
func (g *gillie) callEachSecond(around int64) error {
	g.noSalt = true
	now := g.w.targetNow().Unix()
	for d := -around; d <= around; d++ {
		salt := strconv.FormatInt(now+d, 10)
		g.salt = &salt
		if err := g.callNamed("read"); err != nil {
			return err
		}
		g.results = append(g.results, *g.w.last)
	}
	return nil
}

func (g *gillie) eachDenied() error {
	for i, x := range g.results {
		if c := judgeDenied(x); !c.ok {
			g.w.last = &g.results[i]
			return g.w.broken(c.expected, c.actual)
		}
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
	mark := "authbench-" + strconv.FormatInt(g.w.salts.take("mark", g.w.targetNow().UnixNano(), 1), 36)
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
	g.w.observed("left behind: a record named %s", mark)
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

// searchEdges finds the oldest and the newest salt that is accepted (GIL-07).
func (g *gillie) searchEdges() error {
	control, err := g.w.control("with the exact time")
	if err != nil {
		return err
	}
	var far [2]int64
	for i, sign := range []int64{-1, 1} {
		if far[i], err = g.edge(control, sign); err != nil {
			return err
		}
	}
	g.edges = edgeText(far[0], far[1])
	return nil
}

// noEdge is how far the search goes: beyond it the window has no edge worth the name.
const noEdge = 1 << 20

// edge returns the greatest distance that is accepted on one side, or noEdge. The current second is taken to be accepted.
func (g *gillie) edge(control *targets.Control, sign int64) (int64, error) {
	inside, outside := int64(0), int64(512)
	for ; outside < noEdge; outside *= 2 { // gallop to a denial
		ok, err := g.probe(control, sign*outside)
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		inside = outside
	}
	if outside >= noEdge {
		return noEdge, nil
	}
	for outside-inside > 1 {
		middle := (inside + outside) / 2
		ok, err := g.probe(control, sign*middle)
		if err != nil {
			return 0, err
		}
		if ok {
			inside = middle
		} else {
			outside = middle
		}
	}
	return inside, nil
}

// maxTries is how often a probe waits a second for a salt that was not used yet.
const maxTries = 3

// probe asks whether a salt at exactly this distance from the target's clock is accepted: the clock has to show the same
// second before and after.
func (g *gillie) probe(control *targets.Control, distance int64) (bool, error) {
	for tries := 0; ; tries++ {
		before, err := g.controlNow(control)
		if err != nil {
			return false, err
		}
		at := before.Unix() + distance
		if !g.w.salts.free(g.key.Public, at) {
			if tries == maxTries {
				return false, g.w.untested("salts that no earlier call has used: the target refuses a hash the second time")
			}
			if err := g.w.wait(time.Second); err != nil {
				return false, err
			}
			continue
		}
		salt := strconv.FormatInt(at, 10)
		g.salt = &salt
		if err := g.callNamed("read"); err != nil {
			return false, err
		}
		after, err := g.controlNow(control)
		if err != nil {
			return false, err
		}
		if before.Unix() == after.Unix() {
			return judgeAccepted(*g.w.last).ok, nil
		}
	}
}

func (g *gillie) controlNow(control *targets.Control) (now time.Time, err error) {
	err = g.w.within(func(ctx context.Context) (err error) {
		now, err = control.Now(ctx)
		return err
	})
	if err != nil {
		err = g.w.errored(err)
	}
	return now, err
}

func edgeText(past, future int64) string {
	side := func(sign string, d int64) string {
		if d == noEdge {
			return "any distance " + map[string]string{"-": "behind", "+": "ahead"}[sign]
		}
		return fmt.Sprintf("%s%d s", sign, d)
	}
	text := fmt.Sprintf("accepts from %s to %s", side("-", past), side("+", future))
	switch {
	case past == 600 && future == 600:
		text += ", inclusive"
	case past == 599 && future == 599:
		text += ": 600 s itself is outside, exclusive"
	}
	return text
}
