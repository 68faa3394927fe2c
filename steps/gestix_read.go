package steps

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/authbench/authbench/targets/wire"
)

// read makes a GET of the path `read` with a header as it is written, or none.
func (g *gestix) read(header *string, query string) error {
	return g.send(g.reading(header, query), nil)
}

func (g *gestix) reading(header *string, query string) wire.Request {
	return wire.Request{Method: "GET", Target: g.endpoint(g.w.target.Paths["read"], query), Header: authorization(header)}
}

// readWith makes a read with a session.
func (g *gestix) readWith(s *gestixSession) error {
	if s == nil {
		return fmt.Errorf("no session was opened before this step: add Given a session")
	}
	header := "Bearer " + s.token
	return g.send(g.reading(&header, ""), s)
}

func (g *gestix) readNonce(nonce string) error {
	if g.session == nil {
		return g.readWith(nil)
	}
	header := "Bearer " + g.session.token
	return g.send(g.reading(&header, "nonce="+nonce), g.session)
}

func (g *gestix) readHeader(text string) error {
	header, err := g.filled(text)
	if err != nil {
		return err
	}
	return g.read(&header, "")
}

func (g *gestix) readByQuery() error {
	if g.session == nil {
		return g.readWith(nil)
	}
	token := g.session.token
	return g.read(nil, "xa-token="+token+"&token="+token+"&access_token="+token+"&Authorization=Bearer+"+token)
}

// readTwice makes two reads on one connection, or on a second one where the target closes the first.
func (g *gestix) readTwice() error {
	if g.session == nil {
		return g.readWith(nil)
	}
	header := "Bearer " + g.session.token
	return g.onOneConnection(g.reading(&header, ""), g.reading(&header, ""))
}

// onOneConnection makes two calls one after the other.
func (g *gestix) onOneConnection(first, second wire.Request) error {
	if err := g.w.session.turns(g.w.ctx, g.w.target, 2); err != nil {
		return g.w.errored(g.w.ended(err))
	}
	g.used = g.session
	g.w.requests += 2
	err := g.w.within(func(ctx context.Context) error {
		conn, failed := g.w.peer.Dial(ctx)
		if conn == nil {
			return failed.Err
		}
		defer conn.Close()
		g.kept[0] = conn.Do(ctx, first)
		if !conn.Kept() {
			g.kept[1] = g.w.peer.Do(ctx, second)
			return nil
		}
		g.kept[1] = conn.Do(ctx, second)
		if second.Method == "GET" && dropped(g.kept[1]) {
			g.kept[1] = g.w.peer.Do(ctx, second)
		}
		return nil
	})
	if err != nil {
		return g.w.errored(err)
	}
	if second.Method != "GET" && dropped(g.kept[1]) { // it may have been taken: sent again, it would be another write
		return g.w.untested("a connection that is kept after a write")
	}
	g.w.last = &g.kept[1]
	return nil
}

// dropped says that the peer closed a connection instead of answering, as it may between two calls.
func dropped(x wire.Exchange) bool { return x.End == wire.Closed || x.End == wire.Reset }

func (g *gestix) bothAccepted() error {
	for i := range g.kept {
		g.w.last = &g.kept[i]
		if err := g.verdict(judgeAccepted); err != nil {
			return err
		}
	}
	return nil
}

func (g *gestix) onlyFirstAccepted() error {
	g.w.last = &g.kept[0]
	if err := g.verdict(judgeAccepted); err != nil {
		return err
	}
	g.w.last = &g.kept[1]
	return g.verdict(judgeDenied)
}

var accountSegment = regexp.MustCompile(`/api/([^/]+)`)

