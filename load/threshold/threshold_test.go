package threshold

import (
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) Threshold {
	t.Helper()
	made, err := Parse("--threshold", text)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	for text, want := range map[string]string{
		"p99<50ms":                    "p99<50ms 50000000",
		" p99 <  50 ms ":              "p99<50 ms 50000000",
		"mean<=1.5s":                  "mean<=1.5s 1500000000",
		"p999<250us":                  "p999<250us 250000",
		"p50<3µs":                     "p50<3µs 3000",
		"max>=.5us":                   "max>=.5us 500",
		"read:p95<20ms":               "read:p95<20ms 20000000",
		"read single-flight: p95<1ns": "read single-flight:p95<1ns 1",
		"service.p99<10ms":            "service.p99<10ms 10000000",
		"read:response.max<10ms":      "read:response.max<10ms 10000000",
		"success>=99.9%":              "success>=99.9% 999/1000",
		"success>=0.999":              "success>=0.999 999/1000",
		"success>=1":                  "success>=1 1",
		"errors<1%":                   "errors<1% 1/100",
		"errors<=3":                   "errors<=3 3",
		"errors<=0":                   "errors<=0 0",
		"rate>=190/s":                 "rate>=190/s 190",
		"rate>90/m":                   "rate>90/m 3/2",
		"refreshes<=1/expiry":         "refreshes<=1/expiry 1",
		"refreshes<=1.05/expiry":      "refreshes<=1.05/expiry 21/20",
		"naive:refreshes<20":          "naive:refreshes<20 20",
	} {
		made, err := Parse("--threshold", text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := made.String() + " " + made.limit.RatString(); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
		if again, err := Parse("--threshold", made.String()); err != nil || again.String() != made.String() || again.limit.Cmp(made.limit) != 0 {
			t.Errorf("%q is not read again as what it is: %v", made.String(), err)
		}
	}
}

func TestEveryMistakeIsMendedInOneLine(t *testing.T) {
	for text, says := range map[string]string{
		"":                         `"" has no operator: write it like p99<50ms, in quotes`,
		"p95":                      `"p95" has no operator: write it like p95<20ms, in quotes, with one of <, <=, >, >=`,
		"p99=50ms":                 `has the operator =, which is none: write <= or >=`,
		"p99=<50ms":                `has the operator =<, which is none: write <=`,
		"p99<<50ms":                `has the operator <<, which is none: choose from`,
		"p99≤50ms":                 `has the operator ≤, which is none: write <=`,
		"p98<50ms":                 `there is no metric "p98" (did you mean "p90"?): choose from mean, p50,`,
		"p99.9<50ms":               `there is no metric "p99.9" (did you mean "p999"?): choose from`,
		"sucess>=99%":              `there is no metric "sucess" (did you mean "success"?)`,
		"<50ms":                    `there is no metric "": choose from`,
		":p99<50ms":                `names no operation before the colon: write it like read:p99<50ms`,
		"servce.p99<50ms":          `there is no clock "servce" (did you mean "service"?): choose service.p99 or response.p99`,
		"service.success>=99%":     `success is no time and has no clock: write success>=99.9%`,
		"p99<":                     `p99< has no limit: write it like p99<50ms`,
		"p99<fast":                 `the limit "fast" is no number above zero with a unit: write it like p99<50ms`,
		"p99<-5ms":                 `the limit "-5ms" is no number above zero`,
		"p99<1e400ms":              `p99 has no unit "e400ms"`,
		"p99<0x5ms":                `p99 has no unit "x5ms"`,
		"p99<1/2ms":                `p99 has no unit "/2ms"`,
		"p99<9999999999999999ns":   `p99 has no unit "9ns"`,
		"p99<50":                   `p99<50 has no unit: write p99<50ms, or another of ns, us, ms, s`,
		"p99<50msec":               `p99 has no unit "msec" (did you mean "ms"?): choose from ns, us, ms, s, as in p99<50ms`,
		"p99<0ms":                  `"p99<0ms" can never be met: write p99<=0ms`,
		"p99>=0ms":                 `"p99>=0ms" is always met: write it like p99<50ms`,
		"success>=99.9":            `success>=99.9 is no fraction of the calls: write success>=99.9%`,
		"success>=101%":            `"success>=101%" is more than all calls: write it like success>=99.9%`,
		"success>100%":             `"success>100%" can never be met: write success>=100%`,
		"success<=100%":            `"success<=100%" is always met`,
		"success>=99ms":            `success has no unit "ms": choose from %, as in success>=99.9%`,
		"errors<0.5":               `errors<0.5 is no count: write a whole number, or errors<0.5%`,
		"errors<5ms":               `errors has no unit "ms": write errors<5%, or a whole number`,
		"errors<0":                 `"errors<0" can never be met: write errors<=0`,
		"rate>=190":                `rate>=190 has no unit: write rate>=190/s`,
		"rate>=190/sec":            `rate has no unit "/sec" (did you mean "/s"?): choose from /s, /m, /h`,
		"refreshes<=1.5":           `refreshes<=1.5 is no count: write a whole number, or refreshes<=1.5/expiry`,
		"refreshes<=1/expiration":  `refreshes has no unit "/expiration" (did you mean "/expiry"?): write refreshes<=1/expiry`,
		"p99<50ms and p95<20ms":    `p99 has no unit "ms and p95<20ms"`,
		"p99<50ms\nsuccess>=99.9%": `p99`,
	} {
		_, err := Parse("here.yaml:3:4: thresholds", text)
		if err == nil || !strings.HasPrefix(err.Error(), "here.yaml:3:4: thresholds: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v\nwant %s", text, err, says)
			continue
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error has several lines: %v", text, err)
		}
		if _, mend, found := strings.Cut(err.Error(), "can never be met: write "); found {
			mustParse(t, mend)
		}
	}
}
