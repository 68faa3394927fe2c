package threshold

import "math/big"

// maxDigits bounds the digits that a value is written with.
const maxDigits = 9

// show writes a value like its limit, with three digits or as many more as it takes to be seen on its side of the limit, and
// short of all or none where it is: rounding must hide neither a miss nor a failure.
func (t Threshold) show(value *big.Rat) string {
	u, digits := t.written(value)
	for ; ; digits++ {
		text := new(big.Rat).Quo(value, u.size).FloatString(digits)
		seen, _ := new(big.Rat).SetString(text)
		seen.Mul(seen, u.size)
		if digits >= maxDigits || t.holds(seen) == t.holds(value) && (t.quantity != share || extreme(seen) == extreme(value)) {
			return text + u.name
		}
	}
}

// extreme says that a share is none or all.
func extreme(v *big.Rat) bool { return v.Sign() == 0 || v.Cmp(big.NewRat(1, 1)) == 0 }

// written is the unit that suits a value, and how many digits follow its point.
func (t Threshold) written(value *big.Rat) (unit, int) {
	switch t.quantity {
	case share:
		return percent, 2
	case number:
		return one, 0
	case frequency:
		return rateUnits[0], 1
	case perExpiry:
		return unit{"/expiry", big.NewRat(1, 1)}, 2
	}
	u := timeUnits[0]
	for _, next := range timeUnits[1:] {
		if times(value, u) >= 999.5 {
			u = next
		}
	}
	switch n := times(value, u); {
	case n >= 99.95 || u.name == "ns":
		return u, 0
	case n >= 9.995:
		return u, 1
	}
	return u, 2
}

// times is roughly how many of a unit a value is.
func times(value *big.Rat, u unit) float64 {
	n, _ := new(big.Rat).Quo(value, u.size).Float64()
	return n
}
