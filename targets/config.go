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
}

// Config is a configuration file that was read and found good. It is immutable.
type Config struct {
	reader     reader
	entries    []*entry
	thresholds []string
}

// entry is one target of the file; its credentials are not resolved yet.
type entry struct {
	name        string
	at          ast.Node
	vendor      Vendor
	target      Target
	credentials []credential
	bodies      []credential // they come from files
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
	c := &Config{reader: reader{file}}
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
			c.thresholds, err = r.texts(p)
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

func (r reader) texts(p pair) ([]string, error) {
	list, ok := p.value.(*ast.SequenceNode)
	if !ok {
		return nil, r.at(p.valueNode(), "%s has to be a list, and is %s", p.key, kindOf(p.value))
	}
	var all []string
	for _, item := range list.Values {
		text, err := r.text(pair{p.key, p.at, item})
		if err != nil {
			return nil, err
		}
		all = append(all, text)
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
		err = r.tls(t, p)
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

func (r reader) setting(e *entry, p pair) error {
	s, known := entryNamed(e.vendor.Settings, p.key)
	if !known {
		known := append(slices.Clone(commonKeys), names(e.vendor.Settings)...)
		if e.vendor.Bodies != nil {
			known = append(known, "bodies")
		}
		return r.unknown(p, "the target "+e.name, known)
	}
	text, err := r.text(p)
	if err != nil {
		return err
	}
	if s.Values != nil && !slices.Contains(s.Values, text) {
		return r.at(p.valueNode(), "%s %q is not known%s: choose from %s", p.key, text, DidYouMean(text, s.Values), strings.Join(s.Values, ", "))
	}
	if s.Check != nil {
		if err := s.Check(text); err != nil {
			return r.at(p.valueNode(), "%s %q: %v", p.key, text, err)
		}
	}
	e.target.Settings[p.key] = text
	return nil
}

func (r reader) address(p pair) (string, error) {
	text, err := r.text(p)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", r.at(p.valueNode(), "%s is no address: write it as https://host/path", p.key)
	case u.User != nil:
		return "", r.at(p.valueNode(), "%s holds a user name: put credentials below `credentials:`", p.key)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", r.at(p.valueNode(), "%s holds a query or fragment: leave only https://host/path", p.key)
	}
	return strings.TrimSuffix(text, "/"), nil
}

func (r reader) credentials(e *entry, p pair) ([]credential, error) {
	pairs, err := r.mapping(p.value, "credentials")
	if err != nil {
		return nil, err
	}
	var list []credential
	for _, c := range pairs {
		if _, known := entryNamed(e.vendor.Credentials, c.key); !known {
			return nil, r.unknown(c, "credentials of "+e.vendor.Name, names(e.vendor.Credentials))
		}
		const how = "write it as {env: NAME}, {file: PATH} or {value: ...}"
		from, err := r.mapping(c.value, c.key)
		if err != nil || len(from) != 1 {
			return nil, r.at(c.valueNode(), "%s does not say in one way where it comes from: %s", c.key, how)
		}
		if !slices.Contains([]string{"env", "file", "value"}, from[0].key) {
			return nil, r.at(from[0].at, "%s cannot come from %q: %s", c.key, from[0].key, how)
		}
		where, err := r.scalar(from[0])
		if err != nil {
			return nil, err
		}
		list = append(list, credential{c.key, from[0].key, where, c.at})
	}
	return list, nil
}

func (r reader) paths(e *entry, p pair) error {
	pairs, err := r.mapping(p.value, "paths")
	if err != nil {
		return err
	}
	for _, path := range pairs {
		if _, known := entryNamed(e.vendor.Paths, path.key); !known {
			return r.unknown(path, "paths of "+e.vendor.Name, names(e.vendor.Paths))
		}
		text, err := r.text(path)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(text, "/") || len(text) < 2 || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' }) {
			return r.at(path.valueNode(), "paths.%s is no path: write it as /api/..., with other characters escaped", path.key)
		}
		e.target.Paths[path.key] = text
	}
	return nil
}

// bodies reads which files hold what is written to the target.
func (r reader) bodies(e *entry, p pair) error {
	pairs, err := r.mapping(p.value, "bodies")
	if err != nil {
		return err
	}
	for _, b := range pairs {
		if _, known := entryNamed(e.vendor.Bodies, b.key); !known {
			return r.unknown(b, "bodies of "+e.vendor.Name, names(e.vendor.Bodies))
		}
		file, err := r.text(b)
		if err != nil {
			return err
		}
		e.bodies = append(e.bodies, credential{b.key, "file", file, b.valueNode()})
	}
	return nil
}

func (r reader) allow(t *Target, p pair) error {
	pairs, err := r.mapping(p.value, "allow")
	if err != nil {
		return err
	}
	for _, a := range pairs {
		switch a.key {
		case "writes":
			t.Allow.Writes, err = r.boolean(a)
		case "load":
			t.Allow.Load, err = r.boolean(a)
		case "rate":
			t.Allow.Rate, err = r.rate(a)
		default:
			err = r.unknown(a, "allow", []string{"writes", "load", "rate"})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r reader) tls(t *Target, p pair) error {
	pairs, err := r.mapping(p.value, "tls")
	if err != nil {
		return err
	}
	for _, s := range pairs {
		switch s.key {
		case "ca":
			t.TLS.CA, err = r.text(s)
		case "insecure":
			t.TLS.Insecure, err = r.boolean(s)
		default:
			err = r.unknown(s, "tls", []string{"ca", "insecure"})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r reader) deviations(p pair) ([]Deviation, error) {
	list, ok := p.value.(*ast.SequenceNode)
	if !ok {
		return nil, r.at(p.valueNode(), "known_deviations has to be a list, and is %s", kindOf(p.value))
	}
	var all []Deviation
	for _, item := range list.Values {
		pairs, err := r.mapping(item, "a known deviation")
		if err != nil {
			return nil, err
		}
		var d Deviation
		for _, k := range pairs {
			text, err := r.text(k)
			if err != nil {
				return nil, err
			}
			switch k.key {
			case "clause":
				d.Clause = text
			case "reason":
				d.Reason = text
			case "until":
				if d.Until, err = time.Parse(time.DateOnly, text); err != nil {
					return nil, r.at(k.valueNode(), "until is no day: write it as 2027-03-31")
				}
			default:
				return nil, r.unknown(k, "a known deviation", []string{"clause", "reason", "until"})
			}
		}
		if d.Clause == "" || d.Reason == "" || d.Until.IsZero() {
			return nil, r.at(item, "a known deviation needs all of clause, reason and until")
		}
		all = append(all, d)
	}
	return all, nil
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
			return r.at(e.at, "the target %s lacks the credential %s, the %s: add `%s: {env: NAME}` below credentials",
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
