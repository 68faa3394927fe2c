// Command gillie is a small client of Gillie for authbench to judge. It does what AUTHBENCH_ACTION says and exits 0 when
// all of it succeeded, 127 when it does not know how to do that, and 1 otherwise.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/authbench/authbench/targets/gillie/client"
)

const (
	exitFailed      = 1
	exitUnsupported = 127

	timeout = 10 * time.Second // of one call
	// apart is how many calls made at once get salts of their own, one second from each other.
	apart = 20
)

func main() { os.Exit(run(context.Background(), os.Getenv, os.Stderr)) }

func run(ctx context.Context, env func(string) string, stderr io.Writer) int {
	kind, times := parts(env("AUTHBENCH_ACTION"))
	method := map[string]string{"read": http.MethodGet, "write": http.MethodPost}[kind]
	if method == "" || times < 1 {
		fmt.Fprintln(stderr, "AUTHBENCH_ACTION is none that this client knows: read, write, reads:N or writes:N")
		return exitUnsupported
	}
	url := strings.TrimRight(env("AUTHBENCH_URL"), "/") + "/api/customers"
	if own := env("AUTHBENCH_QUERY"); own != "" {
		url += "?" + own // the signer keeps it as it is (GILC-09)
	}
	// Without a private key the public one goes alone (GILC-08).
	key := client.Key{Public: env("GILLIE_PUBLIC_KEY"), Private: env("GILLIE_PRIVATE_KEY")}
	signer, err := client.NewSigner(key, client.PrivatePublicSalt)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	now, wire := time.Now(), wire()
	errs := make([]error, times)
	var wait sync.WaitGroup
	for i := range errs {
		// Two calls with one salt have one hash, and a server may refuse a hash that it has seen (GIL-19). So calls made at
		// once take the present second and those before it, which are well inside the window.
		at := now.Add(-time.Duration(i%apart) * time.Second)
		transport := &client.Transport{Signer: signer, Base: wire, Now: func() time.Time { return at }}
		wait.Go(func() { errs[i] = call(ctx, transport, method, url, i) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	return 0
}

// parts reads an action: what is to be done, and how often at once, which is 0 for what is no action.
func parts(action string) (kind string, times int) {
	kind, number, many := strings.Cut(action, ":")
	if !many {
		return kind, 1
	}
	times, _ = strconv.Atoi(number)
	kind, plural := strings.CutSuffix(kind, "s")
	if !plural {
		times = 0
	}
	return kind, times
}

// call makes one call, once: a denial is final (GILC-06, GILC-07).
func call(ctx context.Context, transport http.RoundTripper, method, url string, part int) error {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(fmt.Sprintf(`{"name":"customer %d"}`, part))
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	// A redirect is no success, and not followed: the next host would get a signed URL.
	hc := &http.Client{Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := hc.Do(req)
	if err != nil {
		return err // it names the URL as it was before it was signed
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s /api/customers was answered by %d", method, resp.StatusCode)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// wire gives each call a connection of its own. On one that is shared, and that the server has just closed, net/http would
// send a GET a second time, with a hash that may be used up.
func wire() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	return t
}
