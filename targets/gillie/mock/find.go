package mock

import (
	"slices"
	"strings"
)

func (m *Mock) find(public string) *key {
	for _, k := range slices.Backward(m.keys) {
		if k.public == public {
			return k
		}
		if m.faults.Has("key-case-ignored") && strings.EqualFold(k.public, public) {
			alias := *k
			alias.sent = public
			return &alias
		}
	}
	return nil
}

// guest is a key that a faulty server makes up.
func guest(public string) *key {
	return &key{public: public, role: "admin", area: areas[0], guest: true}
}

// needsNoKey says that a faulty server answers a call without a public key.
func (m *Mock) needsNoKey(c call) bool {
	if len(c.keys) > 0 {
		return m.faults.Has("empty-key-accepted")
	}
	return m.faults.Has("no-key-accepted") || m.faults.Has("other-paths-need-no-key") && c.elsewhere()
}

// stranger is what a faulty server makes of a key that it does not know; nil is right.
func (m *Mock) stranger(c call) *key {
	switch {
	case m.faults.Has("unknown-key-has-empty-secret"):
		return &key{public: c.keys[0], enforced: true, role: "admin", area: areas[0]}
	case m.faults.Has("unknown-key-accepted"):
		return guest(c.keys[0])
	}
	return nil
}

// mixed is what a faulty server makes of two public keys: it takes the hash of one, and rights or Area of the other.
func (m *Mock) mixed(c call) (d decision, mixed bool) {
	rights, area := m.faults.Has("rights-of-second-key"), m.faults.Has("area-of-second-key")
	if len(c.keys) != 2 || !rights && !area {
		return d, false
	}
	for i, public := range c.keys {
		own, other := m.find(public), m.find(c.keys[1-i])
		if own == nil || other == nil || m.authenticate(own, c).reason != accepted {
			continue
		}
		both := *own
		if rights {
			both.role, both.urls = other.role, other.urls
		} else {
			both.area = other.area
		}
		return m.authorise(&both, c), true
	}
	return d, false
}
