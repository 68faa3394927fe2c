package targets

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

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
	r.discreet = true
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
			return nil, r.at(from[0].at, "%s cannot come from there: %s", c.key, how)
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

func (r reader) tls(e *entry, p pair) error {
	pairs, err := r.mapping(p.value, "tls")
	if err != nil {
		return err
	}
	for _, s := range pairs {
		switch s.key {
		case "ca":
			e.ca = s.valueNode()
			e.target.TLS.CA, err = r.text(s)
		case "insecure":
			e.target.TLS.Insecure, err = r.boolean(s)
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
		d, err := r.deviation(item)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(other Deviation) bool { return other.Clause == d.Clause }) {
			return nil, r.at(item, "a second known deviation of %s: keep one", d.Clause)
		}
		all = append(all, d)
	}
	return all, nil
}

func (r reader) deviation(item ast.Node) (Deviation, error) {
	var d Deviation
	pairs, err := r.mapping(item, "a known deviation")
	if err != nil {
		return d, err
	}
	for _, k := range pairs {
		text, err := r.text(k)
		if err != nil {
			return d, err
		}
		switch k.key {
		case "clause":
			d.Clause, d.Place = text, r.place(k.valueNode())
		case "reason":
			d.Reason = text
		case "until":
			if d.Until, err = time.Parse(time.DateOnly, text); err != nil {
				return d, r.at(k.valueNode(), "until is no day: write it as 2027-03-31")
			}
		default:
			return d, r.unknown(k, "a known deviation", []string{"clause", "reason", "until"})
		}
	}
	if d.Clause == "" || d.Reason == "" || d.Until.IsZero() {
		return d, r.at(item, "a known deviation needs all of clause, reason and until")
	}
	return d, nil
}
