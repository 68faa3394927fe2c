package mock

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// stage keeps what it is told, and cues what the test wants.
type stage struct {
	cue   func(context.Context, *targets.Arrival) targets.Cue // nil lets all go on
	after func()                                              // each judgement; nil does nothing

	mu      sync.Mutex
	arrived []targets.Arrival // as they were on arrival
	judged  []targets.Arrival // as they were after the judgement
}

func (s *stage) Arrived(ctx context.Context, a *targets.Arrival) targets.Cue {
	s.mu.Lock()
	a.Number = len(s.arrived) + 1
	s.arrived = append(s.arrived, *a)
	s.mu.Unlock()
	if s.cue == nil {
		return targets.Cue{}
	}
	return s.cue(ctx, a)
}

func (s *stage) Judged(a *targets.Arrival) {
	if s.after != nil {
		s.after()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judged = append(s.judged, *a)
}

func (s *stage) told() (arrived, judged []targets.Arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived), slices.Clone(s.judged)
}

// only is the one request that there was, judged.
func (s *stage) only(t *testing.T) targets.Arrival {
	t.Helper()
	arrived, judged := s.told()
	if len(arrived) != 1 || len(judged) != 1 || judged[0].Number != 1 {
		t.Fatalf("%d arrived, %d were judged", len(arrived), len(judged))
	}
	return judged[0]
}

func always(cue targets.Cue) func(context.Context, *targets.Arrival) targets.Cue {
	return func(context.Context, *targets.Arrival) targets.Cue { return cue }
}

// until waits for what the mock does in the background.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !done(); runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestAnArrivalSaysWhatWasSent(t *testing.T) {
	s := &stage{}
	b := newBench(t, targets.MockOptions{Stage: s})
	a := b.good().add("X-Twice", " one ").add("x-twice", "two")
	a.target += "?a=%41&&b"
	before := time.Now()
	l := b.dial("")
	l.send(a.bytes())
	if g := l.receive("POST"); !g.succeeded() {
		t.Fatal(g)
	}
	arrived, judged := s.told() // the reply is here: all was told before it
	if len(arrived) != 1 || len(judged) != 1 {
		t.Fatalf("%d arrived, %d were judged", len(arrived), len(judged))
	}
	is := arrived[0]
	if is.Conn != l.LocalAddr().String() || is.Method != "POST" || is.URI != service+"?a=%41&&b" || string(is.Body) != a.body ||
		is.At.Before(before) || is.At.After(time.Now()) {
		t.Errorf("arrived: %+v", is)
	}
	if h := is.Header; h.Get("ApiToken") != b.c["api_token"] || h.Get("Host") != b.address() ||
		fmt.Sprint(h["X-Twice"]) != "[one two]" || len(h) != 7 {
		t.Errorf("the header: %v", h)
	}
	if is.Outcome != "" || is.Status != 0 || is.Why != "" {
		t.Errorf("judged on arrival: %+v", is)
	}
	if is := judged[0]; is.Outcome != targets.OutcomeAccepted || is.Status != 200 || is.Cued || is.Reason+is.Why+is.Right+is.Wrote != "" {
		t.Errorf("judged: %+v", is)
	}
}

// Whatever way the variation has, a silence on cue has its own, and nothing reaches Retail3000.
func TestSilenceOnCue(t *testing.T) {
	for _, own := range []string{"closed", "reset", "open"} {
		for _, way := range []string{"closed", "reset", "open"} {
			s := &stage{cue: always(targets.Cue{Silence: way})}
			b := newBench(t, targets.MockOptions{Silence: own, Stage: s})
			l := b.dial("")
			l.send(append(b.good().bytes(), b.good().bytes()...))
			want := way
			if way == "open" { // ends when the peer does
				until(t, "the judgement", func() bool { _, judged := s.told(); return len(judged) == 1 })
				_ = l.Conn.(*net.TCPConn).CloseWrite()
				want = "closed"
			}
			if end, text := l.drain(); end != want || text != "" {
				t.Errorf("%s in place of %s: %s with %q", way, own, end, text)
			}
			if is := s.only(t); is.Outcome != targets.OutcomeSilence || !is.Cued || is.Status != 0 || is.Reason != "on cue" || is.Right != "" {
				t.Errorf("%s in place of %s: %+v", way, own, is)
			}
			if list := b.log(); len(list) != 1 || list[0].At != "gateway" || list[0].Verdict != "silence" {
				t.Errorf("%s in place of %s: logged %+v", way, own, list)
			}
		}
	}
}

