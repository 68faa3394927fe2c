package wire

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Encodings returns the ways in which a value usually turns up in URLs, headers, bodies and logs, the plain one first.
func Encodings(value string) []string {
	list := []string{
		value, strings.ToUpper(value), strings.ToLower(value),
		hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value))),
		jsonInner(value, true), jsonInner(value, false), strings.Trim(strconv.QuoteToASCII(value), `"`),
	}
	for _, escaped := range inURL(value) {
		for _, once := range []string{escaped, lowerEscapes(escaped)} {
			list = append(list, once, strings.ReplaceAll(once, "%", "%25"), url.QueryEscape(once))
		}
	}
	for _, cased := range []string{value, strings.ToUpper(value), strings.ToLower(value)} {
		list = append(list, inUTF16(cased, binary.LittleEndian), inUTF16(cased, binary.BigEndian))
	}
	if isGUID.MatchString(value) {
		bare := strings.ReplaceAll(value, "-", "")
		list = append(list, bare, strings.ToUpper(bare), strings.ToLower(bare))
	}
	list = append(list, inHTML(value)...)
	list = append(list, references(value)...)
	list = append(list, base32Cores(value)...)
	list = append(list, base64Cores(value)...)
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(s string) bool {
		dup := seen[s]
		seen[s] = true
		return dup
	})
}

// inURL writes the value as one URL library or another does: they differ in which characters they leave as they are.
func inURL(value string) []string {
	component := strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	script := strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(component)
	whole := strings.NewReplacer("%3B", ";", "%2C", ",", "%2F", "/", "%3F", "?", "%3A", ":", "%40", "@", "%26", "&", "%3D", "=",
		"%2B", "+", "%24", "$", "%23", "#").Replace(script)
	return []string{
		url.QueryEscape(value), url.PathEscape(value), component, strings.ReplaceAll(component, "%2F", "/"), script, whole, percentAll(value),
	}
}

func percentAll(value string) string {
	var b strings.Builder
	for i := range len(value) {
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{value[i]})))
	}
	return b.String()
}

func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

func jsonInner(value string, escapeHTML bool) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escapeHTML)
	if enc.Encode(value) != nil {
		return ""
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}

// isGUID tells what may as well be written without its dashes.
var isGUID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// inUTF16 writes the value as Windows programs do, and as XML may.
func inUTF16(value string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(value)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// inHTML writes the value as one HTML library or another does: they differ in how they write quotes, and in which characters
// they leave as they are.
func inHTML(value string) []string {
	if !strings.ContainsAny(value, `&<>"'`) {
		return nil
	}
	var list []string
	for _, greater := range []string{"&gt;", ">"} {
		for _, quote := range []string{"&#34;", "&quot;", "&#x22;", `"`} {
			for _, apostrophe := range []string{"&#39;", "&#x27;", "&apos;", "'"} {
				list = append(list, strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", greater, `"`, quote, "'", apostrophe).Replace(value))
			}
		}
	}
	return list
}

// references writes the value as XML may: each character by its number, or only those that are reserved, or not ASCII.
func references(value string) []string {
	var list []string
	for _, form := range []string{"&#%d;", "&#x%x;", "&#x%X;"} {
		all, reserved := "", ""
		for _, r := range value {
			reference := fmt.Sprintf(form, r)
			all += reference
			if r < 0x80 && !strings.ContainsRune(`&<>"'`, r) {
				reference = string(r)
			}
			reserved += reference
		}
		list = append(list, all, reserved)
		for _, text := range inHTML(value) {
			list = append(list, asciiOnly(text, form))
		}
	}
	return list
}

// asciiOnly writes the characters outside ASCII by their numbers.
func asciiOnly(text, form string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, form, r)
		}
	}
	return b.String()
}

// minCore is the length below which a piece of base32 or base64 is no sign of a secret: it would be found by chance.
const minCore = 8

// minCored is the length of the shortest value of which such a piece is found wherever it stands.
const minCored = 7

// base64Cores returns the characters of the value's base64 form that do not depend on what stands before or after it, for
// each of the three alignments and both alphabets: so it is found inside "user:secret" too.
func base64Cores(value string) []string {
	var list []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		list = append(list, enc.EncodeToString([]byte(value)))
		list = append(list, cores(value, 6, 3, enc.EncodeToString)...)
	}
	return list
}

// base32Cores does the same for base32 and its five alignments, in upper and lower case.
func base32Cores(value string) []string {
	enc := base32.StdEncoding.WithPadding(base32.NoPadding)
	list := append([]string{enc.EncodeToString([]byte(value))}, cores(value, 5, 5, enc.EncodeToString)...)
	for _, upper := range slices.Clone(list) {
		list = append(list, strings.ToLower(upper))
	}
	return list
}

// cores cuts out of the encoded value what each shift by whole bytes leaves to the value alone; a character holds so many bits.
func cores(value string, bits, shifts int, encode func([]byte) string) []string {
	var list []string
	for shift := range shifts {
		from, to := (shift*8+bits-1)/bits, (shift+len(value))*8/bits
		if to-from >= minCore {
			list = append(list, encode(append(make([]byte, shift), value...))[from:to])
		}
	}
	return list
}

var inBase64 = regexp.MustCompile(`[A-Za-z0-9+/_-]{3,}={0,2}`)

// unpaired replaces base64 that stands for "user:secret" or "secret:anything" as a whole. It finds the secrets that are too
// short for their base64 to be told from chance; a whole half of a pair is no chance.
func (m *Mask) unpaired(s string) string {
	if !m.pairs {
		return s
	}
	return inBase64.ReplaceAllStringFunc(s, func(text string) string {
		plain, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text))
		if err != nil || !bytes.Contains(plain, []byte(":")) {
			return text
		}
		first, rest, _ := strings.Cut(string(plain), ":")
		for _, half := range []string{first, rest} {
			if name := m.secrets[half]; name != "" {
				return "<" + name + ">"
			}
		}
		return text
	})
}
