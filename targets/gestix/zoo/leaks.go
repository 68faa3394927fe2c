package zoo

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
)

// leak leaves a secret behind before the first call, where that is the mistake (GESC-11).
func (c *client) leak() error {
	switch c.Mistake {
	case "prints-api-token":
		fmt.Fprintln(c.Stdout, "API token:", c.apiToken)
	case "prints-token-base64":
		fmt.Fprintln(c.Stderr, "credentials:", base64.StdEncoding.EncodeToString([]byte(c.apiToken)))
	case "prints-password-in-url":
		login := url.Values{"username": {c.Env("GESTIX_USERNAME")}, "password": {c.Env("GESTIX_PASSWORD")}}
		fmt.Fprintln(c.Stderr, "could also call /auth?"+login.Encode())
	case "writes-token-file":
		return os.WriteFile(filepath.Join(c.Env("HOME"), ".gestix-token"), []byte(c.apiToken), 0o600)
	}
	return nil
}

// startChild starts a process with the API token among its arguments, which every user of the machine can read; it lives
// until end is called.
func (c *client) startChild(ctx context.Context) (end func(), _ error) {
	child := exec.CommandContext(ctx, "sh", "-c", "read line", "gestix-call", c.apiToken)
	hold, err := child.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(); err != nil {
		return nil, err
	}
	return func() {
		hold.Close()
		_ = child.Wait() // it ends with an error, as there is no line to read
	}, nil
}
