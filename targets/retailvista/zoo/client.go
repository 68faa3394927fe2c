package zoo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/authbench/authbench/targets"
)

// What the right client states (RTVC-04, RTVC-05): three tries of 2 s each, with two pauses, are over in 6.5 s. A busy
// machine takes its time to answer, and a reply that comes too late would be a failure that was none.
const (
	timeout = 2 * time.Second
	tries   = 3
)

func growing(try int) time.Duration { return time.Duration(300*try-200) * time.Millisecond } // 100 ms, 400 ms

// transport gives each call a connection of its own: net/http would repeat by itself what fails on a kept one.
var transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true}

// maxReply is how many bytes of a reply are read.
const maxReply = 1 << 20

// client is the program. As right makes it, it keeps the contract; each mistake changes one of the fields below program.
type client struct {
	program targets.ClientProgram

	timeout time.Duration               // of one try; 0 waits for ever
	tries   int                         // 0 has no end
	pause   func(try int) time.Duration // after a try, counted from 1
	wait    func(context.Context, time.Duration) error
	edit    func(*call)                               // has the last word on what is sent
	tell    func(status int, reason string) string    // of a denial
	act     func(ctx context.Context, part int) error // one call, with all its tries
	exit    func(code int) int
}

func right(p targets.ClientProgram) *client {
	p.Stdout, p.Stderr = &output{to: p.Stdout}, &output{to: p.Stderr}
	c := &client{
		program: p, timeout: timeout, tries: tries, pause: growing, wait: wait,
		edit: func(*call) {}, tell: tell, exit: func(code int) int { return code },
	}
	c.act = c.call
	return c
}

// output takes what many calls write at once.
type output struct {
	mu sync.Mutex
	to io.Writer
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(text)
}

func (c *client) env(name string) string { return c.program.Env(name) }

// newClient returns the right client, or the one that makes the named mistake.
func newClient(p targets.ClientProgram) (*client, error) {
	c := right(p)
	if p.Mistake == "" {
		return c, nil
	}
	for _, m := range mistakes {
		if m.Name == p.Mistake {
			m.spoil(c)
			return c, nil
		}
	}
	return nil, fmt.Errorf("the client of RetailVista makes no mistake %q: name one of its list", p.Mistake)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call makes one call, and again while there is nothing but silence (RTVC-05).
func (c *client) call(ctx context.Context, part int) error {
	for try := 1; ; try++ {
		q, err := c.newCall(part, try)
		if err != nil {
			return err
		}
		err = c.ask(ctx, q)
		if err == nil || try == c.tries || silenceOf(err) == "" || c.wait(ctx, c.pause(try)) != nil {
			return err
		}
	}
}

// ask sends a call and judges the reply.
func (c *client) ask(ctx context.Context, q *call) error {
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.url, bytes.NewReader(q.bytes()))
	if err != nil {
		return errors.New("AUTHBENCH_URL is no base URL: write it as http://127.0.0.1:8080/grs")
	}
	req.Header = q.header
	resp, err := transport.RoundTrip(req)
	if err != nil {
		if end := endOf(err); end != "" {
			return &silence{end, err}
		}
		return fmt.Errorf("the call failed: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return fmt.Errorf("the reply broke off: %w", err)
	}
	r := readReply(body)
	if resp.StatusCode == http.StatusOK && r.result == "LoginSuccessful" {
		return nil
	}
	return &denial{resp.StatusCode, r.soap, c.tell(resp.StatusCode, c.masked(r.reason))}
}

// silence says that not one byte came back.
type silence struct {
	end string // closed, reset or open
	err error
}

func (s *silence) Error() string { return "the gateway kept silent: " + s.err.Error() }

// silenceOf is the end of a silence, "" for all other errors.
func silenceOf(err error) string {
	var s *silence
	if errors.As(err, &s) {
		return s.end
	}
	return ""
}

func endOf(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "open"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), strings.HasSuffix(err.Error(), "server closed idle connection"): // before it was asked
		return "closed"
	}
	return ""
}

// denial is a reply that is no success.
type denial struct {
	status int
	soap   bool // it was an envelope: a fault, or another result
	text   string
}

func (d *denial) Error() string { return d.text }

func isDenial(err error) bool {
	var d *denial
	return errors.As(err, &d)
}

// deniedWith tells denials by their status.
func deniedWith(status int) func(error) bool {
	return func(err error) bool {
		var d *denial
		return errors.As(err, &d) && d.status == status
	}
}

func isSOAPDenial(err error) bool {
	var d *denial
	return errors.As(err, &d) && d.soap
}

// maxReason is how many characters of a reason are told.
const maxReason = 500

func tell(status int, reason string) string {
	return fmt.Sprintf("denied with status %d: %s", status, first(maxReason, reason))
}

func first(n int, text string) string {
	runes := []rune(text)
	return string(runes[:min(n, len(runes))])
}

// masked keeps secrets that a server repeats out of what is told (RTVC-08).
func (c *client) masked(text string) string {
	for _, name := range []string{envAPIToken, envPassword, envUsername} {
		text = strings.ReplaceAll(text, c.env(name), "***")
	}
	return text
}
