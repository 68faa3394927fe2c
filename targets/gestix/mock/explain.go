package mock

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// whyHeader says what is wrong with an Authorization header, and where the token is instead; what names the token that
// belongs there. The header is never repeated: it may hold the secret.
func (m *Mock) whyHeader(c *call, f flaw, what string) string {
	right := ": send Authorization: Bearer <" + what + ">"
	switch f {
	case noHeader:
		for _, pair := range c.query {
			if m.sessions[pair[1]] != nil || m.token(pair[1]) != nil {
				return "the token is in the query, where it does not count" + right
			}
		}
		for _, values := range c.header {
			if slices.ContainsFunc(values, func(v string) bool { return m.sessions[v] != nil || m.token(v) != nil }) {
				return "the token is in another header, where it does not count" + right
			}
		}
		return "there is no Authorization header" + right
	case twoHeaders:
		return "there is more than one Authorization header" + right
	case emptyHeader:
		return "the Authorization header is empty" + right
	case noToken:
		return "the Authorization header has a scheme and no token: is the variable that holds it empty?"
	case noScheme:
		return "the Authorization header has a token without a scheme: write Bearer and a space in front of it"
	case otherCase:
		return "the scheme is Bearer in another case: this server wants it as it is documented"
	case spacedToken:
		return "the token has spaces or commas in it" + right
	}
	return "the Authorization header has another scheme than Bearer" + right
}

// whyUnknown looks for a known token inside an unknown one.
func (m *Mock) whyUnknown(value, otherwise string) string {
	known := func(v string) bool { return m.sessions[v] != nil || m.token(v) != nil }
	unescaped, _ := url.QueryUnescape(value)
	switch {
	case known(strings.Trim(value, `"'<>{}`)):
		return "the token has quotes or brackets around it: send it bare"
	case known(strings.ToLower(value)) || known(strings.ToUpper(value)):
		return "the token was changed in case"
	case known(unescaped):
		return "the token was URL-escaped: send it as it is"
	}
	return otherwise
}

// whyParameter says which parameter of /auth is missing, and where it is instead.
func (m *Mock) whyParameter(c *call, names, passwords int) string {
	if names > 1 || passwords > 1 {
		return "username or password comes twice"
	}
	var missing []string
	if names == 0 {
		missing = append(missing, "username")
	}
	if passwords == 0 {
		missing = append(missing, "password")
	}
	says := "the query has no " + strings.Join(missing, " and no ")
	inBody := func(name string) bool {
		_, found := bodyField(c, name)
		return found || strings.Contains(string(c.body), name+"=") || strings.Contains(string(c.body), `name="`+name+`"`)
	}
	switch {
	case slices.ContainsFunc(missing, inBody):
		return says + ": it is in the body, and /auth reads the query"
	case strings.HasPrefix(strings.ToLower(c.header.Get("Authorization")), "basic "):
		return says + ": HTTP Basic does not count here, /auth reads the query"
	}
	return says
}

// whyPassword says how a password was mangled on its way, if that can be told; it never shows one.
func (m *Mock) whyPassword(given string) string {
	right := m.user.password
	unescaped, err := url.QueryUnescape(given)
	switch {
	case given == "":
		return "the password is empty"
	case err == nil && unescaped == right:
		return "the password was URL-escaped twice"
	case given == strings.ReplaceAll(right, "+", " "):
		return "the password's plus sign was not URL-escaped, and so means a space"
	case strings.HasPrefix(right, given):
		return "the password is cut short: & and # have to be URL-escaped"
	case strings.EqualFold(right, given):
		return "the password is in another case"
	case strings.TrimSpace(given) == right:
		return "the password has a space or newline around it"
	}
	return "the user is known, and has another password"
}

// whyNoNonce says where the nonce is instead of in the query.
func whyNoNonce(c *call) string {
	where := ""
	if _, found := bodyField(c, "nonce"); found {
		where = ": there is one in the body, where it does not count"
	}
	for name := range c.header {
		if strings.Contains(strings.ToLower(name), "nonce") {
			where = ": there is one in a header, where it does not count"
		}
	}
	if _, found := cookieValue(c, "nonce"); found {
		where = ": there is one in a cookie, where it does not count"
	}
	for _, pair := range c.query {
		if strings.EqualFold(pair[0], "nonce") {
			where = ": its name is spelled in another case"
		}
	}
	return "a " + c.method + " needs the query parameter nonce" + where
}

// whyMalformed says what is wrong with the form of a nonce, without repeating it: it may be anything.
func whyMalformed(text string) string {
	digits := strings.Trim(text, "0123456789") == ""
	switch {
	case text == "":
		return "it is empty"
	case strings.TrimSpace(text) != text:
		return "it has a space or newline around it (a + in a URL means a space)"
	case strings.HasPrefix(text, "+"), strings.HasPrefix(text, "-"):
		return "it has a sign"
	case strings.Trim(text, "0") == "":
		return "it is zero, the least is 1"
	case strings.HasPrefix(strings.ToLower(text), "0x"):
		return "it is hexadecimal"
	case strings.Trim(text, "0123456789eE+.") == "" && strings.ContainsAny(text, "eE"):
		return "it has an exponent: a number was written as a floating point"
	case strings.Trim(text, "0123456789.") == "" && strings.Contains(text, "."):
		return "it has a fraction"
	case strings.Trim(text, "0123456789,_'") == "" && !digits:
		return "its digits are grouped"
	case digits:
		return "it is greater than 9223372036854775807, beyond 64 bits; milliseconds or microseconds since 1970 fit"
	case strings.Contains(text, "T") && strings.Contains(text, ":"):
		return "it is a date: milliseconds since 1970 would do"
	case strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsDigit(r) }):
		return "it has digits other than 0 to 9"
	}
	return "it has letters or signs in it"
}

// whyStale tells both numbers, and the mistakes that give such a pair.
func whyStale(n, mark int64) string {
	says := fmt.Sprintf("the nonce %d is not greater than %d, the last one of this session", n, mark)
	switch {
	case n == mark:
		return says + ": a write was repeated, or two writes took one number"
	case mark/n >= 500 && mark/n <= 2000 && n > int64(time.Hour/time.Second*24*365):
		return says + ": this one looks like seconds and that one like milliseconds"
	}
	return says + ": writes have to arrive in the order of their nonces"
}

func whyPath(raw string) string {
	if !strings.HasPrefix(raw, "/api/") {
		return "the path does not begin with /api/{account}" + version
	}
	if !strings.Contains(raw, version+"/") {
		return "the path has no " + version + " after /api/{account}"
	}
	return "there is no such resource below /api/{account}" + version
}

func whyNoRecord(ids int) string {
	if ids != 1 {
		return "the query needs one parameter id"
	}
	return "there is no record with this id"
}

func whyBody(body []byte) string {
	var any any
	switch err := json.Unmarshal(body, &any); {
	case len(body) == 0:
		return "the body is empty: send a JSON object"
	case err == nil:
		return "the body is JSON, but no object"
	case strings.Contains(string(body), "=") && !strings.ContainsAny(string(body), "{["):
		return "the body is a form: send a JSON object"
	}
	return "the body is no JSON object"
}
