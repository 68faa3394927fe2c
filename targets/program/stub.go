package program

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

type Config struct {
	Args, Env       []string
	Dir             string
	Deadline, Grace time.Duration
	MaxOutput       int
}
type End int

const (
	Exited End = iota
	Signalled
	Deadline
	Stopped
	Flooded
	Interrupted
)

type Result struct {
	Exit                 int
	End                  End
	Why, Signal          string
	Stdout, Stderr       []byte
	StdoutCut, StderrCut bool
	Children             [][]string
	Left                 int
	Took                 time.Duration
}
type Program struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
}
type StartError struct{ E error }

func (e *StartError) Error() string { return e.E.Error() }
func Start(ctx context.Context, c Config) (*Program, error) {
	p := &Program{}
	p.cmd = exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	p.cmd.Env, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = c.Env, c.Dir, &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		return nil, &StartError{err}
	}
	return p, nil
}
func (p *Program) Sight()          {}
func (p *Program) Stop(why string) { p.cmd.Process.Kill() }
func (p *Program) Wait() Result {
	p.cmd.Wait()
	return Result{Exit: p.cmd.ProcessState.ExitCode(), Stdout: p.out.Bytes(), Stderr: p.err.Bytes()}
}

type Folder struct{ Work, Home, Temp, root string }
type File struct {
	Name    string
	Content []byte
	Cut     bool
}

func NewFolder() (*Folder, error) {
	r, err := os.MkdirTemp("", "x")
	f := &Folder{filepath.Join(r, "work"), filepath.Join(r, "home"), filepath.Join(r, "tmp"), r}
	os.Mkdir(f.Work, 0o700)
	os.Mkdir(f.Home, 0o700)
	os.Mkdir(f.Temp, 0o700)
	return f, err
}
func (f *Folder) Remove() error { return os.RemoveAll(f.root) }
func (f *Folder) Files(a, b int) ([]File, error) {
	var l []File
	filepath.Walk(f.root, func(p string, i os.FileInfo, err error) error {
		if err == nil && i.Mode().IsRegular() {
			c, _ := os.ReadFile(p)
			l = append(l, File{Name: p, Content: c})
		}
		return nil
	})
	return l, nil
}
