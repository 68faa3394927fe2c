package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authbench/authbench/targets"
)

const (
	// maxBody is how much of a reply is read. A longer one is cut, at the price of its connection: it must not be able to
	// keep a worker for good.
	maxBody = 1 << 20
	// maxHead is how much of a body is kept at hand for a witness, bufferSize what is read at once.
	maxHead    = 1 << 10
	bufferSize = 16 << 10
)

// seqHeader is where vegeta writes the number of a request.
const seqHeader = "X-Vegeta-Seq"

// errSigningTimeout is for a signature that did not come within Options.Timeout.
var errSigningTimeout = errors.New("signing took longer than the timeout of a request")

// operation is a targets.Operation made ready.
type operation struct {
	targets.Operation
	url       *url.URL
	template  *http.Request
	witnessed atomic.Bool
}

// transport makes the requests of a run in place of those that vegeta hands to it, and measures them. What it returns to
// vegeta is empty. It is safe for concurrent use.
type transport struct {
	ctx     context.Context // of the whole run: its end, with errCut, cuts every request off
	pacing  context.Context // its end says that no request may be sent any more
	ops     []*operation
	send    http.RoundTripper
	timeout time.Duration
	masker  masker
	samples *samples
	now     func() time.Time
	// began is when the schedule began. The pacer sets it before vegeta hands the first request to a worker.
	began   time.Time
	buffers sync.Pool
}

// nothing is what vegeta gets to see of every exchange: a result of vegeta's keeps headers and bodies, and those may hold
// tokens. Nobody writes to it.
var nothing = &http.Response{
	Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	Header: http.Header{}, Body: http.NoBody,
}

// RoundTrip makes request number X-Vegeta-Seq of the run. Of the request that it is given it uses nothing else, so no
// header of vegeta's can reach the target. It never returns an error: what fails is a sample.
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
	x := sample{seq: seq, op: int(seq % uint64(len(t.ops))), due: t.samples.plan.due(seq)}
	if t.pacing.Err() == nil {
		t.exchange(&x)
	}
	t.samples.add(&x)
	return nothing, nil
}

func (t *transport) since() time.Duration { return t.now().Sub(t.began) }

// exchange signs and sends the request of the sample and fills the sample in.
func (t *transport) exchange(x *sample) {
	op := t.ops[x.op]
	ctx, cancel := context.WithCancelCause(t.ctx)
	defer cancel(nil)
	// A timer of our own, not context.WithTimeout, as it starts anew once the request is signed.
	timer := time.AfterFunc(t.timeout, func() { cancel(errTimeout) })
	defer timer.Stop()

	req := op.template.WithContext(ctx)
	target := *op.url
	req.URL, req.Header = &target, make(http.Header, 4)

	start := t.since()
	err := op.Sign(req)
	x.sent = t.since()
	x.signing = x.sent - start
	if err == nil && !timer.Stop() {
		err = errSigningTimeout
	}
	if err != nil {
		if errors.Is(context.Cause(ctx), errCut) {
			return
		}
		x.fate, x.failure = unsigned, err
		return
	}
	if t.pacing.Err() != nil {
		return
	}
	timer.Reset(t.timeout)
	x.fate = answered
	t.samples.sending(x.sent)
	if err := t.reply(op, req, x); err != nil {
		x.done = t.since()
		x.kind = kindOfFailure(err)
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, errCut):
			x.fate = cut
		case errors.Is(cause, errTimeout):
			x.kind = kindTimeout
		}
	}
}

// reply sends the request, reads the reply to its end and judges it. An error means that there is no complete reply.
func (t *transport) reply(op *operation, req *http.Request, x *sample) error {
	resp, err := t.send.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	buffer := t.buffer()
	defer t.buffers.Put(buffer)
	head, partial, err := drain(resp.Body, buffer[:])
	if err != nil {
		return err
	}
	x.done = t.since()
	x.status = resp.StatusCode
	if op.Judge(resp.StatusCode) == nil {
		return nil
	}
	x.kind = kindOfStatus(resp.StatusCode)
	if x.kind == kindDenied && op.witnessed.CompareAndSwap(false, true) {
		x.witness = t.masker.witness(req, resp, head, partial)
	}
	return nil
}

func (t *transport) buffer() *[bufferSize]byte {
	if b, ok := t.buffers.Get().(*[bufferSize]byte); ok {
		return b
	}
	return new([bufferSize]byte)
}

// drain reads a body to its end, but not beyond maxBody. The head of it stays at the beginning of the buffer; partial says
// that there was more.
func drain(body io.Reader, buffer []byte) (head []byte, partial bool, err error) {
	kept := 0
	for total := 0; total < maxBody; {
		n, err := body.Read(buffer[kept:])
		total += n
		partial = partial || kept+n > maxHead
		kept = min(kept+n, maxHead)
		if err == io.EOF {
			return buffer[:kept], partial, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return buffer[:kept], true, nil
}

// newSender returns the connections to the target. HTTP/2 would put all requests on one connection, and compression would
// have the generator unpack replies in the time that it measures.
func newSender(opt Options, anywhere bool) *http.Transport {
	dialer := &net.Dialer{Timeout: opt.Timeout, KeepAlive: 30 * time.Second}
	if !anywhere {
		dialer.Control = loopbackOnly
	}
	conf := opt.TLS
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     conf.Clone(),
		MaxIdleConnsPerHost: opt.MaxWorkers,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
		Protocols:           protocols,
	}
}
