package wire_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets/wire"
)

const secret = "s3cr+t/&=% é\"<"

// A secret is found however it was written.
func TestMaskKnowsEveryEncoding(t *testing.T) {
	mask := wire.NewMask(map[string]string{"private_key": secret})
	inJSON, _ := json.Marshal(secret)
	for name, text := range map[string]string{
		"plain":              "a " + secret + " b",
		"query":              "?k=" + url.QueryEscape(secret),
		"query, lower":       "?k=" + strings.ReplaceAll(strings.ToLower(url.QueryEscape(secret)), "%c3", "%C3"),
		"path":               "/" + url.PathEscape(secret),
		"escaped twice":      url.QueryEscape(url.QueryEscape(secret)),
		"hexadecimal":        hex.EncodeToString([]byte(secret)),
		"HEXADECIMAL":        strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"JSON":               string(inJSON),
		"base64":             base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64url":          base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"numbers":            "&#115;&#51;&#99;&#114;&#43;&#116;&#47;&#38;&#61;&#37;&#32;&#233;&#34;&#60;",
		"numbers, reserved":  "s3cr+t/&#x26;=% &#xe9;&#x22;&#x3c;",
		"numbers, not ASCII": "s3cr+t/&amp;=% &#233;&quot;&lt;",
		"UTF-16":             "s\x003\x00c\x00r\x00+\x00t\x00/\x00&\x00=\x00%\x00 \x00\xe9\x00\"\x00<\x00",
		"UTF-16, big-endian": "\x00s\x003\x00c\x00r\x00+\x00t\x00/\x00&\x00=\x00%\x00 \x00\xe9\x00\"\x00<",
		"basic, 1 before":    base64.StdEncoding.EncodeToString([]byte("u" + secret + "tail")),
		"basic, 2 before":    base64.StdEncoding.EncodeToString([]byte("u:" + secret + "tail")),
		"basic, 3 before":    base64.StdEncoding.EncodeToString([]byte("us:" + secret + "tail")),
		"in upper case":      strings.ToUpper(secret),
		"HTML":               "s3cr+t/&amp;=% é&#34;&lt;",
		"HTML, &quot;":       "s3cr+t/&amp;=% é&quot;&lt;",
		"HTML, &#x22;":       "s3cr+t/&amp;=% é&#x22;&lt;",
		"HTML text":          "s3cr+t/&amp;=% é\"&lt;",
		"escaped, then %25":  "?k=" + strings.ReplaceAll(url.QueryEscape(secret), "%", "%25"),
		"twice, in lower":    "?k=" + strings.ReplaceAll(strings.ToLower(url.PathEscape(secret)), "%", "%25"),
		"every byte twice":   strings.ReplaceAll("%73%33%63%72%2b%74%2f%26%3d%25%20%c3%a9%22%3c", "%", "%25"),
		"base32":             base32.StdEncoding.EncodeToString([]byte(secret)),
		"base32, 1 before":   base32.StdEncoding.EncodeToString([]byte("u" + secret + "tail")),
		"base32, 4 before":   strings.ToLower(base32.StdEncoding.EncodeToString([]byte("usr:" + secret + "tail"))),
		"a component":        "s3cr%2Bt%2F%26%3D%25%20%C3%A9%22%3C",
		"all but the slash":  "s3cr%2Bt/%26%3D%25%20%C3%A9%22%3C",
		"a whole URI":        "s3cr+t/&=%25%20%C3%A9%22%3C",
		"every byte percent": "%73%33%63%72%2B%74%2F%26%3D%25%20%C3%A9%22%3C",
	} {
		if name == "query, lower" {
			text = strings.ToLower(url.QueryEscape(secret))
		}
		if got := mask.Text(text); !strings.Contains(got, "<private_key>") {
			t.Errorf("%s: %q came through as %q", name, text, got)
		}
	}
}

func TestMaskKnowsAGUIDWithoutItsDashes(t *testing.T) {
	mask := wire.NewMask(map[string]string{"api_token": "47ddedc5-6967-4da0-a849-1b441286f665"})
	for _, text := range []string{"{47ddedc569674da0a8491b441286f665}", "{47DDEDC5-6967-4DA0-A849-1B441286F665}", "{47DDEDC569674DA0A8491B441286F665}"} {
		if got := mask.Text(text); got != "{<api_token>}" {
			t.Errorf("%s came through as %s", text, got)
		}
	}
}

