package program

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

const (
	prSetChildSubreaper = 36 // prctl(2)
	rlimitRealtime      = 15 // RLIMIT_RTTIME, getrlimit(2)
	waitPID, waitNoReap = 1, 0x01000000
	waitExited          = 4 // waitid(2)
)

// adoptOrphans has whatever loses its parent become a child of this process, where it is found.
var adoptOrphans = sync.OnceFunc(func() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
})

// launch starts the first process of a turn. It is held before its first instruction, as a debugger would, until it bears
// the tag that everything it starts inherits; where that is not allowed it is tagged as it runs.
func launch(path string, args []string, mark string, attr *os.ProcAttr) (*kin, error) {
	adoptOrphans()
	// Only the thread that started a process may let it go on.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attr.Sys = ownGroup()
	attr.Sys.Ptrace = mayBeHeld(path)
	first, err := os.StartProcess(path, args, attr)
	if err != nil && attr.Sys.Ptrace {
		attr.Sys.Ptrace = false
		first, err = os.StartProcess(path, args, attr)
	}
	if err != nil {
		return nil, err
	}
	if attr.Sys.Ptrace {
		if err := awaitHold(first.Pid); err != nil {
			_, _ = first.Kill(), first.Release()
			return nil, err
		}
		defer syscall.PtraceDetach(first.Pid)
	}
	return newKin(first, path, args, mark, tag(first.Pid)), nil
}

// mayBeHeld says no for a program that takes the rights of its owner: under a debugger it would not get them.
func mayBeHeld(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&(os.ModeSetuid|os.ModeSetgid) == 0
}

func awaitHold(pid int) error {
	var status syscall.WaitStatus
	for {
		switch _, err := syscall.Wait4(pid, &status, 0, nil); {
		case err == syscall.EINTR:
		case err != nil:
			return os.NewSyscallError("wait4", err)
		case !status.Stopped():
			return errors.New("it was killed before it began")
		default:
			return nil
		}
	}
}

// tag marks a process in a way that neither a cleaned environment nor a new session takes off, nor its death until it is
// reaped: by its limit of realtime computing, which every process inherits, nobody sets, and all may read. As a limit it
// means nothing, being above a hundred thousand years. The result is 0 where the process could not be tagged.
func tag(pid int) uint64 {
	var limit, old struct{ soft, hard uint64 }
	pointer, none := unsafe.Pointer(&old), unsafe.Pointer(nil)
	if _, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), rlimitRealtime, uintptr(none), uintptr(pointer),
		0, 0); failed != 0 {
		return 0
	}
	limit.soft, limit.hard = 1<<62|rand.Uint64()>>2, old.hard
	if _, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), rlimitRealtime, uintptr(unsafe.Pointer(&limit)), 0,
		0, 0); failed != 0 {
		return 0
	}
	return limit.soft
}

// awaitEnd waits for the end of a child and leaves it to be reaped: its number is its own until then.
func awaitEnd(pid int) {
	for {
		_, _, failed := syscall.Syscall6(syscall.SYS_WAITID, waitPID, uintptr(pid), 0, waitExited|waitNoReap, 0, 0)
		if failed != syscall.EINTR {
			return
		}
	}
}