// elsewhere is the request target of a path of the other account, proven to be open to a session of its own (GES-22).
func (g *gestix) elsewhere(path string) (target string, own *gestixSession, err error) {
	other, token := g.w.target.Settings["other_account"], g.w.target.Credentials["other_api_token"]
	if other == "" || token == "" {
		return "", nil, g.w.untested("other_account and the credential other_api_token")
	}
	move := func(path string) (string, bool) {
		target := requestTarget(g.w.target, path)
		place := accountSegment.FindStringSubmatchIndex(target)
		if place == nil || target[place[2]:place[3]] == other {
			return "", false
		}
		return target[:place[2]] + other + target[place[3]:], true
	}
	helo, ok := move("/helo")
	if !ok {
		return "", nil, g.w.untested("an account of its own in the url, as in /api/03101176/v4.0.0")
	}
	opened := g.now()
	if err := g.send(wire.Request{Method: "GET", Target: helo, Header: authorization(g.bearer("other_api_token"))}, nil); err != nil {
		return "", nil, err
	}
	own = &gestixSession{token: tokenIn(*g.w.last), opened: opened}
	if own.token == "" {
		return "", nil, g.w.untested("a session of the other account: the target gave none (%s)", describe(*g.w.last))
	}
	header := "Bearer " + own.token
	read, _ := move(g.w.target.Paths["read"])
	if err := g.send(wire.Request{Method: "GET", Target: read, Header: authorization(&header)}, own); err != nil {
		return "", nil, err
	}
	if !judgeAccepted(*g.w.last).ok {
		return "", nil, g.w.untested("a path `read` that is open to the other account: it was %s", describe(*g.w.last))
	}
	target, _ = move(path)
	return target, own, nil
}

func (g *gestix) readElsewhere() error {
	if g.session == nil {
		return g.readWith(nil)
	}
	target, _, err := g.elsewhere(g.w.target.Paths["read"])
	if err != nil {
		return err
	}
	header := "Bearer " + g.session.token
	return g.send(wire.Request{Method: "GET", Target: target, Header: authorization(&header)}, g.session)
}

// sayTheSame wants the last two replies to tell nothing apart (GES-05): the status, and code and message of an error object,
// or the text with what may differ by itself left out.
func (g *gestix) sayTheSame() error {
	return after(g.w, func() error {
		if g.earlier == nil {
			return fmt.Errorf("only one call was made before this step: it takes two")
		}
		names := []string{g.w.target.Credentials["username"], unknownUser}
		return g.w.judged(judgeAlike(*g.earlier, *g.w.last, names))
	})()
}

// shortestSecret is the length from which a secret is looked for: a shorter one stands in ordinary words.
const shortestSecret = 8

// keepsSecrets looks for API tokens and passwords in the last reply (GES-24).
func (g *gestix) keepsSecrets() error {
	secrets := map[string]string{}
	for name, value := range g.w.target.Credentials {
		if name == "username" {
			continue
		}
		if len(value) < shortestSecret {
			return g.w.untested("a %s of at least %d letters: a shorter one stands in ordinary words", name, shortestSecret)
		}
		secrets[name] = value
	}
	return g.verdict(func(x wire.Exchange) check {
		c := judgeSecret(x, secrets)
		c.expected = "a reply without API tokens and passwords"
		return c
	})
}

// errorObject judges the form of a denial by 400 or 409: the contract says nothing of the form of others (GES-20).
func (g *gestix) errorObject() error {
	if x := g.w.last; x != nil && x.Reply != nil && x.Reply.Status/100 == 4 && x.Reply.Status != 400 && x.Reply.Status != 409 {
		return g.w.untested("a denial by 400 or 409: this one was %s", describe(*x))
	}
	return g.verdict(judgeErrorObject)
}

func (g *gestix) sameCode() error {
	return after(g.w, func() error {
		if g.earlier == nil {
			return fmt.Errorf("only one call was made before this step: it takes two")
		}
		first, second := codeIn(*g.earlier), codeIn(*g.w.last)
		return g.w.judged(check{first != "" && first == second, "the same code twice",
			strings.TrimSpace(fmt.Sprintf("%q, then %q", first, second))})
	})()
}

func (g *gestix) isDuplicate() error {
	if g.w.last != nil && judgeAccepted(*g.w.last).ok {
		return g.w.untested("a record that the target refuses the second time")
	}
	if err := g.verdict(func(x wire.Exchange) check { return judgeStatus(x, 409) }); err != nil {
		return err
	}
	return g.errorObject()
}
