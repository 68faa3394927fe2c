package steps

import "fmt"

// preflight opens one session before the first scenario. A target that answers with 200 but gives no token is wrong, and is
// judged; one that denies the API token has another, and nothing is said about it.
func (g *gestix) preflight() ([]string, error) {
	note, err := g.w.clockNote()
	if err != nil {
		return nil, err
	}
	notes := []string{note}
	if _, err := g.open("a session"); err != nil {
		return nil, g.w.because(err)
	}
	switch x := g.w.last; {
	case x.Reply != nil && x.Reply.Status/100 == 2:
	case x.Reply != nil && x.Reply.Status/100 == 4:
		return nil, fmt.Errorf("the credentials were refused before the first scenario: /helo with api_token was %s: check api_token and url", describe(*x))
	default:
		return nil, g.w.unfit()
	}
	if g.lifetime() == 0 && g.w.target.Control == "" {
		notes = append(notes, "session_lifetime is not known: what needs the end of a session is untested")
	}
	return notes, nil
}
