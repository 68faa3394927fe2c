package steps

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// Suite runs plans against one target.
type Suite struct {
	// Open returns the target that one scenario lives in, and what ends it. A mock is opened afresh for every scenario; a
	// live target is always the same.
	Open func(context.Context) (targets.Target, func() error, error)
	// Shared says that the scenarios share the target: they then run one after the other.
	Shared bool
	// Parallel is how many scenarios run at once where each has a target of its own; 0 means 8.
	Parallel int
	Timeout  time.Duration // for one scenario; 0 means DefaultTimeout
	FailFast bool          // stop at the first clause that is broken
	// Agreed are the clauses that the target may break, as its owner knows: FailFast does not stop at them.
	Agreed   map[string]bool
	TLS      *tls.Config
	Progress func(done, planned int) // called from many goroutines; may be nil

	bench *benchSuite // where a client is judged: its scenarios have no target but the bench
}

// defaultParallel is how many scenarios run at once where each has a target of its own.
const defaultParallel = 8

// DefaultTimeout is the time that one scenario may take.
const DefaultTimeout = 10 * time.Second

// CannotTest says why a target cannot be tested at all.
type CannotTest struct{ Reason string }

func (e *CannotTest) Error() string { return e.Reason }

// run is one plan being run.
type run struct {
	suite   Suite
	plan    *Plan
	session *session
	salts   *salts // of a shared target

	mu       sync.Mutex
	index    map[string]int // pickle id -> place in results
	results  []record.Scenario
	requests int
	done     int
	stopped  string // why no further scenario starts, "" while they do
	lost     string // why the target is not what it was before the run
}

// Run judges the target. Every planned scenario is in the result; one that did not run says so. The error is a *CannotTest
// when the target could not be tested at all.
func (s Suite) Run(ctx context.Context, plan *Plan) ([]record.Scenario, []string, error) {
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	if s.Parallel <= 0 {
		s.Parallel = defaultParallel
	}
	r := &run{suite: s, plan: plan, session: &session{}, salts: &salts{}, index: map[string]int{}, results: plan.Scenarios()}
	for i, chosen := range plan.chosen {
		r.index[chosen.ID] = i
	}
	var notes []string
	if s.Shared {
		var err error
		if notes, err = r.preflight(ctx); err != nil {
			return nil, nil, err
		}
	}
	contents := make([]godog.Feature, len(plan.files))
	for i, f := range plan.files {
		contents[i] = godog.Feature{Name: f.Name, Contents: f.Text}
	}
	concurrency := s.Parallel
	if s.Shared {
		concurrency = 1
	}
	godog.TestSuite{
		Name: plan.vendor,
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			r.scenario(sc)
		},
		Options: &godog.Options{
			Format: "progress", Output: io.Discard, NoColors: true, Strict: true, Concurrency: concurrency,
			FeatureContents: contents, DefaultContext: ctx, Paths: nil,
		},
	}.Run() // its exit code says less than the verdicts do
	r.explain(ctx)
	if note := r.session.marks.note(); note != "" && s.Shared {
		notes = append(notes, note)
	}
	if r.lost != "" {
		notes = append(notes, r.lost)
	}
	return r.results, notes, nil
}

func (r *run) preflight(ctx context.Context) ([]string, error) {
	w := r.world()
	end, err := r.open(ctx, w)
	if err != nil {
		return nil, &CannotTest{err.Error()}
	}
	defer end()
	notes, err := r.plan.vocab.preflight(w)
	if err != nil {
		return nil, &CannotTest{w.mask().Text(err.Error())}
	}
	return notes, nil
}

// open gives a world its target and its deadline; end closes both.
func (r *run) open(ctx context.Context, w *world) (end func(), err error) {
	if r.suite.bench != nil {
		return r.openBench(ctx, w), nil
	}
	target, closeTarget, err := r.suite.Open(ctx)
	if err != nil {
		return nil, err
	}
	w.target = target
	if w.peer, err = wire.NewPeer(target.URL, r.suite.TLS); err != nil {
		return nil, errors.Join(err, closeTarget())
	}
	w.peer.Abrupt = !r.suite.Shared
	w.ctx, w.left = ctx, r.suite.Timeout
	return func() {
		if w.steered && r.suite.Shared {
			r.putBack(ctx, w)
		}
		if err := closeTarget(); err != nil && w.finding.Verdict == record.NotRun {
			_ = w.errored(err)
		}
	}, nil
}

