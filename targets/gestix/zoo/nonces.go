package zoo

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// nonces gives out the nonces of the whole program. It is safe for concurrent use.
type nonces struct {
	mistake string
	started time.Time

	mu    sync.Mutex
	last  int64
	token string // that the last one was given out for
}

// next returns a nonce greater than all before, whatever session it is for (GESC-06): the time in microseconds, where that is
// greater, so that a program that is started again goes on above its last nonces.
func (n *nonces) next(token string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.mistake == "nonce-drawn-once":
		n.last = n.started.UnixMicro()
	case n.mistake == "nonce-falls" && n.last > 0:
		n.last--
	case n.mistake == "nonce-restarts-with-session":
		if token != n.token {
			n.last = 0
		}
		n.last++
	default:
		n.last = max(n.last+1, time.Now().UnixMicro())
	}
	n.token = token
	if n.mistake == "nonce-with-fraction" {
		return fmt.Sprintf("%d.%06d", n.last/1e6, n.last%1e6)
	}
	return strconv.FormatInt(n.last, 10)
}

// put puts the nonce of a write where it belongs, into the query (GES-17), or where a mistake puts it.
func (n *nonces) put(nonce, method string, query url.Values, header http.Header, body map[string]string) {
	switch {
	case n.mistake == "no-nonce-on-post" && method == http.MethodPost:
	case n.mistake == "no-nonce-on-put" && method == http.MethodPut:
	case n.mistake == "nonce-in-body":
		body["nonce"] = nonce
	case n.mistake == "nonce-in-header":
		header.Set("Nonce", nonce)
	default:
		query.Set("nonce", nonce)
	}
}
