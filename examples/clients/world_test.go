package clients_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// deadline is what one process may take; it is there for those that hang.
const deadline = 60 * time.Second

// bin is where the Go programs and authbench are.
var bin string

func TestMain(m *testing.M) { os.Exit(built(m)) }

func built(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "clients"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	build := exec.Command("go", "build", "-o", bin, "../../cmd/authbench", "./gillie", "./gestix", "./retailvista")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// tool is where a program of the machine is. Without it nothing is proven, so the test fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not there: apt-get install -y --no-install-recommends curl nodejs", name)
	}
	return path
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// result is what became of a run of a client.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a client as it is judged: with an environment of these variables alone, in an empty folder that is its home as
// well. What it leaves there is an error.
func run(t *testing.T, command []string, variables map[string]string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.WaitDelay = home, time.Second
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	for name, value := range variables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v, %v", command, err, ctx.Err())
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind (%v)", left, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mock is a mock of authbench's, as another program sees it.
type mock struct {
	Vendor, URL, Control string
	Credentials          map[string]string
}

func startMock(t *testing.T, vendor string, seed int) *mock {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "authbench"), "mock", vendor, "--json", "--seed", fmt.Sprint(seed))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // nothing of it is needed any more
		_ = cmd.Wait()
	})
	hanging := time.AfterFunc(deadline, func() { _ = cmd.Process.Kill() })
	defer hanging.Stop()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the mock of %s does not get ready: %v", vendor, err)
	}
	m := &mock{}
	if err := json.Unmarshal(line, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// steer makes a call of the control protocol.
func (m *mock) steer(t *testing.T, method, path, body string, into any) {
	t.Helper()
	req, err := http.NewRequest(method, m.Control+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s is answered by %d %s (%v)", method, path, resp.StatusCode, text, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// fresh puts the mock back to its start, but with a clock that is right: some seeds have one that is not.
func (m *mock) fresh(t *testing.T) {
	t.Helper()
	var clock struct{ Now time.Time }
	m.steer(t, http.MethodPost, "/control/reset", "{}", &struct{}{})
	m.steer(t, http.MethodGet, "/control/clock", "", &clock)
	m.steer(t, http.MethodPost, "/control/clock", fmt.Sprintf(`{"advance":%q}`, time.Until(clock.Now)*-1), &struct{}{})
}

func (m *mock) log(t *testing.T) (entries []map[string]any) {
	t.Helper()
	m.steer(t, http.MethodGet, "/control/log", "", &entries)
	return entries
}

// summary counts the requests of a log: "2 GET customers accepted, 1 GET helo accepted".
func summary(log []map[string]any) string {
	count := map[string]int{}
	for _, e := range log {
		path, _ := e["path"].(string)
		words := fmt.Sprintf("%v %s %v", e["method"], path[strings.LastIndex(path, "/")+1:], e["verdict"])
		count[words]++
	}
	var list []string
	for _, words := range slices.Sorted(maps.Keys(count)) {
		list = append(list, fmt.Sprintf("%d %s", count[words], words))
	}
	return strings.Join(list, ", ")
}

// variables are the environment for an action, with credentials by the names that the configuration has for them.
func (m *mock) variables(action string, credentials login) map[string]string {
	v := map[string]string{"AUTHBENCH_SCENARIO": "a test", "AUTHBENCH_ACTION": action, "AUTHBENCH_URL": m.URL}
	for name, credential := range credentials {
		v[strings.ToUpper(m.Vendor+"_"+name)] = m.Credentials[credential]
	}
	return v
}

var hashLike = regexp.MustCompile(`(?i)[0-9a-f]{64}`)

// keepsSecrets looks for credentials and hashes in a text.
func keepsSecrets(t *testing.T, where, text string, secrets map[string]string) {
	t.Helper()
	for name, value := range secrets {
		for _, form := range []string{
			value, url.QueryEscape(value), url.PathEscape(value), hex.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte(value)),
		} {
			if form != "" && strings.Contains(text, form) {
				t.Errorf("%s shows the %s: %.400q", where, name, text)
			}
		}
	}
	if hashLike.MatchString(text) {
		t.Errorf("%s shows a hash: %.400q", where, text)
	}
}
