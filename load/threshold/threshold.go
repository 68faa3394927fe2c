// Package threshold reads what a load run has to keep to, such as p99<50ms or read:success>=99.9%, and judges a run by it. It
// is pure: values in, values out. Numbers are compared as exact fractions, so a limit of 99.9% is met by 999 of 1000.
package threshold

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets"
)

// Threshold is one expression that was read. The zero value is none. It is immutable.
type Threshold struct {
	place    string // where it was given
	text     string // as it was given, without spaces around its parts
	row      string // the row or way that it is about; "" for all calls
	service  bool   // the service time, not the response time
	metric   metric
	operator string
	limit    *big.Rat // in the base unit of its quantity
	quantity quantity
}

// String is the expression, without spaces around its parts.
func (t Threshold) String() string { return t.text }

// kind is what a metric measures.
type kind int

const (
	duration kind = iota
	success
	errorsMet
	rate
	refreshes
)

// metric is one of the words that stand before the operator.
type metric struct {
	name    string
	kind    kind
	quant   float64 // of a duration: the quantile, 0 for the mean
	example string  // a limit that it may have
}

var metrics = []metric{
	{"mean", duration, 0, "<10ms"}, {"p50", duration, 50, "<10ms"}, {"p90", duration, 90, "<20ms"}, {"p95", duration, 95, "<20ms"},
	{"p99", duration, 99, "<50ms"}, {"p999", duration, 99.9, "<100ms"}, {"max", duration, 100, "<500ms"},
	{"success", success, 0, ">=99.9%"}, {"rate", rate, 0, ">=190/s"}, {"errors", errorsMet, 0, "<1%"}, {"refreshes", refreshes, 0, "<=1/expiry"},
}

func metricNames() []string {
	var names []string
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return names
}

// The operators, and what is meant by some that are none.
var (
	operators = []string{"<=", ">=", "<", ">"}
	notQuite  = map[string]string{"=<": "<=", "=>": ">=", "==": "<= or >=", "=": "<= or >=", "!=": "< or >", "≤": "<=", "≥": ">="}
)

// Parse reads an expression that was given at a place, such as --threshold or a line of a file. Its error is one line that
// begins with the place and ends with what to type. Whether a profile has what the expression names is a question for Fits.
func Parse(place, text string) (Threshold, error) {
	t, err := parse(strings.TrimSpace(text))
	if err != nil {
		return Threshold{}, fmt.Errorf("%s: %w", place, err)
	}
	t.place = place
	return t, nil
}

func parse(text string) (Threshold, error) {
	var t Threshold
	at := strings.IndexAny(text, "<>=!≤≥")
	if at < 0 {
		return t, fmt.Errorf("%q has no operator: write it like %s, in quotes, with one of <, <=, >, >=", text, like(text))
	}
	left, rest := strings.TrimSpace(text[:at]), text[at:]
	name, err := t.readSubject(left)
	if err != nil {
		return t, err
	}
	if t.operator, rest, err = readOperator(text, rest); err != nil {
		return t, err
	}
	if err := t.readLimit(strings.TrimSpace(rest)); err != nil {
		return t, err
	}
	t.text = name + t.operator + strings.TrimSpace(rest)
	return t, t.sensible()
}

// like is an example for someone who has typed only the beginning.
func like(text string) string {
	for _, m := range metrics {
		if m.name == text {
			return m.name + m.example
		}
	}
	return "p99<50ms"
}

// readSubject reads [ROW:][service.]METRIC and returns it as it is written out.
func (t *Threshold) readSubject(left string) (string, error) {
	name := left
	if i := strings.LastIndex(left, ":"); i >= 0 {
		t.row, name = strings.TrimSpace(left[:i]), strings.TrimSpace(left[i+1:])
		if t.row == "" {
			return "", fmt.Errorf("%q names no operation before the colon: write it like read:%s, or without a colon", left, like(name))
		}
	}
	clock, rest, dotted := strings.Cut(name, ".")
	if dotted && slices.ContainsFunc(metrics, func(m metric) bool { return m.name == rest }) {
		if clock != "service" && clock != "response" {
			return "", fmt.Errorf("there is no clock %q%s: choose service.%s or response.%s", clock,
				targets.DidYouMean(clock, []string{"service", "response"}), rest, rest)
		}
		t.service, name = clock == "service", rest
	}
	i := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })
	if i < 0 {
		return "", fmt.Errorf("there is no metric %q%s: choose from %s", name, targets.DidYouMean(name, metricNames()),
			strings.Join(metricNames(), ", "))
	}
	if t.metric = metrics[i]; dotted && t.metric.kind != duration {
		return "", fmt.Errorf("%s is no time and has no clock: write %s%s", name, name, t.metric.example)
	}
	subject := name
	if dotted {
		subject = clock + "." + name
	}
	if t.row != "" {
		subject = t.row + ":" + subject
	}
	return subject, nil
}

func readOperator(text, rest string) (operator, limit string, err error) {
	end := strings.IndexFunc(rest, func(r rune) bool { return !strings.ContainsRune("<>=!≤≥", r) })
	if end < 0 {
		end = len(rest)
	}
	operator, limit = rest[:end], rest[end:]
	if slices.Contains(operators, operator) {
		return operator, limit, nil
	}
	mend := "choose from <, <=, >, >="
	if meant := notQuite[operator]; meant != "" {
		mend = "write " + meant
	}
	return "", "", fmt.Errorf("%q has the operator %s, which is none: %s", text, operator, mend)
}

// sensible refuses a limit that every value keeps, or none: a check that cannot fail, or cannot but fail, is a mistake.
func (t Threshold) sensible() error {
	lowest, top := t.limit.Sign() == 0, false
	if t.quantity == share {
		whole := big.NewRat(1, 1)
		if t.limit.Cmp(whole) > 0 {
			return fmt.Errorf("%q is more than all calls: write it like %s%s", t.text, t.metric.name, t.metric.example)
		}
		top = t.limit.Cmp(whole) == 0
	}
	switch {
	case lowest && t.operator == "<" || top && t.operator == ">":
		return fmt.Errorf("%q can never be met: write %s", t.text, strings.Replace(t.text, t.operator, t.operator+"=", 1))
	case lowest && t.operator == ">=" || top && t.operator == "<=":
		return fmt.Errorf("%q is always met: write it like %s%s", t.text, t.metric.name, t.metric.example)
	}
	return nil
}

// holds says whether a value keeps to the limit.
func (t Threshold) holds(value *big.Rat) bool {
	switch c := value.Cmp(t.limit); t.operator {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	default:
		return c >= 0
	}
}

// fromAbove says that more is worse.
func (t Threshold) fromAbove() bool { return t.operator == "<" || t.operator == "<=" }
