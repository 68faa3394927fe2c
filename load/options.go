package load

import (
	"crypto/tls"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authbench/authbench/load/threshold"
	"github.com/authbench/authbench/targets"
)

// What Run takes when Options says nothing.
const (
	// DefaultWorkers is how many requests can be under way before vegeta has to start another worker.
	DefaultWorkers = 10
	// DefaultMaxWorkers bounds the requests that are under way at once, and so the connections to the target.
	DefaultMaxWorkers = 100
	// DefaultTimeout is the time that one request may take.
	DefaultTimeout = 10 * time.Second
)

// maxRate is the rate, per second, above which no due time could be told from the next: it guards arithmetic, and is far
// beyond what one machine sends.
const maxRate = 1e6

// maxRun bounds a run, so that no product of rate and duration overflows.
const maxRun = 366 * 24 * time.Hour

// Options say how much load is offered and how. The zero value is not valid: Rate and Duration have no default.
type Options struct {
	// Rate is in requests per second, above 0 and at most a million.
	Rate float64
	// Duration is the time over which requests fall due, above 0. Rate times Duration, rounded, is the number of requests.
	Duration time.Duration
	// Workers is how many workers vegeta starts with, MaxWorkers how many it may have: no more requests than that are
	// under way at once. 0 means the default, fitted to the other of the two.
	Workers, MaxWorkers int
	// Timeout bounds one request from the moment it is sent to the last byte of the reply, and, counted apart, what an
	// operation does before it, between two of them and after the last. 0 means DefaultTimeout.
	Timeout time.Duration
	// Sessions is how many sessions the profile may keep at once, Refresh the ways in which it renews them, each once: they
	// are compared. 0 means one session, nil the profile's default way. A profile without sessions takes neither.
	Sessions int
	Refresh  []string
	// Mix is how many calls of each kind are made, for a profile that mixes kinds; nil means the profile's own.
	Mix []targets.Share
	// Thresholds are what the run has to keep to. Those of AbortOn end it before its time once they are missed, and are judged
	// with the others if they are not.
	Thresholds, AbortOn []threshold.Threshold
	// TLS is used for https as it is (see targets.TLS.Config); nil trusts the system's authorities. A target whose own TLS
	// settings are not empty has to come with one.
	TLS *tls.Config
	// Progress, unless nil, is called about every 200 ms and once at the end, always from the same goroutine and never
	// after Run has returned.
	Progress func(Progress)
}

// Progress is how far a run has come.
type Progress struct {
	Elapsed  time.Duration // since the first request was due
	Duration time.Duration // of the whole run, as asked for; Elapsed exceeds it while the last replies are awaited
	Sent     int           // calls sent
	Done     int           // calls that were answered or failed
	Errors   int           // of those done, the ones without the reply that the contract asks for; and those never sent
	Sessions int           // sessions opened
	// AchievedRate is calls sent per second, by the definition of record.Achieved.
	AchievedRate float64
	// P99 is of the response time of all calls done, within 1 %; 0 before the first.
	P99 time.Duration
}

