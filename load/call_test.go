package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// does is a profile of one operation.
func does(do func(ctx context.Context, d targets.Drive) error) targets.Profile {
	return targets.Profile{Name: "profile", Start: func(_ targets.Target, d targets.Drive) (targets.Workload, error) {
		return targets.Workload{Operations: []targets.Operation{{Name: "op", Do: func(ctx context.Context) error { return do(ctx, d) }}}}, nil
	}}
}

// byPath answers a path after 1 ms with its status, /hang never, /refused by no connection.
var byPath = roundTripper(func(req *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Millisecond):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	switch req.URL.Path {
	case "/hang":
		<-req.Context().Done()
		return nil, req.Context().Err()
	case "/refused":
		return nil, syscall.ECONNREFUSED
	}
	var status int
	if _, err := fmt.Sscanf(req.URL.Path, "/%d", &status); err != nil {
		return nil, err
	}
	return answer(status, "body of "+req.URL.Path), nil
})

// pause lets a bubble's time pass.
func pause(d time.Duration) { <-time.After(d) }

// one runs one call in a bubble and returns the record.
func one(t *testing.T, do func(ctx context.Context, d targets.Drive) error) (r record.Load) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = byPath
		r = mustDrive(t, t.Context(), local, does(do), Options{Rate: 1, Duration: time.Second, Timeout: 2 * time.Second}, k)
	})
	return r
}

func try(ctx context.Context, send http.RoundTripper, path string) error {
	_, _, err := ask(ctx, send, path, "token")
	return err
}

var errBroken = targets.Breached("against the contract")

// outcomes are calls, each with what has to become of it.
var outcomes = []struct {
	name     string
	do       func(ctx context.Context, d targets.Drive) error
	kind     string // of the error, "" for success
	broken   bool
	response time.Duration // 0 for a call that was not sent
}{
	{"success", func(ctx context.Context, d targets.Drive) error { return try(ctx, d.Wire, "/200") }, "", false, time.Millisecond},
	{"silence that the contract asks for", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/refused")
		return nil
	}, "", false, time.Millisecond},
	{"silence that it forbids", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/refused")
		return errBroken
	}, kindRefused, true, time.Millisecond},
	{"a wrong 200", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/200")
		return fmt.Errorf("read: %w", errBroken)
	}, kindReply, true, time.Millisecond},
	{"a denial that breaks the contract", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/403")
		return errBroken
	}, kindDenied, true, time.Millisecond},
	{"a reply that cannot be read", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/200")
		return io.ErrUnexpectedEOF // as encoding/json says of a body that ends early
	}, kindReply, false, time.Millisecond},
	{"the last reply counts", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/403")
		_ = try(ctx, d.Wire, "/500")
		return errors.New("no")
	}, kindServer, false, 2 * time.Millisecond},
	{"no reply at the second try", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/403")
		_ = try(ctx, d.Wire, "/refused")
		return errors.New("no")
	}, kindRefused, false, 2 * time.Millisecond},
	{"a second try that is denied", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/refused")
		_ = try(ctx, d.Wire, "/403")
		return errBroken
	}, kindDenied, true, 2 * time.Millisecond},
	{"a renewal that failed", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/403")
		return fmt.Errorf("no session: %w", try(ctx, d.Wire.Beside("helo"), "/refused"))
	}, kindRefused, false, 2 * time.Millisecond},
	{"a renewal that was denied", func(ctx context.Context, d targets.Drive) error {
		_ = try(ctx, d.Wire, "/403")
		_ = try(ctx, d.Wire.Beside("helo"), "/500")
		return errors.New("no session")
	}, kindDenied, false, 2 * time.Millisecond},
	{"no session for the first request", func(ctx context.Context, d targets.Drive) error {
		return try(ctx, d.Wire.Beside("helo"), "/refused")
	}, kindUnsent, false, 0},
}

func TestWhatBecomesOfACall(t *testing.T) {
	for _, c := range outcomes {
		r := one(t, c.do)
		op := r.Operations[0]
		failures := map[string]int{}
		if c.kind != "" {
			failures[c.kind] = 1
		}
		if fmt.Sprint(op.Errors) != fmt.Sprint(failures) || (op.Broken == 1) != c.broken || (len(r.Breaches) == 1) != c.broken {
			t.Errorf("%s: errors %v, %d broken, breaches %v, want %q", c.name, op.Errors, op.Broken, r.Breaches, c.kind)
		}
		if c.response == 0 {
			if op.Requests != 0 || r.Achieved.Requests != 0 {
				t.Errorf("%s: %d requests, achieved %+v", c.name, op.Requests, r.Achieved)
			}
			continue
		}
		if op.Requests != 1 || r.Achieved.Requests != 1 || !around(op.Response.Max(), c.response) || !around(op.Service.Max(), time.Millisecond) {
			t.Errorf("%s: %d requests, achieved %+v, response %v, service %v", c.name, op.Requests, r.Achieved,
				time.Duration(op.Response.Max()), time.Duration(op.Service.Max()))
		}
	}
}

