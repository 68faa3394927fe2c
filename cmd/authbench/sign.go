package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/targets"
)

type signFlags struct {
	common
	as   string
	path string
}

func (a *app) signCommand() *cobra.Command {
	var f signFlags
	cmd := &cobra.Command{
		Use:   "sign VENDOR",
		Short: "Print a request that is ready to be sent",
		Long: "Signs one request as of now and prints it. The credentials come from the configuration, or without --target from " +
			"the environment:\n" + a.variables(),
		Example: "  authbench sign gillie --target gillie-staging\n" +
			"  authbench sign gillie --target gillie-staging --as curl --path /api/customers",
		ValidArgs: a.vendorNames(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("sign takes one vendor: authbench sign %s", a.vendors[0].Name)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.sign(cmd.Context(), args[0], &f) },
	}
	f.addTargets(cmd, "the environment")
	f.addTimeout(cmd, 10*time.Second, "opening a session, where the vendor has sessions,")
	cmd.Flags().StringVar(&f.as, "as", "url", "url, curl or headers")
	cmd.Flags().StringVar(&f.path, "path", "", "path and query of the request (default: the first path of the target's vendor)")
	cmd.AddCommand(a.signBenchCommand())
	return cmd
}

// variables lists the environment variables that sign reads for each vendor.
func (a *app) variables() string {
	var b strings.Builder
	for _, v := range a.vendors {
		for _, e := range v.Credentials {
			if e.Required {
				fmt.Fprintf(&b, "  %-24s %s\n", variable(v, e.Name), e.Help)
			}
		}
		address := "the address"
		if v.Home != "" {
			address += " (default " + v.Home + ")"
		}
		fmt.Fprintf(&b, "  %-24s %s\n", variable(v, "url"), address)
	}
	return strings.TrimRight(b.String(), "\n")
}

func variable(v targets.Vendor, name string) string { return strings.ToUpper(v.Name + "_" + name) }

func (a *app) sign(ctx context.Context, vendor string, f *signFlags) error {
	v, err := a.vendor(vendor)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	if f.timeout == 0 {
		return usage("--timeout 0s waits for no reply: write it as 10s")
	}
	if !slices.Contains([]string{"url", "curl", "headers"}, f.as) {
		return usage("--as %q is not known: choose from url, curl, headers", f.as)
	}
	t, err := a.signingTarget(v, f)
	if err != nil {
		return err
	}
	path := f.path
	if path == "" {
		path = t.Paths[v.Paths[0].Name]
	}
	if !strings.HasPrefix(path, "/") {
		return usage("--path %q does not begin with a slash: write it as /api/customers", path)
	}
	send, err := a.sender(t)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	signed, err := v.Sign(ctx, t, send, path, a.clock.Now())
	var refused *targets.Refusal
	switch {
	case errors.As(err, &refused):
		return cannotTest("no request can be signed: %v", refused.Reason)
	case err != nil:
		return usage("%v", err)
	}
	if signed.Note != "" {
		a.note("%s", signed.Note)
	}
	return printSigned(a.bare, signed, f.as)
}

// signingTarget is the target of the configuration, or one made of the environment.
func (a *app) signingTarget(v targets.Vendor, f *signFlags) (targets.Target, error) {
	list, err := a.resolve(&f.common)
	switch {
	case err != nil:
		return targets.Target{}, err
	case len(list) > 1:
		return targets.Target{}, usage("sign takes one --target")
	case len(list) == 1 && list[0].Vendor != v.Name:
		return targets.Target{}, usage("the target %s is of %s, not of %s: name that vendor", list[0].Name, list[0].Vendor, v.Name)
	case len(list) == 1:
		return list[0], nil
	}
	t := v.MockTarget(&targets.Mock{URL: v.Home, Credentials: targets.Credentials{}}, a.clock)
	if address, set := a.source.Env(variable(v, "url")); set && address != "" {
		t.URL = address
	}
	if t.URL == "" {
		return t, usage("no --target, and the environment variable %s is empty: export the address, or write a configuration with authbench init",
			variable(v, "url"))
	}
	for _, e := range v.Credentials {
		value, _ := a.source.Env(variable(v, e.Name))
		if value == "" && e.Required {
			return t, usage("no --target, and the environment variable %s is empty: export it, or write a configuration with authbench init",
				variable(v, e.Name))
		}
		if value != "" {
			t.Credentials[e.Name] = value
		}
	}
	a.learn(t.Secrets())
	return t, nil
}

// sender sends requests to a target as its settings ask, and follows no redirect.
func (a *app) sender(t targets.Target) (http.RoundTripper, error) {
	conf, err := t.TLS.Config(a.source.ReadFile)
	if err != nil {
		return nil, usage("target %s: %v", t.Name, err)
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf, DisableKeepAlives: true}, nil
}

func printSigned(w io.Writer, r targets.SignedRequest, as string) error {
	u, err := url.Parse(r.URL)
	if err != nil {
		return usage("the signed address is no URL: check the target's url")
	}
	var b strings.Builder
	switch as {
	case "url":
		fmt.Fprintln(&b, r.URL)
	case "curl":
		fmt.Fprintf(&b, "curl --request %s", r.Method)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			for _, value := range r.Header[name] {
				fmt.Fprintf(&b, " --header %s", quoted(name+": "+value))
			}
		}
		if r.Body != "" {
			fmt.Fprintf(&b, " --data-binary %s", quoted(r.Body))
		}
		fmt.Fprintf(&b, " %s\n", quoted(r.URL))
	case "headers":
		fmt.Fprintf(&b, "%s %s HTTP/1.1\nHost: %s\n", r.Method, u.RequestURI(), u.Host)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			for _, value := range r.Header[name] {
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		}
		if r.Body != "" {
			fmt.Fprintf(&b, "\n%s\n", r.Body)
		}
	}
	_, err = io.WriteString(w, b.String())
	return err
}
