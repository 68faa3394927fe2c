package load

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// Why a call was not sent.
var (
	errSlow    = errors.New("making its first request ready took longer than the time-out of a request")
	errNothing = errors.New("the operation sent no request")
)

// callKey finds the call in a context.
type callKey struct{}

// call is one call of an operation under way, and the context that the operation is given: it ends with the run, and with
// the time-out, which begins anew with each request and after it.
type call struct {
	context.Context
	wire  *wire
	timer *time.Timer
	began time.Duration

	mu      sync.Mutex // held by each request and by the end: they come one after the other
	over    bool       // the operation has returned
	refused bool       // the run was interrupted before the first request
	sample  sample
	// The last request, and what came of it: a response, or a failure.
	request  *http.Request
	response *http.Response
	failure  *failure
	body     *reply
	first    reply    // most calls need no other
	others   []*reply // replies of a call live as long as it does, so each has one of its own
}

// Value is the call itself for callKey.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// next makes the call ready for one more request, or says why it must not be sent.
func (c *call) next(req *http.Request) error {
	w := c.wire
	if err := w.here(req.URL); err != nil {
		return err
	}
	switch {
	case c.over:
		return errForeign
	case c.sample.fate == unsent && w.pacing.Err() != nil:
		c.refused = true
		return errCut
	case c.Err() != nil:
		return context.Cause(c)
	case !c.timer.Reset(w.timeout):
		return errEnded
	}
	now := w.since()
	if c.sample.fate == unsent {
		c.sample.fate = answered
		c.sample.signing = now - c.began
		w.samples.sending(now)
	}
	c.sample.sent, c.sample.status = now, 0
	if req.Close {
		c.sample.fresh++
	}
	c.request, c.response, c.failure = req, nil, nil
	return nil
}

// reply returns an empty one.
func (c *call) reply() *reply {
	if c.body == nil {
		return &c.first
	}
	r := new(reply)
	c.others = append(c.others, r)
	return r
}

// run makes the call and fills its sample in.
func (c *call) run(op *operation, m masker) {
	ctx, cancel := context.WithCancelCause(c.wire.ctx)
	c.Context = ctx
	// A timer of our own, not context.WithTimeout, as it starts anew with each request.
	c.timer = time.AfterFunc(c.wire.timeout, func() { cancel(errTimeout) })
	c.began = c.wire.since()
	err := op.Do(c)
	c.timer.Stop()
	cause := context.Cause(c)
	cancel(nil) // ends a request that the operation left behind

	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.settle(err, cause)
	if c.sample.broken && op.witnessed.CompareAndSwap(false, true) {
		c.sample.breach = c.breach(err, m)
	}
	c.first.release(&c.wire.buffers)
	for _, r := range c.others {
		r.release(&c.wire.buffers)
	}
}

// settle says what became of the call, given what the operation returned and why its context had ended, if it had.
func (c *call) settle(err, cause error) {
	x := &c.sample
	x.ended = x.done
	_, broken := errors.AsType[*targets.Breach](err)
	switch interrupted := errors.Is(cause, errCut); {
	case x.fate == unsent:
		if !c.refused && !interrupted {
			x.fate, x.failure = unready, unreadiness(err, cause)
		}
	case c.failure != nil && c.failure.kind == kindCut:
		x.fate = cut
	case err == nil:
	case broken:
		x.broken, x.kind = true, c.kind(err, cause)
	case interrupted:
		x.fate = cut
	default:
		// What the operation waited for in vain after its last reply is part of the time that the call took.
		x.ended = max(x.done, c.wire.since())
		x.kind = c.kind(err, cause)
	}
}

func unreadiness(err, cause error) error {
	switch {
	case errors.Is(cause, errTimeout):
		return errSlow
	case err == nil:
		return errNothing
	}
	return err
}

// kind is the kind of error of a call that did not succeed. The last request explains it, if it has no complete reply; next
// the time-out, or a request beside the call that failed; and else the status of the last reply.
func (c *call) kind(err, cause error) string {
	aside, found := errors.AsType[*failure](err)
	switch {
	case c.failure != nil:
		return c.failure.kind
	case errors.Is(cause, errTimeout):
		return kindTimeout
	case found:
		return aside.kind
	}
	return kindOfStatus(c.sample.status)
}

// breach writes down the last exchange of a call that broke the contract.
func (c *call) breach(err error, m masker) *record.Breach {
	return &record.Breach{Message: oneLine(m.text(err.Error())), Witness: m.witness(c.request, c.response, c.failure, c.body)}
}
