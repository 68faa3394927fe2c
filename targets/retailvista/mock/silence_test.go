package mock

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// drain reads until the connection ends, and returns how it ended and what came.
func (l *line) drain() (string, string) {
	l.t.Helper()
	text, err := io.ReadAll(l.in)
	if err == nil {
		return "closed", string(text)
	}
	return ending(l.t, err), string(text)
}

func TestSilenceEndsByFIN(t *testing.T) {
	b := newBench(t, targets.MockOptions{Silence: "closed"})
	l := b.dial("")
	l.send(append(b.silent().bytes(), b.good().bytes()...)) // what comes behind a silence makes no RST of the FIN, and is not answered
	if end, text := l.drain(); end != "closed" || text != "" {
		t.Errorf("%s with %q", end, text)
	}
}

func TestSilenceEndsByRST(t *testing.T) {
	b := newBench(t, targets.MockOptions{Silence: "reset"})
	l := b.dial("")
	l.send(b.silent().bytes())
	if end, text := l.drain(); end != "reset" || text != "" {
		t.Errorf("%s with %q", end, text)
	}
}

// The peer's own end is the event that ends an open silence: whatever the gateway had said until then would be read here.
func TestSilenceStaysOpenUntilThePeerGoes(t *testing.T) {
	b := newBench(t, targets.MockOptions{Silence: "open"})
	l := b.dial("")
	l.send(append(b.silent().bytes(), b.good().bytes()...))
	if g := b.do(b.good()); !g.succeeded() {
		t.Errorf("another connection meanwhile: %s", g)
	}
	if err := l.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if end, text := l.drain(); end != "closed" || text != "" {
		t.Errorf("%s with %q", end, text)
	}
	if list := b.log(); len(list) != 3 || list[0].Verdict != "silence" && list[1].Verdict != "silence" && list[2].Verdict != "silence" {
		t.Errorf("logged: %+v", list)
	}
}

func TestSilenceStaysOpenUntilTheMockCloses(t *testing.T) {
	b := newBench(t, targets.MockOptions{Silence: "open"})
	l := b.dial("")
	l.send(b.silent().bytes())
	for len(b.log()) == 0 {
		runtime.Gosched() // it is logged before it is met with silence
	}
	if err := b.served.Close(); err != nil {
		t.Fatal(err)
	}
	if _, text := l.drain(); text != "" {
		t.Errorf("%q", text)
	}
}

func TestAnUnknownSilenceIsRefused(t *testing.T) {
	if _, err := Start(targets.MockOptions{Silence: "quiet"}); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("%v", err)
	}
}

// What is no HTTP is met with silence too, unless a line of it is the ApiToken.
func TestMalformedHeads(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	for _, text := range []string{
		"nonsense\r\n\r\n", "\x16\x03\x01\r\n\r\n", "GET / HTTP/1.1\r\nbroken line\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + strings.Repeat("x", maxHead) + "\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" + strings.Repeat("x", 5_000_000),
	} {
		l := b.dial("")
		l.send([]byte(text))
		if g := l.receive("GET"); !g.silent() {
			t.Errorf("%.40q: %s", text, g)
		}
		if !strings.HasSuffix(strings.TrimSpace(text), "HTTP/9.9") && strings.Contains(text, "HTTP/1.1\r\n") {
			l := b.dial("")
			l.send([]byte(strings.Replace(text, "HTTP/1.1\r\n", "HTTP/1.1\r\naPItoKEN: "+b.c["api_token"]+"\r\n", 1)))
			if g := l.receive("GET"); !g.denied() {
				t.Errorf("%.40q, with a token: %s", text, g)
			}
		}
	}
	for _, text := range []string{"", "GET / HTTP/1.1\r\nHost: a\r\nContent-Le"} { // the peer goes before the head is whole
		l := b.dial("")
		l.send([]byte(text))
		_ = l.Conn.(*net.TCPConn).CloseWrite()
		if end, said := l.drain(); end != "closed" || said != "" {
			t.Errorf("%q: %s %q", text, end, said)
		}
	}
	if g := b.do(b.good()); !g.succeeded() {
		t.Errorf("afterwards: %s", g)
	}
}

