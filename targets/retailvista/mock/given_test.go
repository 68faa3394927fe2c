package mock

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
)

const givenGUID = "1c9a2f60-77aa-4b1e-9c3d-00aa11bb22cc"

// Given credentials stand in the place of the drawn ones, and the others are drawn as ever.
func TestGivenCredentials(t *testing.T) {
	given := targets.Credentials{
		"api_token": givenGUID, "username": "J. Äckermann", "password": ` a&b<c>"d'é€ `, "company_number": "77", "store_number": "ü 8",
	}
	drawn := New(targets.MockOptions{Seed: 3}).Credentials()
	b := newBench(t, targets.MockOptions{Seed: 3, Silence: "closed", Credentials: given})
	check := func(when string) {
		t.Helper()
		for name, value := range b.m.Credentials() {
			if want := given[name]; want != "" && value != want || want == "" && value != drawn[name] {
				t.Errorf("%s: the %s is another", when, name)
			}
		}
		if g := b.do(b.good()); !g.succeeded() {
			t.Errorf("%s: %s", when, g)
		}
		if g := b.do(b.good().set("ApiToken", drawn["api_token"])); !g.denied() {
			t.Errorf("%s, with the token that was replaced: %s", when, g)
		}
	}
	check("at first")
	if _, err := b.m.Recreate("api_token"); err != nil {
		t.Fatal(err)
	}
	if g := b.do(b.good()); !g.denied() {
		t.Errorf("recreated: %s", g)
	}
	b.m.Reset()
	check("after a reset")
}

func TestGivenCredentialsThatCannotBeGood(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"api_tokn", givenGUID, `did you mean "api_token"`}, {"api_token", "s3cret", "no GUID"},
		{"other_api_token", strings.ToUpper(givenGUID), "in lower case"}, {"disabled_api_token", "{" + givenGUID + "}", "no GUID"},
		{"password", "", "is empty"}, {"store_number", "8 ", "white space"},
	} {
		served, err := Start(targets.MockOptions{Credentials: targets.Credentials{c.name: c.value}})
		if err == nil {
			_ = served.Close()
			t.Errorf("%s %q is taken", c.name, c.value)
		} else if !strings.Contains(err.Error(), c.want) || len(c.value) > 2 && strings.Contains(err.Error(), c.value) {
			t.Errorf("%s %q: %v", c.name, c.value, err)
		}
	}
}

// wrapped is a listener whose connections show nothing but what every connection has.
type wrapped struct {
	net.Listener
	accepted chan string
}

func (w wrapped) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w.accepted <- c.RemoteAddr().String()
	return struct{ net.Conn }{c}, nil
}

// Silence ends as it has to behind a wrapper, too.
func TestTheListenerIsWrapped(t *testing.T) {
	for _, way := range []string{"closed", "reset"} {
		accepted := make(chan string, 3)
		b := newBench(t, targets.MockOptions{Silence: way, Listen: func(l net.Listener) net.Listener { return wrapped{l, accepted} }})
		if g := b.do(b.good()); !g.succeeded() {
			t.Errorf("%s: %s", way, g)
		}
		l := b.dial("")
		l.send(append(b.silent().bytes(), b.good().bytes()...)) // what comes behind a silence makes no RST of the FIN
		if end, text := l.drain(); end != way || text != "" {
			t.Errorf("%s: %s with %q", way, end, text)
		}
		if <-accepted; <-accepted != l.LocalAddr().String() {
			t.Errorf("%s: the wrapper was passed by", way)
		}
	}
}

// Callers find out at once that TLS is not spoken here: no server waits for the end of a head that never comes.
func TestTLSMeetsSilenceAtOnce(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	l := b.dial("")
	if err := tls.Client(l.Conn, &tls.Config{InsecureSkipVerify: true}).Handshake(); err == nil {
		t.Error("the handshake succeeded")
	}
	if list := b.log(); len(list) != 1 || !strings.Contains(list[0].Explanation, "TLS") {
		t.Errorf("logged: %+v", list)
	}
}
