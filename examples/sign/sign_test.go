// Package sign_test measures the example programs as their readers would, and so holds each of their answers.
package sign_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// deadline is what one bench may take; it is there for one that hangs.
const deadline = 2 * time.Minute

// build puts authbench and the Go program into bin, where the commands of the pages look for them.
func build(t *testing.T, repository string) {
	t.Helper()
	bin := t.TempDir()
	for name, path := range map[string]string{"authbench": "./cmd/authbench", "sign-go": "./examples/sign/go"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(bin, name), path)
		cmd.Dir = repository
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("BIN", bin)
}

// measured runs the command of a page on a few requests, in the repository, and reads what it reports.
func measured(t *testing.T, repository, command string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	_, command, _ = strings.Cut(command, "authbench ") // what stands before it builds the program
	command = "exec authbench " + strings.Replace(command, "bin/sign-go", `"$BIN/sign-go"`, 1)
	cmd := exec.CommandContext(ctx, "sh", "-c", command+" --requests 60 --workers 1,2 --report json=-")
	cmd.Dir = repository
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, complaint.String())
	}
	var report struct {
		Samples int
		Rows    []struct{ Checked int }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	if n := len(report.Rows); report.Samples < 50 || n != 10 || report.Rows[n-1].Checked != 60 || report.Rows[n-2].Checked != 60 {
		t.Errorf("%s: %+v", command, report)
	}
}

var blocks = regexp.MustCompile("(?s)```python\n(.*?)```")

// The two programs that docs/sign-bench.md shows do what it says of them.
func TestThePage(t *testing.T) {
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/sign-bench.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := blocks.FindAllSubmatch(page, -1)
	if len(shown) != 2 {
		t.Fatalf("the page shows %d programs", len(shown))
	}
	build(t, repository)
	program := filepath.Join(t.TempDir(), "sign.py")
	if err := os.WriteFile(program, shown[0][1], 0o600); err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^    (\{"id".*\})$`).FindAllSubmatch(page, -1)
	if len(lines) != 2 {
		t.Fatalf("the page shows %d lines", len(lines))
	}
	answer := exec.Command("python3", program)
	answer.Stdin = bytes.NewReader(append(lines[0][1], '\n'))
	if out, err := answer.CombinedOutput(); err != nil || strings.ReplaceAll(string(out), " ", "") != string(lines[1][1])+"\n" {
		t.Errorf("the request of the page is answered by %s, %v", out, err)
	}
	measured(t, repository, "authbench sign bench --exec 'python3 "+program+"'")
	check := exec.Command("python3", "-c", string(shown[1][1]))
	check.Dir = filepath.Join(repository, "docs", "vectors")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Every command of the README does what it says.
func TestExamples(t *testing.T) {
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"node", "python3", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is not there: apt-get install -y --no-install-recommends nodejs python3 coreutils", tool)
		}
	}
	build(t, repository)
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile("(?m)\\| `([^`]*authbench sign bench[^`]*)` \\|$").FindAllStringSubmatch(string(page), -1)
	if len(commands) != 4 {
		t.Fatalf("the page has %d commands", len(commands))
	}
	for _, c := range commands {
		t.Run(strings.Fields(c[1])[len(strings.Fields(c[1]))-1], func(t *testing.T) { measured(t, repository, c[1]) })
	}
}
