package program

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// launched starts only the processes of a turn, with nobody who looks at them or ends them.
func launched(t *testing.T, args ...string) *kin {
	t.Helper()
	mark := markName + "=" + rand.Text()
	nothing, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer nothing.Close()
	c := as(args...)
	k, err := launch(os.Args[0], c.Args, mark, &os.ProcAttr{
		Env: environment(c.Env, mark), Files: []*os.File{nothing, nothing, nothing},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.kill(); k.await(); k.reap() })
	return k
}

// Each of the ways in which the kin are known has to find what it is there for, alone.
func TestEachWayFindsItsOwn(t *testing.T) {
	for _, c := range []struct {
		name, role string
		blind      func(*kin) // takes the other ways away
		look       bool       // while the first lives
		left       int
	}{
		{"a double fork with nothing in its environment, by the tag", "double", func(k *kin) { k.mark = "none" }, false, 1},
		{"the same in the table of all processes", "double", func(k *kin) { k.mark, k.lists = "none", false }, false, 1},
		{"a daemon with its environment, by the mark", "daemon", func(k *kin) { k.tag = 0 }, false, 1},
		{"the same in the table of all processes", "daemon", func(k *kin) { k.tag, k.lists = 0, false }, false, 1},
		{"a daemon without, by having been seen", "daemon", func(k *kin) { k.tag, k.mark = 0, "none" }, true, 1},
		{"the same in the table of all processes", "daemon", func(k *kin) { k.tag, k.mark, k.lists = 0, "none", false }, true, 1},
		{"an orphan, by the process group", "orphan", func(k *kin) { k.tag, k.mark = 0, "none" }, false, 1},
		{"a double fork, by nothing", "double", func(k *kin) { k.tag, k.mark = 0, "none" }, false, 0},
	} {
		ear := listen(t)
		args := []string{c.role, ear.address(), "it"}
		if strings.Contains(c.name, "by the mark") || c.role == "daemon" && !c.look {
			args = append(args, "with its environment")
		}
		k := launched(t, args...)
		left, first := ear.hear(t, "it"), ear.hear(t, "first of it")
		if k.tag == 0 || !k.lists {
			t.Fatal("this system has no tags, or no lists of children")
		}
		c.blind(k)
		if c.look {
			k.look()
		}
		first.Close()
		k.await()
		if got := k.sweep(true); got != c.left || left.lives() == (c.left == 1) {
			t.Errorf("%s: %d were left, and it lives: %t", c.name, got, left.lives())
		}
		if c.left == 0 { // and it is ours to bury
			left.Close()
			if _, err := syscall.Wait4(left.pid, nil, 0, nil); err != nil {
				t.Errorf("%s: it was not adopted: %v", c.name, err)
			}
		}
	}
}

func TestALookShowsWhoIsAliveNow(t *testing.T) {
	ear := listen(t)
	name := "grandchild " + strings.Repeat("x", 10_000)
	k := launched(t, "parent", "parent", "tell", ear.address(), name)
	ear.hear(t, name)
	for _, lists := range []bool{true, false} {
		k.lists, k.seen.lists = lists, nil
		k.look()
		want := [][]string{as("parent", "tell", ear.address(), name).Args, as("tell", ear.address(), name).Args}
		slices.SortFunc(k.seen.lists, slices.Compare) // parent before tell
		if !reflect.DeepEqual(k.seen.lists, want) {
			t.Errorf("with lists of children %t: %.200q", lists, k.seen.lists)
		}
	}
	k.kill()
	k.await()
	k.sweep(false)
	k.seen.lists = nil
	k.look()
	if k.seen.lists != nil {
		t.Errorf("after the turn: %q", k.seen.lists)
	}
}

func TestChildrenAreThoseItStarted(t *testing.T) {
	t.Parallel()
	ear := listen(t)
	p := start(t, as("double", ear.address(), "daemon"))
	ear.hear(t, "daemon")
	p.Sight()
	ear.hear(t, "first of daemon").Close()
	r := p.Wait()
	if r.End != Exited || r.Exit != 0 || r.Left != 1 || ear.hear(t, "daemon").lives() {
		t.Errorf("%+v", r)
	}
	if !slices.ContainsFunc(r.Children, func(list []string) bool {
		return slices.Equal(list, as("tell", ear.address(), "daemon").Args)
	}) || slices.ContainsFunc(r.Children, func(list []string) bool { return list[2] == "double" }) {
		t.Errorf("%q", r.Children)
	}
}

// What the first process becomes was not given, and is for all to see.
func TestAProgramThatBecomesAnother(t *testing.T) {
	t.Parallel()
	ear := listen(t)
	p := start(t, script(fmt.Sprintf("exec '%s' as tell %s it", os.Args[0], ear.address())))
	ear.hear(t, "it")
	p.Sight()
	p.Stop("")
	if r := p.Wait(); len(r.Children) != 1 || !slices.Equal(r.Children[0], as("tell", ear.address(), "it").Args) {
		t.Errorf("%q", r.Children)
	}
}

