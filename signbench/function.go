package signbench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

const (
	batch = 64   // signatures between two looks at the clock
	room  = 8192 // bytes that no signature, with what belongs to it, exceeds
	apart = 1 << 40
)

// function is a contender in this process.
type function targets.SignWay

// worker is one goroutine's part of a lap.
type worker struct {
	n    uint64 // of the next signature
	made int
	last []byte
	_    [64]byte // workers write to lines of the cache of their own
}

func (f function) lap(ctx context.Context, workers int, l limit) (record.Lap, int, error) {
	crew := make([]worker, workers)
	var ready, done sync.WaitGroup
	begin := make(chan time.Time, workers)
	for i := range crew {
		w := &crew[i]
		w.n, w.last = uint64(i)*apart, make([]byte, 0, room)
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			f.work(ctx, w, <-begin, l.share(i, workers))
		})
	}
	ready.Wait()
	began := time.Now()
	for range crew {
		begin <- began
	}
	done.Wait()
	lap, checked := record.Lap{Took: time.Since(began)}, 0
	for _, w := range crew { // the last of each
		if w.made == 0 {
			continue
		}
		lap.Signatures += w.made
		checked++
		if !f.Right(w.n-1, w.last) {
			return lap, checked, fmt.Errorf("%s made a wrong signature", f.Name)
		}
	}
	return lap, checked, nil
}

func (f function) work(ctx context.Context, w *worker, began time.Time, l limit) {
	for ctx.Err() == nil {
		now := l.more(began, w.made, batch)
		if now == 0 {
			return
		}
		for range now {
			w.last = f.Sign(w.last[:0], w.n)
			w.n++
		}
		w.made += now
	}
}

// allocations are those of one signature. What else allocates meanwhile spoils a try, and not all of them.
func allocations(way targets.SignWay) float64 {
	const tries, signatures = 5, 1000
	dst, fewest := way.Sign(make([]byte, 0, room), 0), math.Inf(1)
	for range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for n := range uint64(signatures) {
			dst = way.Sign(dst[:0], n)
		}
		runtime.ReadMemStats(&after)
		fewest = min(fewest, math.Floor(float64(after.Mallocs-before.Mallocs)*100/signatures)/100)
	}
	return fewest
}
