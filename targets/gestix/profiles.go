package gestix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gestix/client"
)

func profiles() []targets.Profile {
	var ways []string
	for _, r := range client.Renewals() {
		ways = append(ways, string(r))
	}
	return []targets.Profile{
		{Name: "gestix-refresh", Help: "opens sessions with the API token, and does nothing else", Start: startRefresh},
		{Name: "gestix-session", Help: "reads while sessions expire; --refresh says how they are renewed", Refresh: ways, Start: startSession},
		{Name: "gestix-write", Help: "writes over --sessions, nonces in order, and reads back what was written", Refresh: ways, Writes: true,
			Start: startWrite},
	}
}

// newSession opens sessions of the target by the given way to renew them.
func newSession(t targets.Target, d targets.Drive, way string, row string) (*client.Session, error) {
	life, _ := lifetime(t)
	if client.Renewal(way) == client.Proactive && life == 0 {
		return nil, fmt.Errorf("--refresh proactive needs to know how long a session lives: set session_lifetime")
	}
	return client.NewSession(t.URL, client.Credentials{APIToken: t.Credentials["api_token"]}, client.Options{
		Renewal: client.Renewal(way), Lifetime: life, Base: d.Wire.Beside(row), Now: t.Clock.Now,
	})
}

// reply is what is left of a response once it is read.
type reply struct {
	status int
	body   []byte
}

func read(resp *http.Response, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == io.ErrUnexpectedEOF { // longer than what is kept: its beginning is enough for all but /helo
		err = nil
	}
	return reply{resp.StatusCode, body}, err
}

// startRefresh is a workload of /helo alone (GES-01, GES-23).
func startRefresh(t targets.Target, d targets.Drive) (targets.Workload, error) {
	seen := newRecent()
	do := func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, join(t.URL, "/helo"), nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+t.Credentials["api_token"])
		r, err := read(d.Wire.RoundTrip(req))
		if err != nil {
			return err
		}
		return judgeHelo(r, seen)
	}
	return targets.Workload{Operations: []targets.Operation{{Name: "helo", Do: do}}}, nil
}

func judgeHelo(r reply, seen *recent) error {
	var given map[string]any
	switch {
	case r.status/100 == 4 && r.status != http.StatusTooManyRequests:
		return targets.Breached("a good API token was denied by %d (GES-01)", r.status)
	case r.status != http.StatusOK:
		return fmt.Errorf("/helo answered %d", r.status)
	case json.Unmarshal(r.body, &given) != nil:
		return targets.Breached("/helo answered 200 without a JSON object (GES-01)")
	}
	token, _ := given["xa-token"].(string)
	switch {
	case token == "":
		return targets.Breached("/helo answered 200 without an xa-token (GES-01)")
	case !seen.add(token):
		return targets.Breached("two sessions were given one token (GES-23)")
	}
	return nil
}

// recent remembers the last tokens by a hash, in bounded memory. It is safe for concurrent use.
type recent struct {
	mu   sync.Mutex
	seed maphash.Seed
	ring []uint64
	next int
	have map[uint64]bool
}

// maxRecent is how many tokens are compared with a new one.
const maxRecent = 1 << 16

func newRecent() *recent { return &recent{seed: maphash.MakeSeed(), have: map[uint64]bool{}} }

// add says whether the token is new.
func (r *recent) add(token string) bool {
	h := maphash.String(r.seed, token)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.have[h] {
		return false
	}
	r.have[h] = true
	if len(r.ring) < maxRecent {
		r.ring = append(r.ring, h)
		return true
	}
	delete(r.have, r.ring[r.next])
	r.ring[r.next] = h
	r.next = (r.next + 1) % maxRecent
	return true
}

// perStale is how many reads come to one call with a token that has to be denied.
const perStale = 20

