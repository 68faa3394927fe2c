package watch

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log"
	"mime"
	"net"
	"net/http"
	"time"
)

//go:embed web
var web embed.FS

// Page is the page that shows the requests of running mocks and steers them. It listens on loopback alone, and answers
// nobody but a browser, or a program, of this machine that asked for it by a loopback address.
type Page struct {
	URL    string
	server *http.Server
	log    *Log
	mocks  []*Watcher
	answer http.Handler
}

// Serve serves the page for mocks that have been started, on a port of its own, until Close.
func Serve(events *Log, mocks ...*Watcher) (*Page, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot listen for the page: %w", err)
	}
	p := &Page{URL: "http://" + listener.Addr().String() + "/", log: events, mocks: mocks}
	p.answer = p.routes()
	p.server = &http.Server{
		Addr: listener.Addr().String(), Handler: p, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = p.server.Serve(listener) }() // ends with ErrServerClosed
	return p, nil
}

// Close ends the page and every connection to it.
func (p *Page) Close() error { return p.server.Close() }

func (p *Page) routes() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil { // the name of the embedded folder is not one
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /events", p.stream)
	mux.HandleFunc("POST /clock", steering(p.moveClock))
	mux.HandleFunc("POST /sessions", steering(p.endSessions))
	mux.HandleFunc("POST /fault", steering(p.switchFault))
	// A browser that a page of another site sends here says so.
	return http.NewCrossOriginProtection().Handler(mux)
}

// policy lets the page load its own script and style, and nothing else; nobody may frame it, where a click could be led
// astray.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP lets in what comes from the page itself.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		w.Header().Set(name, value)
	}
	if !p.named(r.Host) {
		refuse(w, http.StatusMisdirectedRequest, "this page is at "+p.URL)
		return
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method == http.MethodPost && kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "send application/json")
		return
	}
	p.answer.ServeHTTP(w, r)
}

// named tells whether a Host header names this machine from within: a name of another site that was made to point here
// would let its pages read this one.
func (p *Page) named(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return false
	}
	_, own, _ := net.SplitHostPort(p.server.Addr)
	address := net.ParseIP(name)
	return port == own && (name == "localhost" || address != nil && address.IsLoopback())
}
