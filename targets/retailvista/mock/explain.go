package mock

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// whyNoHeader says where the token was instead, if it was anywhere. What was sent is never repeated: it may be the secret.
func (m *Mock) whyNoHeader(c *call) string {
	const says, right = "there is no HTTP header ApiToken", ": send it as ApiToken: <GUID>"
	if c.flaw != "" {
		return says + ", and the request is broken: " + c.flaw
	}
	if where := m.misplaced(c); where != nowhere {
		return says + "; the token is " + string(where) + ", where it does not count" + right
	}
	return says + right
}

// place is where a token stood that is not where it belongs (RTV-04).
type place string

const (
	nowhere          place = ""
	inAuthorization  place = "in the header Authorization"
	asBearer         place = "in the header Authorization, as Bearer"
	asBasic          place = "in the header Authorization, as Basic"
	inCookie         place = "in a cookie"
	inSOAPAction     place = "in the SOAPAction"
	inMisspeltHeader place = "in a header whose name is misspelt"
	inOtherHeader    place = "in another header"
	inTrailer        place = "in a trailer, after the body"
	inQuery          place = "in the query"
	inPath           place = "in the path"
	inSOAPToken      place = "in the Retail3000AuthenticateToken of the SOAP header"
	inSOAPHeader     place = "in the SOAP header"
	inBody           place = "in the body"
)

// misplaced looks for a token in every place but the header ApiToken. Beside that header, what is only named like it is not
// taken for another one.
func (m *Mock) misplaced(c *call) place {
	if where := m.inHeader(c); where != nowhere {
		return where
	}
	rawPath, rawQuery, _ := strings.Cut(c.target, "?")
	path, _ := url.PathUnescape(rawPath)
	query, _ := url.QueryUnescape(rawQuery)
	for _, values := range c.req.Trailer {
		if m.holdsToken(strings.Join(values, " ")) {
			return inTrailer
		}
	}
	switch {
	case m.holdsToken(query) || strings.Contains(strings.ToLower(query), "apitoken="):
		return inQuery
	case m.holdsToken(path):
		return inPath
	}
	return m.inBody(c)
}

// inHeader looks at the headers other than ApiToken.
func (m *Mock) inHeader(c *call) place {
	beside := len(c.values("ApiToken")) > 0
	for _, f := range c.fields {
		name := strings.ToLower(f.Name)
		basic := m.holdsToken(fromBasic(f.Value))
		switch {
		case name == "apitoken", !m.holdsToken(f.Value) && !basic && (beside || !isMisspelt(name)):
		case name == "authorization" && basic:
			return asBasic
		case name == "authorization" && strings.HasPrefix(strings.ToLower(strings.TrimSpace(f.Value)), "bearer "):
			return asBearer
		case name == "authorization":
			return inAuthorization
		case name == "cookie":
			return inCookie
		case name == "soapaction":
			return inSOAPAction
		case isMisspelt(name):
			return inMisspeltHeader
		default:
			return inOtherHeader
		}
	}
	return nowhere
}

// isMisspelt tells names that are meant to be ApiToken; name is in lower case.
func isMisspelt(name string) bool {
	letters := strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(name)
	switch strings.TrimPrefix(letters, "x") {
	case "apitoken", "apitokens", "token", "apikey", "apitok", "apitokn", "aptoken", "appitoken", "retailvistaapitoken":
		return true
	}
	return false
}

func fromBasic(value string) string {
	_, encoded, _ := strings.Cut(strings.TrimSpace(value), " ")
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return ""
	}
	return string(text)
}

// inBody looks through the body's elements and attributes, the SOAP header first.
func (m *Mock) inBody(c *call) place {
	if c.doc == nil {
		if m.holdsToken(string(c.body)) {
			return inBody
		}
		return nowhere
	}
	for _, header := range c.doc.all(envelopeNS, "Header") {
		for _, block := range header.children {
			switch {
			case !m.hasToken(block):
			case block.name.Local == tokenElement:
				return inSOAPToken
			default:
				return inSOAPHeader
			}
		}
	}
	if m.hasToken(c.doc) || m.holdsToken(string(c.body)) { // a comment, say
		return inBody
	}
	return nowhere
}

// hasToken says whether a token stands in the element or below it, or an element is named as one.
func (m *Mock) hasToken(e *element) bool {
	return !e.walk(func(e *element) bool {
		for _, a := range e.attrs {
			if m.holdsToken(a.Value) {
				return false
			}
		}
		return !strings.EqualFold(e.name.Local, "ApiToken") && !m.holdsToken(e.text)
	})
}

// holdsToken says whether a token of ours, in any way of writing, is part of the text.
func (m *Mock) holdsToken(text string) bool {
	if len(text) < 32 {
		return false
	}
	text = strings.ReplaceAll(strings.ToLower(text), "-", "")
	for _, t := range m.tokens {
		if strings.Contains(text, strings.ReplaceAll(t.guid, "-", "")) {
			return true
		}
	}
	return false
}

// whyNoGUID says in which way a value is no GUID such as this server reads.
func (m *Mock) whyNoGUID(value string) string {
	const right = ": write it as 8-4-4-4-12 hexadecimal digits"
	says := "the header ApiToken holds no GUID"
	g, isGUID := readGUID(value)
	bare := strings.NewReplacer("-", "", "{", "", "}", "", `"`, "", "'", "", "<", "", ">", "").Replace(value)
	hex := strings.Trim(bare, "0123456789abcdefABCDEF") == ""
	lower := strings.ToLower(value)
	switch {
	case isGUID && g.braced:
		return says + " as this server reads it: it is in braces" + right
	case isGUID && g.naked:
		return says + " as this server reads it: its dashes are missing" + right
	case isGUID:
		return says + " as this server reads it: its letters are in upper case"
	case strings.HasPrefix(lower, "bearer ") || strings.HasPrefix(lower, "apitoken"):
		return says + ": there is a word in front of it"
	case strings.Count(value, "-") >= 8:
		return says + ": there is more than one in it"
	case hex && len(bare) == 32 && len(value) > 36:
		return says + ": there are quotes or brackets around it" + right
	case hex && len(bare) == 32:
		return says + ": its dashes stand in other places" + right
	case hex && len(bare) > 0 && len(bare) < 32:
		return says + ": it was cut, or a digit is missing" + right
	case hex && len(bare) > 32:
		return says + ": it has too many digits" + right
	case value == m.user.name || value == m.user.password:
		return says + ": it is the user's name or password, which belongs into the SOAP header"
	}
	return says + right
}

func (m *Mock) whyDisabled(t *apiToken) string {
	if m.named(t.name) != t {
		return t.name + " was replaced: this is the one before"
	}
	return t.name + " is disabled: ask the support desk"
}
