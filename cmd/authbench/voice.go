package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

// The exit codes of interface.md.
const (
	exitKept         = 0
	exitBroken       = 1
	exitUsage        = 2
	exitCannotTest   = 3
	exitMissed       = 4
	exitNotTrusted   = 5
	exitInterrupted  = 130
	exitUnread       = 141 // as a shell says of a program that a broken pipe ended: nobody read the whole of it
	exitHarnessBroke = exitCannotTest
)

// ending is an error with the exit code that it asks for. An empty message says nothing more than the report did.
type ending struct {
	code    int
	message string
}

func (e *ending) Error() string { return e.message }

// usage is a wrong command line or configuration: what is wrong, then what to type instead.
func usage(format string, args ...any) error { return &ending{exitUsage, fmt.Sprintf(format, args...)} }

// cannotTest says why nothing could be judged.
func cannotTest(format string, args ...any) error {
	return &ending{exitCannotTest, fmt.Sprintf(format, args...)}
}

// quietly ends with a code after a report has said everything.
func quietly(code int) error {
	if code == exitKept {
		return nil
	}
	return &ending{code, ""}
}

// also adds a second error to the first, which decides the exit code unless there is none.
func also(first, second error) error {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	code, words := exitCode(first), []string{first.Error(), second.Error()}
	return &ending{code, strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), "; ")}
}

// say writes the one line that ends a failed command, and returns its exit code. It is the only place that does.
func say(stderr io.Writer, err error) int {
	code := exitCode(err)
	if code == exitKept || code == exitUnread { // who has gone away needs no word
		return code
	}
	if text := sentence(err.Error()); text != "" {
		fmt.Fprintln(stderr, "authbench: "+text)
	}
	return code
}

func exitCode(err error) int {
	var end *ending
	var config *targets.ConfigError
	var unfit *steps.CannotTest
	switch {
	case err == nil:
		return exitKept
	case errors.Is(err, syscall.EPIPE):
		return exitUnread
	case errors.As(err, &end):
		return end.code
	case errors.As(err, &config):
		return exitUsage
	case errors.As(err, &unfit):
		return exitCannotTest
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitUsage // cobra's own errors are about the command line
}

// sentence makes one printable line out of an error's text.
func sentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// note writes a remark that is no error to the standard error.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.stderr, "authbench: "+sentence(fmt.Sprintf(format, args...)))
}
