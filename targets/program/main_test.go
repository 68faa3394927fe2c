//go:build unix

package program

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets this binary play the programs under test: "as ROLE ARGUMENT...".
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "as" {
		play(os.Args[2], os.Args[3:])
		syscall.Exit(0) // the race detector sleeps in os.Exit
	}
	os.Exit(m.Run())
}

func play(role string, args []string) {
	switch role {
	case "tell": // connects, says its name, and echoes what it hears, until it is hung up on
		tell(args[0], args[1])
	case "stubborn": // as tell, and ignores TERM
		signal.Ignore(syscall.SIGTERM)
		tell(args[0], args[1])
	case "tidy": // as tell, and puts its things in order when asked to end
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		go tell(args[0], args[1])
		<-asked
		fmt.Println("tidied up")
	case "parent": // runs a child that tells, in its own group and environment
		must(itself(args...).Run())
	case "orphan": // leaves a child that tells with nothing in its environment, and then tells itself
		leave(nil, args)
	case "daemon": // the child also has a session of its own
		leave(&syscall.SysProcAttr{Setsid: true}, args)
	case "double": // and is the child of a child that has one too, and ends at once
		child := itself("between", args[0], args[1])
		child.Env, child.SysProcAttr = []string{}, &syscall.SysProcAttr{Setsid: true}
		must(child.Run())
		tell(args[0], "first of "+args[1])
	case "between":
		child := itself("tell", args[0], args[1])
		child.Env, child.SysProcAttr = []string{}, &syscall.SysProcAttr{Setsid: true}
		must(child.Start())
	}
}

// leave starts a child that tells and does not wait for it.
func leave(as *syscall.SysProcAttr, args []string) {
	child := itself("tell", args[0], args[1])
	child.Env, child.SysProcAttr = []string{}, as
	if len(args) > 2 { // keep the environment
		child.Env = nil
	}
	must(child.Start())
	tell(args[0], "first of "+args[1])
}

func tell(address, name string) {
	conn, err := net.Dial("tcp", address)
	must(err)
	fmt.Fprintf(conn, "%d %s\n", os.Getpid(), name)
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		fmt.Fprintln(conn, lines.Text())
	}
}

func itself(args ...string) *exec.Cmd {
	return exec.Command(os.Args[0], append([]string{"as"}, args...)...)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
}

// ear hears the programs that tell.
type ear struct {
	net.Listener
	heard map[string]*voice
}

type voice struct {
	net.Conn
	lines *bufio.Reader
	pid   int
}

const patience = 30 * time.Second

func listen(t testing.TB) *ear {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{listener, map[string]*voice{}}
	t.Cleanup(func() {
		listener.Close()
		for _, v := range e.heard {
			v.Close()
		}
	})
	return e
}

func (e *ear) address() string { return e.Addr().String() }

// hear waits until a program has told its name.
func (e *ear) hear(t testing.TB, name string) *voice {
	t.Helper()
	for e.heard[name] == nil {
		_ = e.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
		conn, err := e.Accept()
		if err != nil {
			t.Fatalf("%s is not heard: %v", name, err)
		}
		v := &voice{Conn: conn, lines: bufio.NewReader(conn)}
		_ = conn.SetDeadline(time.Now().Add(patience))
		line, err := v.lines.ReadString('\n')
		pid, told, _ := strings.Cut(strings.TrimSpace(line), " ")
		v.pid, _ = strconv.Atoi(pid)
		if err != nil || v.pid == 0 {
			t.Fatalf("told: %q, %v", line, err)
		}
		e.heard[told] = v
	}
	return e.heard[name]
}

// lives says whether a program answers. One that is dead has hung up.
func (v *voice) lives() bool {
	_ = v.SetDeadline(time.Now().Add(patience))
	_, _ = fmt.Fprintln(v, "are you there?")
	line, err := v.lines.ReadString('\n')
	return err == nil && line == "are you there?\n"
}

// start starts a program that has to start.
func start(t testing.TB, c Config) *Program {
	t.Helper()
	p, err := Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// script is a shell script with the PATH of this process.
func script(text string) Config {
	return Config{Args: []string{"sh", "-c", text}, Env: []string{"PATH=" + os.Getenv("PATH")}}
}

// as is this binary in a role.
func as(args ...string) Config {
	return Config{Args: append([]string{os.Args[0], "as"}, args...), Env: []string{"PATH=" + os.Getenv("PATH")}}
}