func TestAnEmptySecretMasksNothing(t *testing.T) {
	mask := wire.NewMask(map[string]string{"api_token": "", "other": "zzzz"}).With("empty", "", "")
	if got := mask.Text("nothing here"); got != "nothing here" {
		t.Errorf("%q", got)
	}
	var none *wire.Mask
	if got := none.With("late", "word").Text("a word"); got != "a <late>" {
		t.Errorf("%q", got)
	}
	if none.Text("as it is") != "as it is" || none.Stream("as it is") != "as it is" {
		t.Error("a nil mask changes the text")
	}
}

// A short secret is masked where it is known to stand, and does not garble whole reports.
func TestAShortSecret(t *testing.T) {
	mask := wire.NewMask(map[string]string{"password": "ab"})
	if got := mask.Text("p=ab"); got != "p=<password>" {
		t.Errorf("%q", got)
	}
	if got := mask.Stream(`{"label":"table"}`); got != `{"label":"table"}` {
		t.Errorf("%q", got)
	}
}

// A quote is found however HTML writes it.
func TestMaskKnowsEveryQuoteInHTML(t *testing.T) {
	mask := wire.NewMask(map[string]string{"private_key": `it's "so" > <it>`})
	for _, text := range []string{
		"it&#39;s &#34;so&#34; &gt; &lt;it&gt;", "it&#x27;s &quot;so&quot; &gt; &lt;it&gt;", "it's &quot;so&quot; > &lt;it>", `it&apos;s "so" &gt; &lt;it&gt;`,
	} {
		if got := mask.Text(text); got != "<private_key>" {
			t.Errorf("%s came through as %s", text, got)
		}
	}
}

// A short secret is found in a pair of credentials in base64, and nowhere else in it.
func TestAShortSecretInAPair(t *testing.T) {
	mask := wire.NewMask(map[string]string{"password": "ab12", "token": "x"})
	for _, pair := range []string{"admin:ab12", "a:ab12", "ab12:", "ab12:anything", ":x", "usr:ab12"} {
		for _, encoded := range []string{
			base64.StdEncoding.EncodeToString([]byte(pair)), base64.RawURLEncoding.EncodeToString([]byte(pair)),
		} {
			for _, masked := range []string{mask.Text("Authorization: Basic " + encoded), mask.Stream(`{"auth":"` + encoded + `"}`)} {
				if strings.Contains(masked, encoded) || !strings.Contains(masked, "<password>") && !strings.Contains(masked, "<token>") {
					t.Errorf("%s as %s came through in %s", pair, encoded, masked)
				}
			}
		}
	}
	for _, text := range []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("admin:other")), "accepted, and the session token"} {
		if got := mask.Stream(text); got != text {
			t.Errorf("%s came out as %s", text, got)
		}
	}
}

func TestTheLongerSecretWins(t *testing.T) {
	mask := wire.NewMask(map[string]string{"short": "abcd", "long": "abcdefgh"})
	if got := mask.Text("abcdefgh abcd"); got != "<long> <short>" {
		t.Errorf("%q", got)
	}
}

// However the stream is cut into writes, the secret is not let through.
func TestWriterMasksAcrossWrites(t *testing.T) {
	mask := wire.NewMask(map[string]string{"key": "marked-secret"})
	text := "before marked-secret after\nline two marked-secret\rand a rest marked-secret"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := wire.NewWriter(&out, func() *wire.Mask { return mask })
		for i := 0; i < len(text); i += size {
			if _, err := fmt.Fprint(w, text[i:min(i+size, len(text))]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(text, "marked-secret", "<key>"); out.String() != want {
			t.Fatalf("in pieces of %d: %q", size, out.String())
		}
	}
}

func TestWriterBoundsALineWithoutAnEnd(t *testing.T) {
	var out bytes.Buffer
	w := wire.NewWriter(&out, func() *wire.Mask { return nil })
	for range 20 {
		fmt.Fprint(w, strings.Repeat("x", 100_000))
	}
	if out.Len() < 1<<20 {
		t.Errorf("%d bytes of 2,000,000 came through before the line ended", out.Len())
	}
}

func FuzzMask(f *testing.F) {
	f.Add("secret", "a secret here")
	f.Add("", "x")
	f.Add("%", "100 %25")
	f.Fuzz(func(t *testing.T, value, text string) {
		masked := wire.NewMask(map[string]string{"name": value}).Text(text)
		if value != "" && !strings.Contains("<name>", value) && strings.Contains(masked, value) && !strings.ContainsAny(value, "<>name") {
			t.Errorf("%q still shows in %q", value, masked)
		}
	})
}