func TestReplyOnCue(t *testing.T) {
	for _, c := range []struct {
		name    string
		reply   targets.CuedReply
		outcome string
	}{
		{"text", targets.CuedReply{Status: 403, Type: "text/plain", Body: "The ApiToken may not be used here.\n"}, targets.OutcomeDenied},
		{"JSON", targets.CuedReply{Status: 400, Type: "application/json", Body: `{"message":"The ApiToken is blocked."}`}, targets.OutcomeDenied},
		{"SOAP", targets.CuedReply{Status: 500, Type: soapType, Body: string(soapStyles[1].fault("Client", "No access today."))}, targets.OutcomeDenied},
		{"a header", targets.CuedReply{Status: 503, Header: map[string]string{"Retry-After": "7"}}, targets.OutcomeDenied},
		{"a redirection", targets.CuedReply{Status: 302, Header: map[string]string{"Location": "/"}}, targets.OutcomeAccepted},
		{"success", targets.CuedReply{Status: 200, Type: soapType, Body: string(soapStyles[0].result("ValidateUser", "LoginSuccessful"))}, targets.OutcomeAccepted},
	} {
		for seed := range uint64(4) {
			s := &stage{cue: always(targets.Cue{Reply: &c.reply})}
			b := newBench(t, targets.MockOptions{Seed: seed, Stage: s})
			b.m.vary.deniedCloses = true // is about denials of its own
			l := b.dial("")
			for _, a := range []*ask{b.good(), b.silent()} { // also what would have met silence
				l.send(a.bytes())
				g := l.receive("POST")
				if g.end != "replied" || g.status != c.reply.Status || g.body != c.reply.Body || g.header.Get("Content-Type") != c.reply.Type {
					t.Errorf("%s: %s, %v", c.name, g, g.header)
				}
				for name, value := range c.reply.Header {
					if g.header.Get(name) != value {
						t.Errorf("%s: %v", c.name, g.header)
					}
				}
			}
			_, judged := s.told()
			for _, is := range judged {
				if is.Outcome != c.outcome || is.Status != c.reply.Status || !is.Cued || is.Right != "" || (is.Reason == "") != (c.outcome == targets.OutcomeAccepted) {
					t.Errorf("%s: %+v", c.name, is)
				}
			}
			if list := b.log(); len(judged) != 2 || len(list) != 2 || list[0].At != "gateway" || list[1].Status != c.reply.Status {
				t.Errorf("%s: %d judged, logged %+v", c.name, len(judged), list)
			}
		}
	}
}

// The connection ends in order after a reply, whoever makes it.
func TestTheConnectionEndsOnCue(t *testing.T) {
	for name, cue := range map[string]targets.Cue{"on cue": {Close: true, Reply: &targets.CuedReply{Status: 204}}, "of the mock": {Close: true}} {
		b := newBench(t, targets.MockOptions{Stage: &stage{cue: always(cue)}})
		l := b.dial("")
		l.send(append(b.good().bytes(), b.good().bytes()...))
		end, text := l.drain()
		if end != "closed" || strings.Count(text, "HTTP/1.1 2") != 1 || !strings.Contains(text, "\r\nConnection: close\r\n") {
			t.Errorf("a reply %s: %s with %q", name, end, text)
		}
		if strings.Contains(text, " 204 ") == strings.Contains(text, "Content-Length") { // RFC 9110, 8.6
			t.Errorf("a reply %s: %q", name, text)
		}
	}
}

