// Package load drives load against a target and measures it. It is the only place that uses vegeta, and uses it for its
// workers alone: when a request is due, when it is sent and what its reply means is decided and recorded here, because
// vegeta counts waiting for a worker not at all, and signing as the target's time.
//
// Two times are kept of each request: the response time, from the moment it was due, and the service time, from the moment
// it was sent (after signing); both end with the last byte of the reply. A stall, of the target or of this generator, cannot
// hide from the first (no coordinated omission). Requests that fail count in both: a timeout that left no sample would look
// like an improvement.
package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// knobs are what tests turn.
type knobs struct {
	grace time.Duration     // for requests under way when the run is interrupted
	every time.Duration     // between two calls of Progress
	send  http.RoundTripper // in place of connections, unless nil
}

func standard() knobs { return knobs{grace: time.Second, every: 200 * time.Millisecond} }

// Run offers round(Rate × Duration) requests to the target, the operations in turn, request k being due k/Rate seconds after
// the beginning, and returns what came of them. When all workers are busy requests are sent late, which their response times
// show; what could not be sent within Timeout after the end of Duration is not sent.
//
// In the record, Achieved.Requests are those sent, and Achieved.Rate is their number divided by Achieved.Duration, the time
// from the moment the first request was due to the sending of the last, plus one interval (1/Rate): exactly Rate for a run
// in which the last request is sent on time. The Requests of an operation are those that were answered or failed. A request
// that could not be signed was not sent: it counts as error of kind "sign" and nowhere else. Denied are complete replies of
// class 4xx that the operation's Judge rejects; the first of them is the Witness, without the query's values, without
// headers of the request, and without the target's credentials. Version is left to the caller.
//
// When ctx ends, nothing more is sent, requests under way have one second to finish, and the record of what was measured is
// returned with Interrupted set; requests that were cut off are in a warning only. Errors are returned for what prevents a
// run: options or operations that make no sense, and a target that is not permitted (Permitted, PermittedRate).
// Run is safe for concurrent use.
func Run(ctx context.Context, target targets.Target, profile string, ops []targets.Operation, opt Options) (record.Load, error) {
	return run(ctx, target, profile, ops, opt, standard())
}

func run(ctx context.Context, target targets.Target, profile string, ops []targets.Operation, opt Options, k knobs) (record.Load, error) {
	opt, err := check(target, opt)
	if err != nil {
		return record.Load{}, err
	}
	ready, names, err := prepare(target, profile, ops)
	if err != nil {
		return record.Load{}, err
	}
	plan := newSchedule(opt.Rate, opt.Duration)
	plan.latest = opt.Duration + opt.Timeout
	base, cutOff := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cutOff(nil)
	sender := newSender(opt, target.Allow.Load)
	defer sender.CloseIdleConnections()
	t := &transport{
		ctx: base, pacing: ctx, ops: ready, send: cmp.Or(k.send, http.RoundTripper(sender)), timeout: opt.Timeout,
		masker: credentialMasker(target.Credentials), samples: newSamples(plan, names), now: time.Now,
	}
	started := time.Now()
	finish := report(opt, t.samples, started, k.every)
	ended := attack(ctx, t, opt, cutOff, k.grace)
	finish()

	result := record.Load{
		Profile:     profile,
		Target:      record.Target{Name: target.Name, Vendor: target.Vendor, URL: target.URL, Kind: string(target.Kind)},
		Started:     started,
		Requested:   record.Offered{Rate: opt.Rate, Duration: opt.Duration},
		Interrupted: ctx.Err() != nil,
	}
	length := 0
	if !result.Interrupted {
		length = int((opt.Duration + time.Second - 1) / time.Second)
	}
	result.Operations, result.Series = t.samples.seal(length)
	result.Signing, result.Achieved = t.samples.signing, t.samples.achieved()
	result.Warnings = warnings(result, t.samples, opt, t.masker, ended)
	return result, nil
}

// check says what forbids the run, and completes the options.
func check(target targets.Target, opt Options) (Options, error) {
	opt, err := opt.complete()
	if err != nil {
		return opt, err
	}
	if opt.TLS == nil && target.TLS != (targets.TLS{}) {
		return opt, fmt.Errorf("target %s has tls settings, which load was not given: pass Options.TLS, made by TLS.Config", target.Name)
	}
	if err := Permitted(target); err != nil {
		return opt, err
	}
	return opt, PermittedRate(target, opt.Rate)
}

// prepare parses once what is the same for every request. Operations may go to the target's host only: it is the one that
// was asked for permission.
func prepare(target targets.Target, profile string, ops []targets.Operation) ([]*operation, []string, error) {
	base, err := url.Parse(target.URL)
	if err != nil {
		return nil, nil, fmt.Errorf("the url of target %s cannot be read: %w", target.Name, err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, nil, fmt.Errorf("the url of target %s is %q: set targets.%s.url to http:// or https:// and a host",
			target.Name, target.URL, target.Name)
	}
	if len(ops) == 0 {
		return nil, nil, fmt.Errorf("profile %s has no operation", profile)
	}
	var ready []*operation
	var names []string
	for _, op := range ops {
		if op.Sign == nil || op.Judge == nil {
			return nil, nil, fmt.Errorf("operation %s of profile %s lacks Sign or Judge", op.Name, profile)
		}
		req, err := http.NewRequest(op.Method, op.URL, nil)
		if err != nil {
			return nil, nil, fmt.Errorf("operation %s of profile %s: %w", op.Name, profile, err)
		}
		if !strings.EqualFold(req.URL.Host, base.Host) || req.URL.Scheme != base.Scheme {
			return nil, nil, fmt.Errorf("operation %s of profile %s goes to %s://%s, which is not target %s (%s://%s)",
				op.Name, profile, req.URL.Scheme, req.URL.Host, target.Name, base.Scheme, base.Host)
		}
		ready = append(ready, &operation{Operation: op, url: req.URL, template: req})
		names = append(names, op.Name)
	}
	return ready, names, nil
}

// errLeft says that workers were left behind.
var errLeft = errors.New("workers did not come back")

// attack has vegeta make the requests and returns when all have come to their end. When ctx ends it is over after twice the
// grace at most: first requests under way may finish, then they are cut off; a Sign that heeds no context even then is left
// behind, with errLeft.
func attack(ctx context.Context, t *transport, opt Options, cutOff context.CancelCauseFunc, grace time.Duration) error {
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{
			Transport:     t,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		vegeta.Workers(uint64(opt.Workers)),
		vegeta.MaxWorkers(uint64(opt.MaxWorkers)),
	)
	pace := &pacer{ctx: ctx, schedule: t.samples.plan, begin: func(began time.Time) { t.began = began }}
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

// report calls Progress from a goroutine of its own until the returned function is called, which ends it with a last call.
func report(opt Options, s *samples, started time.Time, every time.Duration) (finish func()) {
	if opt.Progress == nil {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for running := true; running; {
			select {
			case <-ticker.C:
			case <-stop:
				running = false
			}
			p := s.progress()
			p.Elapsed, p.Duration = time.Since(started), opt.Duration
			opt.Progress(p)
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}
