package steps

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
)

// Program is a client program under test.
type Program struct {
	// Args are the command. {url}, {action}, {scenario} and the names of credentials in braces, such as {public_key}, are
	// replaced, for programs that cannot read the environment.
	Args []string
	Env  []string // what it inherits, NAME=value
	// Patience is how long it may take until it gives up a call that gets no reply, by its own account; 0 means MaxPatience.
	Patience time.Duration
}

// MaxPatience is the longest that a client may wait for a gateway that says nothing (RTVC-04).
const MaxPatience = 30 * time.Second

// benchSuite is what all scenarios of one run have in common.
type benchSuite struct {
	vendor   targets.Vendor
	program  Program
	seed     uint64
	patience time.Duration
}

// OnProgram returns a suite that judges a client program: each scenario starts it afresh, against a mock of its own that
// varies within the law by the seed.
func OnProgram(v targets.Vendor, p Program, seed uint64) Suite {
	if p.Patience <= 0 {
		p.Patience = MaxPatience
	}
	return Suite{bench: &benchSuite{vendor: v, program: p, seed: seed, patience: p.Patience}}
}

// maxParts bounds N in reads:N and writes:N.
const maxParts = 100

// parseAction reads what a program is told to do, and how many parts that has.
func parseAction(text string) (kind string, parts int, err error) {
	kind, number, many := strings.Cut(text, ":")
	if !many && (kind == "read" || kind == "write" || kind == "update") {
		return kind, 1, nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxParts || kind != "reads" && kind != "writes" {
		return "", 0, fmt.Errorf("%q is no action: write read, write, update, reads:N or writes:N", text)
	}
	return strings.TrimSuffix(kind, "s"), n, nil
}

// Names are those that a vendor's program may find in braces among its arguments.
func Names(vendor string) []string {
	names := []string{"url", "action", "scenario"}
	if side := vocabularies()[place{vendor, Client}].client; side != nil {
		names = append(names, side.given...)
	}
	return names
}

func (b *bench) values(action string) map[string]string {
	values := map[string]string{"url": b.mock.URL, "action": action, "scenario": b.w.name}
	maps.Copy(values, b.given)
	return values
}

func (b *bench) arguments(action string) []string {
	var pairs []string
	for name, value := range b.values(action) {
		pairs = append(pairs, "{"+name+"}", value)
	}
	replace := strings.NewReplacer(pairs...)
	args := make([]string, len(b.suite.program.Args))
	for i, arg := range b.suite.program.Args {
		args[i] = replace.Replace(arg)
	}
	return args
}

// toldByArguments says that the program gets the credential on its command line: where that ends up is not its own doing.
func (b *bench) toldByArguments(name string) bool {
	return slices.ContainsFunc(b.suite.program.Args, func(arg string) bool { return strings.Contains(arg, "{"+name+"}") })
}

// environment is what the program inherits, but for what would lead it elsewhere, and what it is told.
func (b *bench) environment(action string) []string {
	set := map[string]string{
		"AUTHBENCH_SCENARIO": b.w.name, "AUTHBENCH_ACTION": action, "AUTHBENCH_URL": b.mock.URL,
		"HOME": b.folder.Home, "TMPDIR": b.folder.Temp, "PWD": b.folder.Work,
	}
	if b.query != "" {
		set["AUTHBENCH_QUERY"] = b.query
	}
	prefix := strings.ToUpper(b.suite.vendor.Name) + "_"
	for name, value := range b.given {
		set[prefix+strings.ToUpper(name)] = value
	}
	var env []string
	for _, pair := range b.suite.program.Env {
		name, _, _ := strings.Cut(pair, "=")
		_, replaced := set[name]
		upper := strings.ToUpper(name)
		if !replaced && !strings.HasSuffix(upper, "_PROXY") && !xdgFolder(upper) &&
			!strings.HasPrefix(upper, prefix) && (!strings.HasPrefix(upper, "AUTHBENCH_") || upper == "AUTHBENCH_CWD") {
			env = append(env, pair)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		env = append(env, name+"="+set[name])
	}
	return env
}

// xdgFolder says that a variable names one of the user's folders: without it, a program takes the one in its HOME, which is new.
func xdgFolder(name string) bool {
	return strings.HasPrefix(name, "XDG_") && (strings.HasSuffix(name, "_HOME") || name == "XDG_RUNTIME_DIR")
}