// Each request has the whole time-out, and so has what comes before it.
func TestTimeoutBeginsAnewWithEachRequest(t *testing.T) {
	r := one(t, func(ctx context.Context, d targets.Drive) error {
		for range 3 {
			pause(1999500 * time.Microsecond)
			if _, _, err := ask(ctx, d.Wire, "/200", ""); err != nil {
				return err
			}
		}
		_, _, err := ask(ctx, d.Wire, "/hang", "")
		return err
	})
	op := r.Operations[0]
	if op.Errors[kindTimeout] != 1 || len(op.Status) > 0 || !around(op.Service.Max(), 2*time.Second) || !around(op.Response.Max(), 8001500*time.Microsecond) {
		t.Errorf("errors %v, status %v, service %v, response %v", op.Errors, op.Status, time.Duration(op.Service.Max()), time.Duration(op.Response.Max()))
	}
}

// A call that waits in vain for something after its last reply took as long as it waited.
func TestWaitingInVainCounts(t *testing.T) {
	r := one(t, func(ctx context.Context, d targets.Drive) error {
		_, _, _ = ask(ctx, d.Wire, "/403", "")
		<-ctx.Done()
		return ctx.Err()
	})
	op := r.Operations[0]
	if op.Errors[kindTimeout] != 1 || op.Status[403] != 1 || !around(op.Service.Max(), time.Millisecond) || !around(op.Response.Max(), 2001*time.Millisecond) {
		t.Errorf("errors %v, status %v, service %v, response %v", op.Errors, op.Status, time.Duration(op.Service.Max()), time.Duration(op.Response.Max()))
	}
}

func TestWhyACallWasNotSent(t *testing.T) {
	for says, do := range map[string]func(ctx context.Context, d targets.Drive) error{
		"the operation sent no request": func(context.Context, targets.Drive) error { return nil },
		"took longer than the time-out": func(ctx context.Context, _ targets.Drive) error { <-ctx.Done(); return ctx.Err() },
		"the request goes to http://127.0.0.2:9, which is not the target (http://127.0.0.1:9)": func(ctx context.Context, d targets.Drive) error {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.2:9/200", nil)
			_, err := d.Wire.RoundTrip(req)
			return err
		},
		"https://127.0.0.1:9, which is not the target": func(ctx context.Context, d targets.Drive) error {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://127.0.0.1:9/200", nil)
			_, err := d.Wire.Beside("helo").RoundTrip(req)
			return err
		},
		"no context of a call under way": func(_ context.Context, d targets.Drive) error {
			_, _, err := ask(context.Background(), d.Wire, "/200", "")
			return err
		},
		"has the name of an operation": func(ctx context.Context, d targets.Drive) error {
			_, _, err := ask(ctx, d.Wire.Beside("op"), "/200", "")
			return err
		},
	} {
		r := one(t, do)
		if !strings.Contains(strings.Join(r.Warnings, "\n"), says) || r.Operations[0].Errors[kindUnsent] != 1 || r.Achieved.Requests != 0 {
			t.Errorf("warnings %q, errors %v, achieved %+v, want one that says %q", r.Warnings, r.Operations[0].Errors, r.Achieved, says)
		}
	}
}

