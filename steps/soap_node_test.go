package steps

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/authbench/authbench/targets"
)

const plainCall = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><r:Token xmlns:r="urn:r"/>` +
	`</s:Header><s:Body><ValidateUser xmlns="http://retail3000.net/Retail3000Webservice/WebserviceSecurityComponents"/></s:Body></s:Envelope>`

// What a client may choose, and what it may not (RTVC-07).
func TestTheFormOfACall(t *testing.T) {
	action := `"` + serviceNamespace + `/ValidateUser"`
	for _, c := range []struct{ name, kind, action, body, flaw string }{
		{"the usual", "text/xml; charset=utf-8", action, plainCall, ""},
		{"no charset, an action without quotes", "Text/XML", strings.Trim(action, `"`), plainCall, ""},
		{"an empty action, which SOAP 1.1 knows", "text/xml", `""`, plainCall, ""},
		{"a byte order mark", "text/xml", action, "\ufeff" + plainCall, ""},
		{"UTF-16, little-endian", "text/xml; charset=utf-16", action, asUTF16("\ufeff"+strings.Replace(plainCall, "utf-8", "utf-16", 1), 0), ""},
		{"UTF-16, big-endian, without a mark", "text/xml; charset=UTF-16", action, asUTF16(strings.Replace(plainCall, "utf-8", "utf-16", 1), 1), ""},
		{"ISO-8859-1", "text/xml", action, strings.NewReplacer("utf-8", "ISO-8859-1", "urn:r", "urn:\xe9").Replace(plainCall), ""},
		{"two megabytes", "text/xml", action, strings.Replace(plainCall, "<s:Body>", "<s:Body>"+strings.Repeat(" ", 2<<20), 1), ""},
		{"comments and white space", "text/xml", action, "<!-- ours -->\n" + strings.TrimPrefix(plainCall, `<?xml version="1.0" encoding="utf-8"?>`) + "\n", ""},

		{"bytes that are no UTF-8", "text/xml", action, strings.Replace(plainCall, "urn:r", "urn:\xe9", 1), "its body is no well-formed XML"},
		{"UTF-8 that is called UTF-16", "text/xml; charset=utf-16", action, plainCall, "its Content-Type names UTF-16, and its body is in another encoding"},
		{"an attribute twice", "text/xml", action, strings.Replace(plainCall, "<ValidateUser", `<ValidateUser a="1" a="2"`, 1), "its body is no well-formed XML"},
		{"text behind the root", "text/xml", action, plainCall + "junk", "its body is no well-formed XML"},
		{"a prefix that is not declared", "text/xml", action, strings.Replace(plainCall, ` xmlns:r="urn:r"`, "", 1), "its body has a prefix that stands for no namespace"},
		{"a document type", "text/xml", action, "<!DOCTYPE Envelope>" + strings.TrimPrefix(plainCall, `<?xml version="1.0" encoding="utf-8"?>`),
			"its body has a document type, which SOAP 1.1 forbids"},
		{"another operation", "text/xml", strings.Replace(action, "User", "Thing", 1), plainCall, "its SOAPAction names something else than its Body asks for"},
		{"the header behind the body", "text/xml", action,
			strings.Replace(strings.Replace(plainCall, "s:Header", "s:Body", 2), "<s:Body><Val", "<s:Header/><s:Body><Val", 1), "its envelope has no Body, or more than one"},
	} {
		a := targets.Arrival{Header: http.Header{"Content-Type": {c.kind}, "Soapaction": {c.action}}, Body: []byte(c.body)}
		if got := soapFlaw(a); got != c.flaw {
			t.Errorf("%s: %q, not %q", c.name, got, c.flaw)
		}
	}
	if _, err := parseSOAP([]byte(strings.Replace(plainCall, "utf-8", "windows-1252", 1))); err != errEncoding {
		t.Errorf("an encoding that is not known: %v", err)
	}
}

// asUTF16 writes UTF-16: at which place of a pair the higher byte stands is given by high.
func asUTF16(text string, high int) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{byte(unit), byte(unit)}
		pair[1-high] = byte(unit >> 8)
		b = append(b, pair[:]...)
	}
	return string(b)
}

// What becomes of the pauses that were measured in several runs (RTVC-05).
func TestWhichPausesGrow(t *testing.T) {
	ms := func(list ...time.Duration) (p pauses) {
		for _, d := range list {
			p = append(p, d*time.Millisecond)
		}
		slices.Sort(p)
		return p
	}
	for _, c := range []struct {
		name string
		all  []pauses
		ok   bool
	}{
		{"one try", nil, true},
		{"doubled", []pauses{ms(101, 140, 103), ms(201, 202, 320)}, true},
		{"below a random bound that doubles", []pauses{ms(12, 88, 47, 95), ms(9, 150, 120, 60)}, true},
		{"random, and by accident longest at last", []pauses{ms(30, 80, 50), ms(25, 55, 180)}, true},
		{"one short random pause", []pauses{ms(3, 70, 44)}, true},
		{"none", []pauses{ms(8, 9, 30)}, false},
		{"none, on a busy machine", []pauses{ms(1, 30, 120, 2, 75), ms(3, 40, 70, 12, 60)}, false},
		{"none at the third try", []pauses{ms(100, 100, 100), ms(2, 2, 3)}, false},
		{"the same each time, on a busy machine", []pauses{ms(300, 310, 355), ms(301, 340, 480)}, false},
		{"shorter each time", []pauses{ms(400, 402, 401), ms(100, 101, 130)}, false},
	} {
		if flaw := flawOf(c.all); (flaw == "") != c.ok {
			t.Errorf("%s: %q", c.name, flaw)
		}
	}
}
