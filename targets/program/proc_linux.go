package program

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxArguments bounds what is read of one argument list, in bytes.
const maxArguments = 256 << 10

// process is one line of the system's table of processes. A number may be given out again; number and start may not.
type process struct {
	pid, parent, group int
	start              uint64 // in ticks since the machine's start
	dead               bool   // and not reaped
}

// procOurs says whether there is a /proc, and it counts processes as this one does.
func procOurs() bool {
	own, err := os.Readlink("/proc/self")
	return err == nil && own == strconv.Itoa(os.Getpid())
}

func procPath(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// readProcess reads /proc/PID/stat, see proc_pid_stat(5).
func readProcess(pid int) (process, bool) {
	text, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return process{}, false
	}
	// The second field is the program's name, in brackets, and may hold anything.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 20 {
		return process{}, false
	}
	p := process{pid: pid}
	p.parent, _ = strconv.Atoi(fields[1])
	p.group, _ = strconv.Atoi(fields[2])
	// Of a process whose first thread alone has ended, others live on.
	p.dead = (fields[0] == "Z" || fields[0] == "X") && (fields[17] == "0" || fields[17] == "1")
	p.start, err = strconv.ParseUint(fields[19], 10, 64)
	return p, err == nil
}

// readTable reads all processes.
func readTable() []process {
	folder, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1)
	var table []process
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, alive := readProcess(pid); alive {
				table = append(table, p)
			}
		}
	}
	return table
}

func childrenPath(pid, thread int) string {
	return procPath(pid, "task/"+strconv.Itoa(thread)+"/children")
}

// readChildren reads the children of a process: those of each of its threads.
func readChildren(pid int) []process {
	threads, _ := os.ReadDir(procPath(pid, "task"))
	var children []process
	for _, thread := range threads {
		if number, err := strconv.Atoi(thread.Name()); err == nil {
			children = append(children, readChildrenOf(pid, number)...)
		}
	}
	return children
}

// readAdopted reads the orphans that this process has adopted: its first thread does that.
func readAdopted() []process { return readChildrenOf(os.Getpid(), os.Getpid()) }

func readChildrenOf(pid, thread int) []process {
	text, _ := os.ReadFile(childrenPath(pid, thread))
	var children []process
	for _, field := range strings.Fields(string(text)) {
		child, _ := strconv.Atoi(field)
		if p, alive := readProcess(child); alive && p.parent == pid {
			children = append(children, p)
		}
	}
	return children
}

// readArguments reads the argument list of a process, nil when it has none (any more). It is read at one stroke: in between
// two, the process may become another program, with another list.
func readArguments(pid int) []string {
	file, err := os.Open(procPath(pid, "cmdline"))
	if err != nil {
		return nil
	}
	defer file.Close()
	buffer := make([]byte, 4<<10)
	n, _ := file.Read(buffer)
	if n == len(buffer) {
		buffer = make([]byte, maxArguments)
		_, _ = file.Seek(0, io.SeekStart)
		n, _ = file.Read(buffer)
	}
	if n <= 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(buffer[:n]), "\x00"), "\x00")
}

// hasTag says whether a process, dead or alive, bears the tag.
func hasTag(pid int, tag uint64) bool {
	if tag == 0 {
		return false
	}
	text, _ := os.ReadFile(procPath(pid, "limits"))
	for line := range bytes.Lines(text) {
		if rest, found := bytes.CutPrefix(line, []byte("Max realtime timeout")); found {
			fields := bytes.Fields(rest)
			return len(fields) > 0 && string(fields[0]) == strconv.FormatUint(tag, 10)
		}
	}
	return false
}

// hasMark says whether the mark is in the environment that a process was started with.
func hasMark(pid int, mark string) bool {
	text, _ := os.ReadFile(procPath(pid, "environ"))
	return bytes.HasPrefix(text, []byte(mark+"\x00")) || bytes.Contains(text, []byte("\x00"+mark+"\x00"))
}
