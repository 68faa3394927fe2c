package watch

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

// bounded is long enough for any machine: no test waits so long unless something is broken.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Many mocks' goroutines at once, many readers: each reads every request once, in one order, under numbers without a gap.
func TestManyReadersFollow(t *testing.T) {
	const senders, each, readers = 8, 100, 4
	log := NewLog()
	w := started(log, &server{})
	ctx, done := context.WithCancel(bounded(t))
	var sending, reading sync.WaitGroup
	orders := make([][]int, readers)
	for i := range readers {
		reading.Go(func() {
			err := log.Follow(ctx, func(e Event, lost int) error {
				if lost > 0 {
					t.Errorf("reader %d lost %d", i, lost)
				}
				orders[i] = append(orders[i], e.Number)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range senders {
		sending.Go(func() {
			for range each {
				a := targets.Arrival{Method: "GET", URI: "/"}
				w.Arrived(ctx, &a)
				w.Judged(&a)
			}
		})
	}
	sending.Wait()
	done()
	reading.Wait()
	for i, order := range orders {
		seen := map[int]bool{}
		for at, number := range order {
			seen[number] = true
			if number != orders[0][at] {
				t.Fatalf("reader %d saw #%d as the %dth, the first reader #%d", i, number, at+1, orders[0][at])
			}
		}
		for number := 1; number <= senders*each; number++ {
			if !seen[number] {
				t.Errorf("reader %d never saw #%d", i, number)
			}
		}
	}
}

// The memory is bounded, and a reader that was too slow is told how much it has missed.
func TestOldRequestsGo(t *testing.T) {
	log := NewLog()
	const more = 2*Kept + 300
	for i := range more {
		log.add(Event{Number: i + 1})
		if len(log.events) > 2*Kept {
			t.Fatalf("%d are held", len(log.events))
		}
	}
	ctx, done := context.WithCancel(bounded(t))
	var first, last, missed int
	err := log.Follow(ctx, func(e Event, lost int) error {
		if first == 0 {
			first = e.Number
		}
		last, missed = e.Number, missed+lost
		done()
		return nil
	})
	if err != nil || first != more-Kept+1 || last != more || missed != more-Kept {
		t.Errorf("followed from %d to %d with %d missed: %v", first, last, missed, err)
	}
	stop := errors.New("enough")
	if err := log.Follow(bounded(t), func(Event, int) error { return stop }); err != stop {
		t.Errorf("the reader's error was lost: %v", err)
	}
}

// A request that comes before it is known what to mask is not kept until then.
func TestRequestsWaitForTheMock(t *testing.T) {
	log := NewLog()
	w := New(acme, log)
	gone, leave := context.WithCancel(context.Background())
	leave()
	early := targets.Arrival{URI: "/early?apikey=" + secrets["public_key"]}
	w.Arrived(gone, &early)
	w.Judged(&early)
	if events, _, _ := log.since(0); len(events) > 0 {
		t.Errorf("kept %+v", events)
	}
	arrived := make(chan targets.Arrival)
	go func() {
		a := targets.Arrival{URI: "/?apikey=" + secrets["public_key"]}
		w.Arrived(context.Background(), &a)
		w.Judged(&a)
		arrived <- a
	}()
	w.Started(&targets.Mock{Credentials: secrets})
	<-arrived
	if events, _, _ := log.since(0); len(events) != 1 || events[0].URI != "/?apikey=<public_key>" {
		t.Errorf("kept %+v", events)
	}
}
