package mock

import (
	"slices"
	"strings"
)

// permits judges the resource, not the spelling of its path (GIL-14).
func (m *Mock) permits(k *key, c call) bool {
	if m.faults.Has("permissions-ignored") {
		return true
	}
	open := k.urls
	if len(open) == 0 {
		open = roles[k.role]
		if open == nil || m.faults.Has("role-ignored") {
			return true
		}
		if m.faults.Has("role-permission-by-prefix") {
			return slices.ContainsFunc(open, func(p string) bool { return strings.HasPrefix(c.raw, p) })
		}
		return slices.Contains(open, c.path)
	}
	switch {
	case m.faults.Has("limited-key-opens-nothing"):
		return false
	case m.faults.Has("url-permission-by-prefix"):
		return slices.ContainsFunc(open, func(p string) bool { return strings.HasPrefix(c.raw, p) })
	case m.faults.Has("path-decoded-twice"): // a list of forbidden paths, compared with what was decoded once
		return c.once != "/api/users" && c.once != "/api/customers-archive"
	case m.faults.Has("url-permission-on-raw-path"): // a list of forbidden paths, compared with what was sent
		return c.raw != "/api/users" && c.raw != "/api/customers-archive"
	}
	return slices.Contains(open, c.path)
}
