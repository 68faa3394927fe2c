package steps

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/authbench/authbench/targets/wire"
)

// judgeStatus wants one status and no other.
func judgeStatus(x wire.Exchange, status int) check {
	word := "denied by"
	if status < 400 {
		word = "answered by"
	}
	return check{x.Reply != nil && x.Reply.Status == status, fmt.Sprintf("%s %d", word, status), describe(x)}
}

// objectIn is the JSON object that a reply is, or nil.
func objectIn(x wire.Exchange) map[string]any {
	var object map[string]any
	if x.Reply == nil || json.Unmarshal(x.Reply.Body, &object) != nil {
		return nil
	}
	return object
}

func textIn(object map[string]any, name string) string {
	text, _ := object[name].(string)
	return text
}

// tokenIn is the session token of a reply that gives one (GES-01, GES-04), or "".
func tokenIn(x wire.Exchange) string {
	if x.Reply == nil || x.Reply.Status != 200 {
		return ""
	}
	return textIn(objectIn(x), "xa-token")
}

// givenIn are the texts in a reply of /helo or /auth that may be a session token, wherever a wrong server puts it: all that are
// long and without spaces.
func givenIn(x wire.Exchange) (texts []string) {
	if x.Reply == nil || x.Reply.Status/100 != 2 || !doors.Match(x.Sent) {
		return nil
	}
	for _, text := range longWord.FindAllString(string(x.Reply.Body), -1) {
		if !isISO8601(text) {
			texts = append(texts, text)
		}
	}
	return texts
}

var (
	doors    = regexp.MustCompile(`^(GET|POST) [^ ?]*/(helo|auth)[ ?]`)
	longWord = regexp.MustCompile(`[A-Za-z0-9+/=_.~:-]{12,}`)
)

func codeIn(x wire.Exchange) string { return textIn(objectIn(x), "code") }

// idIn is the id of a record that was made, or "".
func idIn(x wire.Exchange) string {
	if !judgeAccepted(x).ok {
		return ""
	}
	var record struct{ ID json.RawMessage }
	if json.Unmarshal(x.Reply.Body, &record) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(record.ID, &text) == nil {
		return text
	}
	if text = string(record.ID); strings.ContainsAny(text, "{[") || text == "null" {
		return ""
	}
	return text
}

// judgeToken wants 200 and JSON with a text that is not empty as xa-token (GES-01, GES-04).
func judgeToken(x wire.Exchange) check {
	const expected = "200 and JSON with a session token, a text that is not empty, as xa-token"
	if c := judgeStatus(x, 200); !c.ok {
		return check{false, expected, c.actual}
	}
	object := objectIn(x)
	value, there := object["xa-token"]
	switch text, isText := value.(string); {
	case object == nil:
		return check{false, expected, "200, and the body is no JSON object"}
	case !there:
		return check{false, expected, "200, and the object has no xa-token"}
	case !isText || text == "":
		return check{false, expected, "200, and xa-token is empty or no text"}
	}
	return check{ok: true}
}

// judgeRefused wants wrong credentials denied (GES-05).
func judgeRefused(x wire.Exchange) check {
	const expected = "denied by 400 or 403, with code AUTH_FAILED where an error object comes"
	if x.Reply == nil || x.Reply.Status != 400 && x.Reply.Status != 403 {
		return check{false, expected, describe(x)}
	}
	if object := objectIn(x); object["code"] != nil && codeIn(x) != "AUTH_FAILED" {
		return check{false, expected, fmt.Sprintf("%s, code %q", describe(x), object["code"])}
	}
	return check{ok: true}
}

func judgeCode(x wire.Exchange, code string) check {
	return check{codeIn(x) == code, fmt.Sprintf("an error object with code %q", code), fmt.Sprintf("%s, code %q", describe(x), codeIn(x))}
}

// judgeErrorObject wants code, message and a time (GES-20).
func judgeErrorObject(x wire.Exchange) check {
	c := check{expected: "an error object: code, message and an ISO 8601 timestamp", actual: describe(x)}
	object := objectIn(x)
	switch {
	case x.Reply == nil || x.Reply.Status/100 != 4:
	case object == nil:
		c.actual = "a body that is no JSON object"
	case textIn(object, "code") == "":
		c.actual = "an object without a code"
	case textIn(object, "message") == "":
		c.actual = "an object without a message"
	case !isISO8601(textIn(object, "timestamp")):
		c.actual = fmt.Sprintf("the timestamp %q", object["timestamp"])
	default:
		c.ok = true
	}
	return c
}

