package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// issuer is a target whose sessions last 450 ms. Opening one takes 30 ms, a read 2 ms.
type issuer struct {
	mu     sync.Mutex
	tokens map[string]time.Time // when each expires
}

func (s *issuer) RoundTrip(req *http.Request) (*http.Response, error) {
	takes := 2 * time.Millisecond
	if req.URL.Path == "/helo" {
		takes = 30 * time.Millisecond
	}
	select {
	case <-time.After(takes):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.URL.Path == "/helo" {
		token := fmt.Sprintf("token-%d", len(s.tokens))
		s.tokens[token] = time.Now().Add(450 * time.Millisecond)
		return answer(200, token), nil
	}
	if token := req.Header.Get("Authorization"); s.tokens[token].After(time.Now()) {
		return answer(200, "{}"), nil
	}
	return answer(403, "expired"), nil
}

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Proto: "HTTP/1.1",
		Header: http.Header{"Content-Type": {"text/plain"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// keeper keeps one session for all calls. A call that is denied renews it, once for all that are denied together, and tries
// again.
type keeper struct {
	drive targets.Drive
	helo  http.RoundTripper

	mu      sync.Mutex
	token   string
	renewal chan struct{} // closed once the renewal under way is over
	failure error         // of the last renewal
	life    targets.SessionLife
}

// sessions is the profile of a keeper.
func sessions() targets.Profile {
	return targets.Profile{Name: "profile", Refresh: []string{"single-flight", "naive"}, Start: func(_ targets.Target, d targets.Drive) (targets.Workload, error) {
		k := &keeper{drive: d, helo: d.Wire.Beside("helo"), life: targets.SessionLife{Name: d.Refresh[0]}}
		return targets.Workload{
			Operations: []targets.Operation{{Name: "read", Do: k.read}},
			Sessions: func() []targets.SessionLife {
				k.mu.Lock()
				defer k.mu.Unlock()
				return []targets.SessionLife{k.life}
			},
		}, nil
	}}
}

func (k *keeper) read(ctx context.Context) error {
	used := ""
	for try := 0; ; try++ {
		token, err := k.session(ctx, used)
		if err != nil {
			return fmt.Errorf("no session: %w", err)
		}
		status, _, err := ask(ctx, k.drive.Wire, "/read", token)
		switch {
		case err != nil:
			return err
		case status == 200:
			return nil
		case status != 403:
			return fmt.Errorf("status %d", status)
		case try > 0:
			return targets.Breached("a new session was denied")
		}
		used = token
		k.mu.Lock()
		k.life.Denied++
		k.mu.Unlock()
	}
}

// session is a token that is not the one that was used up.
func (k *keeper) session(ctx context.Context, used string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token != used {
		return k.token, nil
	}
	if k.renewal == nil {
		k.renewal = make(chan struct{})
		go k.renew(context.WithoutCancel(ctx))
	}
	renewal := k.renewal
	k.mu.Unlock()
	select {
	case <-renewal:
	case <-ctx.Done():
	}
	k.mu.Lock()
	return k.token, cmp.Or(context.Cause(ctx), k.failure)
}

func (k *keeper) renew(ctx context.Context) {
	_, token, err := ask(ctx, k.helo, "/helo", "api-token")
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure = err; err == nil {
		if k.life.Opened++; k.token != "" {
			k.life.Refreshes++
			k.life.Expiries++
		}
		k.token = token
	}
	close(k.renewal)
	k.renewal = nil
}

// ask sends a GET and returns the status and the body.
func ask(ctx context.Context, send http.RoundTripper, path, token string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, local.URL+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", token)
	resp, err := send.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func checkTimes(t *testing.T, op record.OperationResult, shortestResponse, longestResponse, service time.Duration) {
	t.Helper()
	if !around(op.Response.Min(), shortestResponse) || !around(op.Response.Max(), longestResponse) {
		t.Errorf("%s: response times from %v to %v, want %v to %v", op.Name, time.Duration(op.Response.Min()), time.Duration(op.Response.Max()),
			shortestResponse, longestResponse)
	}
	if !around(op.Service.Min(), service) || !around(op.Service.Max(), service) {
		t.Errorf("%s: service times from %v to %v, want %v", op.Name, time.Duration(op.Service.Min()), time.Duration(op.Service.Max()), service)
	}
}

// The session is opened for the call at 0 ms, lasts from 30 to 480 ms, and is renewed for the call at 500 ms, which is denied
// at 502 ms and tries again at 532 ms.
func TestCallOfSeveralRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = &issuer{tokens: map[string]time.Time{}}
		var last Progress
		opt := Options{Rate: 10, Duration: time.Second, Progress: func(p Progress) { last = p }}
		r := mustDrive(t, t.Context(), local, sessions(), opt, k)
		if len(r.Operations) != 2 || len(r.Breaches) > 0 || len(r.Warnings) > 0 {
			t.Fatalf("%d rows, breaches %v, warnings %q", len(r.Operations), r.Breaches, r.Warnings)
		}
		read, helo := r.Operations[0], r.Operations[1]
		if read.Name != "read" || read.Weight != 1 || read.Requests != 10 || read.Succeeded != 10 || len(read.Errors) > 0 ||
			len(read.Status) != 1 || read.Status[200] != 10 {
			t.Errorf("read: %+v", read)
		}
		checkTimes(t, read, 2*time.Millisecond, 34*time.Millisecond, 2*time.Millisecond)
		if got := read.Response.ValueAtQuantile(85); !around(got, 32*time.Millisecond) {
			t.Errorf("the second longest response time is %v, want 32ms", time.Duration(got))
		}
		if helo.Name != "helo" || helo.Weight != 0 || helo.Requests != 2 || helo.Succeeded != 2 || helo.Status[200] != 2 {
			t.Errorf("helo: %+v", helo)
		}
		checkTimes(t, helo, 30*time.Millisecond, 30*time.Millisecond, 30*time.Millisecond)
		if r.Achieved != (record.Achieved{Rate: 10, Duration: time.Second, Requests: 10}) {
			t.Errorf("achieved %+v: requests beside the calls and second tries are no calls", r.Achieved)
		}
		if r.Signing != (record.Signing{Signatures: 10, Total: 30 * time.Millisecond}) {
			t.Errorf("signing %+v: only the first call waited before its first request", r.Signing)
		}
		if len(r.Series) != 1 || r.Series[0].Requests != 10 {
			t.Errorf("series %+v", r.Series)
		}
		want := record.SessionLife{Name: "single-flight", Opened: 2, Refreshes: 1, Expiries: 1, Denied: 1}
		if len(r.Sessions) != 1 || r.Sessions[0] != want {
			t.Errorf("sessions %+v, want %+v", r.Sessions, want)
		}
		if last.Sessions != 2 || last.Sent != 10 || last.Done != 10 || last.Errors != 0 {
			t.Errorf("last progress %+v", last)
		}
	})
}

// Many calls meet an expired session together: they wait for one renewal, and all succeed.
func TestCallsShareARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = &issuer{tokens: map[string]time.Time{}}
		r := mustDrive(t, t.Context(), local, sessions(), Options{Rate: 1000, Duration: time.Second}, k)
		read, helo, life := r.Operations[0], r.Operations[1], r.Sessions[0]
		if read.Succeeded != 1000 || read.Status[200] != 1000 || len(r.Warnings) > 0 {
			t.Errorf("%d of 1000 succeeded, errors %v, warnings %q", read.Succeeded, read.Errors, r.Warnings)
		}
		// At 0 ms, and soon after 480 and 960 ms.
		if helo.Requests != 3 || life.Opened != 3 || life.Refreshes != 2 || life.Denied < 2*25 {
			t.Errorf("%d requests of helo, %+v", helo.Requests, life)
		}
	})
}

