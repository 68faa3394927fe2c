package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authbench/authbench/reports"
	"github.com/authbench/authbench/targets"
)

// defaultConfig is read when it is there.
const defaultConfig = "authbench.yaml"

// common are the flags that several commands share.
type common struct {
	config  string
	targets []string
	reports []string
	quiet   bool
	color   string
	timeout time.Duration
}

func (c *common) addTargets(cmd *cobra.Command, without string) {
	cmd.Flags().StringVar(&c.config, "config", "", "configuration file (default "+defaultConfig+", if it is there)")
	cmd.Flags().StringArrayVar(&c.targets, "target", nil, "a target of the configuration (repeatable); without one, "+without)
}

func (c *common) addReports(cmd *cobra.Command, kinds string) {
	cmd.Flags().StringArrayVar(&c.reports, "report", nil, "write a report, KIND=PATH (repeatable; kinds: "+kinds+"; - is standard output)")
	c.addVoice(cmd)
}

func (c *common) addVoice(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.quiet, "quiet", false, "only what is wrong, and the closing line")
	cmd.Flags().StringVar(&c.color, "color", "auto", "auto, always or never; NO_COLOR is heeded")
}

func (c *common) addTimeout(cmd *cobra.Command, standard time.Duration, of string) {
	cmd.Flags().DurationVar(&c.timeout, "timeout", standard, "time that "+of+" may take")
}

// check refuses values that no command can use.
func (c *common) check() error {
	if c.timeout < 0 {
		return usage("--timeout %s is no time to wait: write it as 10s", c.timeout)
	}
	if c.color != "" && c.color != "auto" && c.color != "always" && c.color != "never" {
		return usage("--color %q is not known: choose from auto, always, never", c.color)
	}
	return nil
}

// look is how tables are printed.
func (a *app) look(c *common) reports.Options {
	color := c.color == "always"
	if c.color == "auto" || c.color == "" {
		_, without := a.source.Env("NO_COLOR")
		color = a.color && !without
	}
	return reports.Options{Width: a.width, Color: color, Quiet: c.quiet}
}

// configuration reads the file that --config names, or the default one; without either there is none.
func (a *app) configuration(c *common) (*targets.Config, error) {
	name := c.config
	if name == "" {
		name = defaultConfig
	}
	text, err := a.source.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.config == "":
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, usage("there is no file %s: authbench init --config %s writes one", name, name)
	case err != nil:
		return nil, usage("%s cannot be read: %v", name, unpath(err))
	}
	return targets.ParseConfig(name, text, a.vendors)
}

// resolve returns the targets that --target names, with their secrets learned.
func (a *app) resolve(c *common) ([]targets.Target, error) {
	config, err := a.configuration(c)
	if err != nil {
		return nil, err
	}
	if len(c.targets) == 0 {
		if c.config != "" {
			return nil, usage("--config %s needs --target: choose from %s", c.config, strings.Join(config.Names(), ", "))
		}
		return nil, nil
	}
	if config == nil {
		return nil, usage("--target %s needs a configuration: authbench init writes %s", c.targets[0], defaultConfig)
	}
	source := a.source
	source.ReadFile = beside(a.source.ReadFile, c.config)
	var list []targets.Target
	seen := map[string]bool{}
	for _, name := range c.targets {
		if seen[name] {
			continue
		}
		seen[name] = true
		t, warnings, err := config.Target(name, source)
		a.learn(t.Secrets())
		if err != nil {
			return nil, err
		}
		for _, w := range warnings {
			a.note("%s", w)
		}
		list = append(list, t)
	}
	return list, nil
}

// maxInput bounds every file that is read.
const maxInput = 64 << 20

// readFile reads an ordinary file: a device or a pipe may never end, or never begin.
func readFile(name string) ([]byte, error) {
	wrong := func(what string) error { return &fs.PathError{Op: "read", Path: name, Err: errors.New(what)} }
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, wrong("it is a folder")
	case !info.Mode().IsRegular():
		return nil, wrong("it is no ordinary file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxInput+1))
	if err == nil && len(text) > maxInput {
		err = wrong("it is larger than 64 MiB")
	}
	return text, err
}

// beside reads relative paths from the folder of the configuration file that names them.
func beside(read func(string) ([]byte, error), config string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(config), name)
		}
		return read(name)
	}
}

// unpath drops the path from an error whose message names it already.
func unpath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (a *app) vendorOf(t targets.Target) targets.Vendor {
	for _, v := range a.vendors {
		if v.Name == t.Vendor {
			return v
		}
	}
	return targets.Vendor{}
}
