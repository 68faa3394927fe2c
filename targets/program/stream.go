package program

import (
	"os"
	"time"
)

// stragglerTime is how long a pipe is read on after the turn, where something outlived it that could not be killed.
const stragglerTime = 5 * time.Second

// stream drains one output of a program and keeps its beginning, so that the program never waits for us and memory is
// bounded.
type stream struct {
	from *os.File
	max  int
	done chan struct{}
	kept []byte // kept and cut once done is closed
	cut  bool
}

// newStream also returns the end that the program writes to.
func newStream(max int) (*stream, *os.File, error) {
	from, to, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	return &stream{from: from, max: max, done: make(chan struct{})}, to, nil
}

func (s *stream) drain(count func(int)) {
	defer close(s.done)
	buffer := make([]byte, 32<<10)
	for {
		n, err := s.from.Read(buffer)
		keep := min(n, s.max-len(s.kept))
		s.kept = append(s.kept, buffer[:keep]...)
		s.cut = s.cut || keep < n
		count(n)
		if err != nil {
			s.cut = s.cut || os.IsTimeout(err)
			return
		}
	}
}

// finish returns what was kept. All who could write are gone by now, as a rule, and the pipe has an end.
func (s *stream) finish() ([]byte, bool) {
	_ = s.from.SetReadDeadline(time.Now().Add(stragglerTime))
	<-s.done
	s.from.Close()
	return s.kept, s.cut
}