func TestRepliesLastAsLongAsTheirCall(t *testing.T) {
	var first, aside *http.Response
	var later context.Context
	var wire targets.Wire
	read := func(resp *http.Response) string {
		body, err := io.ReadAll(resp.Body)
		return fmt.Sprint(string(body), err)
	}
	r := one(t, func(ctx context.Context, d targets.Drive) (err error) {
		send := func(send http.RoundTripper, path string) *http.Response {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, local.URL+path, nil)
			resp, sent := send.RoundTrip(req)
			err = errors.Join(err, sent)
			return resp
		}
		first = send(d.Wire, "/403")
		aside = send(d.Wire.Beside("helo"), "/201")
		second := send(d.Wire, "/200")
		if a, b := read(first), read(second); a != "body of /403<nil>" || b != "body of /200<nil>" {
			t.Errorf("the replies are %q and %q", a, b)
		}
		first = send(d.Wire, "/202")
		later, wire = ctx, d.Wire
		return err
	})
	if r.Operations[0].Succeeded != 1 || r.Operations[0].Status[202] != 1 {
		t.Errorf("%+v", r.Operations[0])
	}
	if got := read(first); got != io.ErrUnexpectedEOF.Error() {
		t.Errorf("after its call a reply is %q", got)
	}
	if got := read(aside); got != "body of /201<nil>" {
		t.Errorf("a reply of no call is %q", got)
	}
	if _, _, err := ask(later, wire, "/200", ""); !errors.Is(err, errForeign) {
		t.Errorf("a request of a call that is over: %v", err)
	}
}

// The first breach of each operation is kept with its last exchange and shows no secret: not the credentials, and not the
// token that only the request knows.
func TestBreachKeepsItsWitnessMasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = roundTripper(func(req *http.Request) (*http.Response, error) {
			return answer(403, req.URL.Path+" denied "+req.Header.Get("Authorization")+" and api-credential"), nil
		})
		target := local
		target.Credentials = targets.Credentials{"api_token": "api-credential"}
		profile := does(func(ctx context.Context, d targets.Drive) error {
			_, _, _ = ask(ctx, d.Wire, "/first", "Bearer old-session")
			_, _, _ = ask(ctx, d.Wire, "/second?nonce=17", "Bearer new-session")
			return targets.Breached("a new session of\napi-credential was denied")
		})
		r := mustDrive(t, t.Context(), target, profile, Options{Rate: 3, Duration: time.Second}, k)
		if op := r.Operations[0]; op.Broken != 3 || op.Errors[kindDenied] != 3 || len(r.Breaches) != 1 {
			t.Fatalf("%d broken, errors %v, breaches %v", op.Broken, op.Errors, r.Breaches)
		}
		want := record.Breach{Operation: "op", Message: "a new session of *** was denied", Witness: r.Breaches[0].Witness}
		if r.Breaches[0] != want {
			t.Errorf("breach %+v, want %+v", r.Breaches[0], want)
		}
		if x := *r.Breaches[0].Witness; x != (record.Exchange{
			Request:  "GET /second?nonce=*** HTTP/1.1\nHost: 127.0.0.1:9\nAuthorization: ***\n",
			Response: "HTTP/1.1 403 Forbidden\nContent-Type: text/plain\n\n/second denied *** and ***",
		}) {
			t.Errorf("witness\n%s\n%s", x.Request, x.Response)
		}
	})
}

// A call whose second request is under way when the run is interrupted may finish, and another one may not begin.
func TestInterruptionLetsCallsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := standard()
		k.send = byPath
		profile := does(func(ctx context.Context, d targets.Drive) error {
			_, _, err := ask(ctx, d.Wire, "/403", "")
			cancel()
			pause(900 * time.Millisecond)
			_, _, again := ask(ctx, d.Wire, "/200", "")
			return errors.Join(err, again)
		})
		r := mustDrive(t, ctx, local, profile, Options{Rate: 100, Duration: time.Hour}, k)
		if op := r.Operations[0]; !r.Interrupted || op.Requests != 1 || op.Succeeded != 1 || op.Status[200] != 1 {
			t.Errorf("interrupted %v, %+v", r.Interrupted, op)
		}
	})
}

// A silence that we brought about by cutting the request off is none of the target's, whatever the operation makes of it.
func TestInterruptionAccusesNobody(t *testing.T) {
	for _, verdict := range []error{nil, targets.Breached("silence"), errors.New("no")} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			k := standard()
			k.send = byPath
			time.AfterFunc(time.Second, cancel)
			profile := does(func(ctx context.Context, d targets.Drive) error {
				_, _, _ = ask(ctx, d.Wire, "/hang", "")
				return verdict
			})
			r := mustDrive(t, ctx, local, profile, Options{Rate: 1, Duration: time.Hour, Timeout: time.Hour}, k)
			if op := r.Operations[0]; op.Requests != 0 || op.Succeeded != 0 || len(op.Errors) > 0 || len(r.Breaches) > 0 || r.Achieved.Requests == 0 {
				t.Errorf("%v: %+v, breaches %v", verdict, op, r.Breaches)
			}
		})
	}
}
