// Package zoo is a small client program of Gillie: right, or with one mistake of its list. It shares no code with the client
// package, and is told what to do as any program under test is.
package zoo

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/clientkit"
)

type key struct{ public, private string }

// client is the program. Its calls may run all at once.
type client struct {
	mistake
	program targets.ClientProgram
	key     key
	base    string
	own     string // the caller's own query
	http    *http.Client

	mu     sync.Mutex
	signed bool // a call was signed before
	done   bool // a part was
}

// timeout is how long a reply is waited for.
const timeout = 10 * time.Second

// errRedirect is what a redirect ends in: it is no success, and may lead anywhere.
var errRedirect = errors.New("the server sends the call elsewhere")

// Run does what the program's environment says, with the mistake that it names, and returns the exit code.
func Run(ctx context.Context, p targets.ClientProgram) int {
	if action, known := clientkit.ParseAction(p.Env("AUTHBENCH_ACTION")); known && action.Kind == "update" {
		fmt.Fprintln(p.Stderr, "this client changes no customers")
		return clientkit.ExitUnsupported
	}
	m, known := find(p.Mistake)
	if !known {
		fmt.Fprintf(p.Stderr, "there is no mistake %q\n", p.Mistake)
		return clientkit.ExitFailed
	}
	c := &client{
		mistake: m, program: p, key: key{p.Env("GILLIE_PUBLIC_KEY"), p.Env("GILLIE_PRIVATE_KEY")},
		base: strings.TrimSuffix(p.Env("AUTHBENCH_URL"), "/"), own: p.Env("AUTHBENCH_QUERY"),
	}
	c.http = &http.Client{Timeout: timeout, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if m.is.impatient {
		c.http.Timeout = 100 * time.Millisecond
	}
	code := clientkit.Run(ctx, p, c.part)
	switch {
	case code == clientkit.ExitUnsupported:
		return code
	case m.is.always0, m.is.oneSuffices && c.done:
		return clientkit.ExitDone
	case m.is.always1:
		return clientkit.ExitFailed
	}
	return code
}

// part does one part of the action.
func (c *client) part(ctx context.Context, kind string, _ int) error {
	if c.left != nil {
		if err := c.left(c); err != nil {
			return err
		}
	}
	if c.during != nil {
		end, err := c.during(c)
		if err != nil {
			return err
		}
		defer end()
	}
	err := c.call(ctx, kind)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = c.done || err == nil
	return err
}

// call makes one call; a denied one is not tried again.
func (c *client) call(ctx context.Context, kind string) error {
	var err error
	for range max(1, c.is.tries) {
		var status int
		if status, err = c.send(ctx, kind, c.credentials(kind)); err != nil {
			return err
		}
		if err = c.verdict(status); err == nil {
			return nil
		}
		if c.is.fallsBack {
			if status, err = c.send(ctx, kind, "apikey="+escape(c.key.public)); err != nil || status/100 == 2 {
				return err
			}
			return c.verdict(status)
		}
	}
	return err
}

func (c *client) verdict(status int) error {
	switch {
	case status/100 == 2, c.is.deniedIsSuccess && status/100 == 4, c.is.breakdownIsSuccess && status == http.StatusServiceUnavailable:
		return nil
	case status/100 == 3:
		return errRedirect
	}
	return fmt.Errorf("the server answered %d", status)
}

// credentials is the part of the query that the contract is about.
func (c *client) credentials(kind string) string {
	escaped := c.escaped(c.key.public)
	c.mu.Lock()
	again := c.signed
	c.signed = true
	c.mu.Unlock()
	q := "apikey=" + escaped
	switch {
	case c.key.private == "" && !c.is.emptyParts:
	case c.is.signsReadsOnly && kind == "write", c.is.signsFirstCallOnly && again:
	case c.key.private == "":
		q += "&apisalt=" + unixNow(c) + "&apihash="
	default:
		salt := unixNow(c)
		if c.salt != nil {
			salt = c.salt(c)
		}
		hash := right(c.key, salt)
		if c.sign != nil {
			hash = c.sign(c.key, salt)
		}
		q += "&apisalt=" + escape(salt) + "&apihash=" + escape(hash)
	}
	if c.query != nil {
		q = c.query(q, c.key)
	}
	return q
}

func (c *client) escaped(public string) string {
	if c.escape != nil {
		return c.escape(public)
	}
	return escape(public)
}

// send makes one request and returns the status of the reply.
func (c *client) send(ctx context.Context, kind, credentials string) (int, error) {
	method, body := http.MethodGet, ""
	if kind == "write" && !c.is.readsOnly {
		method, body = http.MethodPost, `{"name":"Heather House"}`
		if c.is.keyInBody {
			body = `{"name":"Heather House","signed_with":"` + c.key.private + `"}`
		}
	}
	own := c.own
	if own != "" && c.mistake.own != nil {
		own = c.mistake.own(own)
	}
	header := http.Header{}
	if c.is.hashInHeader {
		for pair := range strings.SplitSeq(credentials, "&") {
			name, value, _ := strings.Cut(pair, "=")
			header.Set(name, value)
		}
		credentials = ""
	}
	if c.is.keyInHeader {
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.key.public+":"+c.key.private)))
	}
	req, err := c.request(ctx, method, strings.Trim(own+"&"+credentials, "&"), body)
	if err != nil {
		return 0, err
	}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	req.Header = header
	return c.exchange(req)
}

// request is made with the query as it is: what is badly escaped is to arrive so.
func (c *client) request(ctx context.Context, method, query, body string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/api/customers", strings.NewReader(body))
	if err != nil {
		return nil, errors.New("AUTHBENCH_URL is no address")
	}
	req.URL.RawQuery = query
	return req, nil
}

func (c *client) exchange(req *http.Request) (int, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, errors.New("the call got no reply") // the error itself holds the URL, and so the hash
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return 0, errors.New("the reply is not whole")
	}
	if c.is.wantsKept && resp.Close {
		return 0, errors.New("the server closed the connection")
	}
	if c.is.handsOver && resp.StatusCode/100 == 3 {
		return c.handOver(req, resp.Header.Get("Location"))
	}
	return resp.StatusCode, nil
}

// handOver follows a redirect with all that it has.
func (c *client) handOver(req *http.Request, location string) (int, error) {
	next, err := http.NewRequestWithContext(req.Context(), req.Method, location, strings.NewReader(c.key.private))
	if err != nil {
		return 0, errRedirect
	}
	resp, err := c.http.Do(next)
	if err != nil {
		return 0, errRedirect
	}
	return resp.StatusCode, resp.Body.Close()
}
