package steps

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

// gestixSession is a session that the scenario opened.
type gestixSession struct {
	token  string
	opened time.Time // by our clock and what the scenario has moved
	worked bool      // a call with it was accepted
	over   bool      // the scenario has let its lifetime pass
}

// now is our clock, and what the scenario has moved the target's: differences of it are true for the target.
func (g *gestix) now() time.Time { return g.w.target.Clock.Now().Add(g.w.moved) }

// lifetime is how long a session lives as far as the configuration knows; 0 is unknown.
func (g *gestix) lifetime() time.Duration {
	d, _ := time.ParseDuration(g.w.target.Settings["session_lifetime"]) // checked when it was read
	return d
}

// send makes one call and keeps the one before it for comparison.
func (g *gestix) send(r wire.Request, s *gestixSession) error {
	g.earlier, g.used = g.w.last, s
	err := g.w.send(r)
	if x := g.w.last; x != g.earlier && x != nil {
		g.w.hide("session token", givenIn(*x)...) // before anything is reported of it
	}
	if err != nil {
		return err
	}
	if s != nil && judgeAccepted(*g.w.last).ok {
		s.worked = true
	}
	return nil
}

// doubt ends a scenario whose last call was denied by 403 with a session that may have ended by itself, as short-lived
// sessions do: that says nothing of what the scenario asks.
func (g *gestix) doubt() error {
	s := g.used
	if s == nil || s.over || g.w.last == nil || g.w.last.Reply == nil || g.w.last.Reply.Status != 403 {
		return nil
	}
	age, life := g.now().Sub(s.opened), g.lifetime()
	if life > 0 && age < life*8/10 || life == 0 && (!s.worked || age < 10*time.Second) {
		return nil
	}
	return g.w.untested("sessions that outlive a scenario: this one was %.1f s old when it was denied: a higher allow.rate shortens the scenario",
		age.Seconds())
}

// verdict judges the last call.
func (g *gestix) verdict(judge func(wire.Exchange) check) error {
	return after(g.w, func() error {
		if err := g.doubt(); err != nil {
			return err
		}
		return g.w.judged(judge(*g.w.last))
	})()
}

// endpoint is the request target of a path below the base URL, with a query behind the path's own.
func (g *gestix) endpoint(path, query string) string {
	return joinQuery(requestTarget(g.w.target, path), query)
}

func joinQuery(target, query string) string {
	switch {
	case query == "":
		return target
	case strings.Contains(target, "?"):
		return target + "&" + query
	}
	return target + "?" + query
}

func authorization(header *string) []wire.Field {
	if header == nil {
		return nil
	}
	return []wire.Field{{Name: "Authorization", Value: *header}}
}

// bearer is the header that carries a credential.
func (g *gestix) bearer(credential string) *string {
	header := "Bearer " + g.w.target.Credentials[credential]
	return &header
}

func (g *gestix) helo(header *string, query string) error {
	return g.send(wire.Request{Method: "GET", Target: g.endpoint("/helo", query), Header: authorization(header)}, nil)
}

// heloWith calls /helo with a token that is good, or is no token at all.
func (g *gestix) heloWith(words string) error {
	token := g.w.target.Credentials["api_token"]
	switch words {
	case "the API token":
	case "the revoked API token":
		if token = g.w.target.Credentials["revoked_api_token"]; token == "" {
			return g.w.untested("the credential revoked_api_token")
		}
	case "an unknown API token":
		token = unknownToken
	case "the API token with its last letter changed":
		token = lastChanged(token)
	case "the API token without its last letter":
		token = token[:len(token)-1]
	case "the API token with one letter more":
		token += "a"
	}
	g.w.hide("API token, changed", token)
	header := "Bearer " + token
	return g.helo(&header, "")
}

func (g *gestix) heloByQuery() error {
	token := url.QueryEscape(g.w.target.Credentials["api_token"])
	return g.helo(nil, "token="+token+"&api_token="+token+"&access_token="+token+"&Authorization=Bearer+"+token)
}

func (g *gestix) status(query string) error {
	if g.session == nil {
		return fmt.Errorf("no session was opened before this step: add Given a session")
	}
	header := "Bearer " + g.session.token
	return g.send(wire.Request{Method: "GET", Target: g.endpoint("/status", query), Header: authorization(&header)}, g.session)
}

const (
	unknownToken  = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	unknownUser   = "authbench-nobody"
	wrongPassword = "authbench-is-no-password"
)

// login calls /auth with user name and password, right and wrong.
func (g *gestix) login(words string) error {
	user, password := g.w.target.Credentials["username"], g.w.target.Credentials["password"]
	if user == "" || password == "" {
		return g.w.untested("the credentials username and password")
	}
	if strings.Contains(words, "unknown user name") {
		user = unknownUser
	}
	switch {
	case strings.Contains(words, "wrong password"):
		password = wrongPassword
	case strings.Contains(words, "empty password"):
		password = ""
	}
	name, pass := "username="+url.QueryEscape(user), "password="+url.QueryEscape(password)
	query := name + "&" + pass
	switch words {
	case "the password and the user name":
		query = pass + "&" + name
	case "the user name alone":
		query = name
	case "the password alone":
		query = pass
	case "neither":
		query = ""
	}
	return g.send(wire.Request{Method: "POST", Target: g.endpoint("/auth", query)}, nil)
}

// open opens a session by one of the flows. Without a token in the reply the session is nil.
func (g *gestix) open(flow string) (*gestixSession, error) {
	opened := g.now()
	var err error
	if strings.Contains(flow, "by user name and password") {
		err = g.login("the user name and the password")
	} else {
		err = g.helo(g.bearer("api_token"), "")
	}
	if err != nil {
		return nil, err
	}
	token := tokenIn(*g.w.last)
	if token == "" {
		return nil, nil
	}
	return &gestixSession{token: token, opened: opened}, nil
}

