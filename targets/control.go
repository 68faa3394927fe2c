package targets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Controlled is a server whose clock and credentials can be steered. All methods are safe for concurrent use.
type Controlled interface {
	Now() time.Time
	Advance(time.Duration)
	// Reset puts the clock and every credential back to how the server started.
	Reset()
	// Revoke deletes the credential of that configuration name; Recreate makes a new one in its place and returns the
	// values by name.
	Revoke(name string) error
	Recreate(name string) (Credentials, error)
	// Log returns the requests received, secrets masked; State is what the server holds, secrets masked.
	Log() any
	State() any
}

// Detailed is a Controlled server that keeps a summary of its traffic, or full detail.
type Detailed interface {
	// Detail says how much the log keeps of each request from now on: summary or full.
	Detail(detail string) error
}

// maxControlBody bounds what either side of the control protocol reads.
const maxControlBody = 16 << 20

type clockBody struct {
	Now     time.Time `json:"now"`
	Advance string    `json:"advance,omitempty"`
}

type credentialsBody struct {
	Revoke   string `json:"revoke,omitempty"`
	Recreate string `json:"recreate,omitempty"`
}

type trafficBody struct {
	Detail string `json:"detail"`
}

type faultsBody struct {
	Faults []string `json:"faults"`
}

type switchBody struct {
	Name string `json:"name"`
	On   *bool  `json:"on"`
}

type sessionsBody struct {
	End string `json:"end"`
}

type endedBody struct {
	Ended int `json:"ended"`
}

type errorBody struct {
	Error string `json:"error"`
}

// ControlHandler speaks the control protocol for a mock. What the mock cannot do is answered by 404.
func ControlHandler(c Controlled) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/clock", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, clockBody{Now: c.Now()})
	})
	mux.HandleFunc("POST /control/clock", func(w http.ResponseWriter, r *http.Request) {
		var body clockBody
		if !read(w, r, &body) {
			return
		}
		d, err := time.ParseDuration(body.Advance)
		if err != nil {
			answer(w, http.StatusBadRequest, errorBody{`advance is no duration: write {"advance":"11m"}`})
			return
		}
		c.Advance(d)
		answer(w, http.StatusOK, clockBody{Now: c.Now()})
	})
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		c.Reset()
		answer(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("POST /control/credentials", func(w http.ResponseWriter, r *http.Request) {
		var body credentialsBody
		if !read(w, r, &body) {
			return
		}
		made, err := applyCredentials(c, body)
		if err != nil {
			answer(w, http.StatusBadRequest, errorBody{err.Error()})
			return
		}
		answer(w, http.StatusOK, map[string]string(made))
	})
	if detailed, ok := c.(Detailed); ok {
		offerDetail(mux, detailed)
	}
	if faulty, ok := c.(Faulty); ok {
		offerFaults(mux, faulty)
	}
	if ender, ok := c.(SessionEnder); ok {
		offerSessions(mux, ender)
	}
	mux.HandleFunc("GET /control/log", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, c.Log()) })
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, c.State()) })
	return mux
}

func offerDetail(mux *http.ServeMux, detailed Detailed) {
	mux.HandleFunc("POST /control/traffic", func(w http.ResponseWriter, r *http.Request) {
		var body trafficBody
		if !read(w, r, &body) {
			return
		}
		if err := detailed.Detail(body.Detail); err != nil {
			answer(w, http.StatusBadRequest, errorBody{err.Error()})
			return
		}
		answer(w, http.StatusOK, body)
	})
}

func offerFaults(mux *http.ServeMux, faulty Faulty) {
	tell := func(w http.ResponseWriter) {
		answer(w, http.StatusOK, faultsBody{append([]string{}, faulty.Faults()...)}) // a list, also when it is empty
	}
	mux.HandleFunc("GET /control/faults", func(w http.ResponseWriter, _ *http.Request) { tell(w) })
	mux.HandleFunc("POST /control/faults", func(w http.ResponseWriter, r *http.Request) {
		var body switchBody
		if !read(w, r, &body) {
			return
		}
		if body.Name == "" || body.On == nil {
			answer(w, http.StatusBadRequest, errorBody{`name a fault and what becomes of it: {"name":"NAME","on":true}`})
			return
		}
		if err := faulty.SetFault(body.Name, *body.On); err != nil {
			answer(w, http.StatusBadRequest, errorBody{err.Error()})
			return
		}
		tell(w)
	})
}

