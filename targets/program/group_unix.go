//go:build unix

package program

import (
	"os"
	"syscall"
)

// ownGroup starts a process as the first of a process group, whose number is that of the process.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// askGroup and killGroup are for a first process that has not been reaped: until then its number cannot be another's.
func askGroup(first *os.Process)  { _ = syscall.Kill(-first.Pid, syscall.SIGTERM) }
func killGroup(first *os.Process) { _ = syscall.Kill(-first.Pid, syscall.SIGKILL) }

// status tells the exit code, or the name of the signal.
func status(state *os.ProcessState) (exit int, signal string) {
	wait, known := state.Sys().(syscall.WaitStatus)
	if !known || !wait.Signaled() {
		return state.ExitCode(), ""
	}
	if name, known := signalNames[wait.Signal()]; known {
		return -1, name
	}
	return -1, wait.Signal().String()
}

var signalNames = map[syscall.Signal]string{
	syscall.SIGABRT: "SIGABRT", syscall.SIGALRM: "SIGALRM", syscall.SIGBUS: "SIGBUS", syscall.SIGFPE: "SIGFPE",
	syscall.SIGHUP: "SIGHUP", syscall.SIGILL: "SIGILL", syscall.SIGINT: "SIGINT", syscall.SIGKILL: "SIGKILL",
	syscall.SIGPIPE: "SIGPIPE", syscall.SIGPROF: "SIGPROF", syscall.SIGQUIT: "SIGQUIT", syscall.SIGSEGV: "SIGSEGV",
	syscall.SIGSYS: "SIGSYS", syscall.SIGTERM: "SIGTERM", syscall.SIGTRAP: "SIGTRAP", syscall.SIGUSR1: "SIGUSR1",
	syscall.SIGUSR2: "SIGUSR2", syscall.SIGVTALRM: "SIGVTALRM", syscall.SIGXCPU: "SIGXCPU", syscall.SIGXFSZ: "SIGXFSZ",
}
