package client

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// maxWords is how many bytes of a server's words an error keeps.
const maxWords = 300

// minMasked is the length below which a value is no secret by itself: a store's number is found in any text.
const minMasked = 4

// words returns text as it can be shown.
func (p *plan) words(text string) string { return clip(p.masker().Replace(squeeze(text))) }

// reason returns what a reply tells a person, "" if it tells nothing. Secrets are looked for before the body is taken apart,
// and, by words, after it. A body that is not whole may end in a piece of one.
func (p *plan) reason(resp *http.Response, body []byte, whole bool) string {
	text := p.masker().Replace(string(body))
	if !whole {
		text = p.cutPiece(text)
	}
	if text = p.words(readable(text, resp.Header.Get("Content-Type"))); text != "" {
		return text
	}
	_, phrase, _ := strings.Cut(resp.Status, " ")
	if phrase == http.StatusText(resp.StatusCode) {
		return ""
	}
	return p.words(phrase)
}

// readable returns the words in a SOAP fault, a JSON object, a page or a text.
func readable(body, contentType string) string {
	body = strings.TrimSpace(strings.TrimPrefix(body, "\uFEFF"))
	if body == "" {
		return ""
	}
	var value any
	switch {
	case strings.ContainsRune(`{["`, rune(body[0])) && json.Unmarshal([]byte(body), &value) == nil:
		return cmp.Or(spoken(value), body)
	case body[0] != '<' && !strings.Contains(contentType, "html"):
		return body
	}
	if a, err := ParseAnswer([]byte(body)); err == nil && a.Fault != nil {
		return cmp.Or(a.Fault.Text, a.Fault.Code)
	}
	return cmp.Or(untag(body, "script", "style", "title"), untag(body, "script", "style"))
}

// spokenNames are where JSON replies put what they tell a person, the most telling first.
var spokenNames = [...]string{"reason", "message", "detail", "error_description", "description", "faultstring", "error", "errors",
	"fault", "title"}

// spoken returns the words in a JSON value: a text, or what stands under a name that such replies use for it.
func spoken(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		var all []string
		for _, v := range value {
			if text := spoken(v); text != "" {
				all = append(all, text)
			}
		}
		return strings.Join(all, "; ")
	case map[string]any:
		keys := slices.Sorted(maps.Keys(value))
		for _, name := range spokenNames {
			for _, key := range keys {
				if !strings.EqualFold(key, name) {
					continue
				}
				if text := spoken(value[key]); text != "" {
					return text
				}
			}
		}
	}
	return ""
}

// untag returns the text of a page, a space in place of each tag, without the elements to drop.
func untag(page string, drop ...string) string {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(page, "<")
		b.WriteString(text)
		if !found {
			break
		}
		b.WriteByte(' ')
		end := ">"
		if strings.HasPrefix(rest, "!--") {
			end = "-->"
		}
		for _, name := range drop {
			if isTag(rest, name) {
				end = "</" + name
			}
		}
		at := indexFold(rest, end)
		if at < 0 {
			break
		}
		page = rest[at:]
		if page = page[len(end):]; strings.HasPrefix(end, "</") {
			_, page, _ = strings.Cut(page, ">")
		}
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}

func isTag(s, name string) bool {
	return len(s) > len(name) && strings.EqualFold(s[:len(name)], name) && strings.ContainsRune(" \t\r\n/>", rune(s[len(name)]))
}

// indexFold is strings.Index in any case, for ASCII.
func indexFold(s, part string) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// squeeze returns text on one line, without characters that cannot be seen.
func squeeze(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

func clip(text string) string {
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "")
	}
	return text
}

// masker replaces the secrets. Longer ones are replaced first: a user name may be the beginning of a password.
func (p *plan) masker() *strings.Replacer {
	var pairs []string
	for _, form := range p.secrets() {
		pairs = append(pairs, form, "***")
	}
	return strings.NewReplacer(pairs...)
}

// cutPiece cuts the beginning of a secret off the end of a text.
func (p *plan) cutPiece(text string) string {
	most := 0
	for _, form := range p.secrets() {
		for n := len(form) - 1; n > most; n-- {
			if strings.HasSuffix(text, form[:n]) {
				most = n
			}
		}
	}
	return text[:len(text)-most]
}

// forms returns the secrets of a call in the ways in which they are met in texts, the longest first.
func forms(apiToken string, call Call) []string {
	t := call.Token
	plain := []string{apiToken, t.Password}
	for _, value := range []string{t.Username, t.CompanyNumber, t.StoreNumber, t.ScannerNumber, t.MobileDeviceNumber} {
		if len(value) >= minMasked {
			plain = append(plain, value)
		}
	}
	for _, f := range call.Fields {
		if strings.Contains(strings.ToLower(f.Name), "password") {
			plain = append(plain, f.Value)
		}
	}
	guid := strings.ReplaceAll(apiToken, "-", "") // a gateway may write it in its own way
	for _, value := range []string{apiToken, guid} {
		plain = append(plain, strings.ToLower(value), strings.ToUpper(value))
	}
	var list []string
	for _, value := range plain {
		var escaped bytes.Buffer
		_ = xml.EscapeText(&escaped, []byte(value)) // a buffer takes everything
		quoted, _ := json.Marshal(value)            // and a string can be written
		for _, form := range []string{value, escaped.String(), html.EscapeString(value), strings.Trim(string(quoted), `"`),
			url.QueryEscape(value), url.PathEscape(value)} {
			list = append(list, form, squeeze(form))
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return slices.DeleteFunc(list, func(form string) bool { return form == "" })
}
