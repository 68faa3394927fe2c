package gillie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
)

func profiles() []targets.Profile {
	return []targets.Profile{
		{Name: "gillie-sign", Help: "reads, each request signed anew", Start: reads(func(c targets.Credentials) client.Key {
			return client.Key{Public: c["public_key"], Private: c["private_key"]}
		})},
		{Name: "gillie-plain", Help: "reads with the plain public key alone", Start: reads(func(c targets.Credentials) client.Key {
			return client.Key{Public: c["plain_key"]}
		})},
	}
}

// reads is a workload of one operation: the path `read`, with the key that is chosen out of the credentials.
func reads(key func(targets.Credentials) client.Key) func(targets.Target, targets.Drive) (targets.Workload, error) {
	return func(t targets.Target, d targets.Drive) (targets.Workload, error) {
		chosen := key(t.Credentials)
		switch {
		case chosen.Public == "":
			return targets.Workload{}, errors.New("it has no plain_key: add `plain_key: {env: NAME}` below credentials")
		case t.Settings["hash_order"] == "auto" && chosen.Private != "":
			return targets.Workload{}, errors.New("its hash_order is auto: authbench verify tells the order that it takes; set that one")
		}
		signer, err := client.NewSigner(chosen, order(t))
		if err != nil {
			return targets.Workload{}, err
		}
		template, err := http.NewRequest(http.MethodGet, join(t.URL, t.Paths["read"]), nil)
		if err != nil {
			return targets.Workload{}, err
		}
		r := &reader{clock: t.Clock, send: d.Wire, signer: signer, template: template, salted: chosen.Private != ""}
		return targets.Workload{Operations: []targets.Operation{{Name: "read", Do: r.read}}, Finish: r.remark}, nil
	}
}

// reader makes reads, each signed anew. It is safe for concurrent use.
type reader struct {
	clock    targets.Clock
	send     http.RoundTripper
	signer   *client.Signer
	template *http.Request
	salted   bool // reads carry a hash

	mu    sync.Mutex
	known bool // whether the target takes a hash once was found out
	once  bool
	tries int
}

func (r *reader) exchange(ctx context.Context, at time.Time) (status int, err error) {
	req := r.template.WithContext(ctx)
	url := *r.template.URL
	req.URL, req.Header = &url, http.Header{}
	r.signer.Sign(req, at)
	resp, err := r.send.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

// read makes one call and judges it: a call with good credentials is answered by 2xx, and never denied. One that asks to be
// called less often denies nothing, and neither does a target that takes a hash once (GIL-19): the reads of one second carry
// the same.
func (r *reader) read(ctx context.Context) error {
	status, err := r.exchange(ctx, r.clock.Now())
	switch {
	case err != nil:
		return err
	case status/100 == 2:
		return nil
	case status/100 == 4 && status != http.StatusTooManyRequests && !(r.salted && r.takesOnce(ctx)):
		return targets.Breached("a call with good credentials was denied: %d", status)
	}
	return fmt.Errorf("a call with good credentials was answered by %d", status)
}

// takesOnce finds out, at the first denial, whether the target takes a hash a second time: it uses one twice that no read has
// carried, well inside the window. Other reads that are denied wait for what comes of it.
func (r *reader) takesOnce(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known {
		return r.once
	}
	r.tries++
	at := r.clock.Now().Add(-5*time.Minute - time.Duration(r.tries)*time.Second)
	first, err := r.exchange(ctx, at)
	if err != nil || first/100 != 2 {
		return false // nothing is known: it denies for another reason
	}
	second, err := r.exchange(ctx, at)
	if err != nil {
		return false
	}
	r.known, r.once = true, second/100 == 4
	return r.once
}

// remark says what the denials of a target that takes a hash once are.
func (r *reader) remark(context.Context, http.RoundTripper) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.once {
		return nil, nil
	}
	return []string{"the target takes a hash once (GIL-19): of the reads of one second, which carry the same, it denies all but the first; that is no breach"}, nil
}
