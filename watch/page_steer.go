package watch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/authbench/authbench/targets"
)

const (
	maxOrder = 4 << 10              // bytes
	farthest = 366 * 24 * time.Hour // that the clock is moved at once
)

// order is what the page asks of a mock.
type order struct {
	Vendor  string `json:"vendor"`
	Advance string `json:"advance,omitempty"` // how far the clock is moved; "" puts it back to how the mock started
	Fault   string `json:"fault,omitempty"`
	On      bool   `json:"on,omitempty"`
}

// steering answers with what was done, in words, or with what is wrong with the order.
func steering(do func(order) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var o order
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&o); err != nil {
			refuse(w, http.StatusBadRequest, "the body is no such JSON object")
			return
		}
		did, err := do(o)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		reply(w, http.StatusOK, map[string]string{"did": did})
	}
}

func refuse(w http.ResponseWriter, status int, wrong string) {
	reply(w, status, map[string]string{"error": wrong})
}

func reply(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a browser that has gone away needs no answer
}

// steered finds the mock of an order, as what it has to be for that.
func steered[Server any](p *Page, vendor, lacks string) (*Watcher, Server, error) {
	for _, w := range p.mocks {
		if w.vendor.Name == vendor {
			server, can := w.mock.Steered.(Server)
			if !can {
				return nil, server, fmt.Errorf("the mock of %s has no %s", vendor, lacks)
			}
			return w, server, nil
		}
	}
	var none Server
	return nil, none, fmt.Errorf("no mock of %q is served here", vendor)
}

func (p *Page) moveClock(o order) (string, error) {
	w, server, err := steered[targets.Controlled](p, o.Vendor, "clock")
	if err != nil {
		return "", err
	}
	defer p.log.touch()
	if o.Advance == "" {
		server.Advance(w.ahead - w.offset())
		return "The clock is back to where it was", nil
	}
	d, err := time.ParseDuration(o.Advance)
	switch {
	case err != nil:
		return "", fmt.Errorf("%q is no time to move by: write it as 90s, 11m or -1h30m", o.Advance)
	case d.Abs() > farthest:
		return "", fmt.Errorf("%s is more than a year: move the clock by less", o.Advance)
	}
	server.Advance(d)
	return "The clock was moved by " + o.Advance, nil
}

func (p *Page) endSessions(o order) (string, error) {
	_, server, err := steered[targets.SessionEnder](p, o.Vendor, "sessions")
	if err != nil {
		return "", err
	}
	defer p.log.touch()
	switch n := server.EndSessions(); n {
	case 0:
		return "No session was open", nil
	case 1:
		return "1 session has expired", nil
	default:
		return fmt.Sprintf("%d sessions have expired", n), nil
	}
}

func (p *Page) switchFault(o order) (string, error) {
	_, server, err := steered[targets.Faulty](p, o.Vendor, "faults to switch")
	if err != nil {
		return "", err
	}
	if err := server.SetFault(o.Fault, o.On); err != nil {
		return "", err
	}
	defer p.log.touch()
	if o.On {
		return o.Fault + " is on", nil
	}
	return o.Fault + " is off", nil
}
