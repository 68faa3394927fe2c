package load

import (
	"context"
	"errors"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// errLeft says that workers were left behind.
var errLeft = errors.New("workers did not come back")

// attack has vegeta make the calls and returns when all have come to their end, and the requests beside them too. When ctx ends it is over after twice the
// grace at most: first calls under way may finish, then they are cut off; an operation that heeds no context even then is
// left behind, with errLeft.
func attack(ctx context.Context, t *transport, opt Options, cutOff context.CancelCauseFunc, grace time.Duration) error {
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{
			Transport:     t,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		vegeta.Workers(uint64(opt.Workers)),
		vegeta.MaxWorkers(uint64(opt.MaxWorkers)),
	)
	pace := &pacer{ctx: ctx, schedule: t.wire.samples.plan, begin: func(began time.Time) { t.wire.began = began }}
	// Only the number of the request that vegeta makes is used, so its target is the least that vegeta accepts.
	targeter := func(v *vegeta.Target) error {
		v.Method, v.URL = http.MethodGet, "http://authbench.invalid"
		return nil
	}
	// 0 is no duration: vegeta's own would end a run that has fallen behind, where the pacer decides.
	results := attacker.Attack(targeter, pace, 0, "")
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for range results {
		}
		t.wire.close()
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
	}
	attacker.Stop() // vegeta may be waiting for a worker, and then does not come to ask the pacer
	if !within(grace, drained) {
		cutOff(errCut)
		if !within(grace, drained) {
			return errLeft
		}
	}
	return nil
}

// within waits for done for at most d.
func within(d time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
