package mock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The faults that are listed are those that the code knows.
func TestEveryFaultIsNamedOnceAndUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			source.Write(text)
		}
	}
	seen := map[string]bool{}
	for _, f := range Faults() {
		if seen[f.Name] {
			t.Errorf("%s is listed twice", f.Name)
		}
		seen[f.Name] = true
		if !strings.Contains(source.String(), `m.faults.Has("`+f.Name+`")`) {
			t.Errorf("%s is listed and does nothing", f.Name)
		}
		if len(f.Breaks) == 0 || f.Summary == "" {
			t.Errorf("%s does not say what it is for", f.Name)
		}
	}
	for _, part := range strings.Split(source.String(), `m.faults.Has("`)[1:] {
		if name, _, _ := strings.Cut(part, `"`); !seen[name] {
			t.Errorf("%s is used and not listed", name)
		}
	}
}
