package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/authbench/authbench/"

// room says what a package may import: of ours by the list, of others' modules by the second. A room that is missing here
// fails the test, so a new one is thought about.
type room struct{ pattern, ours, others string }

// The house, from the bottom up. See docs/architecture.md.
var rooms = []room{
	{`features`, `-`, `github.com/cucumber/(gherkin|messages)/.*`},
	{`reports/record`, `-`, `github.com/HdrHistogram/hdrhistogram-go`},
	{`reports`, `reports/record`, `github.com/HdrHistogram/hdrhistogram-go|github.com/olekukonko/tablewriter.*`},
	{`targets`, `-`, `github.com/goccy/go-yaml.*`},
	{`targets/wire`, `-`, `-`},
	{`targets/mockkit`, `targets`, `-`},
	{`targets/clientkit`, `targets`, `-`},
	{`targets/program`, `-`, `-`},
	{`targets/registry`, `targets|targets/\w+`, `-`},
	{`targets/(\w+)`, `targets|targets/$1/(client|mock|zoo)`, `-`},
	{`targets/(\w+)/client`, `targets|targets/wire`, `-`},
	{`targets/(\w+)/mock`, `targets|targets/wire|targets/mockkit`, `-`},
	{`targets/(\w+)/zoo`, `targets|targets/clientkit`, `-`},
	{`watch`, `targets|targets/wire`, `-`},
	{`steps`, `features|targets|targets/wire|targets/program|targets/\w+/client|reports/record`, `github.com/cucumber/godog`},
	{`load/threshold`, `targets|reports/record`, `github.com/HdrHistogram/hdrhistogram-go`},
	{`load`, `load/threshold|targets|targets/wire|reports/record`, `github.com/tsenart/vegeta/.*|github.com/HdrHistogram/hdrhistogram-go`},
	{`signbench`, `targets|targets/program|reports/record`, `-`},
	{`cmd/authbench`, `features|steps|load|load/threshold|signbench|reports|reports/record|watch|targets|targets/wire|targets/program|targets/registry`,
		`github.com/spf13/cobra|golang.org/x/term`},
	{`examples/.*`, `targets/\w+/client`, `-`},
}

// The compiler lets any package import any other; this test does not.
func TestImportArrowsPointOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; count++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		checkRoom(t, strings.TrimPrefix(p.ImportPath, module), p.Imports)
	}
	if count < 10 {
		t.Errorf("go list names only %d packages", count)
	}
}

func checkRoom(t *testing.T, name string, imports []string) {
	t.Helper()
	for _, r := range rooms {
		place := regexp.MustCompile("^" + r.pattern + "$").FindStringSubmatch(name)
		if place == nil {
			continue
		}
		ours := r.ours
		if len(place) > 1 {
			ours = strings.ReplaceAll(ours, "$1", place[1])
		}
		for _, path := range imports {
			inner, own := strings.CutPrefix(path, module)
			allowed := r.others
			switch {
			case own:
				allowed = ours
			case !strings.Contains(strings.Split(path, "/")[0], "."):
				continue // the standard library
			}
			if !regexp.MustCompile("^(" + allowed + ")$").MatchString(inner) {
				t.Errorf("%s imports %s, and may not", name, path)
			}
		}
		return
	}
	t.Errorf("%s is no room of the house: say in rooms what it may import", name)
}