// openBench gives a world its bench, whose mock is started once the scenario has said how.
func (r *run) openBench(ctx context.Context, w *world) (end func()) {
	w.ctx, w.left = ctx, r.suite.Timeout
	w.bench = newBench(w, r.suite.bench, r.plan.vocab.client)
	return func() {
		w.bench.record()
		if err := w.bench.close(); err != nil && w.finding.Verdict == record.Passed {
			_ = w.errored(err)
		}
	}
}

// resetShare is the part of a scenario's time that putting the target back may take on top of it.
const resetShare = 5

// putBack resets a shared target. Where that fails nothing more can be told from it: its clock or its keys are not what the
// next scenario takes them for.
func (r *run) putBack(ctx context.Context, w *world) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.suite.Timeout/resetShare)
	defer cancel()
	err := targets.NewControl(w.target.Control).Reset(clean)
	r.session.skew.forget() // the reset may have moved the clock
	if err == nil {
		return
	}
	err = fmt.Errorf("the target could not be put back as it was: %w", err)
	if w.finding.Verdict != record.Failed {
		_ = w.errored(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = w.mask().Text(err.Error())
	r.stopped = r.lost
}

// explain says of every scenario that did not run why it did not.
func (r *run) explain(ctx context.Context) {
	why := r.stopped
	if why == "" && ctx.Err() != nil {
		why = "interrupted"
	}
	for i := range r.results {
		if r.results[i].Verdict == record.NotRun {
			r.results[i].Reason = why
		}
	}
}

func (r *run) world() *world {
	w := &world{session: r.session, salts: r.salts, timeout: r.suite.Timeout}
	if !r.suite.Shared {
		w.salts = &salts{}
	}
	r.plan.vocab.start(w)
	return w
}

// scenario registers the hooks and phrases of one scenario, which godog names only in the first hook.
func (r *run) scenario(sc *godog.ScenarioContext) {
	w := r.world()
	var (
		end     func()
		started time.Time
		chosen  bool
	)
	sc.Before(func(ctx context.Context, p *godog.Scenario) (context.Context, error) {
		i, planned := r.index[p.Id]
		if !planned || r.over(ctx) {
			return ctx, godog.ErrSkip
		}
		if r.results[i].Name != p.Name {
			return ctx, fmt.Errorf("harness: the scenario %q was planned as %q", p.Name, r.results[i].Name)
		}
		chosen, started, w.name = true, time.Now(), p.Name
		var err error
		if end, err = r.open(ctx, w); err != nil {
			return ctx, w.errored(err)
		}
		return ctx, nil
	})
	sc.After(func(ctx context.Context, p *godog.Scenario, err error) (context.Context, error) {
		if !chosen {
			return ctx, nil
		}
		if w.finding.Verdict == record.NotRun && err != nil {
			_ = w.errored(oneLine(err))
		}
		if w.finding.Verdict == record.NotRun {
			w.finding.Verdict = record.Passed
		}
		if w.finding.Verdict == record.Passed && w.requests == 0 {
			_ = w.errored(errors.New("the scenario passed without a single request: it proves nothing"))
		}
		if end != nil {
			end()
		}
		r.finish(r.index[p.Id], w, time.Since(started))
		return ctx, nil
	})
	r.plan.vocab.register(sc, w)
}

// over says that no further scenario starts.
func (r *run) over(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped != "" || ctx.Err() != nil
}

// finish writes a scenario's finding into the record, masked.
func (r *run) finish(i int, w *world, took time.Duration) {
	mask := w.mask()
	text := func(s string) string { // a mask is costly, and most scenarios have nothing to mask
		if s == "" {
			return s
		}
		return mask.Text(s)
	}
	found := w.finding
	found.Expected, found.Actual, found.Reason = text(found.Expected), text(found.Actual), text(found.Reason)
	for j, o := range found.Observed {
		found.Observed[j] = text(o)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	res := &r.results[i]
	res.Verdict, res.Duration, res.Requests, res.Target = found.Verdict, took, w.requests, w.target.Name
	res.Expected, res.Actual, res.Reason, res.Observed = found.Expected, found.Actual, found.Reason, found.Observed
	res.Exchange, res.Turns = found.Exchange, found.Turns
	if w.finding.Verdict == record.Failed && r.suite.FailFast && res.Weight != record.Observe && !r.suite.Agreed[res.Clause] {
		r.stopped = "stopped at the first broken clause"
	}
	r.done++
	if r.suite.Progress != nil {
		r.suite.Progress(r.done, len(r.results))
	}
}

func oneLine(err error) error {
	text := err.Error()
	for i, r := range text {
		if r == '\n' {
			return errors.New(text[:i])
		}
	}
	return errors.New(text)
}
