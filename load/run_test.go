package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// deadline is how long a test waits for an event that has to come; reaching it is a failure on any machine.
const deadline = time.Minute

// serve starts a server on loopback and returns it as a target.
func serve(t *testing.T, handler http.HandlerFunc) targets.Target {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	target := local
	target.URL = s.URL
	return target
}

func TestRunMakesEveryRequestOfItsOwn(t *testing.T) {
	var served, signed atomic.Int64
	var mu sync.Mutex
	seen := map[string]int{}
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		for name := range r.Header {
			if strings.HasPrefix(strings.ToLower(name), "x-vegeta") {
				t.Errorf("the target received %s", name)
			}
		}
		if accepted := r.Header.Get("Accept-Encoding"); accepted != "" {
			t.Errorf("the target was asked for compression: %s", accepted)
		}
		mu.Lock()
		seen[r.Method+r.URL.Path]++
		seen["nonce "+r.URL.Query().Get("nonce")]++
		mu.Unlock()
		if body, _ := io.ReadAll(r.Body); r.Method == http.MethodPost && string(body) != "<a/>" {
			t.Errorf("the target received the body %q", body)
		}
		fmt.Fprint(w, "{}")
	})
	read, write := get("read", target.URL+"/read"), get("write", target.URL+"/write?a=b")
	sign := func(req *http.Request) error {
		if len(req.Header) > 0 {
			t.Errorf("Sign received the headers %v", req.Header)
		}
		query := req.URL.Query()
		query.Set("nonce", fmt.Sprint(signed.Add(1)))
		req.URL.RawQuery = query.Encode()
		return nil
	}
	read.Sign = sign
	write.Method = http.MethodPost
	write.Sign = func(req *http.Request) error {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader("<a/>")), 4
		return sign(req)
	}
	r, err := Run(t.Context(), target, requests(read, write), Options{Rate: 2000, Duration: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if served.Load() != 200 || signed.Load() != 200 || r.Achieved.Requests != 200 || r.Signing.Signatures != 200 {
		t.Errorf("%d served, %d signed, achieved %+v, signing %+v, want 200 of each", served.Load(), signed.Load(), r.Achieved, r.Signing)
	}
	if len(seen) != 202 || seen["GET/read"] != 100 || seen["POST/write"] != 100 {
		t.Errorf("%d reads, %d writes, %d different nonces", seen["GET/read"], seen["POST/write"], len(seen)-2)
	}
	for _, op := range r.Operations {
		if op.Requests != 100 || op.Succeeded != 100 || op.Response.TotalCount() != 100 || op.Service.TotalCount() != 100 {
			t.Errorf("%s: %d requests, %d succeeded, errors %v", op.Name, op.Requests, op.Succeeded, op.Errors)
		}
	}
	if len(r.Series) != 1 || r.Series[0].Requests != 200 || r.Profile != "profile" || r.Target.Kind != "mock" || r.Requested.Rate != 2000 {
		t.Errorf("series %v, target %+v, requested %+v", r.Series, r.Target, r.Requested)
	}
}

func TestRunRefuses(t *testing.T) {
	ok := get("read", local.URL)
	opt := Options{Rate: 1, Duration: time.Second}
	noURL, heavy := ok, ok
	noURL.URL, heavy.Weight = "http://%", maxTurns+1
	noDo := requests(ok)
	noDo.Start = func(targets.Target, targets.Drive) (targets.Workload, error) {
		return targets.Workload{Operations: []targets.Operation{{Name: "read"}}}, nil
	}
	clash := sessions()
	clash.Start = func(target targets.Target, d targets.Drive) (targets.Workload, error) {
		d.Wire.Beside("read")
		return requests(ok).Start(target, d)
	}
	writes := requests(ok)
	writes.Writes = true
	far, insecure, limited, ftp, live := local, local, local, local, local
	far.URL = "http://192.0.2.1"
	insecure.TLS.Insecure = true
	limited.Allow = targets.Allow{Rate: 0.5}
	ftp.URL, ftp.Allow.Load = "ftp://127.0.0.1", true
	live.Kind = targets.KindLive
	with := func(change func(*Options)) Options {
		o := opt
		change(&o)
		return o
	}
	for says, c := range map[string]struct {
		target  targets.Target
		profile targets.Profile
		opt     Options
	}{
		"the rate is 0":                   {local, requests(ok), Options{Duration: time.Second}},
		"has no operation":                {local, requests(), opt},
		"operation read lacks Do":         {local, noDo, opt},
		"two rows called read":            {local, requests(ok, ok), opt},
		"it has two rows called read":     {local, clash, opt},
		"a weight is 10001":               {local, requests(heavy), opt},
		"invalid URL escape":              {local, requests(noURL), opt},
		"not on loopback":                 {far, requests(ok), opt},
		"pass Options.TLS":                {insecure, requests(ok), opt},
		"agreed to 0.5/s":                 {limited, requests(ok), opt},
		"http:// or https://":             {ftp, requests(ok), opt},
		"targets.mock.allow.writes: true": {live, writes, opt},
		"-1 sessions":                     {local, sessions(), with(func(o *Options) { o.Sessions = -1 })},
		"leave --sessions out":            {local, requests(ok), with(func(o *Options) { o.Sessions = 2 })},
		"leave --refresh out":             {local, requests(ok), with(func(o *Options) { o.Refresh = []string{"naive"} })},
		`did you mean "naive"`:            {local, sessions(), with(func(o *Options) { o.Refresh = []string{"naiv"} })},
		"--refresh naive is given twice":  {local, sessions(), with(func(o *Options) { o.Refresh = []string{"naive", "naive"} })},
	} {
		if _, err := Run(t.Context(), c.target, c.profile, c.opt); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got error %v, want one that says %q", err, says)
		}
	}
}

