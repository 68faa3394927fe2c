package steps

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/authbench/authbench/targets/wire"
)

// race is one time that writes were released together: in one session, or in two side by side.
type race struct {
	sessions []*gestixSession
	writes   [][]*gestixWrite // of each session
	nonces   [][]int64
}

// racers is how many writes are released together.
const racers = 8

// race releases writes together (GES-16), each time in sessions of its own: a short-lived one need not outlive all races. The
// order in which different nonces are sent comes from a fixed seed.
func (g *gestix) race(times int, method string, same bool, sessions int) error {
	if err := g.allowed(); err != nil {
		return err
	}
	if times < 1 || times > 100 {
		return fmt.Errorf("%d times is not between 1 and 100", times)
	}
	if method != "POST" {
		if err := g.haveRecord(); err != nil {
			return err
		}
	}
	rng := rand.New(rand.NewPCG(16, uint64(sessions)))
	for i := range times {
		// Before the sessions are opened: a short-lived one could end while its writes wait for the agreed rate.
		if err := g.w.session.turns(g.w.ctx, g.w.target, racers); err != nil {
			return g.w.errored(g.w.ended(err))
		}
		base := int64(100 * (i + 1))
		r := race{}
		for range sessions {
			if err := g.given("a session"); err != nil {
				return err
			}
			r.sessions = append(r.sessions, g.session)
			nonces := make([]int64, racers/sessions)
			for j, place := range rng.Perm(len(nonces)) {
				nonces[j] = base
				if !same {
					nonces[j] += int64(place)
				}
			}
			r.nonces = append(r.nonces, nonces)
		}
		if err := g.release(method, &r); err != nil {
			return err
		}
		g.races = append(g.races, r)
	}
	return nil
}

// release sends the writes of all sessions of a race at once.
func (g *gestix) release(method string, r *race) error {
	var all []*gestixWrite
	var requests []wire.Request
	for i, s := range r.sessions {
		var list []*gestixWrite
		for _, nonce := range r.nonces[i] {
			w, err := g.prepare(method, s, nonceQuery(strconv.FormatInt(nonce, 10)))
			if err != nil {
				return err
			}
			list, all, requests = append(list, w), append(all, w), append(requests, w.request)
		}
		r.writes = append(r.writes, list)
	}
	g.w.requests += len(requests)
	var done []wire.Exchange
	err := g.w.within(func(ctx context.Context) error {
		done = g.w.peer.Together(ctx, requests)
		return ctx.Err()
	})
	if err != nil {
		return g.w.errored(g.w.ended(err))
	}
	for i, x := range done {
		all[i].reply = x
		g.countLeft(all[i])
		if err := g.fit(x); err != nil {
			return err
		}
		g.used = r.sessions[i/(len(all)/len(r.sessions))]
		if err := g.doubt(); err != nil {
			return err
		}
	}
	g.used = nil
	return nil
}

// fit ends the scenario for a reply out of a race that says nothing about the contract, as send does for others.
func (g *gestix) fit(x wire.Exchange) error {
	g.w.last = &x
	switch {
	case x.End == wire.NotSent, x.End == wire.Refused, x.End == wire.Unreachable, x.End == wire.TLSFailed:
		return g.w.errored(x.Err)
	case x.Reply != nil && x.Reply.Status == 429:
		return g.w.errored(errSlower)
	}
	return nil
}

// won are the writes of one session that were accepted.
func won(writes []*gestixWrite) []*gestixWrite {
	return slices.DeleteFunc(slices.Clone(writes), func(w *gestixWrite) bool { return !judgeAccepted(w.reply).ok })
}

// decided wants every write of a race to be accepted or denied, and shows the first that is neither.
func (g *gestix) decided(writes []*gestixWrite) error {
	for _, w := range writes {
		if !judgeAccepted(w.reply).ok && !judgeDenied(w.reply).ok {
			g.w.last = &w.reply
			return g.w.broken("accepted or denied: a 2xx or 4xx reply", describe(w.reply))
		}
	}
	return nil
}

// eachRace judges the writes of every session of every race, with how many records of each were found.
func (g *gestix) eachRace(judge func(writes []*gestixWrite, counts []int) error) error {
	if len(g.races) == 0 {
		return fmt.Errorf("no race was run before this step: add When 4 times, eight POST with one nonce are released together")
	}
	for _, r := range g.races {
		for _, writes := range r.writes {
			if err := g.decided(writes); err != nil {
				return err
			}
		}
	}
	for _, r := range g.races {
		g.session = r.sessions[0]
		for _, writes := range r.writes {
			var marks []string
			for _, w := range writes {
				marks = append(marks, w.mark)
			}
			counts, err := g.readBack(marks...)
			if err != nil {
				return err
			}
			if err := judge(writes, counts); err != nil {
				return err
			}
		}
	}
	return nil
}

// oneWinner wants exactly one of the writes accepted, and its record there once.
func (g *gestix) oneWinner() error {
	for _, r := range g.races { // before anything is read back: that may not be possible
		for _, writes := range r.writes {
			winners := won(writes)
			if len(winners) == 1 {
				continue
			}
			if err := g.decided(writes); err != nil {
				return err
			}
			g.w.last = &writes[0].reply
			if len(winners) > 1 {
				g.w.last = &winners[1].reply
			}
			return g.w.broken("exactly one of simultaneous writes with one nonce accepted",
				fmt.Sprintf("%d of %d were accepted", len(winners), len(writes)))
		}
	}
	last := len(g.races) - 1
	round := -1
	return g.eachRace(func(writes []*gestixWrite, counts []int) error {
		round++
		// A PUT changes the same record each time: only the last race's mark can still be there.
		if writes[0].request.Method != "POST" && round < last {
			return nil
		}
		return g.markedRightly(writes, counts)
	})
}

// allWritten wants every accepted write once, and no other.
func (g *gestix) allWritten() error {
	return g.eachRace(func(writes []*gestixWrite, counts []int) error {
		if len(won(writes)) == 0 {
			g.w.last = &writes[0].reply
			return g.w.broken("at least one of simultaneous writes with different nonces accepted", "none was accepted")
		}
		return g.markedRightly(writes, counts)
	})
}

func (g *gestix) markedRightly(writes []*gestixWrite, counts []int) error {
	for i, w := range writes {
		want := 0
		if judgeAccepted(w.reply).ok {
			want = 1
		}
		if c := judgeCount(counts[i], want); !c.ok {
			g.w.last = &w.reply
			return g.w.broken(c.expected, c.actual)
		}
	}
	return nil
}

// markHolds tries, after each race, the greatest nonce that was accepted and the one below it: both have to be denied.
func (g *gestix) markHolds() error {
	for i := range g.races {
		r := &g.races[i]
		for j, s := range r.sessions {
			if err := g.decided(r.writes[j]); err != nil {
				return err
			}
			greatest := int64(0)
			for k, w := range r.writes[j] {
				if judgeAccepted(w.reply).ok {
					greatest = max(greatest, r.nonces[j][k])
				}
			}
			for _, nonce := range []int64{greatest - 1, greatest} {
				if err := g.makeIn(s, "POST", nonceQuery(strconv.FormatInt(nonce, 10))); err != nil {
					return err
				}
				if err := g.verdict(judgeDenied); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
