package mock

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// bodyField looks for a value in the body, a JSON object or a form: where clients put by mistake what belongs in the
// query, and where a faulty server reads it.
func bodyField(c *call, name string) (string, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(c.body, &object) == nil {
		raw, found := object[name]
		return strings.Trim(string(raw), `"`), found
	}
	form, err := url.ParseQuery(string(c.body))
	return form.Get(name), err == nil && form.Has(name)
}

func cookieValue(c *call, name string) (string, bool) {
	cookies := (&http.Request{Header: c.header}).CookiesNamed(name)
	if len(cookies) == 0 {
		return "", false
	}
	return cookies[0].Value, true
}
