// Package load drives load against a target and measures it. It is the only place that uses vegeta, and uses it for its
// workers alone: when a call is due, when it is sent and what its reply means is decided and recorded here, because vegeta
// counts waiting for a worker not at all, and signing as the target's time.
//
// A call is one or several requests of a workload's operation. Two times are kept of each: the response time, from the moment
// the call was due to its end, and the service time, of its last request alone, from the moment that was sent. Both end with
// the last byte of the last reply; the response time of a call that failed, with the failure. A stall, of the target or of
// this generator, cannot hide from the first (no coordinated omission). Calls that fail count in both: a timeout that left no
// sample would look like an improvement.
package load

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/authbench/authbench/load/threshold"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// knobs are what tests turn.
type knobs struct {
	grace time.Duration     // for calls under way when the run is interrupted
	every time.Duration     // between two calls of Progress
	look  time.Duration     // between two looks at what may end the run
	send  http.RoundTripper // in place of connections, unless nil
}

func standard() knobs {
	return knobs{grace: time.Second, every: 200 * time.Millisecond, look: time.Second}
}

// Run has the profile make round(Rate × Duration) calls to the target, the operations in turn as often as their weights say,
// call k being due k/Rate seconds after the beginning, and returns what came of them. When all workers are busy calls are
// made late, which their response times show; what could not be begun within Timeout after the end of Duration is not sent.
//
// In the record, Achieved.Requests are the calls of which a request was sent, each once, and Achieved.Rate is their number
// divided by Achieved.Duration, the time from the moment the first call was due to the sending of the last, plus one interval
// (1/Rate): exactly Rate for a run in which the last call is sent on time. The Requests of an operation are the calls that
// were answered or failed. A call whose first request could not be made ready was not sent: it counts as error of kind
// "not sent" and nowhere else. Requests beside the calls (targets.Wire.Beside) have rows of their own after the operations;
// those answered by anything but 2xx count as errors. Witnesses show neither the values of a query or of headers of the
// request, nor the target's credentials. Version is left to the caller.
//
// When ctx ends, no call begins any more, those under way have one second to finish, and the record of what was measured is
// returned with Interrupted set; calls that were cut off are in a warning only. Errors are returned for what prevents a run:
// options or a workload that make no sense, and a target that is not permitted (Permitted, PermittedRate, PermittedWrites) or
// lacks what the profile needs, and for thresholds about what the profile does not have. A run that has missed a threshold of
// AbortOn ends like one that ctx ends, but with Stopped set. Run is safe for concurrent use.
func Run(ctx context.Context, target targets.Target, profile targets.Profile, opt Options) (record.Load, error) {
	return run(ctx, target, profile, opt, standard())
}

func run(ctx context.Context, target targets.Target, profile targets.Profile, opt Options, k knobs) (record.Load, error) {
	opt, base, err := check(target, profile, opt)
	if err != nil {
		return record.Load{}, err
	}
	plan := newSchedule(opt.Rate, opt.Duration)
	plan.latest = opt.Duration + opt.Timeout
	whole, cutOff := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cutOff(nil)
	pacing, end := context.WithCancel(ctx)
	defer end()
	sender := newSender(opt, target.Allow.Load)
	defer sender.CloseIdleConnections()
	w := &wire{
		ctx: whole, pacing: pacing, target: base, send: cmp.Or(k.send, http.RoundTripper(sender)), timeout: opt.Timeout,
		samples: newSamples(plan), now: time.Now,
	}
	work, err := profile.Start(target, targets.Drive{Wire: w, Sessions: opt.Sessions, Refresh: opt.Refresh, Mix: opt.Mix})
	if err != nil {
		return record.Load{}, fmt.Errorf("target %s lacks what the profile %s needs: %w", target.Name, profile.Name, err)
	}
	t, err := newTransport(w, work, credentialMasker(target.Secrets()))
	if err != nil {
		return record.Load{}, fmt.Errorf("the profile %s cannot be run: %w", profile.Name, err)
	}
	result := record.Load{
		Profile:   profile.Name,
		Target:    record.Target{Name: target.Name, Vendor: target.Vendor, URL: target.URL, Kind: string(target.Kind)},
		Started:   time.Now(),
		Requested: record.Offered{Rate: opt.Rate, Duration: opt.Duration},
	}
	if err := fits(opt, result, w.samples, work); err != nil {
		return record.Load{}, err
	}
	stop := report(opt, w.samples, work, result.Started, k.every)
	stopped := watch(opt, result, w.samples, work, k.look, end)
	ended := attack(pacing, t, opt, cutOff, k.grace)
	result.Stopped = stopped()
	stop()
	result.Interrupted = ctx.Err() != nil
	t.collect(&result, opt, ended)
	result.Sessions = lives(work)
	if ended == nil {
		t.finish(ctx, work, &result, k.grace)
	}
	result.Thresholds = threshold.Judge(result, slices.Concat(opt.Thresholds, opt.AbortOn))
	return result, nil
}

// collect puts what was measured into the record.
func (t *transport) collect(r *record.Load, opt Options, ended error) {
	length := 0
	if !r.Early() {
		length = int((opt.Duration + time.Second - 1) / time.Second)
	}
	s := t.wire.samples
	r.Operations, r.Breaches, r.Series = s.seal(length)
	r.Signing, r.Achieved = s.signing, s.achieved()
	r.Invalid = behind(*r, s, opt)
	r.Warnings = warnings(*r, s, opt, t.masker, ended)
}

// check says what forbids the run, completes the options, and reads the target's address.
func check(target targets.Target, profile targets.Profile, opt Options) (Options, *url.URL, error) {
	opt, err := opt.complete()
	if err == nil {
		opt, err = opt.sessions(profile)
	}
	if err == nil {
		opt, err = opt.mixed(profile)
	}
	for _, t := range opt.AbortOn {
		if err == nil {
			err = t.Abortable()
		}
	}
	if err != nil {
		return opt, nil, err
	}
	if opt.TLS == nil && target.TLS != (targets.TLS{}) {
		return opt, nil, fmt.Errorf("target %s has tls settings, which load was not given: pass Options.TLS, made by TLS.Config", target.Name)
	}
	base, err := url.Parse(target.URL)
	if err != nil {
		return opt, nil, fmt.Errorf("the url of target %s cannot be read: %w", target.Name, err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return opt, nil, fmt.Errorf("the url of target %s is %q: set targets.%s.url to http:// or https:// and a host",
			target.Name, target.URL, target.Name)
	}
	if err := Permitted(target); err != nil {
		return opt, nil, err
	}
	if err := PermittedRate(target, opt.Rate); err != nil {
		return opt, nil, err
	}
	return opt, base, PermittedWrites(target, profile)
}

// report calls Progress from a goroutine of its own until the returned function is called, which ends it with a last call.
func report(opt Options, s *samples, work targets.Workload, started time.Time, every time.Duration) (finish func()) {
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
			for _, life := range lives(work) {
				p.Sessions += life.Opened
			}
			opt.Progress(p)
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}
