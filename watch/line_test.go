package watch

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/authbench/authbench/targets"
)

var denied = Event{
	Vendor: "gillie", Number: 3, At: time.Date(2026, 11, 24, 10, 0, 7, 123_000_000, time.UTC), Method: "GET",
	URI:     "/api/customers?apikey=<public_key>&apisalt=1795489554123&apihash=<hash>",
	Outcome: targets.OutcomeDenied, Status: 403, Reason: "salt out of the window", Why: "the salt is in milliseconds: send whole seconds",
}

func lineOf(t *testing.T, s Style, e Event) string {
	t.Helper()
	var b strings.Builder
	if err := s.Line(&b, e); err != nil {
		t.Fatal(err)
	}
	line, rest, found := strings.Cut(b.String(), "\n")
	if !found || rest != "" {
		t.Errorf("not one line: %q", b.String())
	}
	return line
}

func TestLine(t *testing.T) {
	accepted, silent, forged := denied, denied, denied
	accepted.Outcome, accepted.Status, accepted.Why = targets.OutcomeAccepted, 200, ""
	silent.Outcome, silent.Status, silent.Number = targets.OutcomeSilence, 0, 12345
	forged.URI, forged.Why = "/a\nb", "one\n two"
	for _, c := range []struct {
		style Style
		event Event
		want  string
	}{
		{Style{}, denied, "10:00:07.123  #3   403 denied    GET /api/customers?apikey=<public_key>&apisalt=1795489554123&apihash=<hash>" +
			"  the salt is in milliseconds: send whole seconds"},
		{Style{Width: 140}, denied, "10:00:07.123  #3   403 denied    GET /api/customers?apikey=<public_key>&apisalt=1795…&apih…" +
			"  the salt is in milliseconds: send whole seconds"},
		{Style{Width: 150}, denied, "10:00:07.123  #3   403 denied    GET /api/customers?apikey=<public_key>&apisalt=1795…&apihash=<hash>" +
			"  the salt is in milliseconds: send whole seconds"},
		{Style{Width: 80}, denied, "10:00:07.123  #3   403 denied    GET /api/customers?apik…  the salt is in milli…"},
		{Style{Width: 80}, accepted, "10:00:07.123  #3   200 accepted  GET /api/customers?apikey=<public_key>&apisalt…"},
		{Style{Color: true}, accepted, "10:00:07.123  #3   \033[32m200 accepted\033[0m  GET " + accepted.URI},
		{Style{Vendors: true}, accepted, "10:00:07.123  gillie       #3   200 accepted  GET " + accepted.URI},
		{Style{}, silent, "10:00:07.123  #12345 --- silence   GET " + silent.URI + "  " + silent.Why},
		{Style{}, forged, "10:00:07.123  #3   403 denied    GET /a b  one two"},
	} {
		if got := lineOf(t, c.style, c.event); got != c.want {
			t.Errorf("%+v:\n%s\nwant\n%s", c.style, got, c.want)
		}
	}
}

// However narrow the terminal, however long request and explanation: the line fits.
func TestLinesFit(t *testing.T) {
	for width := 40; width < 200; width++ {
		for _, n := range []int{0, 1, 10, 100, 300} {
			for _, m := range []int{0, 1, 10, 100, 300} {
				e := denied
				e.URI, e.Why = "/"+strings.Repeat("u", n), strings.Repeat("w", m)
				if line := lineOf(t, Style{Width: width}, e); utf8.RuneCountInString(line) > width {
					t.Fatalf("%d columns in %d: %s", utf8.RuneCountInString(line), width, line)
				}
			}
		}
	}
}
