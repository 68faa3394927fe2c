package mock

import (
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/authbench/authbench/targets"
)

func TestMissingNonce(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	for _, auth := range []string{d.session(), d.userSession()} {
		d.want(d.post(auth, "-", "X"), 400, "INVALID_ARGUMENT")
		d.want(d.send("PUT", "/customers?id=1001", auth, `{"name":"X"}`), 400, "INVALID_ARGUMENT")
		d.want(d.send("POST", "/customers", auth, `{"code":"X","name":"X","nonce":5}`), 400, "INVALID_ARGUMENT")
		for _, header := range [][2]string{{"nonce", "5"}, {"X-Nonce", "5"}, {"Cookie", "nonce=5"}} {
			r := httptest.NewRequest("POST", d.m.accounts[0].base()+"/customers", strings.NewReader(customer("X")))
			r.Header.Set("Authorization", auth)
			r.Header.Set(header[0], header[1])
			d.want(d.serve(r), 400, "INVALID_ARGUMENT")
		}
		if d.holds("X") != 0 {
			t.Error("a write without a nonce was written")
		}
		d.want(d.send("GET", "/customers", auth, ""), 200, "")
	}
}

func TestMalformedNonce(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	s := d.session()
	for _, nonce := range []string{
		"", "0", "-1", "-9223372036854775808", "1.5", "7.0", "1e3", "soon", "NaN", "12abc", "%20", "%2B5", "+5", "%205", "5%20", "5%0A",
		"0x1F", "1,000", "%EF%BC%95", "9223372036854775808", "18446744073709551615", "18446744073709551617", strings.Repeat("9", 100),
		"5&nonce=6",
	} {
		d.want(d.post(s, nonce, "X"), 400, "INVALID_ARGUMENT")
		d.want(d.send("PUT", "/customers?id=1001&nonce="+nonce, s, `{"name":"X"}`), 400, "INVALID_ARGUMENT")
	}
	if d.holds("X") != 0 {
		t.Error("a write with a malformed nonce was written")
	}
	d.want(d.post(s, "1", "Y"), 201, "")
}

func TestRisingNonce(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	s := d.session()
	made := 0
	for _, c := range []struct {
		nonce int64
		good  bool
	}{
		{1, true}, {1, false}, {2, true}, {10, true}, {9, false}, {1 << 31, true}, {1<<31 - 1, false}, {1<<32 + 1, true}, {2, false},
		{1 << 53, true}, {1<<53 + 1, true}, {1 << 53, false}, {math.MaxInt64 - 1, true}, {math.MaxInt64, true}, {math.MaxInt64, false}, {1, false},
	} {
		made++
		code := fmt.Sprintf("N%03d", made)
		a := d.post(s, fmt.Sprint(c.nonce), code)
		if c.good {
			d.want(a, 201, "")
		} else {
			d.want(a, 400, "INVALID_ARGUMENT")
		}
		if written := d.holds(code) == 1; written != c.good {
			t.Errorf("nonce %d: written is %v", c.nonce, written)
		}
	}
	d.want(d.send("PUT", "/customers?id=1001&nonce=5", s, `{"name":"X"}`), 400, "INVALID_ARGUMENT") // one count for both
	other := d.session()
	d.want(d.post(other, "1", "O1"), 201, "") // and one for each session
	d.want(d.post(d.userSession(), "1", "O2"), 201, "")
	d.want(d.post(other, "2", "O3"), 201, "")
	d.want(d.post(s, "3", "O4"), 400, "INVALID_ARGUMENT")
}

