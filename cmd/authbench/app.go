package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/registry"
	"github.com/authbench/authbench/targets/wire"
)

// app is one run of the command: what it may use of the world outside, and the secrets that it must not show.
type app struct {
	args    []string
	stdin   io.Reader
	stdout  io.Writer // masked
	bare    io.Writer // not masked: for a mock's ready line and a signed request, which are asked for to be used
	stderr  io.Writer // masked
	vendors []targets.Vendor
	source  targets.Source
	environ func() []string
	self    func() (string, error) // the file that this program is
	clock   targets.Clock
	width   int  // of the terminal; 0 when there is none
	live    bool // the standard error is a terminal: progress is shown
	color   bool // the terminal's own wish, before --color

	mu   sync.Mutex
	mask *wire.Mask
}

// run is the whole command but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	a := &app{
		args: args, stdin: stdin, bare: stdout, vendors: registry.Vendors(), clock: targets.System(),
		source: targets.Source{Env: os.LookupEnv, ReadFile: readFile}, environ: os.Environ, self: os.Executable,
	}
	out, errs := wire.NewWriter(stdout, a.secrets), wire.NewWriter(stderr, a.secrets)
	a.stdout, a.stderr = out, errs
	a.width, a.color = terminal(stdout)
	_, a.live = terminal(stderr)
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintln(errs, "authbench: "+sentence(fmt.Sprintf("this is a mistake of authbench itself: %v", r)))
			code = exitHarnessBroke
		}
		if err := unprinted(out.Flush()); err != nil && code == exitKept {
			code = say(errs, err)
		}
		_ = errs.Flush() // there is nowhere left to say that this failed
	}()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(errs)
	return say(errs, root.ExecuteContext(ctx))
}

// terminal returns the width of the terminal behind w, and whether there is one.
func terminal(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 {
		return 0, true
	}
	return width, true
}

// secrets is the mask of all that has become known so far.
func (a *app) secrets() *wire.Mask {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mask
}

// learn adds a target's credentials to what no output may show.
func (a *app) learn(credentials targets.Credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, value := range credentials {
		a.mask = a.mask.With(name, value)
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "authbench",
		Short: "Prove and load the authentication contracts of vendor APIs",
		Long: "authbench proves that a server, or a client, keeps a vendor's authentication contract, clause by clause, shows that its " +
			"own suite can say no, and drives load with requests that are signed anew.",
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q%s: authbench --help lists them", args[0], targets.DidYouMean(args[0], commandNames(cmd)))
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	root.AddCommand(
		a.verifyCommand(), a.judgeCommand(), a.mutantsCommand(), a.loadCommand(), a.signCommand(), a.mockCommand(), a.clientCommand(), a.clausesCommand(),
		a.stepsCommand(), a.initCommand(), a.versionCommand(),
	)
	for _, cmd := range append(root.Commands(), root) {
		cmd.Long = wrapped(cmd.Long)
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%v: %s --help shows the flags", err, cmd.CommandPath())
	})
	return root
}

// wrapped breaks the paragraphs of a help text to lines that fit a terminal; a line that is indented stays as it is.
func wrapped(text string) string {
	const width = 80
	var b strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n") {
		used := 0
		if strings.HasPrefix(paragraph, " ") {
			b.WriteString(paragraph)
		} else {
			for _, word := range strings.Fields(paragraph) {
				if used > 0 && used+1+len(word) > width {
					b.WriteString("\n")
					used = 0
				} else if used > 0 {
					b.WriteString(" ")
					used++
				}
				b.WriteString(word)
				used += len(word)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// vendor returns a vendor by its name.
func (a *app) vendor(name string) (targets.Vendor, error) {
	for _, v := range a.vendors {
		if v.Name == name {
			return v, nil
		}
	}
	return targets.Vendor{}, usage("there is no vendor %q%s: choose from %s",
		name, targets.DidYouMean(name, a.vendorNames()), strings.Join(a.vendorNames(), ", "))
}

func (a *app) vendorNames() []string {
	var names []string
	for _, v := range a.vendors {
		names = append(names, v.Name)
	}
	return names
}

// chosen returns the vendors that the arguments name, each once, or all without arguments.
func (a *app) chosen(args []string) ([]targets.Vendor, error) {
	if len(args) == 0 {
		return a.vendors, nil
	}
	var list []targets.Vendor
	seen := map[string]bool{}
	for _, name := range args {
		v, err := a.vendor(name)
		if err != nil {
			return nil, err
		}
		if !seen[name] {
			list = append(list, v)
		}
		seen[name] = true
	}
	return list, nil
}

// progress shows one line that is written over, on a terminal only; clear wipes it.
func (a *app) progress(text string) {
	if a.live {
		fmt.Fprintf(a.stderr, "\r\033[K%s\r", sentence(text))
	}
}

func (a *app) clear() { a.progress("") }

// every returns a function that lets a call through at most once per interval, so that progress costs nothing.
func every(interval time.Duration) func(func()) {
	var mu sync.Mutex
	var last time.Time
	return func(do func()) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(last) >= interval {
			last = now
			do()
		}
	}
}
