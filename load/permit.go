package load

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/authbench/authbench/targets"
)

// lookup resolves a host name; net.Resolver.LookupNetIP has this form.
type lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

// lookupTimeout bounds the question whether a name means this machine.
const lookupTimeout = 5 * time.Second

// Permitted returns nil when load may be sent to the target: it is on loopback, or its owner has agreed (allow.load). The
// error names the key of authbench.yaml that would permit it. A host name other than localhost counts as loopback only if
// it resolves, and every address it resolves to is a loopback address.
func Permitted(target targets.Target) error {
	return permitted(target, net.DefaultResolver.LookupNetIP)
}

func permitted(target targets.Target, resolve lookup) error {
	if target.Allow.Load {
		return nil
	}
	u, err := url.Parse(target.URL)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("the url of target %s names no host: set targets.%s.url in authbench.yaml", target.Name, target.Name)
	}
	if onLoopback(u.Hostname(), resolve) {
		return nil
	}
	return fmt.Errorf("target %s (%s) is not on loopback and its owner has not agreed to load: "+
		"once they have, set targets.%s.allow.load: true in authbench.yaml", target.Name, u.Host, target.Name)
}

// PermittedRate returns an error when the rate, in requests per second, is above what the target's owner has agreed to
// (allow.rate; 0 there is no limit). Run asks it too.
func PermittedRate(target targets.Target, rate float64) error {
	if agreed := target.Allow.Rate; agreed > 0 && rate > agreed {
		return fmt.Errorf("the owner of target %s has agreed to %g/s, not to %g/s: lower --rate, "+
			"or raise targets.%s.allow.rate in authbench.yaml once they agree", target.Name, agreed, rate, target.Name)
	}
	return nil
}

// PermittedWrites returns an error when the profile changes data at a target whose owner has not agreed to that
// (allow.writes). A mock of ours forgets what is written to it. Run asks it too.
func PermittedWrites(target targets.Target, profile targets.Profile) error {
	if !profile.Writes || target.Kind == targets.KindMock || target.Allow.Writes {
		return nil
	}
	return fmt.Errorf("the profile %s writes to target %s, whose owner has not agreed to that: "+
		"once they have, set targets.%s.allow.writes: true in authbench.yaml", profile.Name, target.Name, target.Name)
}

func onLoopback(host string, resolve lookup) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	addrs, err := resolve(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return false
	}
	for _, a := range addrs {
		if !a.Unmap().IsLoopback() {
			return false
		}
	}
	return true
}

// loopbackOnly refuses any other address when a connection is made: a name that meant loopback when Permitted asked can
// mean something else a moment later. It is a net.Dialer's Control.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil || !addr.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not a loopback address, and this target may not be loaded elsewhere", address)
	}
	return nil
}
