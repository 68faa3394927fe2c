package zoo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// tokenFile is what the mistake writes-token-file leaves in HOME.
const tokenFile = "retailvista.token"

func printsToken(c *client) {
	c.edit = func(q *call) { fmt.Fprintf(c.program.Stdout, "POST %s %v\n", q.url, q.header) }
}

func printsPassword(c *client) {
	c.edit = func(q *call) { fmt.Fprintf(c.program.Stderr, "%s", q.bytes()) }
}

func printsRefused(c *client) {
	var last *call
	c.edit = func(q *call) { last = q }
	act := c.act
	c.act = func(ctx context.Context, part int) error {
		err := act(ctx, part)
		if isSOAPDenial(err) && c.env("AUTHBENCH_ACTION") == "read" { // one call, whose envelope is the last
			fmt.Fprintf(c.program.Stderr, "%s", last.bytes())
		}
		return err
	}
}

func writesTokenFile(c *client) {
	act := c.act
	c.act = func(ctx context.Context, part int) error {
		home := c.env("HOME")
		if home == "" {
			return errors.New("HOME is not set: this client writes into it")
		}
		if err := os.WriteFile(filepath.Join(home, tokenFile), []byte(c.env(envAPIToken)+"\n"), 0o600); err != nil {
			return err
		}
		return act(ctx, part)
	}
}

// startsChild makes each call while a child waits for its end.
func startsChild(c *client) {
	act := c.act
	c.act = func(ctx context.Context, part int) error {
		child := exec.CommandContext(ctx, "sh", "-c", "read x", "authbench-child", c.env(envPassword))
		end, err := child.StdinPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			return errors.New("no child can be started: this client needs sh on its PATH") // the error may show the arguments
		}
		defer func() {
			_ = end.Close()
			_ = child.Wait() // read says by 1 that nothing came
		}()
		return act(ctx, part)
	}
}