// judgeServerState wants what /status tells (GES-21).
func judgeServerState(x wire.Exchange) check {
	c := check{expected: "200 and JSON with status, an ISO 8601 server_time, versions.called_api_version, versions.current_api_version and errors",
		actual: describe(x)}
	object := objectIn(x)
	versions, _ := object["versions"].(map[string]any)
	_, hasErrors := object["errors"]
	switch {
	case !judgeAccepted(x).ok:
	case object == nil:
		c.actual = "a body that is no JSON object"
	case object["status"] == nil || object["status"] == "":
		c.actual = "no status"
	case !isISO8601(textIn(object, "server_time")):
		c.actual = fmt.Sprintf("the server_time %q", object["server_time"])
	case versions["called_api_version"] == nil || versions["called_api_version"] == "":
		c.actual = "no versions.called_api_version"
	case versions["current_api_version"] == nil || versions["current_api_version"] == "":
		c.actual = "no versions.current_api_version"
	case !hasErrors:
		c.actual = "no errors"
	default:
		c.ok = true
	}
	return c
}

// iso8601 takes the extended and the basic form, with seconds or without, and any zone or none.
var iso8601 = regexp.MustCompile(`^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?$`)

// isISO8601 says whether a text is a date and time by ISO 8601, and one that exists.
func isISO8601(text string) bool {
	m := iso8601.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	seconds := m[6]
	if seconds == "" || seconds == "60" { // a leap second
		seconds = "00"
	}
	_, err := time.Parse("20060102150405", m[1]+m[2]+m[3]+m[4]+m[5]+seconds)
	return err == nil
}

// loose is what two replies to the same mistake may differ in: numbers, times, ids.
var loose = regexp.MustCompile(`[0-9a-fA-F-]*\d[0-9a-zA-Z:.+-]*`)

// judgeAlike wants two denials to tell nothing apart (GES-05). The names are those that were sent, which a reply may repeat.
func judgeAlike(a, b wire.Exchange, names []string) check {
	c := check{expected: "an unknown user answered like a wrong password"}
	if a.Reply == nil || b.Reply == nil {
		c.actual = describe(a) + ", then " + describe(b)
		return c
	}
	say := func(x wire.Exchange) string {
		text := string(x.Reply.Body)
		if object := objectIn(x); object != nil {
			text = fmt.Sprintf("%v: %v", object["code"], object["message"])
		}
		for _, name := range names {
			for _, encoded := range wire.Encodings(name) {
				text = strings.ReplaceAll(text, encoded, "")
			}
		}
		return fmt.Sprintf("%d %s", x.Reply.Status, strings.TrimSpace(loose.ReplaceAllString(text, "#")))
	}
	first, second := say(a), say(b)
	c.ok, c.actual = first == second, fmt.Sprintf("%q, then %q", first, second)
	return c
}

// judgeTokens wants tokens that cannot be guessed from one another (GES-23): it counts the places where they differ, each
// worth as many bits as the letters seen there make likely.
func judgeTokens(tokens []string, bits int) check {
	c := check{expected: fmt.Sprintf("tokens that differ in at least %d bits", bits)}
	letters, places, shortest := map[byte]bool{}, 0, math.MaxInt
	seen := map[string]bool{}
	for _, t := range tokens {
		if seen[t] {
			c.actual = "two sessions with one token"
			return c
		}
		seen[t] = true
		shortest = min(shortest, len(t))
	}
	for i := range shortest {
		here := map[byte]bool{}
		for _, t := range tokens {
			here[t[i]] = true
		}
		if len(here) < 2 {
			continue
		}
		places++
		for l := range here {
			letters[l] = true
		}
	}
	found := float64(places) * math.Log2(float64(max(1, len(letters))))
	c.ok, c.actual = found >= float64(bits), fmt.Sprintf("%d tokens differ in %d places, about %.0f bits", len(tokens), places, found)
	return c
}

// judgeCount wants the mark of a write in so many records.
func judgeCount(found, want int) check {
	words := map[int]string{0: "nothing written", 1: "one record written"}
	actual := fmt.Sprintf("%d records hold what was sent", found)
	if found < 2 {
		actual = words[found]
	}
	return check{found == want, words[want], actual}
}

var errNoRecords = errors.New("records as a list of JSON objects")

// recordsWith counts the objects in lists of a reply that hold a text anywhere inside.
func recordsWith(x wire.Exchange, text string) (int, error) {
	var doc any
	if x.Reply == nil || x.Reply.Cut || json.Unmarshal(x.Reply.Body, &doc) != nil {
		return 0, errNoRecords
	}
	count, lists := 0, 0
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			lists++
			for _, item := range v {
				if holds(item, text) {
					count++
				}
			}
		}
	}
	walk(doc)
	if lists == 0 {
		return 0, errNoRecords
	}
	return count, nil
}

// holds says whether a text stands in a value of a document.
func holds(doc any, text string) bool {
	switch v := doc.(type) {
	case string:
		return strings.Contains(v, text)
	case map[string]any:
		for _, inner := range v {
			if holds(inner, text) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if holds(inner, text) {
				return true
			}
		}
	}
	return false
}
