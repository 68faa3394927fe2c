package mock

import (
	"testing"

	"github.com/authbench/authbench/targets"
)

func TestAGoodCall(t *testing.T) {
	b := newBench(t, targets.MockOptions{})
	if g := b.do(b.good()); !g.succeeded() {
		t.Errorf("%s", g)
	}
	if g := b.do(b.silent()); !g.silent() {
		t.Errorf("%s", g)
	}
	if g := b.do(b.good().set("ApiToken", "")); !g.denied() {
		t.Errorf("%s", g)
	}
	for _, e := range b.log() {
		t.Logf("%+v", e)
	}
}
