package steps

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/targets/wire"
)

func status(code int) wire.Exchange {
	return wire.Exchange{End: wire.Replied, Reply: &wire.Reply{Status: code, Line: "HTTP/1.1"}}
}

// What is neither accepted nor denied satisfies no judge: a 5xx, a hang and a dropped connection are failures of their own.
func TestJudges(t *testing.T) {
	silent := wire.Exchange{End: wire.Closed, Err: errors.New("closed")}
	for _, c := range []struct {
		name                   string
		x                      wire.Exchange
		accepted, denied, shut bool
	}{
		{"200", status(200), true, false, false},
		{"204", status(204), true, false, false},
		{"302", status(302), false, false, true},
		{"400", status(400), false, true, true},
		{"404", status(404), false, true, true},
		{"500", status(500), false, false, false},
		{"no reply", silent, false, false, false},
	} {
		if judgeAccepted(c.x).ok != c.accepted || judgeDenied(c.x).ok != c.denied || judgeShut(c.x).ok != c.shut {
			t.Errorf("%s: accepted %v, denied %v, shut %v", c.name, judgeAccepted(c.x).ok, judgeDenied(c.x).ok, judgeShut(c.x).ok)
		}
	}
}

func TestSecretsAreFoundInReplies(t *testing.T) {
	secrets := map[string]string{"private key": "priv-marked+/"}
	for name, c := range map[string]struct {
		reply wire.Reply
		ok    bool
	}{
		"clean":       {wire.Reply{Head: "HTTP/1.1 200 OK", Body: []byte("fine")}, true},
		"in the body": {wire.Reply{Body: []byte(`{"hint":"priv-marked+/"}`)}, false},
		"in a header": {wire.Reply{Head: "X: priv-marked+/"}, false},
		"escaped":     {wire.Reply{Body: []byte("priv-marked%2B%2F")}, false},
		"in base64":   {wire.Reply{Head: "X: dXNlcjpwcml2LW1hcmtlZCsv"}, false},
		"before":      {wire.Reply{Interim: "X: priv-marked+/"}, false},
		"behind":      {wire.Reply{Trailer: http.Header{"X": {"priv-marked+/"}}}, false},
		"compressed":  {wire.Reply{Header: http.Header{"Content-Encoding": {"gzip"}}, Body: gzipped("it is priv-marked+/")}, false},
	} {
		if got := judgeSecret(wire.Exchange{End: wire.Replied, Reply: &c.reply}, secrets); got.ok != c.ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if judgeSecret(wire.Exchange{End: wire.Open, Err: errors.New("silence")}, secrets).ok {
		t.Error("a reply that never came keeps the secrets")
	}
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func TestSkewIsReadFromTheDate(t *testing.T) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		date, age string
		trip      time.Duration
		want      time.Duration
		unknown   bool
	}{
		{"Tue, 24 Nov 2026 10:00:00 GMT", "", 0, 0, false},
		{"Tue, 24 Nov 2026 10:10:00 GMT", "", 0, 10*time.Minute + time.Second, false}, // half a second, rounded up
		{"Tue, 24 Nov 2026 09:00:00 GMT", "", 2 * time.Second, -time.Hour, false},
		{"Tue, 24 Nov 2026 09:59:30 GMT", "30", 0, 0, false}, // out of a cache
		{"Tue, 24 Nov 2026 10:00:00 GMT", "-30", 0, 0, false},
		{"", "30", 0, 0, true},
		{"yesterday", "", 0, 0, true},
		{"Tue, 24 Nov 2026 10:00:00 GMT", "", 11 * time.Second, 0, true},
	} {
		shown, err := dateOf(http.Header{"Date": {c.date}, "Age": {c.age}})
		got := readingOf(shown, at, at.Add(c.trip))
		if (errors.Join(err, got.err) != nil) != c.unknown || !c.unknown && (got.ahead-c.want).Abs() > time.Second {
			t.Errorf("%q, age %q, after %s: %+v, %v, want %s", c.date, c.age, c.trip, got, err, c.want)
		}
	}
}

