package reports

import (
	"testing"
	"time"
)

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ns", 1: "1 ns", 999: "999 ns", time.Microsecond: "1.00 us", 12_340: "12.3 us", 999_900: "1.00 ms", 999_499: "999 us",
		time.Millisecond: "1.00 ms", 99_960_000: "100 ms", time.Second: "1.00 s", 999_999_999: "1.00 s", 100 * time.Second: "100 s",
	} {
		if got := short(d); got != want {
			t.Errorf("%d ns: %q, want %q", d, got, want)
		}
	}
}
