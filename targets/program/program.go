// Package program runs a program under test, and lets nothing of it outlive its turn: what it started, however it hid, is
// found and killed before the turn is over. Its output is kept, bounded, and the argument lists of what it started are seen.
//
// On Linux the first Start makes the calling process the one that adopts orphans (PR_SET_CHILD_SUBREAPER), for good: an
// orphan that is no program's is adopted too, and stays a zombie once it ends. Elsewhere only the program's own process
// group is ended, and no argument lists are seen.
package program

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Config says how a program is started.
type Config struct {
	// Args[0] is the program: a name that is found on this process's PATH, or a path, which counts from this process's
	// folder and not from Dir. The others are handed on as they are.
	Args      []string
	Env       []string      // the whole environment, NAME=value; of two with one name the later counts
	Dir       string        // working folder; "" is this process's own
	Deadline  time.Duration // after which it is ended; 0 means 30 s
	Grace     time.Duration // between asking (TERM) and killing (KILL); 0 means 1 s
	MaxOutput int           // bytes of each stream that are kept; 0 means 1 MiB
	// Stdin is read by the program in place of nothing, and Stdout written in place of what is kept and bounded: for who
	// talks with it. They stay the caller's, who closes them once Start has returned.
	Stdin, Stdout *os.File
	// Unwatched spares the program the looks at its processes while it runs, which take up to a twentieth of a core: only
	// those that Sight sees are in Children. What it leaves behind is found and killed all the same.
	Unwatched bool
}

// floodFactor times MaxOutput is what both streams together may bring before the program is ended as Flooded.
const floodFactor = 16

// markName is the environment variable that every process of a turn inherits, unless it takes care not to.
const markName = "AUTHBENCH_TURN"

func (c Config) withDefaults() Config {
	if c.Deadline <= 0 {
		c.Deadline = 30 * time.Second
	}
	if c.Grace <= 0 {
		c.Grace = time.Second
	}
	if c.MaxOutput <= 0 {
		c.MaxOutput = 1 << 20
	}
	return c
}

// End says how a program came to its end.
type End string

// The ends of a program. The last four were made by this package; of several that come together the first counts.
const (
	Exited      End = "exited"      // by itself, with an exit code
	Signalled   End = "signalled"   // by a signal that did not come from here
	Deadline    End = "deadline"    // it was still running
	Stopped     End = "stopped"     // by Stop
	Flooded     End = "flooded"     // it wrote 16 times MaxOutput
	Interrupted End = "interrupted" // its context ended
)

// Result is what became of a program.
type Result struct {
	Exit   int // exit code; -1 when it did not exit by itself
	End    End
	Why    string // as Stop was told
	Signal string // such as SIGSEGV, where End is Signalled

	Stdout, Stderr       []byte
	StdoutCut, StderrCut bool // there was more than was kept

	// Children are the distinct argument lists that were seen of the processes of this turn, in the order in which they were
	// seen. The list that the program was started with is not among them, however often a fork repeats it or a #! line puts
	// an interpreter before it; the list of a program that the first process became by exec is.
	Children [][]string
	// Left counts the processes that were alive after the first had ended, and were killed. Where the program was ended
	// before its time, those of its own process group do not count: they were ended with it.
	Left int
	Took time.Duration // until the end of the first process
}

// Program is a program that was started. Its methods are safe for concurrent use.
type Program struct {
	config         Config
	kin            *kin
	stdout, stderr *stream
	written        atomic.Int64 // bytes, of both streams
	ending         chan cause   // holds the first reason to end it
	over           chan struct{}
	result         Result // once over is closed
}

// cause is why a program is ended before its time; the zero value is that it was not.
type cause struct {
	end End
	why string
}

// Start starts a program, which finds nothing to read on its standard input unless it is given one. It is ended at its deadline or with the context, also
// when nobody waits for it. The error is a *StartError.
func Start(ctx context.Context, c Config) (*Program, error) {
	c = c.withDefaults()
	path, err := find(c)
	if err != nil {
		return nil, err
	}
	p := &Program{config: c, ending: make(chan cause, 1), over: make(chan struct{})}
	if err := p.launch(path); err != nil {
		return nil, explain(c.Args[0], err)
	}
	go p.live(ctx)
	return p, nil
}

// launch starts the process with its streams.
func (p *Program) launch(path string) error {
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer nothing.Close()
	stdout, out, err := newStream(p.config.MaxOutput)
	if err != nil {
		return err
	}
	defer out.Close()
	stderr, errs, err := newStream(p.config.MaxOutput)
	if err != nil {
		stdout.from.Close()
		return err
	}
	defer errs.Close()
	mark := markName + "=" + rand.Text()
	p.kin, err = launch(path, p.config.Args, mark, &os.ProcAttr{
		Dir: p.config.Dir, Env: environment(p.config.Env, mark),
		Files: []*os.File{cmp.Or(p.config.Stdin, nothing), cmp.Or(p.config.Stdout, out), errs},
	})
	if err != nil {
		stdout.from.Close()
		stderr.from.Close()
		return err
	}
	p.stdout, p.stderr = stdout, stderr
	go stdout.drain(p.count)
	go stderr.drain(p.count)
	return nil
}

// environment is the given one and the mark, each name once.
func environment(given []string, mark string) []string {
	env := append(slices.Clone(given), mark)
	slices.Reverse(env)
	seen := map[string]bool{}
	env = slices.DeleteFunc(env, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		again := seen[name]
		seen[name] = true
		return again
	})
	slices.Reverse(env)
	return env
}

// count ends a program that writes without end.
func (p *Program) count(n int) {
	p.written.Add(int64(n))
	if p.flooded() {
		p.endFor(cause{end: Flooded})
	}
}

func (p *Program) flooded() bool { return p.written.Load() > floodFactor*int64(p.config.MaxOutput) }

// endFor asks for the end; who comes first is heard.
func (p *Program) endFor(c cause) {
	select {
	case p.ending <- c:
	default:
	}
}

// Sight records the argument lists of all living processes of the program. It is cheap enough to be called at each request:
// who has sent it is alive then, and is seen.
func (p *Program) Sight() { p.kin.look() }

// Stop ends the program before its time. It does not wait for the end, and does nothing to a program that has ended.
func (p *Program) Stop(why string) { p.endFor(cause{Stopped, why}) }

// Wait waits for the end of the program, by whatever cause, and of everything that it left behind.
func (p *Program) Wait() Result {
	<-p.over
	return p.result
}

// find returns the absolute path of the program to start.
func find(c Config) (string, error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return "", &StartError{What: "no program was named: give a command"}
	}
	for _, pair := range c.Env {
		if name, _, _ := strings.Cut(pair, "="); strings.ContainsRune(pair, 0) {
			return "", &StartError{Program: c.Args[0], What: "the environment variable " + quote(name) + " holds a zero byte"}
		}
	}
	if info, err := os.Stat(c.Dir); c.Dir != "" && (err != nil || !info.IsDir()) {
		return "", &StartError{Program: c.Args[0], What: "there is no folder " + quote(c.Dir) + " to run in", Err: err}
	}
	path, err := exec.LookPath(c.Args[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", explain(c.Args[0], err)
	}
	return path, nil
}
