package targets

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Source is where the values behind a configuration come from.
type Source struct {
	Env      func(string) (string, bool)
	ReadFile func(string) ([]byte, error)
}

// Deviation is a clause that the target is known to break, as agreed with its owner, until a day.
type Deviation struct {
	Clause, Reason string
	Until          time.Time
	Place          string // of the clause in the file, as file:line:column
}

// Threshold is what the file says that a load run has to keep to; what it means is for package load/threshold to say.
type Threshold struct {
	Text  string
	Place string // in the file, as file:line:column
}

// Config is a configuration file that was read and found good. It is immutable.
type Config struct {
	reader     reader
	entries    []*entry
	thresholds []Threshold
}

// entry is one target of the file; its credentials are not resolved yet.
type entry struct {
	name        string
	at          ast.Node
	vendor      Vendor
	target      Target
	credentials []credential
	bodies      []credential // they come from files
	ca          ast.Node     // where tls.ca stands, nil without one
}

// credential is where one secret comes from.
type credential struct {
	name, from, where string // from is env, file or value
	at                ast.Node
}

// commonKeys are the keys that a target of any vendor has.
var commonKeys = []string{"vendor", "url", "credentials", "paths", "allow", "control", "tls", "known_deviations"}

// ParseConfig reads the text of a configuration file. An unknown key, a wrong type or a missing key is a *ConfigError.
func ParseConfig(file string, text []byte, vendors []Vendor) (*Config, error) {
	c := &Config{reader: reader{file: file}}
	r := c.reader
	doc, err := r.document(text)
	if err != nil {
		return nil, err
	}
	pairs, err := r.mapping(doc, "the file")
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		switch p.key {
		case "targets":
			err = c.readTargets(p, vendors)
		case "thresholds":
			c.thresholds, err = r.thresholds(p)
		default:
			err = r.unknown(p, "the file", []string{"targets", "thresholds"})
		}
		if err != nil {
			return nil, err
		}
	}
	if len(c.entries) == 0 {
		return nil, r.at(doc, "the file names no target: put one below `targets:`, as authbench init shows")
	}
	return c, nil
}

func (r reader) thresholds(p pair) ([]Threshold, error) {
	list, ok := p.value.(*ast.SequenceNode)
	if !ok {
		return nil, r.at(p.valueNode(), "%s has to be a list, and is %s", p.key, kindOf(p.value))
	}
	var all []Threshold
	for _, item := range list.Values {
		text, err := r.text(pair{p.key, p.at, item})
		if err != nil {
			return nil, err
		}
		all = append(all, Threshold{text, r.place(item)})
	}
	return all, nil
}

func (c *Config) readTargets(p pair, vendors []Vendor) error {
	pairs, err := c.reader.mapping(p.value, "targets")
	if err != nil {
		return err
	}
	for _, t := range pairs {
		e, err := c.reader.entry(t, vendors)
		if err != nil {
			return err
		}
		c.entries = append(c.entries, e)
	}
	return nil
}

// entry reads one target: first its vendor, which says what else it may hold.
func (r reader) entry(t pair, vendors []Vendor) (*entry, error) {
	pairs, err := r.mapping(t.value, "the target "+t.key)
	if err != nil {
		return nil, err
	}
	e := &entry{name: t.key, at: t.at}
	if e.vendor, err = r.vendor(t, pairs, vendors); err != nil {
		return nil, err
	}
	e.target = e.vendor.MockTarget(&Mock{}, System())
	e.target.Name, e.target.Kind, e.target.Allow = t.key, KindLive, Allow{}
	for _, p := range pairs {
		if err := r.key(e, p); err != nil {
			return nil, err
		}
	}
	return e, r.complete(e)
}

func (r reader) vendor(t pair, pairs []pair, vendors []Vendor) (Vendor, error) {
	var known []string
	for _, v := range vendors {
		known = append(known, v.Name)
	}
	for _, p := range pairs {
		if p.key != "vendor" {
			continue
		}
		name, err := r.text(p)
		if err != nil {
			return Vendor{}, err
		}
		for _, v := range vendors {
			if v.Name == name {
				return v, nil
			}
		}
		return Vendor{}, r.at(p.valueNode(), "there is no vendor %q%s: choose from %s", name, DidYouMean(name, known), strings.Join(known, ", "))
	}
	return Vendor{}, r.at(t.at, "the target %s has no vendor: add `vendor: %s`", t.key, strings.Join(known, "` or `"))
}

// key reads one key of a target.
func (r reader) key(e *entry, p pair) (err error) {
	t := &e.target
	switch p.key {
	case "vendor":
	case "url":
		t.URL, err = r.address(p)
	case "control":
		t.Control, err = r.address(p)
	case "credentials":
		e.credentials, err = r.credentials(e, p)
	case "paths":
		err = r.paths(e, p)
	case "allow":
		err = r.allow(t, p)
	case "tls":
		err = r.tls(e, p)
	case "known_deviations":
		t.Deviations, err = r.deviations(p)
	default:
		if p.key == "bodies" && e.vendor.Bodies != nil {
			return r.bodies(e, p)
		}
		return r.setting(e, p)
	}
	return err
}

// defaultRate is what a target that is not on loopback gets unless its owner has agreed to more, per second.
const defaultRate = 5

// complete checks what has to be there and fills in what may be missing.
func (r reader) complete(e *entry) error {
	if e.target.URL == "" {
		return r.at(e.at, "the target %s has no url: add `url: https://host`", e.name)
	}
	for _, c := range e.vendor.Credentials {
		if c.Required && !slices.ContainsFunc(e.credentials, func(have credential) bool { return have.name == c.Name }) {
			return r.at(e.at, "the target %s lacks the credential %s (%s): add `%s: {env: NAME}` below credentials",
				e.name, c.Name, c.Help, c.Name)
		}
	}
	if e.target.Allow.Rate == 0 && !loopback(e.target.URL) {
		e.target.Allow.Rate = defaultRate
	}
	return nil
}

func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || err == nil && ip.Unmap().IsLoopback()
}
