package load

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/authbench/authbench/targets"
)

// seqHeader is where vegeta writes the number of a request.
const seqHeader = "X-Vegeta-Seq"

// operation is a targets.Operation made ready.
type operation struct {
	targets.Operation
	row       *tally
	witnessed atomic.Bool
}

// transport makes the calls of a run in place of the requests that vegeta hands to it. What it returns to vegeta is empty.
// It is safe for concurrent use.
type transport struct {
	wire   *wire
	ops    []*operation
	turns  []int // by the number of a call, over and over: whose turn it is
	masker masker
}

// newTransport makes a workload ready.
func newTransport(w *wire, work targets.Workload, m masker) (*transport, error) {
	if len(work.Operations) == 0 {
		return nil, errors.New("it has no operation")
	}
	t := &transport{wire: w, masker: m}
	var weights []int
	for _, op := range work.Operations {
		if op.Do == nil {
			return nil, fmt.Errorf("its operation %s lacks Do", op.Name)
		}
		row, err := w.samples.operation(op.Name, weight(op))
		if err != nil {
			return nil, err
		}
		t.ops = append(t.ops, &operation{Operation: op, row: row})
		weights = append(weights, weight(op))
	}
	var err error
	t.turns, err = turns(weights)
	return t, err
}

// nothing is what vegeta gets to see of every exchange: a result of vegeta's keeps headers and bodies, and those may hold
// tokens. Nobody writes to it.
var nothing = &http.Response{
	Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	Header: http.Header{}, Body: http.NoBody,
}

// RoundTrip makes call number X-Vegeta-Seq of the run. Of the request that it is given it uses nothing else, so no header
// of vegeta's can reach the target. It never returns an error: what fails is a sample.
func (t *transport) RoundTrip(given *http.Request) (*http.Response, error) {
	var seq uint64
	if value := given.Header[seqHeader]; len(value) == 1 {
		var err error
		if seq, err = strconv.ParseUint(value[0], 10, 64); err != nil {
			return nil, fmt.Errorf("vegeta numbered a request %q: %w", value[0], err)
		}
	} else {
		return nil, errors.New("vegeta did not number its request")
	}
	op := t.ops[t.turns[seq%uint64(len(t.turns))]]
	c := &call{wire: t.wire, sample: sample{seq: seq, row: op.row, due: t.wire.samples.plan.due(seq)}}
	if t.wire.pacing.Err() == nil {
		c.run(op, t.masker)
	}
	t.wire.samples.add(&c.sample)
	return nothing, nil
}
