package mockkit_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

func TestFaultsAreSwitched(t *testing.T) {
	f := mockkit.FaultsOf([]targets.Fault{{Name: "b"}, {Name: "a"}, {Name: "no-window"}}, []string{"b"})
	if f.None() || !f.Has("b") || f.Has("a") || strings.Join(f.On(), ",") != "b" {
		t.Errorf("at the start: %v", f.On())
	}
	for _, name := range []string{"a", "a"} {
		if err := f.Set(name, true); err != nil {
			t.Error(err)
		}
	}
	if !f.Has("a") || strings.Join(f.On(), ",") != "a,b" {
		t.Errorf("with one more: %v", f.On())
	}
	if err := f.Set("no-windows", true); err == nil || !strings.Contains(err.Error(), `did you mean "no-window"?`) {
		t.Errorf("an unknown one: %v", err)
	}
	for _, name := range []string{"a", "b", "b"} {
		if err := f.Set(name, false); err != nil {
			t.Error(err)
		}
	}
	if !f.None() || f.Has("a") || len(f.On()) != 0 {
		t.Errorf("all off: %v", f.On())
	}
}

// No switch is lost, however many are made at once.
func TestFaultsAreSwitchedByManyAtOnce(t *testing.T) {
	names := strings.Split("abcdefghijklmnopqrst", "")
	var has []targets.Fault
	for _, name := range names {
		has = append(has, targets.Fault{Name: name})
	}
	f := mockkit.FaultsOf(has, nil)
	var wait sync.WaitGroup
	for _, name := range names {
		wait.Go(func() {
			for _, on := range []bool{true, false, true} {
				if err := f.Set(name, on); err != nil || f.Has(name) != on {
					t.Errorf("%s is %t, %v", name, f.Has(name), err)
				}
			}
		})
	}
	wait.Wait()
	if len(f.On()) != len(names) {
		t.Errorf("on: %v", f.On())
	}
}
