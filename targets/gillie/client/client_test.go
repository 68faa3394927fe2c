package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/gillie/client"
)

// vectors are the hashes that sha256sum made; the mock is held to the same file.
func vectors(t *testing.T) []map[string]string {
	t.Helper()
	text, err := os.ReadFile("../testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []map[string]string }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 10 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	return file.Vectors
}

func TestHashAgainstSha256sum(t *testing.T) {
	for _, v := range vectors(t) {
		for _, order := range client.Orders() {
			key := client.Key{Public: v["public"], Private: v["private"]}
			if got := key.Hash(order, v["salt"]); got != v[string(order)] {
				t.Errorf("%s, %s: %s, want %s", v["comment"], order, got, v[string(order)])
			}
		}
	}
}

// What the server reads out of the URL has to be what was hashed, whatever the keys are made of, and the caller's own
// query stays as it is.
func TestTransportSignsEveryRequestAnew(t *testing.T) {
	var got []url.Values
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Query())
	}))
	defer server.Close()
	key := client.Key{Public: "p+&=%#? ü", Private: "s+&=%#? é"}
	signer, err := client.NewSigner(key, client.PublicPrivateSalt)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1732412345, 999)
	hc := &http.Client{Transport: &client.Transport{Signer: signer, Now: func() time.Time { at = at.Add(time.Second); return at }}}
	for range 2 {
		resp, err := hc.Get(server.URL + "/api/customers?name=J%C3%A4%26&page=2")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	for i, q := range got {
		salt := fmt.Sprint(1732412346 + i)
		want := url.Values{"name": {"Jä&"}, "page": {"2"}, "apikey": {key.Public}, "apisalt": {salt}, "apihash": {key.Hash(client.PublicPrivateSalt, salt)}}
		if q.Encode() != want.Encode() {
			t.Errorf("call %d: %v, want %v", i, q, want)
		}
	}
	if len(got) != 2 {
		t.Errorf("%d calls arrived, want 2", len(got))
	}
}

func TestTransportLeavesTheRequestAsItIs(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	signer, _ := client.NewSigner(client.Key{Public: "p", Private: "s"}, client.PrivatePublicSalt)
	req, _ := http.NewRequest(http.MethodGet, server.URL+"/x", nil)
	resp, err := (&client.Transport{Signer: signer}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if req.URL.RawQuery != "" {
		t.Errorf("the caller's request now has the query %q", req.URL.RawQuery)
	}
}

func TestWithoutAPrivateKeyThePublicKeyGoesAlone(t *testing.T) {
	signer, err := client.NewSigner(client.Key{Public: "plain"}, client.PrivatePublicSalt)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(signer.AppendQuery(nil, time.Unix(1, 0))); got != "apikey=plain" {
		t.Errorf("the query is %q", got)
	}
}

func TestSignerRefuses(t *testing.T) {
	for _, c := range []struct {
		key   client.Key
		order client.Order
		want  string
	}{
		{client.Key{Private: "s"}, client.PrivatePublicSalt, "needs its public part"},
		{client.Key{Public: "p", Private: "s"}, "auto", `"auto" is no order`},
		{client.Key{Public: "p", Private: "s"}, "", `"" is no order`},
	} {
		if _, err := client.NewSigner(c.key, c.order); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.order, err, c.want)
		}
	}
}

func TestAKeyNeverPrintsItself(t *testing.T) {
	key := client.Key{Public: "pub-marked", Private: "priv-marked"}
	if text := fmt.Sprintf("%v %+v %#v %s", key, key, &key, key); strings.Contains(text, "marked") {
		t.Errorf("printed as %s", text)
	}
}
