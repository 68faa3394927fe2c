package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Do makes a call, with the client's Token if it has none of its own. The answer is what Retail3000 said to this operation,
// which need not be a success: see Answer.LoginSuccessful. Whatever else happens is an error, with a zero Answer: *SilenceError, *DeniedError, *FaultError,
// *ReplyError, *NetworkError, the wrapped cause of the context's end, or one of no type that says what is wrong with the
// client or the call, of which nothing has been sent.
//
// A call that met silence or a failing network is tried again after a pause, up to Tries times. A pause that would outlast
// Timeout or the context is not begun, so a gateway that keeps connections open is tried once. A call that got one byte of a
// reply is never repeated (RTVC-05).
//
// The errors hold no secrets: where the network or the server repeats those of the call, three asterisks stand for them. Values
// of the token that are shorter than four bytes are left alone, since they are found in any text; the API token and passwords
// are replaced whatever their length. Words that come from outside are put on one line and cut to 300 bytes. An Answer is as
// it came.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	p, err := c.plan(call)
	if err != nil {
		return Answer{}, err
	}
	if ctx.Err() != nil {
		return Answer{}, p.givenUp(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, p.late)
	defer cancel()
	for try := 1; ; try++ {
		answer, err := p.try(ctx, try)
		if err == nil || try == p.tries || !repeatable(err) {
			return answer, err
		}
		pause := p.pause << (try - 1)
		if end, ok := ctx.Deadline(); ok && time.Until(end) <= pause {
			return Answer{}, err
		}
		if p.wait(ctx, pause) != nil || ctx.Err() != nil {
			if p.foreign(ctx) {
				err = p.givenUp(ctx)
			}
			return Answer{}, err
		}
	}
}

func repeatable(err error) bool {
	var silence *SilenceError
	var network *NetworkError
	return errors.As(err, &silence) || errors.As(err, &network)
}

// foreign says whether the context has ended, and not by the call's own timeout.
func (p *plan) foreign(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), p.late)
}

func (p *plan) givenUp(ctx context.Context) error {
	return fmt.Errorf("retailvista: %s was given up: %w", p.call.Operation, context.Cause(ctx))
}

// try sends the call once.
func (p *plan) try(ctx context.Context, try int) (Answer, error) {
	var seen sight
	req, err := http.NewRequestWithContext(seen.watch(ctx), http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return Answer{}, errors.New("retailvista: no request can be made for the base URL: " + baseForm)
	}
	req.Header = p.header.Clone()
	resp, err := p.send.RoundTrip(req)
	if err != nil {
		return Answer{}, p.unanswered(ctx, &seen, try, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	return p.judge(ctx, resp, body, err)
}

// sight is what a try has seen of the network. A RoundTripper that tells nothing of it leaves all false.
type sight struct{ asked, connected, replied atomic.Bool }

func (s *sight) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { s.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { s.connected.Store(true) },
		// It is called for a 100 Continue too, and before the reply is understood.
		GotFirstResponseByte: func() { s.replied.Store(true) },
	})
}

// idleClosed is how net/http says that a server closed a connection before it was asked, which is silence too when it was
// opened for this call. It has no name outside of net/http.
const idleClosed = "server closed idle connection"

// end says how a silence ended; "" stands for another failure.
func (s *sight) end(err error, late bool) End {
	if s.replied.Load() {
		return ""
	}
	if s.asked.Load() && !s.connected.Load() {
		// A connection can be reset so fast that it never seems to have been there; one that was not wanted is refused.
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" && errors.Is(err, syscall.ECONNRESET) {
			return Reset
		}
		return ""
	}
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNABORTED), errors.Is(err, syscall.EPIPE):
		return Reset
	case errors.Is(err, io.EOF), strings.HasSuffix(err.Error(), idleClosed):
		return Closed
	case late:
		return Open
	}
	return ""
}

// unanswered is the error of a try that got no reply, or not enough of one.
func (p *plan) unanswered(ctx context.Context, seen *sight, try int, err error) error {
	if p.foreign(ctx) {
		return p.givenUp(ctx)
	}
	end, op := seen.end(err, ctx.Err() != nil), p.call.Operation
	err = p.cause(ctx, err)
	switch {
	case end != "":
		return &SilenceError{Operation: op, End: end, Tries: try, Timeout: p.timeout, Err: err}
	case seen.replied.Load():
		return &ReplyError{Operation: op, Err: fmt.Errorf("is no whole HTTP reply: %w", err)}
	}
	return &NetworkError{Operation: op, Tries: try, Err: err}
}

// judge makes an answer or an error of a reply, of which broken says that its body ended early.
func (p *plan) judge(ctx context.Context, resp *http.Response, body []byte, broken error) (Answer, error) {
	op, status := p.call.Operation, resp.StatusCode
	whole := broken == nil && len(body) <= maxReply
	wrong := func(err error) (Answer, error) {
		return Answer{}, &ReplyError{Operation: op, Status: status, Reason: p.reason(resp, body, whole), Err: err}
	}
	switch {
	case status/100 == 4:
		return Answer{}, &DeniedError{Operation: op, Status: status, Reason: p.reason(resp, body, whole)}
	case status/100 == 3:
		return wrong(errors.New("is a redirect, which is not followed"))
	case broken != nil:
		return wrong(fmt.Errorf("broke off: %w", p.cause(ctx, broken)))
	}
	answer, namespace, err := parseAnswer(body)
	switch {
	case err != nil:
		return wrong(errors.New(p.words(err.Error())))
	case answer.Fault != nil:
		return Answer{}, &FaultError{Operation: op, Status: status, Code: p.words(answer.Fault.Code), Text: p.words(answer.Fault.Text)}
	case status/100 != 2:
		return wrong(errors.New("is an answer, but not with a status of success"))
	case answer.Operation != op || namespace != p.call.namespace():
		return wrong(errors.New("answers another operation, or one in another namespace"))
	}
	return answer, nil
}

// cause returns what ended the context, if anything did, or else the error, in words that can be shown.
func (p *plan) cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx) // names the timeout
	}
	if text := p.words(err.Error()); text != err.Error() {
		err = &maskedError{text, err}
	}
	return err
}
