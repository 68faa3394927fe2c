package retailvista

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/retailvista/client"
)

func profiles() []targets.Profile {
	return []targets.Profile{
		{Name: "retailvista-soap", Help: "authenticated SOAP calls", Start: startSOAP},
		{Name: "retailvista-gate", Help: "good calls while others call without a good token; --mix says how many of each kind",
			Mix:   []targets.Share{{Kind: "good", Percent: 70}, {Kind: "empty", Percent: 10}, {Kind: "invalid", Percent: 10}, {Kind: "missing", Percent: 10}},
			Start: startGate},
	}
}

// caller makes calls of one kind. It is safe for concurrent use.
type caller struct {
	target  targets.Target
	send    http.RoundTripper
	url     string
	action  string
	body    []byte
	success string
}

func newCaller(t targets.Target, d targets.Drive) (*caller, error) {
	c := call(t)
	body, err := c.Envelope()
	if err != nil {
		return nil, err
	}
	return &caller{target: t, send: d.Wire, url: join(t.URL, t.Paths["service"]), action: `"` + c.SOAPAction() + `"`, body: body,
		success: t.Settings["success"]}, nil
}

func startSOAP(t targets.Target, d targets.Drive) (targets.Workload, error) {
	c, err := newCaller(t, d)
	if err != nil {
		return targets.Workload{}, err
	}
	return targets.Workload{Operations: []targets.Operation{{Name: "call", Do: c.good}}}, nil
}

func startGate(t targets.Target, d targets.Drive) (targets.Workload, error) {
	c, err := newCaller(t, d)
	if err != nil {
		return targets.Workload{}, err
	}
	do := map[string]func(context.Context) error{
		"good": c.good, "missing": c.missing,
		"empty":   func(ctx context.Context) error { return c.refused(ctx, "") },
		"invalid": func(ctx context.Context) error { return c.refused(ctx, unknownToken) },
	}
	var w targets.Workload
	for _, share := range d.Mix {
		if share.Percent > 0 {
			w.Operations = append(w.Operations, targets.Operation{Name: share.Kind, Weight: share.Percent, Do: do[share.Kind]})
		}
	}
	return w, nil
}

// unknownToken is a GUID that nobody was given.
const unknownToken = "5f0e6c1a-7b34-4d89-9a2e-c3d1b0f49876"

func (c *caller) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(c.body))
	if err == nil {
		req.Header["Content-Type"] = []string{"text/xml; charset=utf-8"}
		req.Header["SOAPAction"] = []string{c.action}
	}
	return req, err
}

func (c *caller) exchange(req *http.Request) (status int, body []byte, err error) {
	resp, err := c.send.RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // the beginning tells enough
	}
	return resp.StatusCode, body, err
}

// good makes a call that has to succeed (RTV-01).
func (c *caller) good(ctx context.Context) error {
	req, err := c.request(ctx)
	if err != nil {
		return err
	}
	req.Header[client.HeaderAPIToken] = []string{c.target.Credentials["api_token"]}
	status, body, err := c.exchange(req)
	if err != nil {
		return err
	}
	answer, wrong := client.ParseAnswer(body)
	switch {
	case status == http.StatusTooManyRequests:
		return fmt.Errorf("the gateway asks to be called less often")
	case status/100 == 4:
		return targets.Breached("a good call was denied by %d (RTV-01)", status)
	case wrong != nil:
		return fmt.Errorf("a good call was answered by %d without a SOAP envelope", status)
	case answer.Fault != nil:
		return targets.Breached("a good call was answered by a SOAP fault (RTV-01)")
	case !strings.Contains(answer.Result, c.success):
		return targets.Breached("a good call was refused (RTV-01)")
	}
	return nil
}

// refused makes a call with an empty or unknown token, which has to be denied explicitly (RTV-05, RTV-06).
func (c *caller) refused(ctx context.Context, token string) error {
	req, err := c.request(ctx)
	if err != nil {
		return err
	}
	req.Header[client.HeaderAPIToken] = []string{token}
	status, body, err := c.exchange(req)
	if err != nil {
		return err
	}
	answer, wrong := client.ParseAnswer(body)
	switch {
	case status/100 == 4, wrong == nil && answer.Fault != nil:
		return nil
	case status/100 == 2:
		return targets.Breached("a call without a good token was answered by %d (RTV-05, RTV-06)", status)
	}
	return fmt.Errorf("a call without a good token was answered by %d", status)
}

// missing makes a call without the header, on a connection of its own: it has to meet silence (RTV-02).
func (c *caller) missing(ctx context.Context) error {
	patience, err := time.ParseDuration(c.target.Settings["silence_wait"])
	if err != nil {
		return err
	}
	quiet, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := c.request(quiet)
	if err != nil {
		return err
	}
	req.Close = true
	status, _, err := c.exchange(req)
	switch {
	case err == nil:
		return targets.Breached("a call without the header ApiToken was answered by %d (RTV-02)", status)
	case isSilence(err) || quiet.Err() != nil && ctx.Err() == nil:
		return nil
	}
	return err
}
