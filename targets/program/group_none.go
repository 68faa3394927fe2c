//go:build !unix

package program

import (
	"os"
	"syscall"
)

// Where there are no process groups, the first process stands for all.

func ownGroup() *syscall.SysProcAttr { return nil }

func askGroup(first *os.Process)  { _ = first.Kill() }
func killGroup(first *os.Process) { _ = first.Kill() }

func status(state *os.ProcessState) (exit int, signal string) { return state.ExitCode(), "" }