// complete fills in the defaults and says what is wrong with the rest.
func (o Options) complete() (Options, error) {
	switch {
	case math.IsNaN(o.Rate) || o.Rate <= 0:
		return o, fmt.Errorf("the rate is %v: give a number of requests per second above 0, such as --rate 200/s", o.Rate)
	case o.Rate > maxRate:
		return o, fmt.Errorf("the rate of %g/s is out of reach: give at most --rate %.0f/s", o.Rate, maxRate)
	case o.Duration <= 0:
		return o, fmt.Errorf("the duration is %v: give one above 0, such as --duration 30s", o.Duration)
	case o.Duration > maxRun:
		return o, fmt.Errorf("the duration is %v: give at most --duration %v", o.Duration, maxRun)
	case o.Timeout < 0:
		return o, fmt.Errorf("the timeout is %v: give one above 0, such as --timeout 10s", o.Timeout)
	case o.Workers < 0 || o.MaxWorkers < 0:
		return o, fmt.Errorf("%d workers, at most %d: give numbers above 0, such as --workers %d --max-workers %d",
			o.Workers, o.MaxWorkers, DefaultWorkers, DefaultMaxWorkers)
	case o.MaxWorkers > 0 && o.MaxWorkers < o.Workers:
		return o, fmt.Errorf("%d workers exceed the bound of %d: raise --max-workers or lower --workers", o.Workers, o.MaxWorkers)
	}
	if newSchedule(o.Rate, o.Duration).total == 0 {
		return o, fmt.Errorf("%v at %g/s offers no request: give a longer --duration or a higher --rate", o.Duration, o.Rate)
	}
	if o.MaxWorkers == 0 {
		o.MaxWorkers = max(DefaultMaxWorkers, o.Workers)
	}
	if o.Workers == 0 {
		o.Workers = min(DefaultWorkers, o.MaxWorkers)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	return o, nil
}

// sessions fills in the profile's own defaults and says what of the rest the profile does not know.
func (o Options) sessions(p targets.Profile) (Options, error) {
	switch {
	case o.Sessions < 0:
		return o, fmt.Errorf("%d sessions: give at least --sessions 1", o.Sessions)
	case p.Refresh == nil && o.Refresh != nil:
		return o, fmt.Errorf("the profile %s keeps no sessions: leave --refresh out", p.Name)
	case p.Refresh == nil && o.Sessions > 1:
		return o, fmt.Errorf("the profile %s keeps no sessions: leave --sessions out", p.Name)
	}
	for i, way := range o.Refresh {
		if !slices.Contains(p.Refresh, way) {
			return o, fmt.Errorf("the profile %s cannot renew sessions by %q%s: choose --refresh from %s",
				p.Name, way, targets.DidYouMean(way, p.Refresh), strings.Join(p.Refresh, ", "))
		}
		if slices.Contains(o.Refresh[:i], way) {
			return o, fmt.Errorf("--refresh %s is given twice: a way cannot be compared with itself", way)
		}
	}
	if o.Sessions == 0 {
		o.Sessions = 1
	}
	if o.Refresh == nil && p.Refresh != nil {
		o.Refresh = p.Refresh[:1]
	}
	return o, nil
}

// mixed fills in the profile's own mix and says what of another the profile does not know. A kind that is not named is left
// out.
func (o Options) mixed(p targets.Profile) (Options, error) {
	var kinds []string
	for _, share := range p.Mix {
		kinds = append(kinds, share.Kind)
	}
	total := 0
	for i, share := range o.Mix {
		switch {
		case p.Mix == nil:
			return o, fmt.Errorf("the profile %s makes one kind of call: leave --mix out", p.Name)
		case !slices.Contains(kinds, share.Kind):
			return o, fmt.Errorf("the profile %s has no calls of the kind %q%s: choose from %s",
				p.Name, share.Kind, targets.DidYouMean(share.Kind, kinds), strings.Join(kinds, ", "))
		case slices.ContainsFunc(o.Mix[:i], func(other targets.Share) bool { return other.Kind == share.Kind }):
			return o, fmt.Errorf("--mix names %s twice: give it one share", share.Kind)
		}
		total += share.Percent
	}
	if o.Mix != nil && total != 100 {
		return o, fmt.Errorf("the shares of --mix add up to %d, not to 100: write it like %s", total, mixText(p.Mix))
	}
	if o.Mix == nil {
		o.Mix = p.Mix
	}
	return o, nil
}

func mixText(mix []targets.Share) string {
	var parts []string
	for _, share := range mix {
		parts = append(parts, fmt.Sprintf("%s=%d", share.Kind, share.Percent))
	}
	return strings.Join(parts, ",")
}

// ParseMix reads a mix such as "good=70,empty=10,invalid=10,missing=10"; what a profile makes of it is judged by Run.
func ParseMix(text string) ([]targets.Share, error) {
	var mix []targets.Share
	for part := range strings.SplitSeq(text, ",") {
		kind, number, found := strings.Cut(strings.TrimSpace(part), "=")
		percent, err := strconv.Atoi(number)
		if !found || kind == "" || err != nil || percent < 0 || percent > 100 {
			return nil, fmt.Errorf("%q is no share: write the mix like good=70,missing=30, in percent", strings.TrimSpace(part))
		}
		mix = append(mix, targets.Share{Kind: kind, Percent: percent})
	}
	return mix, nil
}

// units are what a rate may be per, in seconds.
var units = map[string]float64{"s": 1, "m": 60, "h": 3600}

// ParseRate reads a rate such as "200/s", "200" (per second), "12000/m" or "0.5/s" and returns it in requests per second.
// A rate that is not a finite number above 0, or is more than a million a second, is an error of one line.
func ParseRate(text string) (float64, error) {
	const mend = "write it like 200/s, 0.5/s or 12000/m"
	number, unit, found := strings.Cut(strings.TrimSpace(text), "/")
	if !found {
		unit = "s"
	}
	per, known := units[strings.TrimSpace(unit)]
	if !known {
		return 0, fmt.Errorf("rate %q is per %q, which is none of s, m and h: %s", text, unit, mend)
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	// Letters of any kind but an exponent's would let through "inf", "nan" and hexadecimal numbers.
	if err != nil || strings.Trim(strings.TrimSpace(number), "+-.0123456789eE") != "" || math.IsInf(n, 0) {
		return 0, fmt.Errorf("rate %q is not a number of requests: %s", text, mend)
	}
	switch rate := n / per; {
	case rate <= 0:
		return 0, fmt.Errorf("rate %q is not above 0: %s", text, mend)
	case rate > maxRate:
		return 0, fmt.Errorf("rate %q is out of reach: give at most %.0f/s", text, maxRate)
	default:
		return rate, nil
	}
}
