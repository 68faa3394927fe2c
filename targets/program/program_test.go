//go:build unix

package program

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		script string
		exit   int
		end    End
		signal string
	}{
		{"exit 0", 0, Exited, ""},
		{"exit 3", 3, Exited, ""},
		{"exit 127", 127, Exited, ""},
		{"there-is-no-such-command", 127, Exited, ""},
		{"kill -SEGV $$", -1, Signalled, "SIGSEGV"},
		{"kill -KILL $$", -1, Signalled, "SIGKILL"},
		{"kill -TERM $$", -1, Signalled, "SIGTERM"},
	} {
		r := start(t, script(c.script)).Wait()
		if r.Exit != c.exit || r.End != c.end || r.Signal != c.signal || r.Left != 0 || r.Took <= 0 {
			t.Errorf("%s: %+v", c.script, r)
		}
	}
}

func TestWhatAProgramGets(t *testing.T) {
	c := script(`cat; pwd; env | sort; echo oops >&2`)
	c.Dir = t.TempDir()
	c.Env = append(c.Env, "A=1", "HOME=/nowhere", "A=two=2", "AUTHBENCH_TURN=of another")
	r := start(t, c).Wait()
	lines := strings.Split(strings.TrimSpace(string(r.Stdout)), "\n")
	if dir, _ := filepath.EvalSymlinks(c.Dir); lines[0] != dir {
		t.Errorf("the working folder is %s, not %s", lines[0], dir)
	}
	var marks int
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "A":
			if value != "two=2" {
				t.Errorf("of A the later value counts, and not %q", value)
			}
		case markName:
			if marks++; value == "of another" || len(value) < 20 {
				t.Errorf("the mark is %q", value)
			}
		case "PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_": // given, or the shell's own
		default:
			t.Errorf("the environment also has %s", line)
		}
	}
	if marks != 1 || !slices.Contains(lines, "HOME=/nowhere") || string(r.Stderr) != "oops\n" || r.Exit != 0 {
		t.Errorf("%d marks, %q, %+v", marks, lines, r)
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret, there := "s3cret", []string{"sh"}
	for _, c := range []struct {
		config Config
		says   string
	}{
		{Config{}, "no program was named"},
		{Config{Args: []string{""}}, "no program was named"},
		{Config{Args: []string{"no-such-client", secret}}, `there is no program "no-such-client" on the PATH`},
		{Config{Args: []string{"two\nlines"}}, `there is no program "two\nlines" on the PATH`},
		{Config{Args: []string{"./no/such", secret}}, `there is no program "./no/such": type`},
		{Config{Args: []string{dir, secret}}, "is a folder"},
		{Config{Args: []string{put("plain", "x", 0o644), secret}}, "may not be executed"},
		{Config{Args: []string{put("noise", "\x00\x01", 0o755), secret}}, "neither a program nor a script"},
		{Config{Args: []string{put("lost", "#!/no/such/sh\n", 0o755), secret}}, "but what its #! line names"},
		{Config{Args: there, Dir: dir + "/none"}, "there is no folder"},
		{Config{Args: there, Dir: dir + "/plain"}, "there is no folder"},
		{Config{Args: there, Env: []string{"TOKEN=" + secret + "\x00"}}, `"TOKEN" holds a zero byte`},
		{Config{Args: []string{"sh", secret + "\x00"}}, `"sh" could not be started: invalid argument`},
	} {
		p, err := Start(context.Background(), c.config)
		var failed *StartError
		if p != nil || !errors.As(err, &failed) {
			t.Errorf("%q: %v is no StartError", c.config.Args, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, c.says) || strings.Contains(text, "\n") || strings.Contains(text, secret) {
			t.Errorf("%q: %s", c.config.Args, text)
		}
	}
}

func TestAPathCountsFromOurFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "client.sh"), []byte("#!/bin/sh\necho \"$1\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if r := start(t, Config{Args: []string{"./client.sh", "hello"}, Dir: t.TempDir()}).Wait(); string(r.Stdout) != "hello\n" {
		t.Errorf("%+v", r)
	}
	t.Setenv("PATH", ".")
	if _, err := Start(context.Background(), Config{Args: []string{"client.sh"}}); err == nil ||
		err.Error() != `the program "client.sh" is in this folder, and not on the PATH: type "./client.sh"` {
		t.Errorf("by its name alone: %v", err)
	}
}

func TestADeadlineEndsAProgram(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"sleep 1000", "kill -STOP $$"} {
		c := script(text)
		c.Deadline, c.Grace = 20*time.Millisecond, 10*time.Millisecond
		if r := start(t, c).Wait(); r.End != Deadline || r.Exit != -1 || r.Signal != "" || r.Took < c.Deadline {
			t.Errorf("%s: %+v", text, r)
		}
	}
}

func TestAProgramIsAskedBeforeItIsKilled(t *testing.T) {
	t.Parallel()
	ear := listen(t)
	c := as("tidy", ear.address(), "tidy")
	c.Grace = patience
	p := start(t, c)
	ear.hear(t, "tidy")
	p.Stop("it has seen enough")
	if r := p.Wait(); r.End != Stopped || r.Why != "it has seen enough" || string(r.Stdout) != "tidied up\n" || r.Exit != -1 {
		t.Errorf("%+v", r)
	}
}

