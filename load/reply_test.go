package load

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func TestReplyKeepsTheBeginning(t *testing.T) {
	for _, c := range []struct {
		name string
		size int64
		kept int
		end  error // of what is kept
		err  error // of the reading
	}{
		{"empty", 0, 0, nil, nil},
		{"short", 5, 5, nil, nil},
		{"all that is kept", maxKept, maxKept, nil, nil},
		{"one more", maxKept + 1, maxKept, io.ErrUnexpectedEOF, nil},
		{"as long as may be", maxBody, maxKept, io.ErrUnexpectedEOF, nil},
		{"endless", 1 << 40, maxKept, io.ErrUnexpectedEOF, errEndless},
	} {
		var pool sync.Pool
		var r reply
		body := &io.LimitedReader{R: zeros{}, N: c.size}
		if err := r.fill(iotest.HalfReader(body), &pool); err != c.err {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if read := c.size - body.N; read < min(c.size, maxBody) || read > maxBody+1 {
			t.Errorf("%s: %d bytes were read", c.name, read)
		}
		text, err := io.ReadAll(&r)
		if len(text) != c.kept || err != c.end {
			t.Errorf("%s: %d bytes, %v, want %d, %v", c.name, len(text), err, c.kept, c.end)
		}
	}
}

func TestReplyThatBreaksOff(t *testing.T) {
	broken := errors.New("broken")
	for _, before := range []int{0, 10, maxKept, maxKept + 10} {
		var pool sync.Pool
		var r reply
		body := io.MultiReader(strings.NewReader(strings.Repeat("x", before)), iotest.ErrReader(broken))
		if err := r.fill(body, &pool); err != broken {
			t.Errorf("after %d bytes: %v", before, err)
		}
	}
}

// The buffer may be another call's by then.
func TestReplyIsOverWithItsCall(t *testing.T) {
	var pool sync.Pool
	var r reply
	if err := r.fill(strings.NewReader("mine"), &pool); err != nil {
		t.Fatal(err)
	}
	r.release(&pool)
	if text, err := io.ReadAll(&r); len(text) > 0 || err != io.ErrUnexpectedEOF {
		t.Errorf("%q, %v", text, err)
	}
	if err := r.fill(strings.NewReader("mine"), &pool); err != nil {
		t.Fatal(err)
	}
	r.detach(&pool)
	if r.buffer != nil || string(r.data) != "mine" {
		t.Errorf("detached: %q, buffer %v", r.data, r.buffer != nil)
	}
}
