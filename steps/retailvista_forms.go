package steps

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets/wire"
)

const (
	unknownGUID = "5f0e6c1a-7b34-4d89-9a2e-c3d1b0f49876"
	zeroGUID    = "00000000-0000-0000-0000-000000000000"
)

// token is a value of the header ApiToken by its words, or leaves the scenario untested.
func (v *retailvista) token(words string) (string, error) {
	good := v.w.target.Credentials["api_token"]
	credential := func(name string) (string, error) {
		if value := v.w.target.Credentials[name]; value != "" {
			return value, nil
		}
		return "", v.w.untested("the credential %s", name)
	}
	made := map[string]string{
		"the good one": good, "empty": "", "a space": " ", "three spaces": "   ", "a tab": "\t", "a word": "token",
		"an unknown GUID": unknownGUID, "the GUID of zeros": zeroGUID, "the good one, its last digit changed": lastDigitChanged(good),
		"the good one, cut by its last digit": good[:max(0, len(good)-1)], "the good one with a digit more": good + "0",
		"the good one, twice in one header": good + ", " + good, "the good one in upper case": strings.ToUpper(good),
		"the good one in braces": "{" + good + "}", "the good one without dashes": strings.ReplaceAll(good, "-", ""),
	}
	switch words {
	case "the user name":
		return credential("username")
	case "the disabled one":
		return credential("disabled_api_token")
	case "the one of another integration":
		return credential("other_api_token")
	}
	value, known := made[words]
	if !known {
		return "", fmt.Errorf("%q is no token", words)
	}
	if value != "" && value != good && strings.Contains(words, "the good one") {
		v.w.hide("api_token, changed", value)
	}
	return value, nil
}

// lastDigitChanged changes the last digit of a GUID into another.
func lastDigitChanged(guid string) string {
	if guid == "" {
		return guid
	}
	last := "0"
	if strings.HasSuffix(guid, "0") {
		last = "1"
	}
	return guid[:len(guid)-1] + last
}

func (v *retailvista) setToken(words string) error {
	value, err := v.token(words)
	v.tokens = []string{value}
	return err
}

func (v *retailvista) setTwice(first, second string) error {
	a, err := v.token(first)
	if err != nil {
		return err
	}
	b, err := v.token(second)
	v.tokens = []string{a, b}
	return err
}

// moveToken puts the good token where it does not belong (RTV-04).
func (v *retailvista) moveToken(place string) error {
	token := v.w.target.Credentials["api_token"]
	v.tokens = nil
	add := func(name, value string) { v.fields = append(v.fields, wire.Field{Name: name, Value: value}) }
	inside := element{name: "ApiToken", text: token}
	switch place {
	case "the query":
		v.query = "ApiToken=" + token + "&apitoken=" + token + "&token=" + token
	case "a cookie":
		add("Cookie", "ApiToken="+token+"; token="+token)
	case "the header Authorization":
		add("Authorization", token)
	case "the header Authorization, as Bearer":
		add("Authorization", "Bearer "+token)
	case "the header Authorization, as Basic":
		add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("ApiToken:"+token)))
	case "a trailer":
		add("Trailer", "ApiToken")
		v.chunked, v.trailer = true, []wire.Field{{Name: "ApiToken", Value: token}}
	case "the SOAP header":
		v.soap.header = append(v.soap.header, inside)
	case "the header Retail3000AuthenticateToken of the SOAP header":
		v.soap.header[0].children = append(v.soap.header[0].children, inside)
	case "the SOAPAction":
		add("SOAPAction", `"`+token+`"`)
	case "the path":
		v.path += "/" + token
	}
	return nil
}