func TestEdgesInWords(t *testing.T) {
	for _, c := range []struct {
		past, future int64
		want         string
	}{
		{600, 600, "accepts from -600 s to +600 s, inclusive"},
		{599, 599, "accepts from -599 s to +599 s: 600 s itself is outside, exclusive"},
		{660, 300, "accepts from -660 s to +300 s"},
		{noEdge, 600, "accepts from any distance behind to +600 s"},
	} {
		if got := edgeText(c.past, c.future); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestTagExpressions(t *testing.T) {
	tags := []string{"@GIL-06", "@MUST"}
	for text, want := range map[string]bool{
		"": true, "@MUST": true, "@DERIVED": false, "not @DERIVED": true, "@MUST and @GIL-06": true, "@MUST and not @GIL-06": false,
		"@DERIVED or @MUST": true, "@DERIVED or @MUST and @OBSERVE": false, "(@DERIVED or @MUST) and @GIL-06": true,
		"not (@MUST or @OBSERVE)": false, "not not @MUST": true,
	} {
		match, err := parseTags(text)
		if err != nil || match(tags) != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	for _, text := range []string{"MUST", "@", "@a @b", "@a and", "(@a", "@a)", "and", "not", "()", "@a || @b", "~@a", strings.Repeat("(", 5000), strings.Repeat("not ", 5000)} {
		if _, err := parseTags(text); err == nil {
			t.Errorf("%.20q is taken for a tag expression", text)
		}
	}
}

func TestWhatBracesStandFor(t *testing.T) {
	at := time.Unix(1795489554, 0)
	for text, want := range map[string]string{
		"{seconds}": "1795489554", "-{seconds}": "-1795489554", "{seconds}000": "1795489554000", "{hex}": "6b04ff12",
		"{grouped}": "1,795,489,554", "{2^32+seconds}": "6090456850", "{2^64+seconds}": "18446744075505041170",
		"{seconds-2^64}": "-18446744071914062062", "{space}{seconds}{newline}": " 1795489554\n", "{fullwidth}": "１７９５４８９５５４",
		"{date}": "2026-11-24T03:05:54Z", "now": "now",
	} {
		if got := written(text, at); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestSpellingsOfAPath(t *testing.T) {
	seen := map[string]bool{}
	for how, want := range map[string]string{
		"with a slash at its end": "/api/users/", "with a doubled slash at its start": "//api/users", "with a doubled slash inside": "/api//users",
		"with a dot segment": "/api/./users", "in upper case": "/API/USERS", "with its first letter escaped": "/%61pi/users",
		"behind the path inside and dot segments":                      "/api/customers/../../api/users",
		"behind the path inside and escaped dot segments":              "/api/customers/%2e%2e/%2e%2e/api/users",
		"behind the path inside and dot segments with escaped slashes": "/api/customers%2f..%2f../api/users",
		"behind the path inside and twice-escaped dot segments":        "/api/customers/%252e%252e/%252e%252e/api/users",
		"with its first letter escaped twice":                          "/%2561pi/users",
	} {
		got, err := spelled(how, "/api/customers", "/api/users")
		if err != nil || got != want || seen[got] {
			t.Errorf("%s: %q, %v, want %q", how, got, err, want)
		}
		seen[got] = true
		// A query is no part of the path.
		if got, err := spelled(how, "/api/customers?a=/b", "/api/users?c=/d"); err != nil || got != want+"?c=/d" {
			t.Errorf("%s, with a query: %q, %v", how, got, err)
		}
	}
	if _, err := spelled("sideways", "/a", "/b"); err == nil {
		t.Error("a spelling that is not known is no error")
	}
}

// Each phrase's example is understood by it and by no other, and its text tells what may be chosen.
func TestPhrases(t *testing.T) {
	v := gillieVocabulary()
	for _, p := range v.phrases {
		text := p.Example
		for _, keyword := range []string{"Given ", "When ", "Then ", "And "} {
			text = strings.TrimPrefix(text, keyword)
		}
		if found := v.match(text); len(found) != 1 || found[0].Text != p.Text {
			t.Errorf("the example %q of %q is matched by %d phrases", p.Example, p.Text, len(found))
		}
		if strings.ContainsAny(p.Text, `^\`) {
			t.Errorf("%q is no text for people", p.Text)
		}
	}
}

func TestAStepThatMeansNothing(t *testing.T) {
	file := features.File{Name: "a.feature", Text: []byte("Feature: f\n  Scenario: s\n    Given the enforcd key\n")}
	_, err := NewPlan("gillie", Server, []features.File{file}, Filter{})
	if err == nil || !strings.Contains(err.Error(), `a.feature:2: no phrase matches the step "the enforcd key"`) {
		t.Errorf("%v", err)
	}
}

func TestRecordsOfAReply(t *testing.T) {
	for body, want := range map[string][]string{
		`[{"b":1,"a":2},{"c":3}]`:                              {`{"a":2,"b":1}`, `{"c":3}`},
		`{"total":1,"data":{"customers":[{"id":1}]},"x":null}`: {`{"id":1}`},
		`[]`: nil,
		// Every list counts, in the order of their names.
		`{"links":[{"rel":"self"}],"customers":[{"id":1,"tags":[{"no":"record"}]}],"a":{"b":[{"id":2}]}}`: {
			`{"id":2}`, `{"id":1,"tags":[{"no":"record"}]}`, `{"rel":"self"}`,
		},
	} {
		got, err := recordsIn([]byte(body))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", body, got, err)
		}
	}
	for _, body := range []string{"", "<html>", "3", `{"a":1}`} {
		if _, err := recordsIn([]byte(body)); err == nil {
			t.Errorf("%q has records", body)
		}
	}
}
