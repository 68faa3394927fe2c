package watch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/authbench/authbench/targets"
)

const (
	// lookAgain is how often the page is told what was steered elsewhere, such as by the control endpoint.
	lookAgain = time.Second
	// patience is how long a browser may take nothing before it is given up.
	patience = 10 * time.Second
)

// described is what does not change about a mock while it runs. It names credentials, and holds none.
type described struct {
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	URL         string   `json:"url"`
	Credentials []string `json:"credentials"`
	Hint        []string `json:"hint"`
	Sessions    bool     `json:"sessions"` // they can be ended
	Faults      []fault  `json:"faults"`   // that can be switched
}

type fault struct {
	Name    string   `json:"name"`
	Summary string   `json:"summary"`
	Breaks  []string `json:"breaks"`
}

// standing is what does.
type standing struct {
	Name   string   `json:"name"`
	Ahead  int64    `json:"ahead_ms"` // of the server's clock
	Faults []string `json:"faults"`   // that are on
}

func (p *Page) descriptions() []described {
	list := []described{}
	for _, w := range p.mocks {
		d := described{Name: w.vendor.Name, Title: w.vendor.Title, URL: w.mock.URL, Hint: w.hint, Faults: []fault{}}
		for _, e := range w.vendor.Credentials {
			if w.mock.Credentials[e.Name] != "" {
				d.Credentials = append(d.Credentials, e.Name)
			}
		}
		_, d.Sessions = w.mock.Steered.(targets.SessionEnder)
		if _, can := w.mock.Steered.(targets.Faulty); can {
			for _, f := range w.vendor.Faults {
				d.Faults = append(d.Faults, fault{f.Name, f.Summary, f.Breaks})
			}
		}
		list = append(list, d)
	}
	return list
}

func (p *Page) standings() []standing {
	list := []standing{}
	for _, w := range p.mocks {
		s := standing{Name: w.vendor.Name, Faults: []string{}}
		if w.mock.Steered != nil {
			s.Ahead = w.offset().Round(100 * time.Millisecond).Milliseconds() // finer it is never the same twice
		}
		if faulty, can := w.mock.Steered.(targets.Faulty); can {
			s.Faults = append(s.Faults, faulty.Faults()...)
		}
		list = append(list, s)
	}
	return list
}

// stream tells a browser the mocks, then every request and every change as Server-Sent Events. A browser that has lost the
// connection says how far it had come.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // 0 when it says nothing of the kind: everything
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's own is for the request, and would end the stream
	send := func(kind, id, text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(patience))
		_, err := fmt.Fprintf(w, "event: %s\n%sdata: %s\n\n", kind, id, text)
		return err == nil && out.Flush() == nil
	}
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	told := ""
	for alive := send("mocks", "", inJSON(p.descriptions())); alive; {
		events, last, changed := p.log.since(after)
		if after = last; len(events) > 0 {
			alive = send("requests", fmt.Sprintf("id: %d\n", last), inJSON(events))
		}
		if state := inJSON(p.standings()); alive && state != told {
			told = state
			alive = send("standing", "", state)
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// inJSON writes a value on one line.
func inJSON(value any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // the page takes it as text
	if err := enc.Encode(value); err != nil {
		return "null" // no value here can fail
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