// A 100 is a byte: it is sent to a call that is going to be answered, and to no other (RTV-03).
func TestExpect(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	for _, c := range []struct {
		name  string
		token func(*ask) *ask
		judge func(got) bool
	}{
		{"a good token", func(a *ask) *ask { return a }, got.succeeded},
		{"an empty token", func(a *ask) *ask { return a.set("ApiToken", "") }, got.denied},
	} {
		text := string(c.token(b.good().add("Expect", "100-continue")).bytes())
		head, body, _ := strings.Cut(text, "\r\n\r\n")
		l := b.dial("")
		l.send([]byte(head + "\r\n\r\n"))
		if line, err := l.in.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
			t.Fatalf("%s: %q, %v", c.name, line, err)
		}
		_, _ = l.in.ReadString('\n')
		l.send([]byte(body))
		if g := l.receive("POST"); !c.judge(g) {
			t.Errorf("%s: %s", c.name, g)
		}
	}
	head, _, _ := strings.Cut(string(b.silent().add("Expect", "100-continue").bytes()), "\r\n\r\n")
	l := b.dial("")
	l.send([]byte(head + "\r\n\r\n")) // a caller that waits for the 100 meets silence at once
	if end, text := l.drain(); end != "closed" || text != "" {
		t.Errorf("%s with %q", end, text)
	}
}

func TestPipelinedCallsAreAnsweredInOrder(t *testing.T) {
	for seed := range uint64(6) {
		b := newBench(t, targets.MockOptions{Seed: seed})
		b.m.vary.deniedCloses = false
		time := b.good()
		time.body = strings.ReplaceAll(time.body, "ValidateUser", "GetServerTime")
		time.set("SOAPAction", serviceNS+"/GetServerTime")
		empty := b.good().set("ApiToken", "")
		chunked := b.good()
		chunked.chunked = true
		l := b.dial("")
		for _, a := range []*ask{b.good(), time, empty, chunked} {
			l.send(a.bytes())
		}
		if g := l.receive("POST"); !g.succeeded() {
			t.Errorf("seed %d: %s", seed, g)
		}
		if g := l.receive("POST"); !strings.Contains(g.body, "GetServerTimeResult>2026-11-24T10:00:07Z<") {
			t.Errorf("seed %d: %s", seed, g)
		}
		if g := l.receive("POST"); !g.denied() {
			t.Errorf("seed %d: %s", seed, g)
		}
		if g := l.receive("POST"); !g.succeeded() {
			t.Errorf("seed %d: %s", seed, g)
		}
	}
}

func TestHTTP10(t *testing.T) {
	b := newBench(t, targets.MockOptions{Seed: 3})
	b.m.vary.form.Chunked = true // which HTTP/1.0 does not know
	a := b.good()
	a.proto = "HTTP/1.0"
	l := b.dial("")
	l.send(a.bytes())
	if end, text := l.drain(); end != "closed" || !strings.HasPrefix(text, "HTTP/1.0 200") || !strings.Contains(text, "LoginSuccessful") {
		t.Errorf("%s: %q", end, text)
	}
	l = b.dial("")
	for range 2 {
		a.set("Connection", "keep-alive")
		l.send(a.bytes())
		if g := l.receive("POST"); !g.succeeded() || g.header.Get("Connection") != "keep-alive" {
			t.Errorf("%s %v", g, g.header)
		}
	}
}

// Close ends every connection, wherever it stands, and waits for what served it.
func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	b := newBench(t, targets.MockOptions{Silence: "open"})
	idle, used, half, held := b.dial(""), b.dial(""), b.dial(""), b.dial("")
	used.send(b.good().bytes())
	if g := used.receive("POST"); !g.succeeded() {
		t.Fatal(g)
	}
	half.send(b.good().bytes()[:200])
	held.send(b.silent().bytes())
	if err := b.served.Close(); err != nil {
		t.Fatal(err)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if strings.Contains(string(stacks), "mock.(*gateway)") {
		t.Errorf("the gateway still runs:\n%s", stacks)
	}
	for _, l := range []*line{idle, used, half, held} {
		if _, text := l.drain(); text != "" {
			t.Errorf("%q", text)
		}
	}
	if _, err := net.Dial("tcp", b.address()); err == nil {
		t.Error("somebody still listens")
	}
	for limit := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(limit) { // net/http ends its own in the background
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
