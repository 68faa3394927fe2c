package steps_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

func notAccused(t *testing.T, results map[string]record.ClauseResult, sum record.Summary) {
	t.Helper()
	if sum.Failed > 0 || sum.Errored > 0 || sum.Kept == 0 {
		t.Errorf("%+v", sum)
	}
	for _, c := range results {
		for _, s := range c.Scenarios {
			if s.Verdict == record.Failed || s.Verdict == record.Errored {
				t.Errorf("%s %q %s: expected %s, got %s %s", c.ID, s.Name, s.Verdict, s.Expected, s.Actual, s.Reason)
			}
		}
	}
}

func TestStrangersThatKeepTheContractAreNotAccused(t *testing.T) {
	for name, habits := range map[string]string{
		"plain":                             "",
		"a public page everywhere":          "page",
		"a page for nothing, with a key":    "soft-404",
		"no Date header":                    "no-date",
		"dates out of a cache":              "cached",
		"the same examples in both Areas":   "examples",
		"and no way to add one":             "examples no-writes",
		"lists of links beside the records": "links",
		"links that name the reader's key":  "viewer-links",
		"compressed replies":                "compresses",
		"a hash is good once":               "once",
		"once on each of two nodes":         "once-a-node",
		"three times":                       "three-times",
		"denials show the request":          "echoes",
		"the last apikey counts":            "last-key",
		"one apikey alone is taken":         "one-key",
	} {
		t.Run(name, func(t *testing.T) {
			for _, change := range []func(*targets.Target, *steps.Suite){nil, writes} {
				results, sum := newStranger(habits).visit(t, change)
				notAccused(t, results, sum)
			}
		})
	}
}

func TestStrangersInOddPlacesAreNotAccused(t *testing.T) {
	for name, c := range map[string]struct {
		set    func(*stranger)
		change func(*targets.Target, *steps.Suite)
	}{
		"below a base path": {func(s *stranger) { s.base = "/some/base" }, nil},
		"paths with a query": {func(*stranger) {}, func(t *targets.Target, _ *steps.Suite) {
			t.Paths["inside"], t.Paths["outside"] = "/api/customers?view=all/x", "/api/users?view=all/x"
		}},
		"one call in 20 s":        {func(*stranger) {}, func(t *targets.Target, _ *steps.Suite) { t.Allow.Rate = 0.05 }},
		"each call takes 8 s":     {func(s *stranger) { s.slow = 8 * time.Second }, nil},
		"a clock 40 min too slow": {func(s *stranger) { s.ahead = -40 * time.Minute }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStranger("")
			c.set(s)
			results, sum := s.visit(t, c.change)
			notAccused(t, results, sum)
		})
	}
}

// Where the clock can be read it is believed, before a reset and after it, whatever the replies are dated.
func TestTheControlClockIsBelieved(t *testing.T) {
	for _, habits := range []string{"", "moved", "moved no-date", "cached"} {
		for _, rate := range []float64{0, 0.05} {
			s := newStranger(habits)
			results, sum := s.visit(t, func(t *targets.Target, _ *steps.Suite) { t.Control, t.Allow.Rate = "yes", rate }, "GIL-06", "GIL-07", "GIL-18")
			notAccused(t, results, sum)
			if sum.Skipped > 0 || sum.Kept != 2 {
				t.Errorf("%s, %v/s: %+v", habits, rate, sum)
			}
			if text := reasons(results["GIL-07"]); !strings.Contains(text, "accepts from -600 s to +600 s") {
				t.Errorf("%s, %v/s: %s", habits, rate, text)
			}
		}
	}
}

