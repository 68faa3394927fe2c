package watch

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

const (
	hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	guid = "0f8fad5b-d9cb-469f-a165-70867728950e"
)

// What is known, and what a stranger may have meant to be a secret, is hidden; the rest stays readable.
func TestWhatIsHidden(t *testing.T) {
	v := started(NewLog(), nil).veil
	for sent, shown := range map[string]string{
		"/api/customers?apikey=9f86d081884c7d65&apisalt=1795489554&apihash=" + hash:            "/api/customers?apikey=<public_key>&apisalt=1795489554&apihash=<hash>",
		"/api/customers&apikey=9f86d081884c7d65&apihash=" + hash:                               "/api/customers&apikey=<public_key>&apihash=<hash>",
		"/a?apikey=p%2B%26%3D%25%23%3F%20%C3%BC2c26b46b68ff":                                   "/a?apikey=<private_key>",
		"/a?x=%70%2B%2526%3D%25%23%3F%20%C3%BC2c26b46b68ff":                                    "/a?x=<private_key>",
		"/a?apikey=unknown&page=2":                                                             "/a?apikey=<7 characters>&page=2",
		"/a?access_token=abc%2Fdef#x":                                                          "/a?access_token=<9 characters>#x",
		`/a?apikey="9f86d081884c7d65"`:                                                         `/a?apikey="<public_key>"`,
		"/a?q=" + guid:                                                                         "/a?q=<36 characters>",
		"/" + guid + "/x":                                                                      "/<36 characters>/x",
		"/a?q=<eyjhbgcioijiuzi1nij9.abcdef>":                                                   "/a?q=<<27 characters>>",
		"/a?q=kJHgfdSAqwErTYui":                                                                "/a?q=<16 characters>",
		"/grs/securitycomponents.asmx?op=ValidateUserByStoreNumber":                            "/grs/securitycomponents.asmx?op=ValidateUserByStoreNumber",
		"/api/customers-archive/v4.0.0?store=7":                                                "/api/customers-archive/v4.0.0?store=7",
		"/a?apisalt=1795489554123456789":                                                       "/a?apisalt=1795489554123456789",
		"/a?apisalt=2026-11-24T10%3A00%3A00Z":                                                  "/a?apisalt=2026-11-24T10%3A00%3A00Z",
		"/<script>alert(1)</script>":                                                           "/<script>alert(1)</script>",
		`{"password": "hunter3", "name": "Café"}`:                                              `{"password": "<7 characters>", "name": "Café"}`,
		`{"password": "hunter2"}`:                                                              `{"password": "<password>"}`,
		`{"token":"a\"b"}`:                                                                     `{"token":"<4 characters>"}`,
		"<Auth><UserName>me</UserName><Password>a b</Password></Auth>":                         "<Auth><UserName><2 characters></UserName><Password><3 characters></Password></Auth>",
		"<password>hunter3</password><private_key>":                                            "<password ><7 characters></password><private_key >",
		"<s:Password Type='x'>\n&#104;unter2</s:Password>":                                     "<s:Password Type='x'>\n<password></s:Password>",
		"<ValidateUser xmlns=\"http://tempuri.org/\">\n  <Store>7</Store>":                     "<ValidateUser xmlns=\"http://tempuri.org/\">\n  <Store>7</Store>",
		"http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents/ValidateUser": "http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents/ValidateUser",
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`:                                `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	} {
		if got := v.words(sent); got != shown {
			t.Errorf("%s\nis shown as\n%s\nwant\n%s", sent, got, shown)
		}
	}
}