// What else moves the mark is left open, and drawn from the seed.
func TestWhatIsLeftOpenAboutNonces(t *testing.T) {
	for _, on := range []bool{false, true} {
		d := newDesk(t, targets.MockOptions{})
		d.m.vary.readsMoveMark, d.m.vary.failureUsesNonce, d.m.vary.looseMethods = on, on, on
		d.m.vary.nonceStatus = 400
		status := map[bool]int{false: 201, true: 400}[on]
		s := d.session()
		d.send("GET", "/customers?nonce=100", s, "")
		if a := d.post(s, "50", "A"); a.Code != status {
			t.Errorf("after a GET with a greater nonce: %d, with %v", a.Code, on)
		}
		d.want(d.post(s, "200", "B"), 201, "")
		d.want(d.post(s, "201", "B"), 409, "DUPLICATE_ENTRY")
		if a := d.post(s, "201", "C"); a.Code != status {
			t.Errorf("after a duplicate: %d, with %v", a.Code, on)
		}
		d.want(d.send("POST", "/customers?nonce=300", s, "no JSON"), 400, "INVALID_ARGUMENT")
		if a := d.post(s, "300", "D"); a.Code != status {
			t.Errorf("after a bad body: %d, with %v", a.Code, on)
		}
		want := map[bool]int{false: 400, true: 200}[on]
		if a := d.send("DELETE", "/customers?id=1001", s, ""); a.Code != want {
			t.Errorf("DELETE without a nonce: %d, with %v", a.Code, on)
		}
	}
}

// Of many writes at once with one nonce, one is accepted; of many with different ones, each accepted one is there once.
func TestRaces(t *testing.T) {
	d := newDesk(t, targets.MockOptions{})
	s := d.session()
	for range 20 {
		if accepted := d.race(s, 8, false); len(accepted) != 1 {
			t.Fatalf("%d of one nonce were accepted", len(accepted))
		}
	}
	for range 20 {
		accepted := d.race(s, 8, true)
		for code := range accepted {
			if n := d.holds(code); n != 1 {
				t.Fatalf("%s is there %d times", code, n)
			}
		}
	}
}

// race sends writes at once, with one nonce or different ones, and returns those accepted: code and nonce.
func (d *desk) race(auth string, n int, different bool) map[string]int64 {
	accepted := map[string]int64{}
	var mu sync.Mutex
	var group sync.WaitGroup
	base := 1000 * (d.m.replies + 1)
	for i := range uint64(n) {
		nonce, code := base, fmt.Sprintf("R%dx%d.", base, i)
		if different {
			nonce += i
		}
		group.Go(func() {
			if a := d.post(auth, fmt.Sprint(nonce), code); a.Code == 201 {
				mu.Lock()
				defer mu.Unlock()
				accepted[code] = int64(nonce)
			}
		})
	}
	group.Wait()
	return accepted
}

func TestRaceFaultsShow(t *testing.T) {
	faulty := func(name string) (*desk, string) {
		d := newDesk(t, targets.MockOptions{Faults: []string{name}})
		return d, d.session()
	}
	d, s := faulty("nonce-race")
	if accepted := d.race(s, 8, false); len(accepted) < 2 {
		t.Errorf("nonce-race: %d accepted", len(accepted))
	}
	d, s = faulty("nonce-race-sets-back")
	var greatest int64
	for _, nonce := range d.race(s, 8, true) {
		greatest = max(greatest, nonce)
	}
	if a := d.post(s, fmt.Sprint(greatest), "again"); a.Code != 201 {
		t.Errorf("nonce-race-sets-back: the greatest nonce again is answered by %d", a.Code)
	}
	d, s = faulty("race-loses-writes")
	lost := 0
	for code := range d.race(s, 8, true) {
		lost += 1 - d.holds(code)
	}
	if lost == 0 {
		t.Error("race-loses-writes: nothing is lost")
	}
	d, s = faulty("race-writes-twice")
	for code := range d.race(s, 8, false) {
		if d.holds(code) != 2 {
			t.Errorf("race-writes-twice: written %d times", d.holds(code))
		}
	}
	for _, name := range []string{"nonce-race", "nonce-race-sets-back", "race-loses-writes", "race-writes-twice"} {
		d, s = faulty(name) // in sequence nothing is wrong
		d.want(d.post(s, "5", "A"), 201, "")
		d.want(d.post(s, "5", "B"), 400, "INVALID_ARGUMENT")
		d.want(d.post(s, "6", "Z6"), 201, "")
		if d.holds("Z6") != 1 {
			t.Errorf("%s: written %d times", name, d.holds("Z6"))
		}
	}
}
