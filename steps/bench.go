package steps

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/program"
)

// exitUnsupported is how a program says that it does not support the action.
const exitUnsupported = 127

// clientSide is what the bench has to know of a vendor.
type clientSide struct {
	// credentials are fresh ones, by configuration name: no two scenarios share any.
	credentials func() targets.Credentials
	// given are those that the program gets, and secrets those of them that it must leave nowhere.
	given, secrets []string
	// did says whether a request did one part of an action: read, write or update.
	did func(kind string, a targets.Arrival) bool
	// opens says whether a request asks for a session; nil where the vendor has none.
	opens func(a targets.Arrival) bool
}

// bench is what a client under test is judged on: a mock of its own that the scenario stages, a folder of its own, and what
// came of every run of the program. It belongs to one goroutine.
type bench struct {
	w      *world
	suite  *benchSuite
	side   *clientSide
	opt    targets.MockOptions // as the scenario's givens have it
	given  targets.Credentials // what the program gets
	query  string              // the caller's own parameters, "" for none
	later  []func() error      // what the givens do to the running mock
	mock   *targets.Mock
	stage  *stage
	tap    *tap
	folder *program.Folder
	turns  []turn
	other  *otherHost
	cancel context.CancelFunc // ends what waits on the stage
	// patient says that the program gets as long as it may take by its own account, and that the scenario judges whether it
	// had to be ended.
	patient bool
	pending error  // why the last run cannot be judged green; a breach that it shows is one all the same
	word    string // of the reason that the gateway gives
}

// turn is one run of the program.
type turn struct {
	action, kind string
	parts        int
	arrivals     []targets.Arrival
	result       program.Result
}

func newBench(w *world, suite *benchSuite, side *clientSide) *bench {
	b := &bench{w: w, suite: suite, side: side, tap: &tap{}}
	ctx, cancel := context.WithCancel(w.ctx)
	b.cancel, b.stage = cancel, &stage{done: ctx}
	b.opt = targets.MockOptions{
		Seed: suite.seed, Stage: b.stage, Listen: b.tap.wrap, Credentials: side.credentials(), TrueClock: true, AnyBody: true,
		Clock: targets.System(), // the program has a clock of its own, which nobody can hold still
	}
	b.given = targets.Credentials{}
	for _, name := range side.given {
		b.given[name] = b.opt.Credentials[name]
	}
	return b
}

