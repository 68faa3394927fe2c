package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/steps"
	"github.com/authbench/authbench/targets"
)

func (a *app) clausesCommand() *cobra.Command {
	var c common
	var run string
	var clients bool
	cmd := &cobra.Command{
		Use:       "clauses [VENDOR...]",
		Short:     "List the clauses with their scenarios, faults and sources",
		Example:   "  authbench clauses gillie\n  authbench verify gillie --report json=verify.json && authbench clauses gillie --run verify.json",
		ValidArgs: a.vendorNames(),
		RunE:      func(_ *cobra.Command, args []string) error { return a.clauses(args, sideOf(clients), run, &c) },
	}
	cmd.Flags().BoolVar(&clients, "clients", false, "list what clients have to do")
	cmd.Flags().StringVar(&run, "run", "", "show the verdicts of this report (verify --report json=FILE)")
	c.addVoice(cmd)
	return cmd
}

func sideOf(clients bool) steps.Side {
	if clients {
		return steps.Client
	}
	return steps.Server
}

func (a *app) clauses(args []string, side steps.Side, runFile string, c *common) error {
	if err := c.check(); err != nil {
		return err
	}
	vendors, err := a.chosen(args)
	if err != nil {
		return err
	}
	verdicts := map[string]string{}
	if runFile != "" {
		text, err := a.source.ReadFile(runFile)
		if err != nil {
			return usage("%s cannot be read: %v", runFile, unpath(err))
		}
		if verdicts, err = reports.ReadVerifyJSON(bytes.NewReader(text)); err != nil {
			return usage("%s is no report of verify: %v: make one with authbench verify --report json=FILE", runFile, err)
		}
	}
	var rows []reports.ClauseRow
	for _, v := range vendors {
		contract, err := steps.Contract(v.Name, side)
		if err != nil {
			return err
		}
		for _, clause := range contract.Clauses {
			faults := v.Faults
			if side == steps.Client {
				faults = v.Mistakes
			}
			rows = append(rows, clauseRow(faults, contract, clause, verdicts))
		}
	}
	return reports.Clauses(a.stdout, rows, a.look(c))
}

func clauseRow(faults []targets.Fault, contract features.Contract, c features.Clause, verdicts map[string]string) reports.ClauseRow {
	row := reports.ClauseRow{ID: c.ID, Weight: c.Weight, Title: c.Title, Source: c.Source, Verdict: verdicts[c.ID]}
	for _, s := range contract.Scenarios {
		if s.Clause == c.ID {
			row.Scenarios++
		}
	}
	for _, f := range faults {
		if slices.Contains(f.Breaks, c.ID) {
			row.Faults++
		}
	}
	return row
}

func (a *app) stepsCommand() *cobra.Command {
	var clients bool
	cmd := &cobra.Command{
		Use:       "steps [VENDOR...]",
		Short:     "List the phrases that a feature file may use",
		Example:   "  authbench steps gillie",
		ValidArgs: a.vendorNames(),
		RunE: func(_ *cobra.Command, args []string) error {
			vendors, err := a.chosen(args)
			if err != nil {
				return err
			}
			var b strings.Builder
			for _, v := range vendors {
				fmt.Fprintf(&b, "%s: %s\n\n", v.Name, v.Title)
				for _, p := range steps.Phrases(v.Name, sideOf(clients)) {
					fmt.Fprintf(&b, "  %s\n      %s\n", p.Text, p.Example)
					if p.Help != "" {
						fmt.Fprintf(&b, "      %s\n", p.Help)
					}
				}
			}
			_, err = fmt.Fprint(a.stdout, b.String())
			return err
		},
	}
	cmd.Flags().BoolVar(&clients, "clients", false, "list those of the features that judge clients")
	return cmd
}

func (a *app) initCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:     "init",
		Short:   "Write a commented " + defaultConfig,
		Example: "  authbench init\n  authbench init --config staging.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			switch {
			case errors.Is(err, fs.ErrExist):
				return usage("%s is there already and is left as it is: name another with --config FILE", name)
			case err != nil:
				return usage("%s cannot be written: %v", name, unpath(err))
			}
			if _, err := f.WriteString(targets.Template(a.vendors)); err != nil {
				return usage("%s cannot be written: %v", name, unpath(err))
			}
			if err := f.Close(); err != nil {
				return usage("%s cannot be written: %v", name, unpath(err))
			}
			_, err = fmt.Fprintf(a.stdout, "wrote %s: put your targets into it, then: authbench verify --target NAME\n", name)
			return err
		},
	}
	cmd.Flags().StringVar(&name, "config", defaultConfig, "file to write")
	return cmd
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs, Example: "  authbench version",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.stdout, "authbench %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version is what the build recorded of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	if text == "" || text == "(devel)" {
		text = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && text == "devel" {
			text += "-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return text
}
