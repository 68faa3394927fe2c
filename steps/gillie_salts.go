package steps

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// salts hands out salts that no call of the run has used with the same key, because a server may refuse a hash the second
// time, or the third, or where another node sees it (GIL-19). It is safe for concurrent use.
type salts struct {
	mu   sync.Mutex
	used map[string]bool
}

// spread is how many seconds a salt may be from the one that is asked for, when that was used: not so many that a salt from
// the middle of the window leaves it.
const spread = 500

// take returns the first unused second out of base, base+step, base+2*step... Without one it says so.
func (s *salts) take(key string, base, step int64) (at int64, found bool) {
	for range spread {
		if s.free(key, base) {
			return base, true
		}
		base += step
	}
	return 0, false
}

// free takes exactly this second, or says that it was used.
func (s *salts) free(key string, at int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = map[string]bool{}
	}
	id := fmt.Sprintf("%s %d", key, at)
	used := s.used[id]
	s.used[id] = true
	return !used
}

var errNoSalt = fmt.Errorf("needs a salt that no earlier call has used, and all within %d s are: a lower allow.rate leaves time for new ones", spread)

// fresh is a current salt that no call of the run has used with the key. It is two seconds old, so that no rounding of the
// target's clock puts it in the future, or older, or at last newer.
func (g *gillie) fresh() (string, error) {
	now := g.w.targetNow().Unix()
	at, found := g.w.salts.take(g.key().Public, now-2, -1)
	if !found {
		at, found = g.w.salts.take(g.key().Public, now-1, +1)
	}
	if !found {
		return "", g.w.errored(errNoSalt)
	}
	return strconv.FormatInt(at, 10), nil
}

// away is a salt that is so many seconds old, or ahead where age is negative. A used one is moved away from the window's
// edge, never towards it.
func (g *gillie) away(age int64) (string, error) {
	if err := g.w.clockKnown(); err != nil {
		return "", err
	}
	step := int64(1) // towards the present
	if (age < 0) == (max(age, -age) < 600) {
		step = -1
	}
	at, found := g.w.salts.take(g.key().Public, g.w.targetNow().Unix()-age, step)
	if !found {
		return "", g.w.errored(errNoSalt)
	}
	g.hurry(age)
	return strconv.FormatInt(at, 10), nil
}

// Without an exact clock a salt keeps so far from the edge of the window, in seconds, that the call may take some time and
// the skew be a little wrong. By an exact clock it comes nearer, and then the call has to be quick.
const (
	distance   = 15
	shortSlack = 500 * time.Millisecond
)

// hurry notes how long a call may take whose salt has that age now.
func (g *gillie) hurry(age int64) {
	margin := max(age, -age) - 600
	margin = max(margin, -margin)
	g.moment, g.slack = g.w.target.Clock.Now(), time.Duration(margin)*time.Second*2/3
	if margin < distance {
		g.slack = shortSlack
	}
}

// until is how long it takes until the salt of the last signed call has that age, in seconds.
func (g *gillie) until(age int64) (time.Duration, error) {
	at, err := strconv.ParseInt(g.sentSalt, 10, 64)
	if err != nil {
		return 0, g.w.errored(errors.New("no call with a salt was signed before this step: its age cannot be waited for"))
	}
	return time.Unix(at+age, 0).Sub(g.w.targetNow().Truncate(time.Second)), nil
}

// ageUntil lets the salt of the signed call reach that age, by steering or by waiting. The next call's turn comes first: no
// time may pass between the end of the wait and the call.
func (g *gillie) ageUntil(age int64, pass func(time.Duration) error) error {
	if err := g.ready(); err != nil {
		return err
	}
	wait, err := g.until(age)
	if err != nil {
		return err
	}
	err = pass(wait)
	g.hurry(age)
	return err
}

// written replaces what a feature file writes in braces, as of the target's clock.
func written(text string, now time.Time) string {
	s := now.Unix()
	wide := make([]rune, 0, 10)
	for _, digit := range strconv.FormatInt(s, 10) {
		wide = append(wide, digit-'0'+'０')
	}
	grouped := strconv.FormatInt(s, 10)
	for i := len(grouped) - 3; i > 0; i -= 3 {
		grouped = grouped[:i] + "," + grouped[i:]
	}
	return strings.NewReplacer(
		"{seconds}", strconv.FormatInt(s, 10), "{hex}", strconv.FormatInt(s, 16), "{grouped}", grouped,
		"{2^32+seconds}", strconv.FormatInt(s+1<<32, 10), "{2^64+seconds}", "1844674407"+strconv.FormatInt(3709551616+s, 10),
		"{seconds-2^64}", "-"+strconv.FormatUint(-uint64(s), 10), "{100 digits}", strings.Repeat("1", 100),
		"{space}", " ", "{newline}", "\n", "{fullwidth}", string(wide), "{date}", now.UTC().Format(time.RFC3339),
	).Replace(text)
}
