package client_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets/retailvista/client"
)

// Requests for the base URL and below get the header, once; others do not.
func TestTransportAddsTheHeader(t *testing.T) {
	for _, c := range []struct {
		url  string
		want bool
	}{
		{"http://h.example/grs", true},
		{"http://h.example/grs/securitycomponents.asmx?wsdl", true},
		{"http://H.example:80/grs/x", true},
		{"http://h.example/grs/x/../y", true},
		{"http://h.example/grsx", false},
		{"http://h.example/", false},
		{"http://h.example/grs/../other", false},
		{"http://h.example/grs/%2e%2e/other", false},
		{"http://h.example/GRS/x", false},
		{"https://h.example/grs/x", false},
		{"http://h.example:81/grs/x", false},
		{"http://other.example/grs/x", false},
		{"http://h.example.other/grs/x", false},
	} {
		for _, had := range []http.Header{nil, {"Apitoken": {"old", "older"}, "ApiToken": {"oldest"}, "X": {"y"}}} {
			var sent http.Header
			tr := &client.Transport{APIToken: apiToken, URL: "http://h.example/grs/", Base: trip(func(r *http.Request) (*http.Response, error) {
				sent = r.Header
				return nil, errors.New("sent")
			})}
			req, err := http.NewRequest("POST", c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = had.Clone()
			if _, err := tr.RoundTrip(req); err == nil || err.Error() != "sent" {
				t.Errorf("error %v", err)
			}
			var got []string
			for name, values := range sent {
				if strings.EqualFold(name, "ApiToken") {
					got = append(got, values...)
				}
			}
			if c.want != (len(got) == 1 && sent["ApiToken"] != nil && got[0] == apiToken) || (!c.want && len(got) != len(had)) {
				t.Errorf("%s: sent with %v", c.url, sent)
			}
			if len(req.Header) != len(had) || sent.Get("X") != had.Get("X") {
				t.Errorf("%s: the request has become %v, sent with %v", c.url, req.Header, sent)
			}
		}
	}
}

// closer is a body that notes that it was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestTransportRefuses(t *testing.T) {
	for want, tr := range map[string]*client.Transport{
		"there is no API token":   {URL: "http://h"},
		"no header can carry":     {URL: "http://h", APIToken: "marked\n"},
		"use http:// or https://": {APIToken: "marked"},
		"has a user, a query":     {URL: "http://u:marked@h", APIToken: "marked"},
	} {
		tr.Base = trip(func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, errors.New("sent") })
		body := &closer{Reader: strings.NewReader("x")}
		req, err := http.NewRequest("POST", "http://h/", body)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tr.RoundTrip(req)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "marked") || !body.closed {
			t.Errorf("error %v, want %q; body closed: %v", err, want, body.closed)
		}
	}
}

// RTVC-03: a http.Client that follows a redirect to another host does not take the token there.
func TestTransportKeepsTheTokenFromOthers(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("ApiToken")) }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("ApiToken"))
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	hc := &http.Client{Transport: &client.Transport{APIToken: apiToken, URL: s.URL}}
	resp, err := hc.Post(s.URL+"/securitycomponents.asmx", "text/xml", strings.NewReader("<x/>"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(got) != 2 || got[0] != apiToken || got[1] != "" {
		t.Errorf("the servers got %q", got)
	}
}
