package steps

import (
	"errors"

	"github.com/authbench/authbench/targets"
)

// enoughDenials is how many denials in a row are believed without a good call between them.
const enoughDenials = 10

var errLockedOut = errors.New("no good call is accepted any more (lock-out or revoked key?)")

// lockedOut ends the scenario when the plain good call that opened the run is denied now: the target has stopped to take any,
// so that a denial says nothing of what the scenario asks. A scenario that steers may have shut the target itself, and is
// judged by what it finds.
func (g *gillie) lockedOut() error {
	s := g.w.session
	if !s.opened || g.w.steered || g.w.target.Kind != targets.KindLive {
		return nil
	}
	last := g.w.last
	defer func() { g.w.last = last }()
	plain := &gillie{w: g.w}
	s.denials = 0
	if err := plain.callNamed("read"); err != nil {
		return err
	}
	if judgeDenied(*g.w.last).ok {
		s.denials = enoughDenials // so that no later scenario takes a denial for an answer either
		return g.w.errored(errLockedOut)
	}
	return nil
}

// proveDenials makes a good call after many denials: if all calls are denied, a denial proves nothing.
func (g *gillie) proveDenials() error {
	if g.w.session.denials < enoughDenials {
		return nil
	}
	return g.lockedOut()
}

func (g *gillie) countDenials() {
	if g.w.target.Kind != targets.KindLive { // each scenario has a target of its own
		return
	}
	switch {
	case judgeAccepted(*g.w.last).ok:
		g.w.session.denials = 0
	case judgeDenied(*g.w.last).ok:
		g.w.session.denials++
	}
}