// A stage may wait, which makes the reply slow, and steer meanwhile: the call is judged by what holds afterwards.
func TestAStageWaitsAndSteers(t *testing.T) {
	var b *bench
	entered, release := make(chan bool), make(chan bool)
	s := &stage{}
	b = newBench(t, targets.MockOptions{Stage: s})
	s.cue = func(context.Context, *targets.Arrival) targets.Cue {
		entered <- true
		<-release
		b.m.Advance(time.Hour)
		if err := b.m.Revoke("api_token"); err != nil {
			t.Error(err)
		}
		return targets.Cue{}
	}
	l := b.dial("")
	l.send(b.good().bytes())
	<-entered
	if _, judged := s.told(); len(judged) != 0 || len(b.log()) != 0 {
		t.Errorf("judged before the stage had its say: %v", judged)
	}
	release <- true
	g := l.receive("POST")
	date, err := time.Parse(time.RFC1123, g.header.Get("Date"))
	if !g.denied() || err != nil || !date.Equal(start.Add(time.Hour)) {
		t.Errorf("%s, %v", g, g.header)
	}
	if is := s.only(t); is.Facts["token"] != "api_token" || is.Reason != string(disabledToken) || is.Cued {
		t.Errorf("%+v", is)
	}
}

// A waiting stage learns that the caller has gone, or that the gateway closes.
func TestAWaitEndsWithTheCaller(t *testing.T) {
	for name, leave := range map[string]func(*bench, *line){
		"FIN":     func(_ *bench, l *line) { _ = l.Conn.(*net.TCPConn).CloseWrite() },
		"RST":     func(_ *bench, l *line) { _ = l.Close() }, // the line lingers for nothing
		"gateway": func(b *bench, _ *line) { _ = b.served.Close() },
	} {
		entered := make(chan bool, 1)
		s := &stage{cue: func(ctx context.Context, _ *targets.Arrival) targets.Cue {
			entered <- true
			<-ctx.Done()
			return targets.Cue{}
		}}
		b := newBench(t, targets.MockOptions{Stage: s})
		l := b.dial("")
		l.send(b.good().bytes())
		<-entered
		leave(b, l)
		until(t, "the judgement after "+name, func() bool { _, judged := s.told(); return len(judged) == 1 })
	}
}

// What a caller sends while a stage waits is not lost, however much it is and whatever pieces it comes in.
func TestPipelinedCallsArriveInOrder(t *testing.T) {
	for _, size := range []int{10, 3 * maxHead} {
		entered, release := make(chan bool), make(chan bool)
		s := &stage{cue: func(_ context.Context, a *targets.Arrival) targets.Cue {
			if strings.HasSuffix(a.URI, "?0") {
				entered <- true
				<-release
			}
			if strings.HasSuffix(a.URI, "?3") {
				return targets.Cue{Reply: &targets.CuedReply{Status: 418}}
			}
			return targets.Cue{}
		}}
		b := newBench(t, targets.MockOptions{Stage: s})
		l := b.dial("")
		numbered := func(i int) []byte {
			a := b.good()
			a.target += fmt.Sprint("?", i)
			a.body += "<!--" + strings.Repeat("x", size) + "-->"
			return a.bytes()
		}
		l.send(numbered(0))
		<-entered
		rest := slices.Concat(numbered(1), numbered(2), numbered(3), numbered(4))
		l.send(rest[:100])
		var sent sync.WaitGroup
		sent.Go(func() { l.send(rest[100:]) })
		release <- true
		for i := range 5 {
			if g := l.receive("POST"); !g.succeeded() && !(i == 3 && g.status == 418) {
				t.Errorf("%d of %d bytes: %s", i, size, g)
			}
		}
		sent.Wait()
		arrived, judged := s.told()
		for i, is := range arrived {
			if is.URI != fmt.Sprint(service, "?", i) || is.Conn != l.LocalAddr().String() || judged[i].Number != i+1 || len(is.Body) < size {
				t.Errorf("%d: %s from %s", i, is.URI, is.Conn)
			}
		}
		if len(arrived) != 5 {
			t.Errorf("%d arrived", len(arrived))
		}
	}
}

