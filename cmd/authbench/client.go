package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/targets"
)

func (a *app) clientCommand() *cobra.Command {
	var mistake string
	var list bool
	cmd := &cobra.Command{
		Use:   "client VENDOR",
		Short: "Act as a small client program, right or wrong on purpose",
		Long: "Does what AUTHBENCH_ACTION says at AUTHBENCH_URL, as judge tells any program under test: to see judge at work, and to try " +
			"servers with a client that makes a known mistake.",
		Example: "  authbench judge gillie -- authbench client gillie\n" +
			"  authbench judge gillie -- authbench client gillie --mistake falls-back-to-plain\n" +
			"  authbench client gillie --list-mistakes",
		ValidArgs: a.vendorNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("client needs one vendor: authbench client %s", a.vendors[0].Name)
			}
			v, err := a.vendor(args[0])
			if err != nil {
				return err
			}
			if list {
				return a.listMistakes(v)
			}
			return a.client(cmd.Context(), v, mistake)
		},
	}
	cmd.Flags().StringVar(&mistake, "mistake", "", "the one thing that it does wrong")
	cmd.Flags().BoolVar(&list, "list-mistakes", false, "list the mistakes and do nothing")
	return cmd
}

func (a *app) client(ctx context.Context, v targets.Vendor, mistake string) error {
	var known []string
	found := mistake == ""
	for _, m := range v.Mistakes {
		known = append(known, m.Name)
		found = found || m.Name == mistake
	}
	if !found {
		return usage("the client of %s makes no mistake %q%s: authbench client %s --list-mistakes shows all",
			v.Name, mistake, targets.DidYouMean(mistake, known), v.Name)
	}
	env := func(name string) string { value, _ := a.source.Env(name); return value }
	if env("AUTHBENCH_URL") == "" {
		return usage("AUTHBENCH_URL is not set: start it by authbench judge %s -- authbench client %s", v.Name, v.Name)
	}
	if code := v.RunClient(ctx, targets.ClientProgram{Mistake: mistake, Env: env, Stdout: a.stdout, Stderr: a.stderr}); code != 0 {
		return quietly(code)
	}
	return nil
}

func (a *app) listMistakes(v targets.Vendor) error {
	for _, m := range v.Mistakes {
		if _, err := fmt.Fprintf(a.stdout, "%s  %-32s %-8s %s\n", v.Name, m.Name, m.Breaks[0], m.Summary); err != nil {
			return err
		}
	}
	return nil
}
