package program

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// StartError says why a program could not be started, in one line.
type StartError struct {
	Program string // as it was named
	What    string // what is wrong, and what to do about it; no argument and no value of the environment is told
	Err     error  // of the system, nil where there is none
}

func (e *StartError) Error() string { return e.What }
func (e *StartError) Unwrap() error { return e.Err }

// explain puts an error of the system into words.
func explain(name string, err error) *StartError {
	program, path := quote(name), strings.ContainsRune(name, filepath.Separator)
	what := "the program " + program + " could not be started: " + innermost(err)
	switch info, gone := os.Stat(name); {
	case errors.Is(err, exec.ErrDot):
		what = "the program " + program + " is in this folder, and not on the PATH: type " + quote("./"+name)
	case errors.Is(err, exec.ErrNotFound):
		what = "there is no program " + program + " on the PATH: type its path, or install it"
	case path && gone == nil && info.IsDir():
		what = program + " is a folder: name a program in it"
	case path && errors.Is(gone, fs.ErrNotExist):
		what = "there is no program " + program + ": type the path of a file that exists"
	case errors.Is(err, fs.ErrPermission):
		what = program + " may not be executed: make it executable, or name what runs it, as in sh " + program
	case errors.Is(err, syscall.ENOEXEC):
		what = program + " is neither a program nor a script with a #! line: name what runs it, as in sh " + program
	case errors.Is(err, fs.ErrNotExist):
		what = program + " is there, but what its #! line names, or its loader, is not"
	}
	return &StartError{Program: name, What: what, Err: err}
}

// innermost is the innermost error, which repeats no path.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

func quote(s string) string { return strconv.Quote(s) }
