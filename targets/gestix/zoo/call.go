package zoo

import (
	"context"
	"math"
	"net/http"
	"time"
)

// call does what is wanted once: a call that is denied is repeated with a new session (GESC-03), and fails when it is denied
// again (GESC-04). Writes take turns: a write waits for the reply of the one before, so that nonces arrive in order (GESC-07).
func (c *client) call(ctx context.Context, s *session, r request) (reply, error) {
	if r.writes() && c.Mistake != "writes-unordered" {
		c.turn.Lock()
		defer c.turn.Unlock()
	}
	if c.Mistake == "session-per-call" {
		s = c.newSession()
	}
	token, err := s.get(ctx, "")
	for denied, nonce := 0, ""; err == nil; {
		if r.writes() && (nonce == "" || c.Mistake != "nonce-kept-on-repeat") {
			nonce = c.nonces.next(token)
		}
		var got reply
		if got, err = c.send(ctx, r, token, nonce); err != nil {
			break
		}
		if got.status != http.StatusForbidden {
			s.proven(token)
			return c.settle(ctx, r, token, nonce, got, denied > 0)
		}
		if token != c.apiToken { // as which it may have been taken
			denied++
		}
		if denied > c.refreshes() {
			return got, r.rejected(got)
		}
		token, err = c.renew(ctx, s, r, token)
	}
	return reply{}, err
}

// refreshes is how many new sessions a call that is denied may take.
func (c *client) refreshes() int {
	switch c.Mistake {
	case "no-refresh":
		return 0
	case "refreshes-three-times":
		return 3
	case "refreshes-forever":
		return math.MaxInt
	}
	return 1
}

// renew gets the token with which a denied call is to be repeated.
func (c *client) renew(ctx context.Context, s *session, r request, denied string) (string, error) {
	switch c.Mistake {
	case "api-token-after-denial":
		_, _ = c.send(ctx, r, c.apiToken, c.nonces.next(denied))
	case "refreshes-forever": // at a pace that leaves the machine to others
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	token, err := s.get(ctx, denied)
	if err != nil {
		return "", err
	}
	switch c.Mistake {
	case "refresh-without-repeat":
		return "", r.rejected(reply{status: http.StatusForbidden})
	case "repeats-with-old-token":
		return denied, nil
	case "repeats-batch-after-refresh":
		for _, w := range c.written {
			_, _ = c.send(ctx, w, token, c.nonces.next(token))
		}
	}
	return token, nil
}

// settle says what became of a call that was not denied: every 2xx is a success, and nothing else is repeated (GESC-10).
func (c *client) settle(ctx context.Context, r request, token, nonce string, got reply, refreshed bool) (reply, error) {
	var err error
	switch {
	case !r.writes():
	case c.Mistake == "repeats-400" && got.status == http.StatusBadRequest, c.Mistake == "repeats-409" && got.status == http.StatusConflict:
		got, err = c.send(ctx, r, token, nonce)
	case c.Mistake == "writes-twice-after-refresh" && refreshed && got.accepted():
		_, _ = c.send(ctx, r, token, c.nonces.next(token))
	case c.Mistake == "repeats-batch-after-refresh" && got.accepted():
		c.written = append(c.written, r)
	}
	if err == nil && !got.accepted() {
		err = r.rejected(got)
	}
	return got, err
}

func (r request) rejected(by reply) error { return &rejection{r.method + " /customers", by.status} }
