package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/targets"
)

// output is one --report, opened before the work begins so that nothing is lost when the path turns out to be no good.
type output struct {
	path   string
	render func(io.Writer) error
	file   *os.File // a temporary file beside the path, nil for standard output and devices
}

// outputs is what a command writes beside its table.
type outputs struct {
	app    *app
	list   []*output
	stdout bool // a report goes to standard output, so no table does
}

// plan checks the --report values and makes sure that each can be written. render makes a kind's report when the time has
// come.
func (a *app) plan(values []string, kinds map[string]func(io.Writer) error) (*outputs, error) {
	o := &outputs{app: a}
	names := slices.Sorted(maps.Keys(kinds))
	for _, value := range values {
		kind, path, found := strings.Cut(value, "=")
		if !found || path == "" {
			return nil, o.discard(usage("--report %q is not KIND=PATH: write it as %s=FILE", value, names[0]))
		}
		render := kinds[kind]
		if render == nil {
			return nil, o.discard(usage("there is no report kind %q%s: choose from %s",
				kind, targets.DidYouMean(kind, names), strings.Join(names, ", ")))
		}
		if err := o.add(path, render); err != nil {
			return nil, o.discard(err)
		}
	}
	return o, nil
}

// add plans one more file.
func (o *outputs) add(path string, render func(io.Writer) error) error {
	out := &output{path: path, render: render}
	if path == "-" {
		if o.stdout {
			return usage("two reports cannot both go to standard output: give one a file")
		}
		o.stdout = true
		o.list = append(o.list, out)
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return usage("%s is a folder: name a file for the report", path)
	case err == nil && !info.Mode().IsRegular():
		// a device or a pipe is written as it is
	default:
		if out.file, err = os.CreateTemp(filepath.Dir(path), ".authbench-*"); err != nil {
			return usage("%s cannot be written: %v: name a file in a folder that exists and may be written", path, unpath(err))
		}
		if err == nil && info != nil && info.Mode().Perm()&0o200 == 0 {
			o.list = append(o.list, out)
			return usage("%s is write-protected: name another file", path)
		}
	}
	o.list = append(o.list, out)
	return nil
}

// finish prints the table, unless a report stands on standard output in its place, and writes the reports: each whatever
// becomes of the other.
func (o *outputs) finish(table func(io.Writer) error) error {
	var err error
	if !o.stdout {
		err = unprinted(table(o.app.stdout))
	}
	return also(err, o.write())
}

// unprinted is the error for a standard output that cannot be written. That its reader has gone away is none.
func unprinted(err error) error {
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return usage("the standard output cannot be written: %v", unpath(err))
}

// write renders every report. A file appears whole or not at all.
func (o *outputs) write() error {
	var err error
	for _, out := range o.list {
		err = also(err, out.write(o.app))
	}
	return o.discard(err)
}

func (out *output) write(a *app) error {
	var text bytes.Buffer
	if err := out.render(&text); err != nil {
		return err
	}
	masked := reports.Masked(text.Bytes(), a.secrets().Stream)
	if out.path == "-" {
		_, err := a.bare.Write(masked)
		return unprinted(err)
	}
	if err := out.save(masked); err != nil {
		return usage("%s cannot be written: %v", out.path, unpath(err))
	}
	return nil
}

func (out *output) save(text []byte) error {
	if out.file == nil {
		return os.WriteFile(out.path, text, 0o600)
	}
	if _, err := out.file.Write(text); err != nil {
		return err
	}
	if err := out.file.Chmod(0o644); err != nil {
		return err
	}
	if err := out.file.Close(); err != nil {
		return err
	}
	name := out.file.Name()
	out.file = nil
	return os.Rename(name, out.path)
}

// discard removes what was begun and returns the error that it was given.
func (o *outputs) discard(err error) error {
	for _, out := range o.list {
		if out.file != nil {
			_ = out.file.Close()
			_ = os.Remove(out.file.Name())
			out.file = nil
		}
	}
	return err
}