// startSession is a workload of reads while sessions expire, and now and then a token that is known to have expired.
func startSession(t targets.Target, d targets.Drive) (targets.Workload, error) {
	var w targets.Workload
	var all []*client.Session
	dead := &spent{}
	for _, way := range d.Refresh {
		name := func(what string) string {
			if len(d.Refresh) > 1 {
				return what + " " + way
			}
			return what
		}
		session, err := newSession(t, d, way, name("helo"))
		if err != nil {
			return w, err
		}
		all = append(all, session)
		transport := &client.Transport{Session: session, Base: &denials{d.Wire, dead}}
		w.Operations = append(w.Operations, targets.Operation{Name: name("read"), Weight: perStale, Do: func(ctx context.Context) error {
			return readOnce(ctx, t, transport)
		}})
	}
	w.Operations = append(w.Operations, targets.Operation{Name: "stale", Do: func(ctx context.Context) error {
		return dead.try(ctx, t, d.Wire)
	}})
	w.Sessions = lives(all)
	w.Finish = func(context.Context, http.RoundTripper) ([]string, error) { return notExpired(t, all), nil }
	return w, nil
}

// notExpired remarks on a run in which no session came to its end although its lifetime is known.
func notExpired(t targets.Target, all []*client.Session) []string {
	life, known := lifetime(t)
	if !known || client.Total(all...).Expiries > 0 {
		return nil
	}
	return []string{fmt.Sprintf("no session expired; session_lifetime is %s: a longer --duration shows renewals", life)}
}

// lives tells the life of each session; those of one way to renew count as one.
func lives(all []*client.Session) func() []targets.SessionLife {
	return func() []targets.SessionLife {
		byWay := map[string][]*client.Session{}
		var order []string
		for _, s := range all {
			way := s.Life().Name
			if byWay[way] == nil {
				order = append(order, way)
			}
			byWay[way] = append(byWay[way], s)
		}
		var list []targets.SessionLife
		for _, way := range order {
			list = append(list, targets.SessionLife(client.Total(byWay[way]...)))
		}
		return list
	}
}

func readOnce(ctx context.Context, t targets.Target, transport http.RoundTripper) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, join(t.URL, t.Paths["read"]), nil)
	if err != nil {
		return err
	}
	r, err := read(transport.RoundTrip(req))
	switch {
	case err != nil:
		return err
	case r.status/100 == 2:
		return nil
	case r.status == http.StatusForbidden: // again, with a new session: it may have waited longer than the session lived
		return fmt.Errorf("a read was denied twice")
	}
	return fmt.Errorf("a read was answered by %d", r.status)
}

// denials notes the tokens that were denied as they pass.
type denials struct {
	base http.RoundTripper
	dead *spent
}

func (n *denials) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.base.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusForbidden {
		n.dead.set(req.Header.Get("Authorization"))
	}
	return resp, err
}

// spent is the last session token that was denied: it must never be good again (GES-09). It is safe for concurrent use.
type spent struct {
	mu     sync.Mutex
	header string
}

func (s *spent) set(header string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.header = header
}

// try makes a read that has to be denied: with a token that was, or before there is one without any (GES-07).
func (s *spent) try(ctx context.Context, t targets.Target, send http.RoundTripper) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, join(t.URL, t.Paths["read"]), nil)
	if err != nil {
		return err
	}
	s.mu.Lock()
	header := s.header
	s.mu.Unlock()
	what := "a read without a session (GES-07)"
	if header != "" {
		what = "a session token that had expired (GES-09)"
		req.Header.Set("Authorization", header)
	}
	r, err := read(send.RoundTrip(req))
	switch {
	case err != nil:
		return err
	case r.status/100 == 2:
		return targets.Breached("%s was accepted by %d", what, r.status)
	case r.status != http.StatusForbidden:
		return fmt.Errorf("%s was answered by %d", what, r.status)
	}
	return nil
}

func join(base, path string) string { return strings.TrimSuffix(base, "/") + path }

// posting is a POST that makes a record with the mark.
func posting(ctx context.Context, t targets.Target, mark string) (*http.Request, error) {
	body := strings.ReplaceAll(t.Bodies["create"], "{mark}", mark)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, join(t.URL, t.Paths["create"]), bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}
