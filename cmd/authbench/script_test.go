package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// TestMain lets this program be authbench: when a script calls it so, and when it starts itself as a client under test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "client" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"authbench": main})
}

// TestScripts runs the command as it is typed. `target [VENDOR] KIND [FAULT...]` starts a server on loopback and writes an
// authbench.yaml that names it `it`; without a vendor it is Gillie's.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"target": startTarget, "exits": exits, "oneline": oneLine, "filled": filled},
	})
}

// exits N COMMAND...: the command ends with exactly that code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("%s ended with %s, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// oneline: the standard error of the last command is exactly one line, from authbench.
func oneLine(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stderr")
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "authbench: ") {
		ts.Fatalf("the standard error is not one line of authbench's: %q", text)
	}
}

// filled FILE: the variables that the file names are replaced by their values.
func filled(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}

func startTarget(ts *testscript.TestScript, _ bool, args []string) {
	v := registry.Vendors()[0]
	for _, other := range registry.Vendors() {
		if other.Name == args[0] {
			v, args = other, args[1:]
		}
	}
	kind, rest := args[0], args[1:]
	url, control := "", ""
	credentials, settings := targets.Credentials{}, map[string]string{}
	for _, e := range v.Credentials {
		if e.Required {
			credentials[e.Name] = "marked-" + e.Name
		}
	}
	switch kind {
	case "mock", "blackbox":
		m, err := v.StartMock(targets.MockOptions{Faults: rest})
		ts.Check(err)
		ts.Defer(func() { m.Close() })
		url, credentials, settings = m.URL, m.Credentials, m.Settings
		if kind == "mock" {
			control = m.Control
		}
	case "tls":
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would report the handshake that has to fail
		server.StartTLS()
		ts.Defer(server.Close)
		url = server.URL
	case "redirect", "status500", "denies":
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch kind {
			case "redirect":
				http.Redirect(w, r, "/login", http.StatusFound)
			case "status500":
				http.Error(w, "broken", http.StatusInternalServerError)
			default:
				http.Error(w, "no", http.StatusForbidden)
			}
		}))
		ts.Defer(server.Close)
		url = server.URL
	case "nobody":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		url = "http://" + l.Addr().String()
		ts.Check(l.Close())
	default:
		url = rawServer(ts, kind)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "targets:\n  it:\n    vendor: %s\n    url: %s\n", v.Name, url)
	if control != "" {
		fmt.Fprintf(&b, "    control: %s\n", control)
	}
	if v.Name == "gillie" {
		b.WriteString("    paths: {lookalike: /api/customers-archive}\n")
	} else {
		b.WriteString("    allow: {writes: true}\n")
	}
	for name, value := range settings {
		fmt.Fprintf(&b, "    %s: %q\n", name, value)
	}
	b.WriteString("    credentials:\n")
	for name, value := range credentials {
		variable := "IT_" + strings.ToUpper(name)
		ts.Setenv(variable, value)
		fmt.Fprintf(&b, "      %s: {env: %s}\n", name, variable)
	}
	ts.Check(os.WriteFile(ts.MkAbs("authbench.yaml"), []byte(b.String()), 0o600))
	ts.Setenv("IT_URL", url)
}

// rawServer speaks no proper HTTP.
func rawServer(ts *testscript.TestScript, kind string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	ts.Defer(func() { close(done); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
					return
				}
				misbehave(conn, kind, done)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func misbehave(conn net.Conn, kind string, done <-chan struct{}) {
	switch kind {
	case "garbage":
		fmt.Fprint(conn, "\x00\x1b]0;garbage\x07\r\n\r\n")
	case "hang":
		<-done
	case "drip": // a body that never ends, a little at a time
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\n\r\n")
		_, _ = io.WriteString(conn, "x")
		<-done
	case "endless": // a body that never ends, as fast as it is read
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
		for block := strings.Repeat("x", 1<<16); ; {
			if _, err := io.WriteString(conn, block); err != nil {
				return
			}
		}
	}
}
