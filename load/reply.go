package load

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

const (
	// maxBody is how long a body may be. A longer one counts as one without an end, which is no complete reply: it must not
	// be able to keep a worker for good.
	maxBody = 64 << 20
	// maxKept is how much of a body a workload gets to see.
	maxKept = 16 << 10
)

// reply is the beginning of a body that was read to its end, and is itself the body that is handed out.
type reply struct {
	buffer *[maxKept]byte // out of the pool
	data   []byte         // what is kept of the body, in the buffer
	cut    bool           // there was more
	read   int
}

// Read ends with io.ErrUnexpectedEOF where the body went on.
func (r *reply) Read(p []byte) (int, error) {
	if r.read < len(r.data) {
		n := copy(p, r.data[r.read:])
		r.read += n
		return n, nil
	}
	if r.cut {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

// Close has nothing to do: the reply's own body is closed, and what is kept of it belongs to the call.
func (r *reply) Close() error { return nil }

// errEndless is a body that does not end.
var errEndless = errors.New("the body of the reply is endless")

// fill reads a body to its end. The error says why it is not whole.
func (r *reply) fill(body io.Reader, pool *sync.Pool) error {
	var pooled bool
	if r.buffer, pooled = pool.Get().(*[maxKept]byte); !pooled {
		r.buffer = new([maxKept]byte)
	}
	n := 0
	for n < maxKept {
		m, err := body.Read(r.buffer[n:])
		n += m
		r.data = r.buffer[:n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	more, err := io.CopyN(io.Discard, body, maxBody-maxKept+1)
	r.cut = more > 0
	switch {
	case err == io.EOF:
		return nil
	case err == nil:
		return errEndless
	}
	return err
}

// release gives the buffer back. Who still reads is told that there was more, not shown another call's reply.
func (r *reply) release(pool *sync.Pool) {
	if r.buffer != nil {
		pool.Put(r.buffer)
	}
	r.buffer, r.data, r.cut = nil, nil, true
}

// detach gives the buffer back and keeps a copy of what was in it, for a reply that belongs to no call.
func (r *reply) detach(pool *sync.Pool) {
	kept, cut := bytes.Clone(r.data), r.cut
	r.release(pool)
	r.data, r.cut = kept, cut
}