func TestDeniedRepliesBreakTheContract(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(map[string]int{"/denied": 401, "/broken": 503, "/odd": 204, "/wanted": 403}[r.URL.Path])
		if r.URL.Path != "/odd" {
			fmt.Fprintf(w, "key %s is wrong %s", r.URL.Query().Get("apikey"), strings.Repeat("x ", 500))
		}
	})
	target.Credentials = targets.Credentials{"private_key": "s3cr3t-key"}
	var ops []request
	for _, name := range []string{"denied", "broken", "odd", "wanted"} {
		op := get(name, target.URL+"/"+name+"?apikey=s3cr3t-key&salt=1")
		op.Sign = func(req *http.Request) error { req.Header.Set("X-Token", "s3cr3t-key"); return nil }
		ops = append(ops, op)
	}
	ops[3].Judge = func(status int) error {
		if status != 403 {
			return errors.New("the reply must be a denial")
		}
		return nil
	}
	r := mustRun(t, t.Context(), target, ops, Options{Rate: 1000, Duration: 40 * time.Millisecond}, standard())
	for i, want := range []struct {
		denied, succeeded, status int
		kind                      string
	}{{10, 0, 401, kindDenied}, {0, 0, 503, kindServer}, {0, 0, 204, kindReply}, {0, 10, 403, ""}} {
		op := r.Operations[i]
		if op.Requests != 10 || op.Broken != want.denied || op.Succeeded != want.succeeded || op.Status[want.status] != 10 {
			t.Errorf("%s: %d requests, %d denied, %d succeeded, status %v", op.Name, op.Requests, op.Broken, op.Succeeded, op.Status)
		}
		if want.kind != "" && op.Errors[want.kind] != 10 {
			t.Errorf("%s: errors %v, want 10 of kind %q", op.Name, op.Errors, want.kind)
		}
	}
	if len(r.Breaches) != 1 || r.Breaches[0].Operation != "denied" || r.Breaches[0].Message != "status 401" {
		t.Fatalf("breaches %+v, want one of denied", r.Breaches)
	}
	x := r.Breaches[0].Witness
	wantRequest := "GET /denied?apikey=***&salt=*** HTTP/1.1\nHost: " + strings.TrimPrefix(target.URL, "http://") + "\nX-Token: ***\n"
	if x.Request != wantRequest {
		t.Errorf("witness request\n%s\nwant\n%s", x.Request, wantRequest)
	}
	if !strings.HasPrefix(x.Response, "HTTP/1.1 401 Unauthorized\nContent-Type: text/plain\n\nkey *** is wrong x x") ||
		strings.Contains(x.Response, "s3cr3t") || len(x.Response) > 300 {
		t.Errorf("witness response\n%s", x.Response)
	}
}

func TestAnEndlessBodyIsNoReply(t *testing.T) {
	var sent atomic.Int64
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 64<<10)
		for {
			n, err := w.Write(block)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	r := mustRun(t, t.Context(), target, []request{get("read", target.URL)}, Options{Rate: 500, Duration: 10 * time.Millisecond, Timeout: deadline}, standard())
	if op := r.Operations[0]; op.Requests != 5 || op.Errors[kindEndless] != 5 {
		t.Errorf("%d requests, %d succeeded, errors %v", op.Requests, op.Succeeded, op.Errors)
	}
	if sent.Load() < 5*maxBody {
		t.Errorf("only %d bytes were sent", sent.Load())
	}
}

