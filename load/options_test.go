package load

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]float64{
		"200/s": 200, "200": 200, "12000/m": 200, "0.5/s": 0.5, "3600/h": 1, "1e3/s": 1000, " 200 / s ": 200, "1000000/s": 1e6,
	} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseRateRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":          "not a number",
		"/s":        "not a number",
		"fast":      "not a number",
		"max":       "not a number",
		"NaN":       "not a number",
		"nan/s":     "not a number",
		"Inf":       "not a number",
		"-inf/s":    "not a number",
		"infinity":  "not a number",
		"1e999":     "not a number",
		"0x10/s":    "not a number",
		"1_000/s":   "not a number",
		"1,5/s":     "not a number",
		"200s":      "not a number",
		"2 0/s":     "not a number",
		"0":         "not above 0",
		"0/s":       "not above 0",
		"-0/s":      "not above 0",
		"-5/s":      "not above 0",
		"1e-323/h":  "not above 0",
		"200/":      "none of s, m and h",
		"200/day":   "none of s, m and h",
		"200/s/s":   "none of s, m and h",
		"200/S":     "none of s, m and h",
		"1000001/s": "at most 1000000/s",
		"1e300/m":   "at most 1000000/s",
	} {
		got, err := ParseRate(text)
		if err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", text, got)
			continue
		}
		message := err.Error()
		if !strings.Contains(message, says) || strings.Contains(message, "\n") || message[:1] != strings.ToLower(message[:1]) {
			t.Errorf("ParseRate(%q): %q is not one lower-case line that says %q", text, message, says)
		}
	}
}

func TestOptionsComplete(t *testing.T) {
	valid := Options{Rate: 10, Duration: time.Second}
	for name, c := range map[string]struct {
		with             func(*Options)
		workers, maximum int
	}{
		"nothing":          {func(*Options) {}, DefaultWorkers, DefaultMaxWorkers},
		"a low bound":      {func(o *Options) { o.MaxWorkers = 3 }, 3, 3},
		"many workers":     {func(o *Options) { o.Workers = 500 }, 500, 500},
		"both":             {func(o *Options) { o.Workers, o.MaxWorkers = 2, 4 }, 2, 4},
		"only few workers": {func(o *Options) { o.Workers = 1 }, 1, DefaultMaxWorkers},
	} {
		o := valid
		c.with(&o)
		got, err := o.complete()
		if err != nil || got.Workers != c.workers || got.MaxWorkers != c.maximum || got.Timeout != DefaultTimeout {
			t.Errorf("%s: %d workers, at most %d, timeout %v, %v", name, got.Workers, got.MaxWorkers, got.Timeout, err)
		}
	}
}

func TestOptionsRefuses(t *testing.T) {
	for says, with := range map[string]func(*Options){
		"the rate is 0":            func(o *Options) { o.Rate = 0 },
		"the rate is -1":           func(o *Options) { o.Rate = -1 },
		"the rate is NaN":          func(o *Options) { o.Rate = math.NaN() },
		"out of reach":             func(o *Options) { o.Rate = math.Inf(1) },
		"the duration is 0s":       func(o *Options) { o.Duration = 0 },
		"at most --duration":       func(o *Options) { o.Duration = math.MaxInt64 },
		"the timeout is -1s":       func(o *Options) { o.Timeout = -time.Second },
		"offers no request":        func(o *Options) { o.Rate = 0.1 },
		"-1 workers":               func(o *Options) { o.Workers = -1 },
		"exceed the bound of 3":    func(o *Options) { o.Workers, o.MaxWorkers = 4, 3 },
		"numbers above 0, such as": func(o *Options) { o.MaxWorkers = -1 },
	} {
		o := Options{Rate: 10, Duration: time.Second}
		with(&o)
		if _, err := o.complete(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got error %v, want one that says %q", err, says)
		}
	}
}