func TestAProgramThatIgnoresTERMIsKilled(t *testing.T) {
	t.Parallel()
	ear := listen(t)
	c := as("stubborn", ear.address(), "stubborn")
	c.Grace = 10 * time.Millisecond
	p := start(t, c)
	voice := ear.hear(t, "stubborn")
	p.Stop("now")
	if r := p.Wait(); r.End != Stopped || r.Left != 0 || voice.lives() {
		t.Errorf("%+v", r)
	}
}

func TestTheFirstReasonCounts(t *testing.T) {
	t.Parallel()
	p := start(t, script("sleep 1000"))
	p.Stop("first")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			p.Stop("later")
			p.Sight()
			if r := p.Wait(); r.End != Stopped || r.Why != "first" {
				t.Errorf("%+v", r)
			}
		})
	}
	all.Wait()
}

func TestStopAfterTheEndChangesNothing(t *testing.T) {
	p := start(t, script("exit 4"))
	p.Wait()
	p.Stop("too late")
	p.Sight()
	if r := p.Wait(); r.End != Exited || r.Exit != 4 || r.Why != "" {
		t.Errorf("%+v", r)
	}
}

func TestAContextEndsAProgram(t *testing.T) {
	t.Parallel()
	ear := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	p, err := Start(ctx, as("tell", ear.address(), "it"))
	if err != nil {
		t.Fatal(err)
	}
	voice := ear.hear(t, "it")
	cancel()
	if r := p.Wait(); r.End != Interrupted || r.Exit != -1 || voice.lives() {
		t.Errorf("%+v", r)
	}
	if p, err = Start(ctx, script("sleep 1000")); err != nil {
		t.Fatal(err)
	}
	if r := p.Wait(); r.End != Interrupted {
		t.Errorf("in a context that has ended: %+v", r)
	}
}

func TestOutputIsBounded(t *testing.T) {
	for _, c := range []struct {
		script   string
		end      End
		out, err int
		cut      [2]bool
	}{
		{"head -c 1000 /dev/zero", Exited, 1000, 0, [2]bool{}},
		{"head -c 1001 /dev/zero", Exited, 1000, 0, [2]bool{true, false}},
		{"head -c 8000 /dev/zero; head -c 8000 /dev/zero >&2", Exited, 1000, 1000, [2]bool{true, true}},
		{"head -c 8000 /dev/zero; head -c 8001 /dev/zero >&2", Flooded, 1000, 1000, [2]bool{true, true}},
		{"cat /dev/zero", Flooded, 1000, 0, [2]bool{true, false}},
		{"cat /dev/zero >&2", Flooded, 0, 1000, [2]bool{false, true}},
		{"trap '' TERM; while :; do cat /dev/zero; done", Flooded, 1000, 0, [2]bool{true, false}},
	} {
		config := script(c.script)
		config.MaxOutput, config.Grace = 1000, 10*time.Millisecond
		r := start(t, config).Wait()
		if r.End != c.end || len(r.Stdout) != c.out || len(r.Stderr) != c.err || [2]bool{r.StdoutCut, r.StderrCut} != c.cut {
			t.Errorf("%s: %s, kept %d and %d, cut %t and %t", c.script, r.End, len(r.Stdout), len(r.Stderr), r.StdoutCut, r.StderrCut)
		}
		if (r.Exit == 0) != (c.end == Exited) {
			t.Errorf("%s: exit %d", c.script, r.Exit)
		}
	}
}

// A pipe that a grandchild holds open has no end: Wait must not wait for it.
func TestAnOpenPipeHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	if r := start(t, script("sleep 1000 & echo done")).Wait(); r.End != Exited || string(r.Stdout) != "done\n" || r.StdoutCut {
		t.Errorf("%+v", r)
	}
}

// Who talks with a program has both ends of it, however much is said, and nothing that it starts outlives it.
func TestAConversation(t *testing.T) {
	t.Parallel()
	itsIn, ours, err := os.Pipe()
	check(t, err)
	from, itsOut, err := os.Pipe()
	check(t, err)
	defer from.Close()
	c := script("sleep 1000 & cat; echo end >&2")
	c.MaxOutput, c.Stdin, c.Stdout, c.Unwatched = 1000, itsIn, itsOut, true
	p := start(t, c)
	check(t, errors.Join(itsIn.Close(), itsOut.Close()))
	heard := bufio.NewReader(from)
	for i := range 1000 { // 30 times what may be kept, and twice what would be a flood
		line := strings.Repeat("x", 31) + "\n"
		if _, err := ours.WriteString(line); err != nil {
			t.Fatal(err)
		}
		if got, err := heard.ReadString('\n'); err != nil || got != line {
			t.Fatalf("line %d: %q, %v", i, got, err)
		}
	}
	check(t, ours.Close())
	if r := p.Wait(); r.End != Exited || r.Exit != 0 || r.Left != 1 || len(r.Stdout) != 0 || string(r.Stderr) != "end\n" {
		t.Errorf("%+v", r)
	}
}

func BenchmarkStartAndWait(b *testing.B) {
	for b.Loop() {
		if r := start(b, Config{Args: []string{"true"}}).Wait(); r.End != Exited || r.Exit != 0 {
			b.Fatalf("%+v", r)
		}
	}
}

func BenchmarkSight(b *testing.B) {
	ear := listen(b)
	p := start(b, as("parent", "tell", ear.address(), "child"))
	ear.hear(b, "child")
	for b.Loop() {
		p.Sight()
	}
	p.Stop("")
	p.Wait()
}