func offerSessions(mux *http.ServeMux, ender SessionEnder) {
	mux.HandleFunc("POST /control/sessions", func(w http.ResponseWriter, r *http.Request) {
		var body sessionsBody
		if !read(w, r, &body) {
			return
		}
		if body.End != "all" {
			answer(w, http.StatusBadRequest, errorBody{`say which sessions end: {"end":"all"}`})
			return
		}
		answer(w, http.StatusOK, endedBody{ender.EndSessions()})
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that has gone away needs no answer
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		answer(w, http.StatusBadRequest, errorBody{"the body is no such JSON object: " + err.Error()})
		return false
	}
	return true
}

func applyCredentials(c Controlled, body credentialsBody) (Credentials, error) {
	switch {
	case body.Revoke != "" && body.Recreate == "":
		return Credentials{}, c.Revoke(body.Revoke)
	case body.Recreate != "" && body.Revoke == "":
		return c.Recreate(body.Recreate)
	}
	return nil, errors.New(`name one thing to do: {"revoke":"NAME"} or {"recreate":"NAME"}`)
}

// Control steers a server through its control endpoint. It is safe for concurrent use.
type Control struct {
	base   string
	client *http.Client
}

// NewControl returns the control endpoint at a base URL, which may or may not end in a slash.
func NewControl(base string) *Control {
	return &Control{
		base: strings.TrimSuffix(base, "/"),
		// A connection of its own for each call: nothing outlives the scenario that steered.
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// Now is the server's clock.
func (c *Control) Now(ctx context.Context) (time.Time, error) {
	var body clockBody
	err := c.call(ctx, http.MethodGet, "/control/clock", nil, &body)
	if err == nil && body.Now.IsZero() {
		err = &controlError{"GET /control/clock told no time", nil}
	}
	return body.Now, err
}

// Advance moves the server's clock by d.
func (c *Control) Advance(ctx context.Context, d time.Duration) error {
	return c.call(ctx, http.MethodPost, "/control/clock", map[string]string{"advance": d.String()}, nil)
}

// Reset puts the server back to how it started.
func (c *Control) Reset(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/control/reset", struct{}{}, nil)
}

// Revoke deletes the credential of that configuration name.
func (c *Control) Revoke(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, "/control/credentials", credentialsBody{Revoke: name}, nil)
}

// Recreate makes a new credential in the place of a deleted one and returns its values by configuration name.
func (c *Control) Recreate(ctx context.Context, name string) (Credentials, error) {
	made := map[string]string{}
	err := c.call(ctx, http.MethodPost, "/control/credentials", credentialsBody{Recreate: name}, &made)
	return made, err
}

// Log is the requests that the server received, as it tells them.
func (c *Control) Log(ctx context.Context) (entries []map[string]any, err error) {
	err = c.call(ctx, http.MethodGet, "/control/log", nil, &entries)
	return entries, err
}

// Detail says how much the server's log keeps of each request from now on: summary or full.
func (c *Control) Detail(ctx context.Context, detail string) error {
	return c.call(ctx, http.MethodPost, "/control/traffic", trafficBody{Detail: detail}, nil)
}

// Faults are the names of the server's faults that are on.
func (c *Control) Faults(ctx context.Context) ([]string, error) {
	var body faultsBody
	err := c.call(ctx, http.MethodGet, "/control/faults", nil, &body)
	return body.Faults, err
}

// SetFault switches one of the server's faults.
func (c *Control) SetFault(ctx context.Context, name string, on bool) error {
	return c.call(ctx, http.MethodPost, "/control/faults", switchBody{name, &on}, nil)
}

// EndSessions ends every open session of the server and returns how many there were.
func (c *Control) EndSessions(ctx context.Context) (int, error) {
	var body endedBody
	err := c.call(ctx, http.MethodPost, "/control/sessions", sessionsBody{"all"}, &body)
	return body.Ended, err
}

// controlError is what went wrong with a control endpoint. The endpoint is a stranger's: of its words, and of errors that
// repeat them, only a short and printable piece is shown.
type controlError struct {
	said  string
	cause error
}

const maxSaid = 200 // bytes

func (e *controlError) Error() string {
	said := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, e.said[:min(len(e.said), maxSaid)])
	if len(e.said) > maxSaid {
		said += "..."
	}
	return "control endpoint: " + said
}

func (e *controlError) Unwrap() error { return e.cause }

// call makes one call of the protocol. Every error is a *controlError.
func (c *Control) call(ctx context.Context, method, path string, send, receive any) error {
	wrong := func(cause error, format string, args ...any) error {
		return &controlError{fmt.Sprintf(format, args...), cause}
	}
	text, err := json.Marshal(send)
	if err != nil {
		return wrong(err, "%v", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return wrong(err, "%v", err)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // it names the address, which may be long, before what is wrong
		}
		return wrong(err, "%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxControlBody))
	if err != nil {
		return wrong(err, "%s %s: %v", method, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return wrong(nil, "%s %s answered %s", method, path, resp.Status)
	}
	if receive == nil {
		return nil
	}
	if err := json.Unmarshal(body, receive); err != nil {
		return wrong(err, "%s %s answered no such JSON: %v", method, path, err)
	}
	return nil
}
