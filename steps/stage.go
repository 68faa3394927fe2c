package steps

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/program"
)

// maxArrivals is how many requests a program may make in one scenario before it is ended: one that asks for ever is judged
// by what it has sent until then.
const maxArrivals = 300

// rule says what becomes of a request; it may wait. False leaves it to the next rule, and at last to the mock.
type rule func(context.Context, *targets.Arrival) (targets.Cue, bool)

// stage is what the mock of a scenario plays on: it keeps what arrived, and follows the scenario's rules. It is safe for
// concurrent use.
type stage struct {
	done context.Context // ends when the program has ended: whoever waits in a rule goes on

	mu       sync.Mutex
	arrivals []targets.Arrival     // by their number
	open     int                   // arrived, and not judged yet
	judged   map[int]chan struct{} // by number, closed once the request was judged; only of those that somebody waits for
	settled  chan struct{}         // closed when open falls to 0; nil when nobody waits
	rules    []rule
	program  *program.Program
}

// Arrived keeps the request, and obeys the first rule that knows what to do.
func (s *stage) Arrived(ctx context.Context, a *targets.Arrival) targets.Cue {
	s.mu.Lock()
	a.Number = len(s.arrivals) + 1
	s.arrivals = append(s.arrivals, *a)
	s.open++
	under, rules := s.program, slices.Clone(s.rules)
	over := a.Number > maxArrivals
	s.mu.Unlock()
	if under != nil {
		under.Sight()
		if over {
			under.Stop(fmt.Sprintf("it made more than %d requests", maxArrivals))
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.done, cancel)()
	var whole targets.Cue
	for _, r := range rules {
		cue, decided := r(ctx, a)
		whole.Close = whole.Close || cue.Close
		if decided {
			whole.Reply, whole.Silence = cue.Reply, cue.Silence
			break
		}
	}
	return whole
}

// Judged keeps what became of the request.
func (s *stage) Judged(a *targets.Arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.Before = len(s.arrivals)
	s.arrivals[a.Number-1] = *a
	if wait := s.judged[a.Number]; wait != nil {
		close(wait)
		delete(s.judged, a.Number)
	}
	if s.open--; s.open == 0 && s.settled != nil {
		close(s.settled)
		s.settled = nil
	}
}

// seen waits until all that arrived is judged, and returns what arrived from the given place on.
func (s *stage) seen(ctx context.Context, from int) []targets.Arrival {
	s.mu.Lock()
	if s.open > 0 {
		wait := make(chan struct{})
		s.settled = wait
		s.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done(): // a request that was never judged has no outcome
		}
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	return slices.Clone(s.arrivals[from:])
}

// whenJudged is closed once the request of that number, which is not judged yet, is.
func (s *stage) whenJudged(number int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := make(chan struct{})
	if s.judged == nil {
		s.judged = map[int]chan struct{}{}
	}
	s.judged[number] = wait
	return wait
}

// play adds a rule behind those that there are.
func (s *stage) play(r rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, r)
}

// turn says which program makes the requests from now on.
func (s *stage) turn(p *program.Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.program = p
}
