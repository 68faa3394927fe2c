// Package zoo is a small client program of RetailVista's that can be wrong in many ways, one at a time. With no mistake named
// it keeps RTVC-01..09; with one it breaks the clauses that the mistake lists, so that it can be shown that a judge of
// clients says no. It shares no code with the client and none with the mock.
package zoo

import (
	"context"
	"fmt"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/clientkit"
)

// Mistakes lists the ways in which the program can be wrong. Breaks names the clause that the mistake was made for first,
// and then those whose breach follows from it.
func Mistakes() []targets.Fault {
	list := make([]targets.Fault, len(mistakes))
	for i, m := range mistakes {
		list[i] = m.Fault
	}
	return list
}

// Run does one action, read or reads:N, and returns the exit code. Each read is a call of ValidateUser below AUTHBENCH_URL,
// by the credentials in RETAILVISTA_API_TOKEN, RETAILVISTA_USERNAME, RETAILVISTA_PASSWORD, RETAILVISTA_COMPANY_NUMBER and
// RETAILVISTA_STORE_NUMBER. Nothing is written at RetailVista, so all other actions end with clientkit.ExitUnsupported.
func Run(ctx context.Context, p targets.ClientProgram) int {
	c, err := newClient(p)
	if err != nil {
		fmt.Fprintln(p.Stderr, err)
		return clientkit.ExitFailed
	}
	return c.run(ctx)
}

func (c *client) run(ctx context.Context) int {
	if action, known := clientkit.ParseAction(c.env("AUTHBENCH_ACTION")); known && action.Kind != "read" {
		fmt.Fprintln(c.program.Stderr, "nothing can be written at RetailVista: set AUTHBENCH_ACTION to read or reads:N")
		return clientkit.ExitUnsupported
	}
	return c.exit(clientkit.Run(ctx, c.program, func(ctx context.Context, _ string, part int) error { return c.act(ctx, part) }))
}
