package steps

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// trace is something that a program left behind, or sent.
type trace struct{ where, text string }

// hunted are the values that must not be found, by name: those secrets that the program got, and with sessions the tokens
// that it got for them.
func (b *bench) hunted(sessions bool) map[string][]string {
	values := map[string][]string{}
	for _, name := range b.side.secrets {
		if value := b.given[name]; value != "" {
			values[name] = append(values[name], value)
		}
	}
	if sessions {
		if tokens := sessionTokens(b.calls(), b.opt.Credentials); len(tokens) > 0 {
			values["session token"] = tokens
		}
	}
	return values
}

// hunt looks for values in traces, in every usual encoding, and returns the first that it finds.
func hunt(traces []trace, values map[string][]string) (where, name string) {
	sought := map[string][]string{}
	for name, list := range values {
		for _, value := range list {
			for _, encoded := range wire.Encodings(value) {
				if len(encoded) >= shortestEncoded || encoded == value {
					sought[name] = append(sought[name], encoded)
				}
				if short := squeezed(encoded); short != encoded && len(short) >= shortestEncoded {
					sought[name] = append(sought[name], short)
				}
			}
		}
	}
	for _, t := range traces {
		for _, text := range readings(t.text) {
			for _, name := range slices.Sorted(maps.Keys(sought)) {
				if slices.ContainsFunc(sought[name], func(encoded string) bool { return strings.Contains(text, encoded) }) {
					return t.where, name
				}
			}
		}
	}
	return "", ""
}

// readings are a text as it is, as it was before it was compressed, and each without what stands between the pieces of a value
// that is spread out: base64 is broken into lines, bytes in hexadecimal stand apart, and the characters of UTF-16 have a zero
// beside them.
func readings(text string) []string {
	list := []string{text}
	if strings.HasPrefix(text, gzipMagic) {
		if plain := string(unpacked([]byte(text))); plain != text {
			list = append(list, plain)
		}
	}
	for _, text := range slices.Clone(list) {
		if short := squeezed(text); short != text {
			list = append(list, short)
		}
	}
	return list
}

// gzipMagic is how what gzip made begins.
const gzipMagic = "\x1f\x8b"

// squeezed is a text without white space and zeros.
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', 0:
			return -1
		}
		return r
	}, text)
}

// clean judges that none of the values is in the traces.
func (b *bench) clean(traces []trace, values map[string][]string, expected string) error {
	if where, name := hunt(traces, values); name != "" {
		return b.accuse(nil, expected, "%s holds the %s", where, name)
	}
	return nil
}

// outputs are what the program printed.
func (b *bench) outputs() error {
	var traces []trace
	for _, t := range b.turns {
		if t.result.StdoutCut || t.result.StderrCut {
			return b.w.errored(fmt.Errorf("the client printed more than can be searched for secrets"))
		}
		traces = append(traces, trace{"the standard output", string(t.result.Stdout)}, trace{"the standard error", string(t.result.Stderr)})
	}
	return b.clean(traces, b.hunted(true), "no secret on the standard output or error")
}

// The bounds on what is searched of the files that a program leaves.
const (
	maxLeftFile = 4 << 20
	maxLeftAll  = 32 << 20
)

// files are what the program left in its folders. A session token in a file is no leak: a client may keep its session.
func (b *bench) files() error {
	files, err := b.folder.Files(maxLeftFile, maxLeftAll)
	if err != nil {
		return b.w.errored(err)
	}
	var traces []trace
	for _, f := range files {
		if f.Cut {
			return b.w.errored(fmt.Errorf("the client left a file %s that is too large to be searched for secrets", f.Name))
		}
		traces = append(traces, trace{"the name " + f.Name, f.Name}, trace{"the file " + f.Name, string(f.Content)})
	}
	return b.clean(traces, b.hunted(false), "no secret in a file that the client left")
}

// children are the command lines of what the program started: every user of the machine can read them.
func (b *bench) children() error {
	if runtime.GOOS != "linux" {
		return b.w.untested("a machine whose processes can be seen in /proc")
	}
	values := b.hunted(true)
	for name := range values {
		if b.toldByArguments(name) {
			return b.w.untested("a client that reads its secrets from the environment: on a command line they are in plain sight already")
		}
	}
	var traces []trace
	for _, t := range b.turns {
		for _, args := range t.result.Children {
			if len(args) > 0 {
				traces = append(traces, trace{"the command line of a process that the client started (" + args[0] + ")", strings.Join(args, "\n")})
			}
		}
	}
	return b.clean(traces, values, "no secret on the command line of another process")
}

// requests are all that the program sent to the mock: as it came over each connection, and taken apart.
func (b *bench) requests() []trace {
	var traces []trace
	sent, _ := b.tap.sent()
	for i, sent := range sent {
		traces = append(traces, trace{fmt.Sprintf("connection %d", i+1), string(sent)})
	}
	for _, a := range b.calls() {
		traces = append(traces, tracesOf(a)...)
	}
	return traces
}

// tracesOf are the parts of a request.
func tracesOf(a targets.Arrival) []trace {
	at := func(part string) string { return fmt.Sprintf("%s of request %d", part, a.Number) }
	traces := []trace{{at("the request line"), a.Method + " " + a.URI}, {at("the body"), string(a.Body)}}
	for name, values := range a.Header {
		traces = append(traces, trace{at("the header " + name), name + ": " + strings.Join(values, ", ")})
	}
	slices.SortFunc(traces[2:], func(a, b trace) int { return strings.Compare(a.where, b.where) })
	return traces
}

// neverSent judges that a secret of that name was sent nowhere (GILC-04).
func (b *bench) neverSent(name string) error {
	expected := "no request that holds the " + name
	for _, a := range b.calls() {
		if where, found := hunt(tracesOf(a), map[string][]string{name: {b.given[name]}}); found != "" {
			return b.accuse(&a, expected, "%s holds the %s", where, name)
		}
	}
	if err := b.clean(b.requests(), map[string][]string{name: {b.given[name]}}, expected); err != nil {
		return err
	}
	if _, cut := b.tap.sent(); cut {
		return b.w.errored(errors.New("the client sent more than can be searched for secrets"))
	}
	return nil
}