// What a target gives no means for is untested: a black box with the two keys that every configuration has.
func TestABlackBoxWithTwoKeys(t *testing.T) {
	two := targets.Credentials{"public_key": strangersKeys["public_key"], "private_key": strangersKeys["private_key"]}
	results, sum := newStranger("").visit(t, func(t *targets.Target, s *steps.Suite) { t.Credentials, s.Timeout = two, steps.DefaultTimeout })
	notAccused(t, results, sum)
	var untested []string
	for id, c := range results {
		if c.Verdict == record.Untested {
			untested = append(untested, id)
			if !strings.Contains(reasons(c), "needs ") {
				t.Errorf("%s does not say what it needs: %s", id, reasons(c))
			}
		}
	}
	slices.Sort(untested)
	if want := []string{"GIL-07", "GIL-11", "GIL-12", "GIL-13", "GIL-14", "GIL-15", "GIL-18"}; !slices.Equal(untested, want) {
		t.Errorf("untested are %v, want %v", untested, want)
	}
}

// untestedFor wants a clause to accuse nobody and to name what it needs.
func untestedFor(t *testing.T, results map[string]record.ClauseResult, clause, needs string) {
	t.Helper()
	if c := results[clause]; c.Verdict != record.Untested || !strings.Contains(reasons(c), needs) {
		t.Errorf("%s is %s: %s; want %q", clause, c.Verdict, reasons(c), needs)
	}
}

func TestWhatCannotBeToldIsUntested(t *testing.T) {
	results, _ := newStranger("no-date").visit(t, nil, "GIL-06")
	untestedFor(t, results, "GIL-06", "needs a Date header")

	s := newStranger("")
	s.slow = 12 * time.Second
	results, _ = s.visit(t, nil, "GIL-06")
	untestedFor(t, results, "GIL-06", "needs replies within 10s")

	results, _ = newStranger("").visit(t, func(t *targets.Target, _ *steps.Suite) {
		t.Credentials = targets.Credentials{"public_key": t.Credentials["public_key"], "private_key": "private-of-pub"}
	}, "GIL-20")
	if results["GIL-20"].Verdict != record.Kept {
		t.Errorf("GIL-20 is %s: %s", results["GIL-20"].Verdict, reasons(results["GIL-20"]))
	}
	results, _ = newStranger("runs-away").visit(t, control, "GIL-07")
	untestedFor(t, results, "GIL-07", "shows the same second before and after a call")

	// Equal records accuse nobody and clear nobody, where none of our own may be made.
	for _, habits := range []string{"examples", "examples leak", "examples viewer-links leak"} {
		results, _ = newStranger(habits).visit(t, nil, "GIL-15")
		untestedFor(t, results, "GIL-15", "allow: {writes: true}")
	}
	results, _ = newStranger("examples no-writes").visit(t, writes, "GIL-15")
	untestedFor(t, results, "GIL-15", "a path `read` that takes a new record")
}

// What says neither yes nor no is no finding: neither clause is kept, and none is broken.
func TestWhatIsNoAnswerIsErrored(t *testing.T) {
	for name, c := range map[string]struct {
		s       *stranger
		change  func(*targets.Target, *steps.Suite)
		clauses []string // the first is the one that is looked at
		because string
	}{
		"a rate limit":                {&stranger{limit: 8}, nil, []string{"GIL-08"}, "called less often (429)"},
		"a lock-out, asked for good":  {&stranger{lock: 4}, nil, []string{"GIL-06", "GIL-05"}, "no good call is accepted any more (lock-out or revoked key?)"},
		"a lock-out, asked for bad":   {&stranger{lock: 3}, nil, []string{"GIL-08"}, "no good call is accepted any more (lock-out or revoked key?)"},
		"a control that does nothing": {newStranger("stands-still"), control, []string{"GIL-18"}, "the clock moved by 0s"},
		"a slow reply near the edge":  {&stranger{slow: 12 * time.Second}, control, []string{"GIL-06"}, "too late to judge a salt so near"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStranger("")
			s.limit, s.lock, s.slow = c.s.limit, c.s.lock, c.s.slow
			if c.s.habits != nil {
				s.habits = c.s.habits
			}
			results, sum := s.visit(t, c.change, c.clauses...)
			got := results[c.clauses[0]]
			if sum.Failed != 0 || sum.Errored == 0 || got.Verdict != record.Untested || !strings.Contains(reasons(got), c.because) {
				t.Errorf("%s is %s, %d failed: %s", got.ID, got.Verdict, sum.Failed, reasons(got))
			}
		})
	}
}