// open starts the mock, once.
func (b *bench) open() error {
	if b.mock != nil {
		return nil
	}
	var err error
	if b.mock, err = b.suite.vendor.StartMock(b.opt); err != nil {
		return err
	}
	if b.folder, err = program.NewFolder(); err != nil {
		return err
	}
	b.w.target = b.suite.vendor.MockTarget(b.mock, b.opt.Clock)
	for name, value := range b.opt.Credentials {
		b.w.hide(name, value)
	}
	for _, do := range b.later {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// close ends everything that the scenario had.
func (b *bench) close() error {
	b.cancel()
	var err error
	if b.mock != nil {
		err = b.mock.Close()
	}
	if b.folder != nil {
		err = errors.Join(err, b.folder.Remove())
	}
	if b.other != nil {
		err = errors.Join(err, b.other.close())
	}
	return err
}

// tell runs the program with an action, and ends the scenario where the run says nothing.
func (b *bench) tell(action string) error {
	kind, parts, err := parseAction(action)
	if err != nil {
		return b.w.errored(err)
	}
	if err := b.open(); err != nil {
		return b.w.errored(err)
	}
	from := len(b.stage.seen(b.w.ctx, 0))
	under, err := program.Start(b.w.ctx, program.Config{
		Args: b.arguments(action), Env: b.environment(action), Dir: b.folder.Work, Deadline: b.deadline(),
	})
	if err != nil {
		return b.w.errored(fmt.Errorf("the client could not be started: %w", err))
	}
	b.stage.turn(under)
	t := turn{action: action, kind: kind, parts: parts, result: under.Wait()}
	b.stage.turn(nil)
	t.arrivals = b.stage.seen(b.w.ctx, from)
	b.turns = append(b.turns, t)
	b.w.requests += len(t.arrivals)
	b.learn(t.arrivals)
	return b.fit(t)
}

// patienceGrace is what a program gets on top of the time that it may take by its own account, to start and to end.
const patienceGrace = 2 * time.Second

func (b *bench) deadline() time.Duration {
	if b.patient {
		return b.suite.patience + patienceGrace
	}
	return b.w.timeout
}

// cutShort says that the run was ended for a reason that lies with us: what it lacks is no proof, it may have come yet.
func (b *bench) cutShort() bool { return b.pending != nil }

// fit says whether a run can be judged at all.
func (b *bench) fit(t turn) error {
	r := t.result
	switch {
	case b.w.ctx.Err() != nil:
		return b.w.errored(b.w.ended(b.w.ctx.Err()))
	case r.End == program.Exited && r.Exit == exitUnsupported:
		return b.w.untested("a client that supports the action %q: it ended with 127, which says that it does not, and is also how a "+
			"shell says that it found no program", t.action)
	case len(t.arrivals) == 0:
		return b.w.errored(b.nothing(t))
	case r.End == program.Flooded:
		b.pending = errors.New("the client printed more than can be searched for secrets, and was ended")
	case r.End == program.Deadline && !b.patient:
		b.pending = fmt.Errorf("the client did not end within %s, and was ended: give it more with --timeout", b.w.timeout)
	}
	return nil
}

// nothing says why a program that made no request may have made none.
func (b *bench) nothing(t turn) error {
	said, hint := "", ""
	printed := b.safe(string(t.result.Stderr)) + "\n" + b.safe(string(t.result.Stdout)) // before it is cut: a half secret is not found
	if text := strings.TrimSpace(printed); text != "" {
		line, _, _ := strings.Cut(text, "\n")
		said = "; it printed: " + strings.ToValidUTF8(line[:min(len(line), maxSaid)], "")
	}
	connections, _ := b.tap.sent()
	for _, sent := range connections {
		switch {
		case len(sent) > 2 && sent[0] == 0x16 && sent[1] == 3:
			return fmt.Errorf("the client made no request: it spoke TLS to a port that speaks plain HTTP (%s)%s", ended(t.result), said)
		case len(sent) > 0:
			return fmt.Errorf("the client made no request: it sent %d bytes that are no HTTP request (%s)%s", len(sent), ended(t.result), said)
		}
	}
	if t.result.End == program.Exited && t.result.Exit != 0 {
		hint = fmt.Sprintf("; where it does not support %q it has to end with %d", t.action, exitUnsupported)
	}
	return fmt.Errorf("the client made no request (%s)%s%s", ended(t.result), said, hint)
}

// maxSaid bounds what an error repeats of a program's output, in bytes.
const maxSaid = 200

// ended says in words how a program ended.
func ended(r program.Result) string {
	switch r.End {
	case program.Exited:
		return fmt.Sprintf("exit status %d", r.Exit)
	case program.Signalled:
		return "ended by " + r.Signal
	case program.Deadline:
		return "ended by its deadline"
	case program.Stopped:
		return "ended because " + r.Why
	case program.Flooded:
		return "ended for its output"
	}
	return "interrupted"
}

// learn hides the tokens that the mock gave to the program.
func (b *bench) learn(arrivals []targets.Arrival) {
	for _, token := range sessionTokens(arrivals, b.opt.Credentials) {
		b.w.hide("session token", token)
	}
}

// sessionTokens are those that the mock gave, and the Bearer tokens of requests that are none of the credentials.
func sessionTokens(arrivals []targets.Arrival, credentials targets.Credentials) []string {
	var tokens []string
	known := slices.Collect(maps.Values(credentials))
	for _, a := range arrivals {
		if a.Gave != "" {
			tokens = append(tokens, a.Gave)
		}
		scheme, token, _ := strings.Cut(a.Header.Get("Authorization"), " ")
		if strings.EqualFold(scheme, "Bearer") && len(token) >= shortestEncoded && !slices.Contains(known, token) {
			tokens = append(tokens, token)
		}
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// calls are all requests of the scenario so far.
func (b *bench) calls() []targets.Arrival {
	var all []targets.Arrival
	for _, t := range b.turns {
		all = append(all, t.arrivals...)
	}
	return all
}

// last is the last run of the program; the vocabulary sees to it that there is one.
func (b *bench) last() turn { return b.turns[len(b.turns)-1] }

// accuse writes down that the contract was broken, by one request where one shows it.
func (b *bench) accuse(a *targets.Arrival, expected, actual string, args ...any) error {
	err := b.w.broken(expected, fmt.Sprintf(actual, args...))
	b.w.finding.Exchange = nil
	if a != nil {
		b.w.finding.Exchange = b.shown(*a)
	}
	return err
}

// shown is a request with what became of it, for a report.
func (b *bench) shown(a targets.Arrival) *record.Exchange {
	text := b.safe
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s\n", a.Method, a.URI)
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		for _, value := range a.Header[name] {
			fmt.Fprintf(&head, "%s: %s\n", name, value)
		}
	}
	if body := text(string(a.Body)); body != "" {
		head.WriteString("\n" + body[:min(len(body), maxShown)])
	}
	x := &record.Exchange{Request: strings.TrimSpace(text(head.String())), Response: a.Outcome, Why: text(a.Why), Right: text(a.Right)}
	if a.Status != 0 {
		x.Response = fmt.Sprintf("%d, %s", a.Status, a.Outcome)
	}
	if a.Cued {
		x.Response += ", as this scenario wants it"
	}
	return x
}

// record writes down how the program ended each time, where somebody will want to know.
func (b *bench) record() {
	if b.w.finding.Verdict == record.Passed {
		return
	}
	for _, t := range b.turns {
		r := t.result
		b.w.finding.Turns = append(b.w.finding.Turns, record.Turn{
			Action: t.action, Ended: ended(r) + left(r), Stdout: b.said(r.Stdout, r.StdoutCut), Stderr: b.said(r.Stderr, r.StderrCut),
		})
	}
}

// longestSecret is more than any secret takes in any encoding, in bytes.
const longestSecret = 1000

// said is what a program printed, for a report. Where the rest was thrown away the end may be half a secret, which nobody
// would find.
func (b *bench) said(output []byte, cut bool) string {
	if cut {
		output = output[:max(0, len(output)-longestSecret)]
	}
	return shortened(b.safe(string(output)))
}

// safe is a text without its secrets. One that still holds a secret, in a form that cannot be cut out, is not shown.
func (b *bench) safe(text string) string {
	text = veiled(b.w.mask().Text(text))
	values := map[string][]string{}
	for _, h := range b.w.hidden {
		values[h.name] = append(values[h.name], h.value)
	}
	if _, name := hunt([]trace{{text: text}}, values); name != "" {
		return "<not shown: it holds the " + name + ", spread out or compressed>"
	}
	return text
}

func left(r program.Result) string {
	if r.Left == 0 {
		return ""
	}
	return fmt.Sprintf("; %d processes that it left behind were ended", r.Left)
}

// shortened keeps the beginning and the end of a long text.
func shortened(text string) string {
	if len(text) <= 2*maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "\n[cut]\n" + strings.ToValidUTF8(text[len(text)-maxShown:], "")
}

// wait lets time pass for the program, too.
func (b *bench) wait(seconds int) error {
	if err := b.opt.Clock.Wait(b.w.ctx, time.Duration(seconds)*time.Second); err != nil {
		return b.w.errored(b.w.ended(err))
	}
	return nil
}
