package gestix

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gestix/client"
)

// perReplay is how many writes come to one that repeats a nonce and has to be rejected.
const perReplay = 20

// writer makes the writes of a run, each with a mark of its own. It is safe for concurrent use.
type writer struct {
	target     targets.Target
	transports []*client.Transport
	prefix     string
	turn       atomic.Int64

	mu       sync.Mutex
	outcomes []outcome // by the number of the mark
	last     struct {  // the last write that was accepted
		transport *client.Transport
		token     client.Token
		nonce     int64
	}
}

// outcome is what became of one write.
type outcome byte

const (
	unknown outcome = iota // no whole reply: it may have been written
	accepted
	rejected
)

// startWrite is a workload of writes over several sessions, and now and then a replay (GES-13, GES-15, GES-16).
func startWrite(t targets.Target, d targets.Drive) (targets.Workload, error) {
	if !strings.Contains(t.Bodies["create"], "{mark}") {
		return targets.Workload{}, fmt.Errorf("the body create has no {mark}: put it where a text of its own may stand")
	}
	w := &writer{target: t, prefix: "authbench-" + strconv.FormatInt(t.Clock.Now().UnixNano(), 36) + "-"}
	var all []*client.Session
	for i := range d.Sessions {
		session, err := newSession(t, d, d.Refresh[i%len(d.Refresh)], "helo")
		if err != nil {
			return targets.Workload{}, err
		}
		all = append(all, session)
		w.transports = append(w.transports, &client.Transport{Session: session, Base: d.Wire})
	}
	return targets.Workload{
		Operations: []targets.Operation{{Name: "write", Weight: perReplay, Do: w.write}, {Name: "replay", Do: w.replay}},
		Sessions:   lives(all), Finish: w.readBack,
	}, nil
}

// next gives out a mark.
func (w *writer) next() (mark string, number int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes = append(w.outcomes, unknown)
	number = len(w.outcomes) - 1
	return w.prefix + strconv.Itoa(number), number
}

func (w *writer) settle(number, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch status / 100 {
	case 2:
		w.outcomes[number] = accepted
	case 4:
		w.outcomes[number] = rejected
	}
}

func (w *writer) write(ctx context.Context) error {
	transport := w.transports[int(w.turn.Add(1))%len(w.transports)]
	mark, number := w.next()
	req, err := posting(ctx, w.target, mark)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	r, err := read(resp, err)
	if err != nil {
		return err
	}
	w.settle(number, r.status)
	if r.status/100 != 2 {
		return fmt.Errorf("a write was answered by %d", r.status)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last.transport = transport
	w.last.token, w.last.nonce = client.Sent(resp)
	return nil
}

// replay makes another record with a token and a nonce that were used: it has to be rejected (GES-13). Before there are any
// it is a write like others.
func (w *writer) replay(ctx context.Context) error {
	w.mu.Lock()
	last := w.last
	w.mu.Unlock()
	if last.transport == nil {
		return w.write(ctx)
	}
	mark, number := w.next()
	req, err := posting(ctx, w.target, mark)
	if err != nil {
		return err
	}
	r, err := read(last.transport.Replay(req, last.token, last.nonce))
	if err != nil {
		return err
	}
	w.settle(number, r.status)
	switch r.status / 100 {
	case 2:
		return targets.Breached("a nonce that was used before was accepted by %d (GES-13)", r.status)
	case 4:
		return nil
	}
	return fmt.Errorf("a replay was answered by %d", r.status)
}

// readBack looks for every record that was made: an accepted write has to be there once, a rejected one not at all.
func (w *writer) readBack(ctx context.Context, send http.RoundTripper) ([]string, error) {
	session, err := client.NewSession(w.target.URL, client.Credentials{APIToken: w.target.Credentials["api_token"]},
		client.Options{Base: send, Now: w.target.Clock.Now})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, join(w.target.URL, w.target.Paths["read"]), nil)
	if err != nil {
		return nil, err
	}
	resp, err := (&client.Transport{Session: session, Base: send}).RoundTrip(req)
	if err != nil {
		return []string{"what was written could not be read back: " + err.Error()}, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return []string{fmt.Sprintf("what was written could not be read back: the path read answered %d", resp.StatusCode)}, nil
	}
	counts, err := w.count(resp.Body)
	if err != nil {
		return []string{"what was written could not be read back: " + err.Error()}, nil
	}
	return w.judge(counts)
}

// count reads a document and counts the objects in its lists that hold each mark.
func (w *writer) count(body io.Reader) ([]int, error) {
	var doc any
	if err := json.NewDecoder(body).Decode(&doc); err != nil {
		return nil, fmt.Errorf("the path read shows no JSON that can be held whole")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := make([]int, len(w.outcomes))
	var walk func(v any, in func(number int))
	walk = func(v any, in func(int)) {
		switch v := v.(type) {
		case string:
			rest, ours := strings.CutPrefix(v, w.prefix)
			if number, err := strconv.Atoi(rest); ours && err == nil && number >= 0 && number < len(counts) {
				in(number)
			}
		case map[string]any:
			for _, inner := range v {
				walk(inner, in)
			}
		case []any:
			for _, item := range v {
				seen := map[int]bool{}
				walk(item, func(number int) { seen[number] = true })
				for number := range seen {
					counts[number]++
				}
			}
		}
	}
	walk(doc, func(int) {})
	return counts, nil
}

func (w *writer) judge(counts []int) (remarks []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found, missing := 0, 0
	for number, n := range counts {
		switch {
		case n > 1:
			return nil, targets.Breached("one write made %d records, %s%d (GES-15)", n, w.prefix, number)
		case n == 1 && w.outcomes[number] == rejected:
			return nil, targets.Breached("a rejected write made a record, %s%d (GES-15)", w.prefix, number)
		case n == 1:
			found++
		case w.outcomes[number] == accepted:
			missing++
		}
	}
	switch {
	case missing > 0 && found > 0:
		remarks = append(remarks, fmt.Sprintf("%d of %d accepted writes were not found when reading back: the path read may show a part only",
			missing, missing+found))
	case missing > 0:
		remarks = append(remarks, "none of the accepted writes was found when reading back: the path read does not show them, so records were not counted")
	}
	if w.target.Kind != targets.KindMock && found+missing > 0 {
		remarks = append(remarks, fmt.Sprintf("left behind: %d records whose names begin with %s", found+missing, w.prefix))
	}
	return remarks, nil
}
