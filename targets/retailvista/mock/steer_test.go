package mock

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/authbench/authbench/targets"
)

func TestFaultsAreSwitchedWhileItRuns(t *testing.T) {
	b := newBench(t, targets.MockOptions{Faults: []string{"soap-password-not-checked"}})
	steered, ok := b.served.Steered.(targets.Faulty)
	if !ok {
		t.Fatalf("%T cannot be steered", b.served.Steered)
	}
	set := func(name string, on bool) {
		t.Helper()
		if err := steered.SetFault(name, on); err != nil {
			t.Fatal(err)
		}
	}
	set("missing-is-401", true)
	if g := b.do(b.silent()); g.status != 401 {
		t.Errorf("with the fault: %s", g)
	}
	if names := fmt.Sprint(steered.Faults()); names != "[missing-is-401 soap-password-not-checked]" {
		t.Errorf("on are %s", names)
	}
	set("missing-is-401", false)
	b.m.Reset()
	if g := b.do(b.silent()); !g.silent() {
		t.Errorf("without the fault: %s", g)
	}
	if g := b.do(b.field("Password", "x")); !g.succeeded() {
		t.Errorf("the reset switched the other one off: %s", g)
	}
	set("soap-password-not-checked", false)
	if g := b.do(b.field("Password", "x")); g.succeeded() || len(steered.Faults()) != 0 {
		t.Errorf("without any: %s, %v", g, steered.Faults())
	}
	if err := steered.SetFault("missing-is-402", true); err == nil || !strings.Contains(err.Error(), "missing-is-401") {
		t.Errorf("an unknown fault: %v", err)
	}
}

// Every fault is switched on and off while calls of all kinds pass, for the race detector.
func TestFaultsAreSwitchedUnderTraffic(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	over := make(chan struct{})
	var callers sync.WaitGroup
	for range 2 {
		callers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				b.do(b.good())
				b.do(b.silent())
				b.do(b.good().set("ApiToken", "x"))
				b.do(b.field("Password", "x"))
			}
		})
	}
	for _, on := range []bool{true, false} {
		for _, f := range Faults() {
			if err := b.m.SetFault(f.Name, on); err != nil {
				t.Error(err)
			}
			b.do(b.good())
		}
	}
	close(over)
	callers.Wait()
	if g := b.do(b.good()); !g.succeeded() {
		t.Errorf("after all were switched off: %s", g)
	}
}
