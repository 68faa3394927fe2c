package targets

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Names are the targets, in the order of the file.
func (c *Config) Names() []string {
	var list []string
	for _, e := range c.entries {
		list = append(list, e.name)
	}
	return list
}

// Thresholds are those that the file sets for load runs.
func (c *Config) Thresholds() []Threshold { return slices.Clone(c.thresholds) }

// Target resolves one target. Only now are its environment variables and files read, so a target that is not used needs
// none. The warnings are remarks for the user. On an error the credentials found so far are in the target, to be masked.
func (c *Config) Target(name string, src Source) (Target, []string, error) {
	i := slices.IndexFunc(c.entries, func(e *entry) bool { return e.name == name })
	if i < 0 {
		return Target{}, nil, &ConfigError{File: c.reader.file, Message: fmt.Sprintf("there is no target %q%s: choose from %s",
			name, DidYouMean(name, c.Names()), strings.Join(c.Names(), ", "))}
	}
	e := c.entries[i]
	t := e.target
	t.Credentials, t.Bodies = Credentials{}, maps.Clone(t.Bodies)
	var bare []string
	for _, cred := range e.credentials {
		value, err := c.resolve(e, cred, src)
		if err != nil {
			return t, nil, err
		}
		t.Credentials[cred.name] = value
		if cred.from == "value" {
			bare = append(bare, cred.name)
		}
	}
	for _, b := range e.bodies {
		text, err := src.ReadFile(b.where)
		if err != nil {
			return t, nil, c.reader.at(b.at, "the body %s of the target %s: %s", b.name, e.name, unreadable(b.where, err))
		}
		t.Bodies[b.name] = string(text)
	}
	if e.ca != nil {
		text, err := src.ReadFile(t.TLS.CA)
		if err != nil {
			return t, nil, c.reader.at(e.ca, "tls.ca of the target %s: %s", e.name, unreadable(t.TLS.CA, err))
		}
		t.TLS.PEM = string(text)
		if _, err := t.TLS.Config(nil); err != nil {
			return t, nil, c.reader.at(e.ca, "%v", err)
		}
	}
	if bare == nil {
		return t, nil, nil
	}
	return t, []string{fmt.Sprintf("%s: the target %s holds %s itself: {env: NAME} keeps a secret out of the file",
		c.reader.file, name, strings.Join(bare, ", "))}, nil
}

func (c *Config) resolve(e *entry, cred credential, src Source) (string, error) {
	wrong := func(format string, args ...any) (string, error) {
		return "", c.reader.at(cred.at, "the credential %s of the target %s: %s", cred.name, e.name, fmt.Sprintf(format, args...))
	}
	value := cred.where
	switch cred.from {
	case "env":
		found, _ := src.Env(cred.where)
		if found == "" {
			return wrong("the environment variable %s is empty: export it, or name another", shown(cred.where, variable.MatchString(cred.where)))
		}
		value = found
	case "file":
		text, err := src.ReadFile(cred.where)
		if err != nil {
			return wrong("%s", unreadable(cred.where, err))
		}
		value = strings.TrimRight(string(text), "\r\n")
	}
	if value == "" {
		return wrong("its value is empty: fill it in, or use {env: NAME}")
	}
	return value, nil
}

// variable is what the name of an environment variable looks like.
var variable = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

// shown repeats a word of the file, unless it does not look like what belongs there: then it may be the secret itself.
func shown(word string, fits bool) string {
	if !fits {
		return "named here (its name is not repeated, as it may be the secret itself)"
	}
	return word
}

// unreadable says that a file cannot be read, in the system's words where it is the path that they are about.
func unreadable(path string, err error) string {
	why := ""
	var failed *fs.PathError
	if errors.As(err, &failed) {
		why = " (" + failed.Err.Error() + ")"
	}
	return fmt.Sprintf("the file %s cannot be read%s: check the path and who may read it", shown(path, strings.ContainsAny(path, "/.")), why)
}