// A renewal outlives the call that began it.
func TestRenewalOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWire(t, local.URL, &issuer{tokens: map[string]time.Time{}})
		work, err := sessions().Start(local, targets.Drive{Wire: w, Refresh: []string{"naive"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		do := work.Operations[0].Do
		if err := do(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the first caller got %v, want its own end", err)
		}
		w.close()
		if row := w.samples.asides[0]; row.Requests != 1 || row.Succeeded != 1 || !around(row.Response.Max(), 30*time.Millisecond) {
			t.Errorf("%+v: the renewal ended with its caller", row.OperationResult)
		}
		if life := work.Sessions()[0]; life.Opened != 1 {
			t.Errorf("%+v", life)
		}
	})
}

func TestDriveSaysWhatTheProfileMayDo(t *testing.T) {
	for _, c := range []struct {
		opt      Options
		sessions int
		refresh  string
	}{
		{Options{}, 1, "[single-flight]"},
		{Options{Sessions: 7, Refresh: []string{"naive", "single-flight"}}, 7, "[naive single-flight]"},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := standard()
			k.send = &issuer{tokens: map[string]time.Time{}}
			profile := sessions()
			start := profile.Start
			profile.Start = func(target targets.Target, d targets.Drive) (targets.Workload, error) {
				if d.Sessions != c.sessions || fmt.Sprint(d.Refresh) != c.refresh {
					t.Errorf("sessions %d, refresh %v, want %d and %s", d.Sessions, d.Refresh, c.sessions, c.refresh)
				}
				return start(target, d)
			}
			c.opt.Rate, c.opt.Duration = 10, time.Second
			mustDrive(t, t.Context(), local, profile, c.opt, k)
		})
	}
}