// setForm makes the call one of another form (RTV-03, RTV-09, RTV-14).
func (v *retailvista) setForm(words string) error {
	bodiless := func(method string) { v.method, v.body = method, func([]byte) []byte { return nil } }
	switch words {
	case "a GET":
		bodiless(http.MethodGet)
	case "a HEAD":
		bodiless(http.MethodHead)
	case "a PUT":
		v.method = http.MethodPut
	case "a DELETE":
		bodiless(http.MethodDelete)
	case "an OPTIONS":
		bodiless(http.MethodOptions)
	case "a method that nobody knows":
		v.method = "BREW"
	case "to the root":
		v.path = "/"
	case "to a path that does not exist":
		v.path = missingPath
	case "a GET of the WSDL":
		bodiless(http.MethodGet)
		v.query = "wsdl"
	case "without a body":
		v.body = func([]byte) []byte { return nil }
	case "with a body that is no XML":
		v.body = func([]byte) []byte { return []byte("this is no XML") }
	case "with a body of 256 KiB":
		return v.setBody("of 256 KiB")
	case "in chunks":
		v.chunked = true
	case "HTTP/1.0":
		v.version = "HTTP/1.0"
	case "HTTP/1.0 with a kept connection":
		v.version = "HTTP/1.0"
		v.fields = append(v.fields, wire.Field{Name: "Connection", Value: "keep-alive"})
	case "with Expect: 100-continue":
		v.fields = append(v.fields, wire.Field{Name: "Expect", Value: "100-continue"})
	case "with many other headers":
		for i := range 40 {
			v.fields = append(v.fields, wire.Field{Name: fmt.Sprintf("X-Other-%d", i), Value: "token"})
		}
	default:
		return v.setSOAP(words)
	}
	return nil
}

const missingPath = "/authbench-no-such-service.asmx"

// setSOAP changes what the document says.
func (v *retailvista) setSOAP(words string) error {
	switch words {
	case "without a SOAP header":
		v.soap.noHeader = true
	case "with an empty SOAP header":
		v.soap.header = nil
	case "with an empty Retail3000AuthenticateToken":
		v.soap.header = []element{authenticate()}
	case "with the Retail3000AuthenticateToken in the body instead":
		v.soap.inBody, v.soap.header = v.soap.header, nil
	case "with a body that breaks off":
		v.body = func(doc []byte) []byte { return doc[:len(doc)*4/5] }
	case "for an unknown operation":
		v.soap.operation = "AuthbenchNoSuchOperation"
	default:
		return fmt.Errorf("%q is no form of a call", words)
	}
	return nil
}

// setBody writes the same document in another way (RTV-01).
func (v *retailvista) setBody(words string) error {
	switch words {
	case "with comments and white space":
		v.soap.comment, v.soap.pretty = v.soap.comment+" two  spaces and a <tag> & more ", true
	case "with other prefixes":
		v.soap.prefix = "SOAP-ENV"
	case "with letters outside ASCII":
		v.soap.comment += " Grüße 鍵 "
	case "of 256 KiB":
		v.soap.comment += strings.Repeat(" padding", 32<<10)
	case "in chunks":
		v.chunked = true
	}
	return nil
}

func (v *retailvista) setField(name, how string) error {
	fields := slices.Clone(v.soap.header[0].children)
	i := slices.IndexFunc(fields, func(e element) bool { return e.name == name })
	switch how {
	case "wrong":
		fields[i].text = wrongField(fields[i].text)
		v.w.hide(name+", changed", fields[i].text)
	case "missing":
		fields = slices.Delete(fields, i, i+1)
	case "empty":
		fields[i].text = ""
	case "in another case":
		swapped := swapCase(fields[i].text)
		if swapped == fields[i].text {
			return v.w.untested("a password with letters")
		}
		fields[i].text = swapped
		v.w.hide(name+", changed", swapped)
	}
	v.soap.header = []element{authenticate(fields...)}
	return nil
}

// wrongField is a value like the right one: a number stays one.
func wrongField(right string) string {
	if right != "" && strings.Trim(right, "0123456789") == "" {
		return lastDigitChanged(right)
	}
	return right + "-wrong"
}
