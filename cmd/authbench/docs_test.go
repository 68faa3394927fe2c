package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
)

// plainly puts an authbench first on the path that is built as a reader builds it: the one of the test binary is slower, by
// the race detector and more.
func plainly(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "authbench"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// typed runs a command line as a reader would type it.
func typed(t *testing.T, dir, line string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

var (
	loose  = regexp.MustCompile(`[0-9a-f]{64}|\d+(\.\d+)?( (ns|us|ms|s)\b)?`)
	none   = regexp.MustCompile(`(?m) -( |$)`) // a cell without a number
	spaces = regexp.MustCompile(`\s+`)
)

// sameText compares what is printed with what the page shows: numbers, and whether a slower machine gives one, and the width
// of columns may differ. A line of three dots stands for any lines.
func sameText(got, shown string) bool {
	normal := func(s string) string {
		s = loose.ReplaceAllString(s, "#")
		return spaces.ReplaceAllString(none.ReplaceAllString(s, " # "), " ")
	}
	var pattern []string
	for _, part := range strings.Split("\n"+strings.TrimSpace(shown)+"\n", "\n...\n") {
		pattern = append(pattern, regexp.QuoteMeta(strings.TrimSpace(normal(part))))
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(pattern, ".*") + `$`).MatchString(strings.TrimSpace(normal(got)))
}

// TestReadme runs every console block of the README and holds what it prints against what the page shows.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	plainly(t)
	dir := t.TempDir()
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 6 {
		t.Fatalf("the README has only %d console blocks", len(blocks))
	}
	before := ""
	for _, b := range blocks {
		for _, part := range strings.Split("\n"+b[1], "\n$ ")[1:] {
			command, shown, _ := strings.Cut(part, "\n")
			if _, tail, here := strings.Cut(part, "<<'END'\n"); here { // a here-document belongs to the command
				text, rest, _ := strings.Cut(tail, "\nEND")
				command, shown = command+"\n"+text+"\nEND", strings.TrimPrefix(rest, "\n")
			}
			if strings.HasPrefix(command, "export ") {
				before += command + "\n"
				continue
			}
			if got := typed(t, dir, before+command); !sameText(got, shown) {
				t.Errorf("$ %s\nprints\n%s\nthe README shows\n%s", command, got, shown)
			}
		}
	}
}

// ownClients stand in for the programs of a user's own that the help judges.
var ownClients = map[string]string{
	"my-client": "#!/bin/sh\n[ -z \"$GILLIE_PUBLIC_KEY\" ] || exec authbench client gillie\nexec authbench client retailvista\n",
	"client.mjs": "import { spawnSync } from 'node:child_process'\n" +
		"process.exit(spawnSync('authbench', ['client', 'gestix'], { stdio: 'inherit' }).status)\n",
}

// TestHelpExamples runs the examples that the help shows. A target called gillie-staging stands on loopback.
func TestHelpExamples(t *testing.T) {
	plainly(t)
	dir := t.TempDir()
	v := registry.Vendors()[0]
	m, err := v.StartMock(targets.MockOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	config := "targets:\n  gillie-staging:\n    vendor: gillie\n    url: " + m.URL + "\n    credentials:\n" +
		"      public_key: {env: P}\n      private_key: {env: S}\n"
	if err := os.WriteFile(filepath.Join(dir, defaultConfig), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range ownClients {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("P", m.Credentials["public_key"])
	t.Setenv("S", m.Credentials["private_key"])
	a := &app{vendors: registry.Vendors()}
	examples := 0
	for _, cmd := range a.root().Commands() {
		if cmd.Example == "" {
			t.Errorf("authbench %s --help shows no example", cmd.Name())
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			examples++
			runExample(t, dir, cmd, strings.TrimSpace(line))
		}
	}
	if examples < 15 {
		t.Errorf("only %d examples", examples)
	}
}

func runExample(t *testing.T, dir string, cmd *cobra.Command, line string) {
	t.Helper()
	switch {
	case cmd.Name() == "mock" && !strings.Contains(line, "--list-faults"):
		serveExample(t, dir, strings.ReplaceAll(line, ":8080", ":0")) // the port may be taken
	case cmd.Name() == "mutants" && strings.Contains(line, "--clients"): // all are tried by the proof of package steps
		typed(t, dir, line+" --seeds 1 --fault no-hash")
	case cmd.Name() == "mutants" && !strings.Contains(line, "--fault"): // all faults and seeds are tried by the proof of package steps
		typed(t, dir, line+" --seeds 1 --fault no-window")
	case cmd.Name() == "mutants":
		typed(t, dir, line+" --seeds 1")
	case strings.Contains(line, "--mistake"): // it is there to be caught
		typed(t, dir, line+" >caught.txt; test $? = 1")
	case cmd.Name() == "judge":
		typed(t, dir, strings.Replace(line, "--seeds 20", "--seeds 1", 1))
	case line == "authbench init":
		typed(t, t.TempDir(), line)
	default:
		typed(t, dir, line)
	}
}

// serveExample runs a command that serves until it is interrupted, which it has to take for a good end.
func serveExample(t *testing.T, dir, line string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "exec "+line)
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer deadline.Stop()
	first := make([]byte, 1)
	if _, err := out.Read(first); err != nil {
		t.Errorf("%s: nothing is printed: %v", line, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	drained := make([]byte, 1<<16)
	for err == nil {
		_, err = out.Read(drained)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		t.Errorf("%s: interrupted, it ends with %v", line, err)
	}
}