// As many connections as workers, kept for the next request and closed at the end.
func TestConnectionsAreKept(t *testing.T) {
	const workers = 20
	var arrived, opened, closed atomic.Int64
	var mu sync.Mutex
	round := sync.NewCond(&mu)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		// All workers have to be here before one of them gets a reply.
		n := arrived.Add(1)
		for full := (n + workers - 1) / workers * workers; arrived.Load() < full; {
			round.Wait()
		}
		round.Broadcast()
	}))
	allClosed := make(chan struct{})
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			if closed.Add(1) == workers {
				close(allClosed)
			}
		}
	}
	s.Start()
	defer s.Close()
	target := local
	target.URL = s.URL
	opt := Options{Rate: 1e5, Duration: 2 * time.Millisecond, MaxWorkers: workers, Timeout: deadline}
	op := mustRun(t, t.Context(), target, []request{get("read", s.URL)}, opt, standard()).Operations[0]
	if op.Succeeded != 200 || opened.Load() != workers {
		t.Errorf("%d of 200 succeeded over %d connections, want %d; errors %v", op.Succeeded, opened.Load(), workers, op.Errors)
	}
	select {
	case <-allClosed:
	case <-time.After(deadline):
		t.Errorf("%d of %d connections were closed after the run", closed.Load(), opened.Load())
	}
}

// The stalled request holds the only worker until long after the last one was due: each of the others waited for at least
// that, and took no time itself that the target could be blamed for.
func TestStallOfTheOnlyWorker(t *testing.T) {
	release := make(chan struct{})
	var first, once sync.Once
	var arrived atomic.Pointer[time.Time] // no earlier than the schedule began
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		first.Do(func() {
			now := time.Now()
			arrived.Store(&now)
			<-release
		})
		fmt.Fprint(w, "{}")
	})
	opt := Options{Rate: 100, Duration: 100 * time.Millisecond, MaxWorkers: 1, Timeout: deadline, Progress: func(Progress) {
		if at := arrived.Load(); at != nil && time.Since(*at) > 300*time.Millisecond {
			once.Do(func() { close(release) })
		}
	}}
	k := standard()
	k.every = time.Millisecond
	op := mustRun(t, t.Context(), target, []request{get("read", target.URL)}, opt, k).Operations[0]
	if op.Requests != 10 || op.Succeeded != 10 {
		t.Fatalf("%d requests, %d succeeded, errors %v", op.Requests, op.Succeeded, op.Errors)
	}
	if got := op.Response.Min(); got < int64(199*time.Millisecond) {
		t.Errorf("the shortest response time is %v, want at least 200ms", time.Duration(got))
	}
	for _, q := range []float64{1, 50, 90, 100} {
		if response, service := op.Response.ValueAtQuantile(q), op.Service.ValueAtQuantile(q); response < service {
			t.Errorf("p%g: response time %v < service time %v", q, time.Duration(response), time.Duration(service))
		}
	}
}

// interrupted runs in the background and returns the record, or fails when the run does not end.
func interrupted(t *testing.T, ctx context.Context, target targets.Target, opt Options, k knobs) record.Load {
	t.Helper()
	ended := make(chan record.Load, 1)
	go func() {
		r, err := run(ctx, target, requests(get("read", target.URL)), opt, k)
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	select {
	case r := <-ended:
		if !r.Interrupted {
			t.Error("the record does not say that the run was interrupted")
		}
		return r
	case <-time.After(deadline):
		t.Fatal("the interrupted run does not end")
		return record.Load{}
	}
}

func TestInterruptionKeepsWhatWasMeasured(t *testing.T) {
	var n atomic.Int64
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) > 5 {
			<-r.Context().Done()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opt := Options{Rate: 1000, Duration: time.Hour, Timeout: time.Hour, Progress: func(p Progress) {
		if p.Done == 5 && p.Sent >= 8 {
			cancel()
		}
	}}
	r := interrupted(t, ctx, target, opt, knobs{grace: 10 * time.Millisecond, every: time.Millisecond})
	op := r.Operations[0]
	if op.Requests != 5 || op.Succeeded != 5 || len(op.Errors) > 0 || r.Achieved.Requests < 8 {
		t.Errorf("achieved %+v, %d requests, %d succeeded, errors %v", r.Achieved, op.Requests, op.Succeeded, op.Errors)
	}
	want := fmt.Sprintf("%d requests were cut off", r.Achieved.Requests-5)
	if !strings.Contains(strings.Join(r.Warnings, "\n"), want) {
		t.Errorf("warnings %q, want one that says %q", r.Warnings, want)
	}
}

func TestInterruptionFreesBusyWorkers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	target := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	r := interrupted(t, ctx, target, Options{Rate: 1000, Duration: time.Hour, Timeout: time.Hour, MaxWorkers: 1},
		knobs{grace: 10 * time.Millisecond, every: time.Hour})
	if r.Achieved.Requests != 1 || r.Operations[0].Requests != 0 || len(r.Operations[0].Errors) > 0 {
		t.Errorf("achieved %+v, %+v", r.Achieved, r.Operations[0])
	}
}