func TestAScriptIsGivenToItsInterpreter(t *testing.T) {
	ear, path := listen(t), filepath.Join(t.TempDir(), "client.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n\"$1\" as tell $2 it\n:\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := start(t, Config{Args: []string{path, os.Args[0], ear.address()}})
	ear.hear(t, "it")
	p.Sight()
	p.Stop("")
	if r := p.Wait(); len(r.Children) != 1 || !slices.Equal(r.Children[0], as("tell", ear.address(), "it").Args) {
		t.Errorf("%q", r.Children)
	}
}

func TestEscapedProcessesAreLeftButTheGroupIsNot(t *testing.T) {
	t.Parallel()
	ear := listen(t)
	for role, left := range map[string]int{"orphan": 0, "daemon": 1} {
		p := start(t, as(role, ear.address(), role))
		child := ear.hear(t, role)
		ear.hear(t, "first of "+role)
		p.Stop("")
		if r := p.Wait(); r.Left != left || child.lives() {
			t.Errorf("%s: %+v", role, r)
		}
	}
}

func TestProgramsDoNotTouchEachOther(t *testing.T) {
	t.Parallel()
	const many = 8
	ear, name := listen(t), func(i int) string { return fmt.Sprint("daemon ", i) }
	var programs [many]*Program
	for i := range many {
		programs[i] = start(t, as("double", ear.address(), name(i)))
	}
	for i := range many {
		ear.hear(t, name(i))
		ear.hear(t, "first of "+name(i))
		programs[i].Sight()
	}
	for i := range many {
		ear.hear(t, "first of "+name(i)).Close()
		r := programs[i].Wait()
		if r.End != Exited || r.Left != 1 || ear.hear(t, name(i)).lives() {
			t.Errorf("%d: %+v", i, r)
		}
		for _, list := range r.Children {
			if !strings.HasSuffix(strings.Join(list, " "), name(i)) {
				t.Errorf("%d has seen %q", i, list)
			}
		}
		for j := i + 1; j < many; j++ {
			if !ear.hear(t, name(j)).lives() || !ear.hear(t, "first of "+name(j)).lives() {
				t.Errorf("the end of %d was that of %d", i, j)
			}
		}
	}
}

// Other children of this process belong to whoever started them: the living live on, and the dead are waited for by others.
func TestOtherChildrenAreNotOurs(t *testing.T) {
	ear := listen(t)
	living, dead := itself("tell", ear.address(), "living"), exec.Command("sh", "-c", "exit 7")
	living.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	dead.SysProcAttr = living.SysProcAttr
	p := start(t, as("double", ear.address(), "daemon"))
	for _, other := range []*exec.Cmd{living, dead} {
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
	}
	awaitEnd(dead.Process.Pid)
	voice := ear.hear(t, "living")
	ear.hear(t, "daemon")
	p.Sight()
	ear.hear(t, "first of daemon").Close()
	if r := p.Wait(); r.Left != 1 {
		t.Errorf("%+v", r)
	}
	if err := dead.Wait(); dead.ProcessState.ExitCode() != 7 {
		t.Errorf("the dead one: %v", err)
	}
	if !voice.lives() {
		t.Error("the living one was ended")
	}
	voice.Close()
	if err := living.Wait(); err != nil {
		t.Errorf("the living one: %v", err)
	}
}

// A process that forks and ends, time and again, is never where it was last seen.
func TestAProcessThatRunsAwayIsCaught(t *testing.T) {
	name := rand.Text()
	c := script(`sh -c "$AWAY" ` + name)
	c.Env = append(c.Env, `AWAY=setsid env -i PATH="$PATH" AWAY="$AWAY" sh -c "$AWAY" `+name+` & exit`)
	for range 5 {
		if r := start(t, c).Wait(); r.End != Exited || r.Exit != 0 || r.Left < 1 {
			t.Errorf("%+v", r)
		}
		for _, p := range readTable() {
			if list := readArguments(p.pid); slices.Contains(list, name) {
				t.Fatalf("%d lives: %q", p.pid, list)
			}
		}
	}
}

func TestTheDeadAreBuried(t *testing.T) {
	before := len(readAdopted())
	r := start(t, script("for i in 1 2 3; do (setsid env -i sh -c 'exit 0' &) ; done; setsid sleep 1000 & exit 5")).Wait()
	if after := readAdopted(); r.Exit != 5 || len(after) > before {
		t.Errorf("%+v; there were %d children, there are %v", r, before, after)
	}
}

func TestANumberThatIsAnothersByNowIsSpared(t *testing.T) {
	other := exec.Command("sleep", "1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	now, alive := readProcess(other.Process.Pid)
	if !alive || now.parent != os.Getpid() || now.dead {
		t.Fatalf("%+v", now)
	}
	before := now
	before.start--
	end(before)
	if still, alive := readProcess(now.pid); !alive || still != now {
		t.Errorf("it was ended: %+v", still)
	}
	for _, never := range []int{0, 1, -1, os.Getpid()} {
		end(process{pid: never})
	}
	end(now)
	if _ = other.Wait(); other.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("it ended by %v", other.ProcessState)
	}
}

func TestWhichListsWereGiven(t *testing.T) {
	a := arguments{path: "/opt/bin/client", given: []string{"client", "--key", "k"}}
	for text, given := range map[string]bool{
		"client --key k":                      true,
		"/opt/bin/client --key k":             true,
		"/bin/sh /opt/bin/client --key k":     true,
		"/usr/bin/env sh -e client --key k":   true,
		"curl --key k":                        false,
		"client --key k k":                    false,
		"client --key":                        false,
		"client":                              false,
		"client --key other":                  false,
		"/bin/sh -c 'client --key k' x --key": false,
	} {
		if got := a.isGiven(strings.Fields(text)); got != given {
			t.Errorf("%s: given %t", text, got)
		}
	}
	for range 2 {
		for i := range 2 * maxLists {
			a.add([]string{"curl", fmt.Sprint(i)})
		}
		a.add(a.given)
		a.add(nil)
	}
	if len(a.lists) != maxLists || !slices.Equal(a.lists[7], []string{"curl", "7"}) {
		t.Errorf("%d lists are kept", len(a.lists))
	}
	b := arguments{given: a.given}
	for i := range 100 {
		b.add([]string{fmt.Sprint(i), strings.Repeat("x", maxArguments)})
	}
	if n := len(b.lists); n < 2 || n > maxListed/maxArguments+1 {
		t.Errorf("%d long lists are kept", n)
	}
}
