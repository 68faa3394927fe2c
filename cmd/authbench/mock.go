package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/targets"
)

type mockFlags struct {
	addr   string
	faults []string
	seed   uint64
	json   bool
	list   bool
	watch  bool
	ui     bool

	lifetime time.Duration
	silence  string
}

func (a *app) mockCommand() *cobra.Command {
	var f mockFlags
	cmd := &cobra.Command{
		Use:   "mock [VENDOR...]",
		Short: "Serve the mocks for people and other programs",
		Long: "Serves each vendor's mock until it is interrupted. Every denied call is explained on the standard error: which " +
			"mistake its author has probably made. For a person who develops a client, --watch prints each request as it arrives, " +
			"and --ui serves a page that shows the same and steers the mock: docs/watch.md tells more.",
		Example: "  authbench mock gillie\n" +
			"  authbench mock gillie --json --addr 127.0.0.1:8080\n" +
			"  authbench mock gillie --fault no-window\n" +
			"  authbench mock gillie --watch\n" +
			"  authbench mock --watch --ui\n" +
			"  authbench mock gestix --session-lifetime 2s\n" +
			"  authbench mock retailvista --silence reset\n" +
			"  authbench mock gillie --list-faults",
		ValidArgs: a.vendorNames(),
		RunE:      func(cmd *cobra.Command, args []string) error { return a.mock(cmd.Context(), args, &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:0", "host:port to listen on; port 0 takes a free one")
	flags.StringArrayVar(&f.faults, "fault", nil, "make the mock wrong on purpose (repeatable)")
	flags.Uint64Var(&f.seed, "seed", 0, "vary within the law; 0 is the plain mock")
	flags.DurationVar(&f.lifetime, "session-lifetime", 0, "how long a session lives, where the vendor has sessions; 0 is the mock's own")
	flags.StringVar(&f.silence, "silence", "", "how a mock that may stay silent does so: closed, reset or open (default: as the seed draws it)")
	flags.BoolVar(&f.json, "json", false, "one line of JSON for each vendor once it is ready, and for each request with --watch")
	flags.BoolVar(&f.watch, "watch", false, "print each request with its verdict and explanation, on the standard output")
	flags.BoolVar(&f.ui, "ui", false, "serve a page, on loopback, that shows each request and steers the mock")
	flags.BoolVar(&f.list, "list-faults", false, "list the faults and serve nothing")
	return cmd
}

// silences are the ways in which a gateway says nothing.
var silences = []string{"closed", "reset", "open"}

func (a *app) mock(ctx context.Context, args []string, f *mockFlags) error {
	vendors, err := a.chosen(args)
	if err != nil {
		return err
	}
	if f.list {
		return a.listFaults(vendors)
	}
	if f.lifetime < 0 {
		return usage("--session-lifetime %s is no time to live: write it as 2s or 20m", f.lifetime)
	}
	if f.silence != "" && !slices.Contains(silences, f.silence) {
		return usage("--silence %q is not known%s: choose from %s", f.silence, targets.DidYouMean(f.silence, silences), strings.Join(silences, ", "))
	}
	_, port, err := net.SplitHostPort(f.addr)
	if err != nil {
		return usage("--addr %q is not host:port: write it as 127.0.0.1:8080", f.addr)
	}
	if len(vendors) > 1 && port != "0" {
		return usage("--addr %s is one port for %d vendors: name one vendor, or use port 0", f.addr, len(vendors))
	}
	faults, err := faultsOf(vendors, f.faults)
	if err != nil {
		return err
	}
	sight := newSight(f)
	defer sight.close()
	mocks := map[string]*targets.Mock{}
	for _, v := range vendors {
		opt := targets.MockOptions{
			Addr: f.addr, Seed: f.seed, Faults: faults[v.Name], Log: a.stderr, SessionLifetime: f.lifetime, Silence: f.silence,
		}
		m, err := sight.start(v, opt)
		if err != nil {
			return usage("%v: choose another --addr", err)
		}
		defer m.Close()
		mocks[v.Name] = m
	}
	if err := sight.serve(); err != nil {
		return err
	}
	for _, v := range vendors {
		if err := ready(a.bare, v, mocks[v.Name], faults[v.Name], sight.address(), f.json); err != nil {
			return err
		}
	}
	return sight.tell(ctx, a)
}

// faultsOf sorts the faults by the vendor whose mock has them.
func faultsOf(vendors []targets.Vendor, names []string) (map[string][]string, error) {
	list := map[string][]string{}
	for _, name := range names {
		var unknown error
		found := false
		for _, v := range vendors {
			if err := v.CheckFaults([]string{name}); err != nil {
				unknown = err
				continue
			}
			list[v.Name], found = append(list[v.Name], name), true
		}
		switch {
		case found:
		case len(vendors) == 1:
			return nil, usage("%v", unknown)
		default:
			return nil, usage("no mock has a fault %q%s: authbench mock --list-faults shows all", name, targets.DidYouMean(name, allFaults(vendors)))
		}
	}
	return list, nil
}

func allFaults(vendors []targets.Vendor) []string {
	var names []string
	for _, v := range vendors {
		for _, fault := range v.Faults {
			names = append(names, fault.Name)
		}
	}
	return names
}

// ready tells where a mock listens and with which credentials: they are worth nothing outside it. The page is the address
// of the one that shows it, "" for none.
func ready(w io.Writer, v targets.Vendor, m *targets.Mock, faults []string, page string, asJSON bool) error {
	if asJSON {
		line := json.NewEncoder(w)
		line.SetEscapeHTML(false)
		return line.Encode(struct {
			Vendor      string            `json:"vendor"`
			URL         string            `json:"url"`
			Control     string            `json:"control"`
			Credentials map[string]string `json:"credentials"`
			Settings    map[string]string `json:"settings,omitempty"`
			UI          string            `json:"ui,omitempty"`
		}{v.Name, m.URL, m.Control, m.Credentials, m.Settings, page})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", v.Name, v.Title)
	fmt.Fprintf(&b, "  url      %s\n  control  %s\n", m.URL, m.Control)
	if page != "" {
		fmt.Fprintf(&b, "  page     %s\n", page)
	}
	for _, fault := range faults {
		fmt.Fprintf(&b, "  fault    %s\n", fault)
	}
	for _, values := range []map[string]string{m.Settings, m.Credentials} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			fmt.Fprintf(&b, "  %-24s %s\n", name, values[name])
		}
	}
	b.WriteString("ready; interrupt to end\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *app) listFaults(vendors []targets.Vendor) error {
	for _, v := range vendors {
		for _, fault := range v.Faults {
			if _, err := fmt.Fprintf(a.stdout, "%s  %-32s %-8s %s\n", v.Name, fault.Name, fault.Breaks[0], fault.Summary); err != nil {
				return err
			}
		}
	}
	return nil
}
