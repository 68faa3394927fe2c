package clients_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every program here keeps its contract: that is what they are shown for. Of the smallest one, which only reads, some is
// untested, and nothing broken.
func TestTheyKeepTheirContracts(t *testing.T) {
	kept := regexp.MustCompile(`(?m)^\d+ kept, 0 broken, 0 untested`)
	eachProgram(t, "", func(t *testing.T, p program) {
		args := append([]string{"judge", p.vendor, "--seed", "3", "--"}, p.command(t)...)
		out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "authbench"), args...).CombinedOutput()
		if err != nil || !kept.Match(out) && p.name != "smallest" {
			t.Errorf("authbench %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	})
}
