package steps_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

// Fail-fast stops at a breach, and not at one that was agreed: what comes after it is judged.
func TestFailFastDoesNotStopAtWhatWasAgreed(t *testing.T) {
	for _, agreed := range []bool{true, false} {
		v, suite, _ := onLive(t, targets.MockOptions{Faults: []string{"window-future-11m"}}, nil)
		suite.FailFast, suite.Agreed = true, map[string]bool{"GIL-06": agreed}
		scenarios, _, err := suite.Run(context.Background(), planOf(t, v.Name, steps.Filter{Clauses: []string{"GIL-06", "GIL-08"}}))
		if err != nil {
			t.Fatal(err)
		}
		got := verdicts(scenarios)
		if got[record.Failed] == 0 || (got[record.NotRun] == 0) != agreed {
			t.Errorf("agreed %v: %v", agreed, got)
		}
		for _, s := range scenarios {
			if s.Verdict == record.NotRun && s.Reason != "stopped at the first broken clause" {
				t.Errorf("it did not run because %q", s.Reason)
			}
		}
	}
}

// A control endpoint that hangs when the target is to be put back takes a small share of the scenario's time, once: after it
// nothing can be told from the target any more.
func TestAControlEndpointThatHangs(t *testing.T) {
	const timeout = 2 * time.Second
	var resets atomic.Int32
	v, suite, _ := onLive(t, targets.MockOptions{}, func(target *targets.Target) { target.Control = "yes" })
	open := suite.Open
	target, _, err := open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	hangs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/control/reset" {
			forward(w, r, target.Control)
			return
		}
		resets.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the caller is gone
		select {
		case <-r.Context().Done():
		case <-time.After(timeout):
			t.Error("the reset was waited for as long as a whole scenario")
		}
	}))
	defer hangs.Close()
	steered := target
	steered.Control = hangs.URL
	suite = steps.OnTarget(steered)
	suite.Timeout = timeout
	scenarios, notes, err := suite.Run(context.Background(), planOf(t, v.Name, steps.Filter{Clauses: []string{"GIL-18"}}))
	if err != nil {
		t.Fatal(err)
	}
	if len(notes) == 0 || !strings.Contains(notes[len(notes)-1], "could not be put back") {
		t.Errorf("the owner is not told: %q", notes)
	}
	if n := resets.Load(); n != 1 {
		t.Errorf("the target was to be put back %d times", n)
	}
	if got := verdicts(scenarios); got[record.Errored] != 1 || got[record.NotRun] != len(scenarios)-1 {
		t.Errorf("%v", got)
	}
	for _, s := range scenarios {
		if !strings.Contains(s.Reason, "the target could not be put back as it was: control endpoint: POST /control/reset") {
			t.Errorf("%s: %q", s.Verdict, s.Reason)
		}
	}
}

func forward(w http.ResponseWriter, r *http.Request, control string) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, control+r.URL.Path, r.Body)
	if err != nil {
		panic(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}
