package threshold

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/authbench/authbench/targets"
)

// quantity is what a limit is counted in. The base unit is in brackets.
type quantity int

const (
	length    quantity = iota // time [ns]
	share                     // of all calls [1]
	number                    // a count [1]
	frequency                 // calls per second [1/s]
	perExpiry                 // refreshes per expiry [1]
)

// unit is a name for so many base units.
type unit struct {
	name string
	size *big.Rat
}

var (
	timeUnits = []unit{{"ns", big.NewRat(1, 1)}, {"us", big.NewRat(1e3, 1)}, {"ms", big.NewRat(1e6, 1)}, {"s", big.NewRat(1e9, 1)}}
	rateUnits = []unit{{"/s", big.NewRat(1, 1)}, {"/m", big.NewRat(1, 60)}, {"/h", big.NewRat(1, 3600)}}
)

func named(units []unit, name string) (unit, bool) {
	for _, u := range units {
		if u.name == name {
			return u, true
		}
	}
	return unit{}, false
}

func unitNames(units []unit) []string {
	var names []string
	for _, u := range units {
		names = append(names, u.name)
	}
	return names
}

// decimal is a number as people write it. big.Rat would also read fractions, hexadecimal and exponents of any size.
var decimal = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(.*)$`)

// readLimit reads what stands after the operator.
func (t *Threshold) readLimit(text string) error {
	mend := fmt.Sprintf("write it like %s%s", t.metric.name, t.metric.example)
	if text == "" {
		return fmt.Errorf("%s has no limit: %s", t.metric.name+t.operator, mend)
	}
	parts := decimal.FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("the limit %q is no number above zero with a unit: %s", text, mend)
	}
	value, ok := new(big.Rat).SetString(strings.TrimSuffix(parts[1], "."))
	if !ok {
		return fmt.Errorf("the limit %q is no number: %s", text, mend)
	}
	u, q, err := t.unit(parts[1], strings.TrimSpace(parts[2]), value)
	if err != nil {
		return err
	}
	t.limit, t.quantity = value.Mul(value, u.size), q
	return nil
}

// unit finds the unit of a limit that was written with the given number.
func (t *Threshold) unit(number string, name string, value *big.Rat) (unit, quantity, error) {
	m := t.metric
	written := func(u string) string { return m.name + t.operator + number + u }
	switch m.kind {
	case duration:
		if name == "µs" || name == "μs" {
			name = "us"
		}
		if u, ok := named(timeUnits, name); ok {
			return u, length, nil
		}
		if name == "" {
			return unit{}, 0, fmt.Errorf("%s has no unit: write %s, or another of ns, us, ms, s", written(""), written("ms"))
		}
		return unit{}, 0, wrongUnit(m, name, unitNames(timeUnits))
	case rate:
		if u, ok := named(rateUnits, name); ok {
			return u, frequency, nil
		}
		if name == "" {
			return unit{}, 0, fmt.Errorf("%s has no unit: write %s", written(""), written("/s"))
		}
		return unit{}, 0, wrongUnit(m, name, unitNames(rateUnits))
	case refreshes:
		return t.counted(name, "/expiry", perExpiry, value, written)
	case errorsMet:
		return t.counted(name, "%", share, value, written)
	}
	return ofSuccess(m, name, value, written)
}

var (
	one     = unit{"", big.NewRat(1, 1)}
	percent = unit{"%", big.NewRat(1, 100)}
)

// counted is a limit that is a count, or with its unit a ratio.
func (t *Threshold) counted(name, ratio string, q quantity, value *big.Rat, written func(string) string) (unit, quantity, error) {
	switch {
	case name == ratio && q == share:
		return percent, q, nil
	case name == ratio:
		return one, q, nil
	case name != "":
		return unit{}, 0, fmt.Errorf("%s has no unit %q%s: write %s, or a whole number", t.metric.name, name,
			targets.DidYouMean(name, []string{ratio}), written(ratio))
	case !value.IsInt():
		return unit{}, 0, fmt.Errorf("%s is no count: write a whole number, or %s", written(""), written(ratio))
	}
	return one, number, nil
}

// ofSuccess is a percentage, or a fraction of 1.
func ofSuccess(m metric, name string, value *big.Rat, written func(string) string) (unit, quantity, error) {
	switch {
	case name == "%":
		return percent, share, nil
	case name != "":
		return unit{}, 0, wrongUnit(m, name, []string{"%"})
	case value.Cmp(big.NewRat(1, 1)) > 0:
		return unit{}, 0, fmt.Errorf("%s is no fraction of the calls: write %s", written(""), written("%"))
	}
	return one, share, nil
}

func wrongUnit(m metric, name string, known []string) error {
	return fmt.Errorf("%s has no unit %q%s: choose from %s, as in %s%s", m.name, name, targets.DidYouMean(name, known),
		strings.Join(known, ", "), m.name, m.example)
}
