package mockkit

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Reply is what a mock says, before a Form gives it its shape on the wire.
type Reply struct {
	Status      int
	Header      map[string]string
	ContentType string // "" sends none
	Body        []byte
}

// Form is how replies look on the wire, where HTTP leaves it open: the case of header names, chunks or a length, and
// whether the connection is kept. The zero value is the plainest.
type Form struct {
	LowerHeaders, Chunked, Closes bool
}

// Write sends the reply, dated now.
func (f Form) Write(w http.ResponseWriter, r Reply, now time.Time) {
	h := w.Header()
	set := func(name, value string) {
		if f.LowerHeaders {
			h[http.CanonicalHeaderKey(name)] = nil // keeps net/http from adding its own
			name = strings.ToLower(name)
		}
		h[name] = []string{value}
	}
	for name, value := range r.Header {
		set(name, value)
	}
	set("Date", now.UTC().Format(http.TimeFormat))
	if r.ContentType != "" {
		set("Content-Type", r.ContentType)
	} else {
		h["Content-Type"] = nil
	}
	if f.Closes {
		h.Set("Connection", "close")
	}
	if !f.Chunked {
		h.Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	w.WriteHeader(r.Status)
	if !f.Chunked {
		_, _ = w.Write(r.Body)
		return
	}
	half := len(r.Body) / 2
	_, _ = w.Write(r.Body[:half])
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush() // so that a second chunk follows
	}
	_, _ = w.Write(r.Body[half:])
}
