package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Why a request is not sent.
var (
	errForeign = errors.New("the request carries no context of a call under way: it has to carry the one that its operation was given")
	errOver    = errors.New("the run is over: nothing is sent any more")
	errTwice   = errors.New("the row of the request has the name of an operation")
	errEnded   = errors.New("the time-out was over before the request was sent")
)

// wire carries the requests of a run: it is the run's targets.Wire. It is safe for concurrent use.
type wire struct {
	ctx     context.Context // of the whole run: its end, with errCut, cuts every request off
	pacing  context.Context // its end says that no call may begin any more
	target  *url.URL        // no request goes to another scheme or host
	send    http.RoundTripper
	timeout time.Duration
	samples *samples
	now     func() time.Time
	// began is when the schedule began. The pacer sets it before vegeta hands the first call to a worker.
	began   time.Time
	buffers sync.Pool // of *[maxKept]byte

	gate  sync.Mutex // guards over, and that nothing is added to aside once it is set
	over  bool
	aside sync.WaitGroup // requests under way beside the calls
}

func (w *wire) since() time.Duration { return w.now().Sub(w.began) }

// RoundTrip sends one request of the call whose context it carries.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	c, ours := req.Context().Value(callKey{}).(*call)
	if !ours {
		return unsendable(req, errForeign)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.next(req); err != nil {
		return unsendable(req, err)
	}
	defer c.timer.Reset(w.timeout) // what comes before the next request has as long
	c.body = c.reply()
	resp, err := w.exchange(req, c.body)
	c.sample.done = w.since()
	if err != nil {
		c.failure = failed(c, err)
		return nil, c.failure
	}
	c.response, c.sample.status = resp, resp.StatusCode
	return resp, nil
}

// unsendable is the end of a request that is not sent.
func unsendable(req *http.Request, err error) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close() // as any RoundTripper does
	}
	return nil, err
}

// here says whether an address is the target's, which is the one that was asked for permission.
func (w *wire) here(u *url.URL) error {
	if u.Host == w.target.Host && u.Scheme == w.target.Scheme ||
		strings.EqualFold(u.Host, w.target.Host) && strings.EqualFold(u.Scheme, w.target.Scheme) {
		return nil
	}
	return fmt.Errorf("the request goes to %s://%s, which is not the target (%s://%s)", u.Scheme, u.Host, w.target.Scheme, w.target.Host)
}

// exchange sends a request and reads the reply to its end. An error means that there is no complete reply.
func (w *wire) exchange(req *http.Request, body *reply) (*http.Response, error) {
	resp, err := w.send.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := body.fill(resp.Body, &w.buffers); err != nil {
		return nil, err
	}
	resp.Body = body
	return resp, nil
}

// Beside returns what sends requests that are measured in a row of their own.
func (w *wire) Beside(row string) http.RoundTripper { return beside{w, w.samples.aside(row)} }

// beside sends requests that no operation waits for by name.
type beside struct {
	wire *wire
	row  *tally
}

// RoundTrip bounds the request by the run and by its time-out, whatever its own context does.
func (b beside) RoundTrip(req *http.Request) (*http.Response, error) {
	w := b.wire
	if b.row == nil {
		return unsendable(req, errTwice)
	}
	if err := w.here(req.URL); err != nil {
		return unsendable(req, err)
	}
	if err := context.Cause(req.Context()); err != nil {
		return unsendable(req, err)
	}
	if !w.enter() {
		return unsendable(req, errOver)
	}
	defer w.aside.Done()
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	timer := time.AfterFunc(w.timeout, func() { cancel(errTimeout) })
	defer timer.Stop()
	defer context.AfterFunc(w.ctx, func() { cancel(context.Cause(w.ctx)) })()

	began := w.now()
	var body reply
	defer body.detach(&w.buffers)
	resp, err := w.exchange(req.WithContext(ctx), &body)
	took := w.now().Sub(began)
	x := sample{row: b.row, fate: answered, done: took, ended: took}
	if err != nil {
		f := failed(ctx, err)
		x.kind = f.kind
		w.samples.addAside(&x)
		return nil, f
	}
	if x.status = resp.StatusCode; x.status/100 != 2 {
		x.kind = kindOfStatus(x.status)
	}
	w.samples.addAside(&x)
	return resp, nil
}

// enter lets a request beside the calls in, unless the run is over.
func (w *wire) enter() bool {
	w.gate.Lock()
	defer w.gate.Unlock()
	if !w.over {
		w.aside.Add(1)
	}
	return !w.over
}

// close lets no request in any more, and waits for those under way beside the calls.
func (w *wire) close() {
	w.gate.Lock()
	w.over = true
	w.gate.Unlock()
	w.aside.Wait()
}

// failure is a request without a complete reply, on its way through the workload and back.
type failure struct {
	kind string
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed says of what kind a failure is, given the request's context, whose end is known to us by its cause.
func failed(ctx context.Context, err error) *failure {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errCut):
		return &failure{kindCut, errCut}
	case errors.Is(cause, errTimeout):
		return &failure{kindTimeout, errTimeout}
	}
	return &failure{kindOfFailure(err), err}
}
