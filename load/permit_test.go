package load

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
)

func TestPermitted(t *testing.T) {
	names := map[string][]string{
		"here.example": {"127.0.0.1", "::1"},
		"both.example": {"127.0.0.1", "192.0.2.1"},
		"far.example":  {"192.0.2.1"},
		"none.example": {},
	}
	resolve := func(_ context.Context, _, host string) ([]netip.Addr, error) {
		list, known := names[host]
		if !known {
			return nil, errors.New("no such host")
		}
		var addrs []netip.Addr
		for _, text := range list {
			addrs = append(addrs, netip.MustParseAddr(text))
		}
		return addrs, nil
	}
	for _, c := range []struct {
		url   string
		allow bool
		want  bool
	}{
		{"http://127.0.0.1:8080", false, true},
		{"http://127.3.2.1", false, true},
		{"https://[::1]:8443/api", false, true},
		{"http://[::ffff:127.0.0.1]", false, true},
		{"http://localhost:80", false, true},
		{"http://LocalHost.", false, true},
		{"http://here.example", false, true},
		{"http://both.example", false, false},
		{"http://far.example", false, false},
		{"http://none.example", false, false},
		{"http://unknown.example", false, false},
		{"http://localhost.example", false, false},
		{"http://192.0.2.1", false, false},
		{"http://0.0.0.0", false, false},
		{"http://[::]", false, false},
		{"http://128.0.0.1", false, false},
		{"http://user@192.0.2.1:80", false, false},
		{"", false, false},
		{"http://:80", false, false},
		{"%", false, false},
		{"http://far.example", true, true},
		{"http://192.0.2.1", true, true},
	} {
		err := permitted(targets.Target{Name: "staging", URL: c.url, Allow: targets.Allow{Load: c.allow}}, resolve)
		if (err == nil) != c.want {
			t.Errorf("permitted(%q, allow.load %v) = %v, want permitted: %v", c.url, c.allow, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), "targets.staging.") {
			t.Errorf("%q: %q does not name the key to set", c.url, err)
		}
		if strings.HasPrefix(c.url, "http://192") && err != nil && !strings.Contains(err.Error(), "targets.staging.allow.load: true in authbench.yaml") {
			t.Errorf("%q: %q does not say how to permit it", c.url, err)
		}
	}
}

func TestPermittedAsksNoResolverForAnAddress(t *testing.T) {
	if err := Permitted(targets.Target{Name: "mock", URL: "http://127.0.0.1:1"}); err != nil {
		t.Error(err)
	}
	if err := Permitted(targets.Target{Name: "far", URL: "http://192.0.2.1"}); err == nil {
		t.Error("192.0.2.1 is permitted")
	}
}

func TestPermittedRate(t *testing.T) {
	for _, c := range []struct {
		agreed, rate float64
		want         bool
	}{{0, 1000, true}, {5, 5, true}, {5, 5.1, false}} {
		err := PermittedRate(targets.Target{Name: "staging", Allow: targets.Allow{Rate: c.agreed}}, c.rate)
		if (err == nil) != c.want {
			t.Errorf("agreed %g/s, asked %g/s: %v", c.agreed, c.rate, err)
		}
		if err != nil && !strings.Contains(err.Error(), "targets.staging.allow.rate") {
			t.Errorf("%q does not name the key", err)
		}
	}
}

func TestPermittedWrites(t *testing.T) {
	for _, c := range []struct {
		kind          targets.Kind
		writes, allow bool
		want          bool
	}{
		{targets.KindLive, true, false, false}, {targets.KindLive, true, true, true}, {targets.KindLive, false, false, true},
		{targets.KindMock, true, false, true}, {"", true, false, false},
	} {
		target := targets.Target{Name: "staging", Kind: c.kind, Allow: targets.Allow{Writes: c.allow}}
		err := PermittedWrites(target, targets.Profile{Name: "gestix-write", Writes: c.writes})
		if (err == nil) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
		if err != nil && !strings.Contains(err.Error(), "targets.staging.allow.writes: true in authbench.yaml") {
			t.Errorf("%q does not name the key", err)
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "192.0.2.1:80": false, "[2001:db8::1]:80": false, "x": false,
	} {
		if err := loopbackOnly("tcp", address, nil); (err == nil) != want {
			t.Errorf("loopbackOnly(%s) = %v", address, err)
		}
	}
}

// No system connects to the broadcast address, so nothing is sent even if nobody checks; only the error tells.
func TestSenderConnectsToLoopbackOnly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dial := newSender(Options{MaxWorkers: 1, Timeout: deadline}, false).DialContext
	conn, err := dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if _, err := dial(t.Context(), "tcp", "255.255.255.255:80"); err == nil || !strings.Contains(err.Error(), "not a loopback address") {
		t.Errorf("connecting elsewhere gave %v", err)
	}
}
