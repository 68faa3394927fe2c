package clientkit_test

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/clientkit"
)

func TestActions(t *testing.T) {
	for text, want := range map[string]clientkit.Action{
		"read": {"read", 1}, "write": {"write", 1}, "update": {"update", 1}, "reads:20": {"read", 20}, "writes:3": {"write", 3},
	} {
		if got, known := clientkit.ParseAction(text); !known || got != want {
			t.Errorf("%q is %v, %t", text, got, known)
		}
	}
	for _, text := range []string{"", "reads", "reads:", "reads:0", "reads:-1", "reads:1001", "updates:2", "read:2", "delete"} {
		if got, known := clientkit.ParseAction(text); known {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

func TestTheExitCodeSaysWhetherEveryPartWasDone(t *testing.T) {
	run := func(action string, do func(int) error) int {
		return clientkit.Run(context.Background(), targets.ClientProgram{
			Env: func(string) string { return action }, Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{},
		}, func(_ context.Context, _ string, part int) error { return do(part) })
	}
	var calls atomic.Int64
	if code := run("reads:5", func(int) error { calls.Add(1); return nil }); code != 0 || calls.Load() != 5 {
		t.Errorf("exit %d after %d calls", code, calls.Load())
	}
	if code := run("reads:5", func(part int) error {
		if part == 3 {
			return errors.New("denied")
		}
		return nil
	}); code != clientkit.ExitFailed {
		t.Errorf("one part failed, and the exit code is %d", code)
	}
	if code := run("dance", nil); code != clientkit.ExitUnsupported {
		t.Errorf("an unknown action ends with %d", code)
	}
}
