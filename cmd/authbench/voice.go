package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

// The exit codes of interface.md.
const (
	exitKept         = 0
	exitBroken       = 1
	exitUsage        = 2
	exitCannotTest   = 3
	exitNotTrusted   = 5
	exitInterrupted  = 130
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

// say writes the one line that ends a failed command, and returns its exit code. It is the only place that does.
func say(stderr io.Writer, err error) int {
	if err == nil {
		return exitKept
	}
	code := exitUsage // cobra's own errors are about the command line
	var end *ending
	var config *targets.ConfigError
	var unfit *steps.CannotTest
	switch {
	case errors.As(err, &end):
		code = end.code
	case errors.As(err, &config):
	case errors.As(err, &unfit):
		code = exitCannotTest
	case errors.Is(err, context.Canceled):
		code = exitInterrupted
	}
	if text := sentence(err.Error()); text != "" {
		fmt.Fprintln(stderr, "authbench: "+text)
	}
	return code
}

// sentence makes one printable line out of an error's text.
func sentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}

// note writes a remark that is no error to the standard error.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.stderr, "authbench: "+sentence(fmt.Sprintf(format, args...)))
}
