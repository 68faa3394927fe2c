package mock

import (
	"errors"
	"fmt"
	"net"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// Start serves the gateway, Retail3000 behind it and the control endpoint until Close. TrueClock and AnyBody change nothing:
// the clock of this mock is never wrong, and none of its calls writes.
func Start(opt targets.MockOptions) (*targets.Mock, error) {
	switch opt.Silence {
	case "", silenceClosed, silenceReset, silenceOpen:
	default:
		return nil, fmt.Errorf("there is no silence %q: name closed, reset or open", opt.Silence)
	}
	if err := checkGiven(opt.Credentials); err != nil {
		return nil, err
	}
	return serve(New(opt), opt)
}

func serve(m *Mock, opt targets.MockOptions) (*targets.Mock, error) {
	listener, err := listen(opt)
	if err != nil {
		return nil, err
	}
	upstream, err := mockkit.Serve("127.0.0.1:0", m)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	control, err := mockkit.Serve("127.0.0.1:0", targets.ControlHandler(m))
	if err != nil {
		return nil, errors.Join(err, listener.Close(), upstream.Close())
	}
	g := openGateway(m, listener, opt.Listen, upstream.Addr)
	return &targets.Mock{
		URL: "http://" + listener.Addr().String() + base, Control: "http://" + control.Addr,
		Credentials: m.Credentials(),
		// An open silence lasts until the asking side has waited enough; on this machine a reply would be here long before.
		Settings: map[string]string{"operation": "ValidateUser", "silence_wait": "100ms", "forbidden_source": "127.0.0.2"},
		Steered:  m,
		Close:    func() error { return errors.Join(g.Close(), upstream.Close(), control.Close()) },
	}, nil
}

func listen(opt targets.MockOptions) (net.Listener, error) {
	addr := opt.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return listener, nil
}
