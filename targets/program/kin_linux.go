package program

import (
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	sweepTime = 2 * time.Second // after which what cannot be killed is left alone
	// What is kept of argument lists: of a program that starts others without end, the beginning.
	maxLists, maxListed = 1000, 4 << 20
)

// kin are the processes of one turn: the first, its process group, all that descend from one of them, and all that bear the
// turn's mark in their environment or its tag. An orphan is adopted by this process, and so never out of sight.
type kin struct {
	first *os.Process
	root  process // the first as /proc shows it; pid 0 where there is no /proc
	lists bool    // /proc has lists of children, which are cheaper to read than its whole table
	mark  string
	tag   uint64

	mu        sync.Mutex
	known     map[int]uint64 // the start of each by its number, as last seen
	strangers map[int]bool   // adopted children of this process that the last look found to be others'
	over      bool           // the first may have been reaped: its number means nothing any more
	seen      arguments
}

func newKin(first *os.Process, path string, args []string, mark string, tag uint64) *kin {
	k := &kin{first: first, mark: mark, tag: tag, known: map[int]uint64{}, seen: arguments{path: path, given: args}}
	if procOurs() {
		k.root, _ = readProcess(first.Pid)
		k.known[k.root.pid] = k.root.start
		_, err := os.Stat(childrenPath(k.root.pid, k.root.pid))
		k.lists = err == nil
	}
	return k
}

func (k *kin) await() { awaitEnd(k.first.Pid) }
func (k *kin) ask()   { askGroup(k.first) }
func (k *kin) kill()  { killGroup(k.first) }

// reap is called when the turn is over and await has returned.
func (k *kin) reap() (exit int, signal string) {
	state, err := k.first.Wait()
	if err != nil {
		return -1, ""
	}
	return status(state)
}

// look finds the kin of this moment and notes their argument lists.
func (k *kin) look() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.over && k.root.pid != 0 {
		k.find(!k.lists)
	}
}

// find returns all kin but the first, from the known ones and the adopted orphans or from the table of all processes, and
// also those that had ended and are reaped now.
func (k *kin) find(whole bool) []process {
	var all []process
	if whole {
		table, children := readTable(), map[int][]process{}
		for _, p := range table {
			children[p.parent] = append(children[p.parent], p)
		}
		roots := slices.DeleteFunc(table, func(p process) bool { return !k.owns(p) })
		all = k.follow(roots, func(pid int) []process { return children[pid] })
	} else {
		all = k.follow(k.near(), readChildren)
	}
	return slices.DeleteFunc(all, func(p process) bool { return p.pid == k.root.pid })
}

// near are the known kin that live and the adopted orphans among them.
func (k *kin) near() []process {
	var near []process
	for pid, start := range k.known {
		if p, alive := readProcess(pid); alive && p.start == start {
			near = append(near, p)
		}
	}
	strangers := map[int]bool{}
	for _, p := range readAdopted() {
		if !k.strangers[p.pid] && k.owns(p) {
			near = append(near, p)
		} else {
			strangers[p.pid] = true
		}
	}
	k.strangers = strangers
	return near
}

// owns says whether a process is one of the kin by what it is, whoever its parent is.
func (k *kin) owns(p process) bool {
	if p.pid == os.Getpid() || p.start < k.root.start {
		return false
	}
	start, known := k.known[p.pid]
	return known && start == p.start || p.group == k.root.pid || hasTag(p.pid, k.tag) || hasMark(p.pid, k.mark)
}

// follow notes and returns some of the kin with all their descendants, and reaps those that have ended and have no other
// parent to do it. Only what is known to be of this turn is ever reaped: other children of this process are waited for by
// others.
func (k *kin) follow(roots []process, children func(pid int) []process) []process {
	clear(k.known)
	var all []process
	for len(roots) > 0 {
		p := roots[0]
		roots = roots[1:]
		if _, again := k.known[p.pid]; again || p.pid == os.Getpid() {
			continue
		}
		k.known[p.pid] = p.start
		all = append(all, p)
		switch {
		case p.dead && p.parent == os.Getpid() && p.pid != k.root.pid:
			_, _ = syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil)
		case !p.dead:
			k.seen.add(readArguments(p.pid))
			roots = append(roots, children(p.pid)...)
		}
	}
	return all
}

// sweep kills all that the first process has left behind, and returns how many there were. Those of the process group count
// when the first ended by itself. It is over when nothing is in the table of all processes, not even dead: what forks and
// ends, time and again, leaves its dead to us.
func (k *kin) sweep(byItself bool) int {
	k.mu.Lock()
	k.over = true // from here on nothing else looks
	k.mu.Unlock()
	if k.root.pid == 0 {
		k.kill()
		return 0
	}
	left := map[process]bool{}
	pause, until := 200*time.Microsecond, time.Now().Add(sweepTime)
	for whole := !k.lists; time.Now().Before(until); {
		found := k.find(whole)
		k.kill()
		if len(found) == 0 && whole {
			break
		}
		whole = len(found) == 0 || !k.lists
		for _, p := range found {
			if !p.dead && (byItself || p.group != k.root.pid) {
				left[process{pid: p.pid, start: p.start}] = true
			}
			end(p)
		}
		if len(found) > 0 {
			time.Sleep(pause)
			pause = min(2*pause, watchEvery)
		}
	}
	return len(left)
}

// end kills a process, unless its number is another's by now: the process is held while that is looked up.
func end(p process) {
	held, err := os.FindProcess(p.pid)
	if err != nil || p.pid <= 1 || p.pid == os.Getpid() {
		return
	}
	defer held.Release()
	if now, alive := readProcess(p.pid); alive && now.start == p.start {
		_ = held.Signal(syscall.SIGKILL)
	}
}

// arguments returns the argument lists seen. It is called when the turn is over.
func (k *kin) arguments() [][]string { return k.seen.lists }

// arguments are the distinct argument lists of a turn.
type arguments struct {
	path   string
	given  []string
	lists  [][]string
	listed int // bytes
}

// add keeps a list that is new, but for the one that was given.
func (a *arguments) add(list []string) {
	if len(list) == 0 || a.isGiven(list) || len(a.lists) >= maxLists || a.listed >= maxListed ||
		slices.ContainsFunc(a.lists, func(other []string) bool { return slices.Equal(list, other) }) {
		return
	}
	a.lists = append(a.lists, list)
	for _, argument := range list {
		a.listed += len(argument)
	}
}

// isGiven knows the given list, also where it is shown by a fork that has not become another program yet, or behind the
// interpreter that a #! line names.
func (a *arguments) isGiven(list []string) bool {
	before := len(list) - len(a.given)
	return before >= 0 && (list[before] == a.given[0] || list[before] == a.path) && slices.Equal(list[before+1:], a.given[1:])
}
