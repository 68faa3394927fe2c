package steps

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/authbench/authbench/targets/wire"
)

// openToEnforced proves that a path exists and that only the permission can shut it (GIL-14).
func (g *gillie) openToEnforced(name string) error {
	path, err := g.path(name)
	if err != nil {
		return err
	}
	probe := &gillie{w: g.w}
	if err := probe.call(path); err != nil {
		return err
	}
	if !judgeAccepted(*g.w.last).ok {
		return g.w.untested("a path %s that public_key may read: %s was %s", name, path, describe(*g.w.last))
	}
	g.opened = bodyOf(*g.w.last.Reply)
	return nil
}

// callSpelled sends the call to the path outside, written in another way.
func (g *gillie) callSpelled(how string) error {
	inside, err := g.path("inside")
	if err != nil {
		return err
	}
	outside, err := g.path("outside")
	if err != nil {
		return err
	}
	path, err := spelled(how, inside, outside)
	if err != nil {
		return err
	}
	if g.nowhere, err = spelled(how, inside, nowhere(outside)); err != nil {
		return err
	}
	return g.call(path)
}

const nowhereName = "authbench-no-such-path"

// nowhere is a path beside another that leads nowhere.
func nowhere(path string) string {
	path, query, more := strings.Cut(path, "?")
	path = path[:strings.LastIndex(path, "/")+1] + nowhereName
	if more {
		path += "?" + query
	}
	return path
}

// nothingOpened wants that an odd spelling of a path opens nothing (GIL-14): a denial, or a redirect to a tidier path. A 2xx
// may still be the page that a server shows wherever there is nothing, to those who have a key or to everybody.
func (g *gillie) nothingOpened() error {
	c := judgeShut(*g.w.last)
	if c.ok || !judgeAccepted(*g.w.last).ok {
		return g.w.judged(c)
	}
	answer := g.w.last
	shown := bodyOf(*answer.Reply)
	if !sharesRecord(shown, g.opened) {
		path := g.sentPath
		if err := g.call(g.nowhere); err != nil {
			return err
		}
		if judgeAccepted(*g.w.last).ok && samePage(*answer, path, *g.w.last, g.nowhere) {
			return nil
		}
		if err := g.w.send(wire.Request{Method: http.MethodGet, Target: requestTarget(g.w.target, path)}); err != nil {
			return err
		}
		_, noRecords := recordsIn(shown)
		if judgeAccepted(*g.w.last).ok && noRecords != nil && !bytes.Equal(shown, g.opened) {
			return nil
		}
	}
	g.w.last = answer
	return g.w.judged(c)
}

// samePage says whether two replies are alike but for the name of the path, and for numbers, times and ids.
func samePage(a wire.Exchange, pathA string, b wire.Exchange, pathB string) bool {
	page := func(x wire.Exchange, path string) string {
		path, _, _ = strings.Cut(path, "?")
		path = strings.TrimSuffix(path, "/")
		name := path[strings.LastIndex(path, "/")+1:]
		text := strings.ToLower(string(bodyOf(*x.Reply)))
		for range 3 { // as it was sent, unescaped, and unescaped twice
			text = strings.ReplaceAll(text, strings.ToLower(name), "")
			if plain, err := url.PathUnescape(name); err == nil {
				name = plain
			}
		}
		return loose.ReplaceAllString(text, "#")
	}
	return a.Reply.Status == b.Reply.Status && page(a, pathA) == page(b, pathB)
}

// showsNoRecords wants a denial that shows none of what the path shows to a key that may read it.
func (g *gillie) showsNoRecords() error {
	if _, err := recordsIn(g.opened); err != nil {
		return g.w.untested("a path that shows %v", err)
	}
	if r := g.w.last.Reply; r != nil && sharesRecord(bodyOf(*r), g.opened) {
		return g.w.broken("a denial without the records that it denies", "the denial shows a record of the path")
	}
	return nil
}

// spelled writes the path outside in another way than its own, or says that the words name none.
func spelled(how, inside, outside string) (string, error) {
	inside, _, _ = strings.Cut(inside, "?")
	outside, query, more := strings.Cut(outside, "?")
	path, err := respelled(how, inside, outside)
	if more {
		path += "?" + query
	}
	return path, err
}

func respelled(how, inside, outside string) (string, error) {
	leading, rest := outside[:1], outside[1:]
	up := strings.Count(strings.Trim(inside, "/"), "/") + 1
	switch how {
	case "with a slash at its end":
		return outside + "/", nil
	case "with a doubled slash at its start":
		return "/" + outside, nil
	case "with a doubled slash inside":
		i := strings.LastIndex(outside, "/")
		return outside[:i] + "/" + outside[i:], nil
	case "with a dot segment":
		i := strings.LastIndex(outside, "/")
		return outside[:i] + "/." + outside[i:], nil
	case "in upper case":
		return strings.ToUpper(outside), nil
	case "with its first letter escaped":
		return leading + fmt.Sprintf("%%%02X", rest[0]) + rest[1:], nil
	case "with its first letter escaped twice":
		return leading + fmt.Sprintf("%%25%02X", rest[0]) + rest[1:], nil
	case "behind the path inside and dot segments":
		return inside + strings.Repeat("/..", up) + outside, nil
	case "behind the path inside and escaped dot segments":
		return inside + strings.Repeat("/%2e%2e", up) + outside, nil
	case "behind the path inside and twice-escaped dot segments":
		return inside + strings.Repeat("/%252e%252e", up) + outside, nil
	case "behind the path inside and dot segments with escaped slashes":
		return inside + strings.Repeat("%2f..", up) + outside, nil
	}
	return "", fmt.Errorf("%q is no way to write a path that is known here", how)
}
