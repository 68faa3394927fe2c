package mock

import (
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// Start serves a mock and its control endpoint until Close. The URL of the result is the base of our account's paths.
func Start(opt targets.MockOptions) (*targets.Mock, error) {
	m := New(opt)
	ours, other := m.accounts[0], m.accounts[1] // read before others can steer
	served, err := mockkit.Start(opt, m, m)
	if err != nil {
		return nil, err
	}
	served.URL += ours.base()
	served.Credentials = m.Credentials()
	served.Settings = map[string]string{"session_lifetime": m.lifetime.String(), "other_account": other.number}
	return served, nil
}