// A call that waits for a 100 is shown to the stage before that, and once: silence on cue has not even the 100.
func TestExpectOnCue(t *testing.T) {
	for _, way := range []string{"closed", "reset"} {
		s := &stage{cue: always(targets.Cue{Silence: way})}
		b := newBench(t, targets.MockOptions{Stage: s})
		head, _, _ := strings.Cut(string(b.good().add("Expect", "100-continue").bytes()), "\r\n\r\n")
		l := b.dial("")
		l.send([]byte(head + "\r\n\r\n"))
		if end, text := l.drain(); end != way || text != "" {
			t.Errorf("%s with %q", end, text)
		}
		if is := s.only(t); is.Outcome != targets.OutcomeSilence || len(is.Body) != 0 || is.Facts["soap"] != "none" || is.Facts["token"] != "api_token" {
			t.Errorf("%s: %+v", way, is)
		}
	}
	for name, cue := range map[string]targets.Cue{"no cue": {}, "a reply on cue": {Reply: &targets.CuedReply{Status: 200, Body: "LoginSuccessful"}}} {
		s := &stage{cue: always(cue)}
		b := newBench(t, targets.MockOptions{Stage: s})
		a := b.good().add("Expect", "100-continue")
		head, body, _ := strings.Cut(string(a.bytes()), "\r\n\r\n")
		l := b.dial("")
		l.send([]byte(head + "\r\n\r\n"))
		if line, err := l.in.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
			t.Fatalf("%s: %q, %v", name, line, err)
		}
		_, _ = l.in.ReadString('\n')
		if arrived, _ := s.told(); len(arrived) != 1 || len(arrived[0].Body) != 0 {
			t.Errorf("%s: before the 100 the stage saw %+v", name, arrived)
		}
		l.send([]byte(body))
		if g := l.receive("POST"); !g.succeeded() {
			t.Errorf("%s: %s", name, g)
		}
		if is := s.only(t); string(is.Body) != a.body || is.Facts["soap"] != "right" || is.Facts["operation"] != "ValidateUser" {
			t.Errorf("%s: judged %+v", name, is)
		}
	}
}

// Many callers at once, and a stage that steers the mock from inside both of its methods.
func TestAStageUnderTraffic(t *testing.T) {
	var b *bench
	s := &stage{}
	s.cue = func(_ context.Context, a *targets.Arrival) targets.Cue {
		_, _ = b.m.Log(), b.m.State()
		return targets.Cue{Close: a.Number%3 == 0}
	}
	s.after = func() {
		b.m.Advance(time.Second)
		if err := b.m.SetFault("missing-is-401", false); err != nil {
			t.Error(err)
		}
	}
	b = newBench(t, targets.MockOptions{Stage: s})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 10 {
				if g := b.do(b.good()); !g.succeeded() {
					t.Errorf("a good call: %s", g)
				}
				if g := b.do(b.silent()); !g.silent() {
					t.Errorf("a silent call: %s", g)
				}
			}
		})
	}
	callers.Wait()
	arrived, judged := s.told()
	numbers := map[int]bool{}
	for _, is := range judged {
		numbers[is.Number] = true
		if accepted := is.Facts["token"] == "api_token"; accepted != (is.Outcome == targets.OutcomeAccepted) {
			t.Errorf("%+v", is)
		}
	}
	if len(arrived) != 80 || len(judged) != 80 || len(numbers) != 80 {
		t.Errorf("%d arrived, %d were judged, of %d numbers", len(arrived), len(judged), len(numbers))
	}
}
