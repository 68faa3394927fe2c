package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/targets"
)

// The requests beside the calls are measured in their own rows, in the order in which these were asked for, and by their own
// time-out; what is answered by anything but 2xx is an error and never a breach.
func TestBesideRows(t *testing.T) {
	paths := []string{"/200", "/403", "/302", "/503", "/refused", "/hang"}
	kinds := []string{"", kindDenied, kindRedirect, kindServer, kindRefused, kindTimeout}
	r := one(t, func(ctx context.Context, d targets.Drive) error {
		for _, path := range paths {
			for range 2 {
				_, _, _ = ask(context.WithoutCancel(ctx), d.Wire.Beside(path), path, "")
			}
		}
		return errors.New("done")
	})
	if len(r.Operations) != 1+len(paths) || len(r.Breaches) > 0 || r.Achieved.Requests != 0 {
		t.Fatalf("%d rows, breaches %v, achieved %+v", len(r.Operations), r.Breaches, r.Achieved)
	}
	for i, path := range paths {
		row := r.Operations[1+i]
		takes := time.Millisecond
		errs, succeeded := map[string]int{}, 2
		if kinds[i] != "" {
			errs[kinds[i]], succeeded = 2, 0
		}
		if path == "/hang" {
			takes = 2 * time.Second
		}
		if row.Name != path || row.Weight != 0 || row.Requests != 2 || row.Succeeded != succeeded || row.Broken != 0 || fmt.Sprint(row.Errors) != fmt.Sprint(errs) {
			t.Errorf("%s: %+v", path, row)
		}
		checkTimes(t, row, takes, takes, takes)
	}
	if sum := r.Tally(); sum.Requests != 0 || sum.Unsent != 1 {
		t.Errorf("%+v: requests beside the calls are no calls", sum)
	}
}

func TestBesideHeedsItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWire(t, local.URL, byPath)
		helo := w.Beside("helo")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if _, _, err := ask(ctx, helo, "/hang", ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if _, _, err := ask(ctx, helo, "/200", ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a request whose context is over: %v", err)
		}
		if row := w.samples.asides[0]; row.Requests != 1 || row.Errors[kindTimeout] != 1 {
			t.Errorf("%+v: only the first was sent", row.OperationResult)
		}
		if w.Beside("helo") != helo {
			t.Error("the same row twice")
		}
	})
}

// The run ends when the requests beside the calls have: nothing of it is under way when Run has returned.
func TestRunAwaitsRequestsBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(300 * time.Millisecond))
		var helo http.RoundTripper
		profile := does(func(ctx context.Context, d targets.Drive) error {
			helo = d.Wire.Beside("helo")
			go func() { _, _, _ = ask(context.WithoutCancel(ctx), helo, "/helo", "") }()
			synctest.Wait()
			return errors.New("no session")
		})
		began := time.Now()
		r := mustDrive(t, t.Context(), local, profile, Options{Rate: 10, Duration: time.Second}, k)
		if row := r.Operations[1]; row.Requests != 10 || row.Succeeded != 10 || time.Since(began) != 1200*time.Millisecond {
			t.Errorf("%+v after %v", row, time.Since(began))
		}
		if _, _, err := ask(t.Context(), helo, "/helo", ""); !errors.Is(err, errOver) {
			t.Errorf("after the run: %v", err)
		}
	})
}

func TestInterruptionCutsRequestsBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := standard()
		k.send = byPath
		time.AfterFunc(100*time.Millisecond, cancel)
		profile := does(func(ctx context.Context, d targets.Drive) error {
			_, _, err := ask(context.WithoutCancel(ctx), d.Wire.Beside("helo"), "/hang", "")
			return err
		})
		began := time.Now()
		r := mustDrive(t, ctx, local, profile, Options{Rate: 100, Duration: time.Hour, Timeout: time.Hour}, k)
		if took := time.Since(began); took != 1100*time.Millisecond {
			t.Errorf("the run took %v, want 1.1s: one second after the interruption", took)
		}
		op, helo := r.Operations[0], r.Operations[1]
		if op.Requests != 0 || len(op.Errors) > 0 || helo.Requests != 0 || len(helo.Errors) > 0 {
			t.Errorf("%+v\n%+v", op, helo)
		}
	})
}