func TestHeaderFields(t *testing.T) {
	v := started(NewLog(), nil).veil
	for _, c := range [][3]string{
		{"Authorization", "Bearer 9f86d081884c7d65", "Bearer <public_key>"},
		{"Authorization", "Bearer short", "Bearer <5 characters>"},
		{"Authorization", "bearer  <9f86d081884c7d65>", "bearer  <<public_key>>"},
		{"Authorization", "9f86d081884c7d65", "<public_key>"},
		{"Authorization", "Basic bWU6aHVudGVyMg==", "Basic <4 characters><password>=="},
		{"Authorization", "hush hush", "<9 characters>"},
		{"Apitoken", guid, "<36 characters>"},
		{"X-Session", "1", "<1 characters>"},
		{"Cookie", "nonce=5", "<7 characters>"},
		{"User-Agent", "Go-http-client/1.1", "Go-http-client/1.1"},
		{"X-Trace", guid, "<36 characters>"},
		{"Content-Type", "text/xml; charset=utf-8", "text/xml; charset=utf-8"},
	} {
		if got := v.field(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %s is shown as %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// A secret in any part of a request, in any encoding, is in no part of the event.
func TestNoSecretInAnyEvent(t *testing.T) {
	w := started(NewLog(), &server{})
	for name, value := range w.vendor.MockTarget(w.mock, nil).Secrets() {
		for _, encoded := range wire.Encodings(value) {
			e := pass(t, w, targets.Arrival{
				Method: "GET" + encoded, URI: "/a/" + encoded + "?q=" + encoded + "&r=" + url.QueryEscape(url.QueryEscape(encoded)),
				Header: http.Header{"X-Free": {encoded}, "Authorization": {"Bearer " + encoded}, "X-" + encoded: {"1"}},
				Body:   []byte(`{"free":"` + encoded + `"}<a b="` + encoded + `">`), Facts: map[string]string{"key": encoded},
				Reason: encoded, Why: "not " + encoded, Right: "send " + encoded, Outcome: targets.OutcomeDenied, Status: 403,
			})
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range append(wire.Encodings(value), strings.ReplaceAll(encoded, "%", "%25")) {
				if strings.Contains(string(text), form) {
					t.Errorf("%s as %q shows in %s", name, encoded, text)
				}
			}
		}
	}
}

// The mock's own words are masked too, and keep what the veil would take from a stranger.
func TestExplanationsStayReadable(t *testing.T) {
	const right = "GET /api/customers?apikey=<public_key>&apisalt=1795489554&apihash=<hash>\nAuthorization: Bearer <session token>"
	w := started(NewLog(), nil)
	e := pass(t, w, targets.Arrival{
		Why: "this is HMAC-SHA-256: sha256(private+public+salt) is right, not " + hash, Right: right, Facts: map[string]string{"key": "public_key", "nonce": ""},
	})
	if e.Why != "this is HMAC-SHA-256: sha256(private+public+salt) is right, not <hash>" || e.Right != right ||
		!maps.Equal(e.Facts, map[string]string{"key": "public_key"}) {
		t.Errorf("%+v", e)
	}
}

func TestWhatWasSent(t *testing.T) {
	w := started(NewLog(), nil)
	for _, c := range []struct{ body, end string }{
		{"", "Host: x\n"},
		{"a=1\r\nb=2", "Host: x\n\na=1\nb=2"},
		{"\xff\x00", "Host: x\n\n(2 bytes that are not shown)\n"},
		{strings.Repeat("x", maxBody+1), "Host: x\n\n(65537 bytes that are not shown)\n"},
		{strings.Repeat("é,", maxBody/4), "é,é…"},
	} {
		e := pass(t, w, targets.Arrival{Method: "POST", URI: "/a", Header: http.Header{"Host": {"x"}, "Accept": {"b", "a"}}, Body: []byte(c.body)})
		if !strings.HasPrefix(e.Sent, "POST /a\nAccept: b\nAccept: a\n") || !strings.HasSuffix(e.Sent, c.end) {
			t.Errorf("%.20q is shown as %.80q, want it to end in %q", c.body, e.Sent, c.end)
		}
	}
	long := pass(t, w, targets.Arrival{Method: "GET", URI: "/" + strings.Repeat("a,", maxShown)})
	if len(long.URI) > maxShown+3 || len(long.Sent) > 2*maxShown {
		t.Errorf("a long URI takes %d and %d bytes", len(long.URI), len(long.Sent))
	}
}

// No byte of a stranger reaches the terminal as a control character.
func TestControlCharactersAreEscaped(t *testing.T) {
	var all strings.Builder
	for r := range rune(0x3000) {
		all.WriteRune(r)
	}
	hostile := all.String() + "\xff\x9b31m\u202e\u2066\ufeff\U000e0001"
	e := pass(t, started(NewLog(), nil), targets.Arrival{
		Method: hostile, URI: hostile, Header: http.Header{hostile: {hostile}}, Body: []byte(hostile[:200]),
		Why: hostile, Right: hostile, Reason: hostile, Outcome: targets.OutcomeDenied, Status: 400,
	})
	var line strings.Builder
	if err := (Style{}).Line(&line, e); err != nil {
		t.Fatal(err)
	}
	if body, end := line.String()[:line.Len()-1], line.String()[line.Len()-1:]; end != "\n" || strings.Trim(body, printableASCII) != "" {
		t.Errorf("the line has %q", strings.Trim(body, printableASCII))
	}
	for _, text := range []string{e.Method, e.URI, e.Why, e.Right, e.Reason, e.Sent} {
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && !slices.Contains([]rune("\n\t"), r) }); i >= 0 {
			t.Errorf("%q is left in an event", text[i:i+4])
		}
	}
	if got := printable("a\xffb\ufffdc\x1b"); got != "a\\xffb\ufffdc\\x1b" {
		t.Errorf("got %q", got)
	}
}

var printableASCII = func() string {
	var b strings.Builder
	for r := ' '; r <= '~'; r++ {
		b.WriteRune(r)
	}
	return b.String() + "…"
}()
