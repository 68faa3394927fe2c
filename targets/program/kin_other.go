//go:build !linux

package program

import "os"

// kin are the processes of one turn: here its process group, of which nothing more can be seen.
type kin struct {
	first *os.Process
	state *os.ProcessState // once await has returned
}

func launch(path string, args []string, _ string, attr *os.ProcAttr) (*kin, error) {
	attr.Sys = ownGroup()
	first, err := os.StartProcess(path, args, attr)
	return &kin{first: first}, err
}

func (k *kin) await() { k.state, _ = k.first.Wait() }

func (k *kin) reap() (exit int, signal string) {
	if k.state == nil {
		return -1, ""
	}
	return status(k.state)
}

func (k *kin) ask()                  { askGroup(k.first) }
func (k *kin) kill()                 { killGroup(k.first) }
func (k *kin) look()                 {}
func (k *kin) sweep(bool) int        { killGroup(k.first); return 0 }
func (k *kin) arguments() [][]string { return nil }
