// Command retailvista is a small client of RetailVista for authbench to judge. It does what AUTHBENCH_ACTION says and exits
// 0 when all of it succeeded, 127 when it does not know how to do that, 2 when it is called wrongly, and 1 otherwise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/authbench/authbench/targets/retailvista/client"
)

const (
	exitFailed      = 1
	exitUsage       = 2
	exitUnsupported = 127
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stderr)) }

func run(ctx context.Context, args []string, env func(string) string, stderr io.Writer) int {
	flags := flag.NewFlagSet("retailvista", flag.ContinueOnError)
	flags.SetOutput(stderr)
	timeout := flags.Duration("timeout", 5*time.Second, "how long one call may take with all its tries and pauses, 30s at most")
	if flags.Parse(args) != nil || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "usage: retailvista [-timeout 5s]")
		return exitUsage
	}
	times := parts(env("AUTHBENCH_ACTION"))
	if times < 1 {
		fmt.Fprintln(stderr, "AUTHBENCH_ACTION is none that this client knows: read or reads:N")
		return exitUnsupported
	}
	c := newClient(env, *timeout)
	errs := make([]error, times)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = validate(ctx, c) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(stderr, err) // with the gateway's reason, and without secrets (RTVC-06)
		return exitFailed
	}
	return 0
}

// parts says how often an action wants a user validated at once; 0 stands for any other action.
func parts(action string) int {
	if action == "read" {
		return 1
	}
	number, many := strings.CutPrefix(action, "reads:")
	times, err := strconv.Atoi(number)
	if !many || err != nil {
		return 0
	}
	return times
}

// newClient returns a client that tries a silent gateway three times, with growing pauses, and one that denies once
// (RTVC-05).
func newClient(env func(string) string, timeout time.Duration) *client.Client {
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.DisableKeepAlives = true // a connection that the gateway has just closed would look like silence
	return &client.Client{
		URL: env("AUTHBENCH_URL"), APIToken: env("RETAILVISTA_API_TOKEN"), Timeout: timeout, HTTP: wire,
		Token: client.AuthenticateToken{
			Username: env("RETAILVISTA_USERNAME"), Password: env("RETAILVISTA_PASSWORD"),
			CompanyNumber: env("RETAILVISTA_COMPANY_NUMBER"), StoreNumber: env("RETAILVISTA_STORE_NUMBER"),
		},
	}
}

func validate(ctx context.Context, c *client.Client) error {
	answer, err := c.Do(ctx, client.Call{Operation: "ValidateUser"})
	if err == nil && !answer.LoginSuccessful() {
		// The result is the server's own text, and might repeat what it was sent.
		result := strings.NewReplacer(c.APIToken, "***", c.Token.Password, "***").Replace(answer.Result)
		err = fmt.Errorf("ValidateUser was answered by %.100q", result)
	}
	return err
}
