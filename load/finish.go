package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

const (
	// finishTimes is how many time-outs of a request the end of a workload may take.
	finishTimes = 3
	// maxFinishBody bounds a reply that is read after the run.
	maxFinishBody = 64 << 20
)

// lives tells the life of a workload's sessions as the record has it.
func lives(work targets.Workload) []record.SessionLife {
	if work.Sessions == nil {
		return nil
	}
	var list []record.SessionLife
	for _, life := range work.Sessions() {
		list = append(list, record.SessionLife(life))
	}
	return list
}

// finish ends the workload, and adds to the record what that finds out. After an interruption it takes no longer than the
// grace.
func (t *transport) finish(ctx context.Context, work targets.Workload, r *record.Load, grace time.Duration) {
	if work.Finish == nil {
		return
	}
	bound := finishTimes * t.wire.timeout
	if r.Interrupted {
		ctx, bound = context.WithoutCancel(ctx), grace
	}
	bounded, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("it took longer than %v", bound))
	defer cancel()
	remarks, err := work.Finish(bounded, unmeasured{t.wire, bounded})
	for _, remark := range remarks {
		r.Warnings = append(r.Warnings, oneLine(t.masker.text(remark)))
	}
	r.Interrupted = r.Interrupted || ctx.Err() != nil
	if err == nil {
		return
	}
	text := oneLine(t.masker.text(err.Error()))
	if _, broken := errors.AsType[*targets.Breach](err); broken {
		r.Breaches = append(r.Breaches, record.Breach{Message: text})
		return
	}
	r.Warnings = append(r.Warnings, "the run could not be checked after the last call: "+text)
}

// unmeasured sends requests after the run, all within one context.
type unmeasured struct {
	wire *wire
	ctx  context.Context
}

// RoundTrip sends a request to the target. Reading more than maxFinishBody of the reply is an error.
func (u unmeasured) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := u.wire.here(req.URL); err != nil {
		return unsendable(req, err)
	}
	resp, err := u.wire.send.RoundTrip(req.WithContext(u.ctx))
	if err != nil {
		return nil, cmp.Or(context.Cause(u.ctx), err)
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxFinishBody)
	return resp, nil
}