// given opens the session that the next calls are made with. The lack of one is no finding of this scenario: the clauses on
// /helo and /auth judge that.
func (g *gestix) given(flow string) error {
	s, err := g.open(flow)
	if err != nil {
		return err
	}
	if s == nil {
		return g.w.untested("%s: the target gave none (%s)", flow, describe(*g.w.last))
	}
	g.session, g.before = s, g.session
	return nil
}

var inBraces = regexp.MustCompile(`\{[^}]*\}`)

// filled replaces what a feature file writes in braces.
func (g *gestix) filled(text string) (string, error) {
	var wrong error
	session := ""
	if g.session != nil {
		session = g.session.token
	}
	filled := inBraces.ReplaceAllStringFunc(text, func(name string) string {
		if strings.Contains(name, "session token") && session == "" {
			wrong = fmt.Errorf("no session was opened before this step: add Given a session")
			return name
		}
		switch name {
		case "{API token}":
			return g.w.target.Credentials["api_token"]
		case "{unknown token}":
			return unknownToken
		case "{session token}":
			return session
		case "{session token, last changed}":
			return lastChanged(session)
		case "{session token, cut}":
			return session[:len(session)-1]
		}
		wrong = fmt.Errorf("%s is not known here: use {API token}, {session token} or {unknown token}", name)
		return name
	})
	g.w.hide("session token, changed", lastChanged(session), strings.TrimSuffix(session, session[max(0, len(session)-1):]))
	return filled, wrong
}

// lastChanged changes the last letter of a token that matters: a base64 text may end in bits that do not.
func lastChanged(token string) string {
	if token == "" {
		return token
	}
	b := []byte(token)
	i := len(b) - 1
	for i > 0 && b[i] == '=' {
		i--
	}
	switch c := b[i]; {
	case c >= 'a' && c <= 'm' || c >= 'A' && c <= 'M':
		b[i] = c + 13
	case c >= 'n' && c <= 'z' || c >= 'N' && c <= 'Z':
		b[i] = c - 13
	case c >= '0' && c <= '4':
		b[i] = c + 5
	case c >= '5' && c <= '9':
		b[i] = c - 5
	default:
		b[i] = 'x'
	}
	return string(b)
}

// expire lets the session's lifetime pass, and a tenth of it more.
func (g *gestix) expire() error {
	life := g.lifetime()
	if life == 0 {
		if g.w.target.Control == "" {
			return g.w.untested("session_lifetime in the configuration, or a control endpoint to move the clock")
		}
		life = longestLife
	}
	if err := g.w.pass(life + life/10 + time.Second); err != nil {
		return err
	}
	for _, s := range []*gestixSession{g.session, g.before} {
		if s != nil {
			s.over = true
		}
	}
	return nil
}

func (g *gestix) halfway() error {
	life := g.lifetime()
	if life == 0 {
		return g.w.untested("session_lifetime in the configuration")
	}
	return g.w.pass(life / 2)
}

func (g *gestix) revoke() error {
	control, err := g.w.control("to revoke the API token")
	if err != nil {
		return err
	}
	if err := g.w.within(func(ctx context.Context) error { return control.Revoke(ctx, "api_token") }); err != nil {
		return g.w.errored(err)
	}
	return nil
}

func (g *gestix) openEight(flow string) error {
	for range 8 {
		s, err := g.open(flow)
		if err != nil {
			return err
		}
		if s == nil {
			return g.w.untested("sessions %s: the target gave none (%s)", flow, describe(*g.w.last))
		}
		g.tokens = append(g.tokens, s.token)
	}
	return nil
}

func (g *gestix) tokensDiffer(bits int) error { return g.w.judged(judgeTokens(g.tokens, bits)) }

// longestLife is the longest that a session which is called short-lived is believed to live.
const longestLife = 7 * 24 * time.Hour

// searchLifetime finds the second at which an unused session ends (GES-25), each try with a session of its own.
func (g *gestix) searchLifetime() error {
	if g.w.target.Control == "" {
		if g.lifetime() == 0 {
			return g.w.untested("session_lifetime in the configuration, or a control endpoint to move the clock")
		}
		g.life = fmt.Sprintf("the configuration says that a session lives %s", g.lifetime())
		return g.given("a session")
	}
	alive, dead := time.Duration(0), time.Minute
	for ; dead <= longestLife; dead *= 4 { // gallop to the first that is over
		lives, err := g.livesFor(dead)
		if err != nil {
			return err
		}
		if !lives {
			break
		}
		alive = dead
	}
	if dead > longestLife {
		g.life = fmt.Sprintf("a session that is not used still lives after %s", alive)
		return nil
	}
	for dead-alive > time.Second {
		middle := (alive + (dead-alive)/2).Truncate(time.Second)
		lives, err := g.livesFor(middle)
		if err != nil {
			return err
		}
		if lives {
			alive = middle
		} else {
			dead = middle
		}
	}
	g.life = fmt.Sprintf("a session that is not used lives %s and is over after %s", alive, dead)
	return nil
}

func (g *gestix) livesFor(d time.Duration) (bool, error) {
	if err := g.given("a session"); err != nil {
		return false, err
	}
	if err := g.w.steer(d); err != nil {
		return false, err
	}
	if err := g.readWith(g.session); err != nil {
		return false, err
	}
	return judgeAccepted(*g.w.last).ok, nil
}
