package mock

import (
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// Start serves a mock and its control endpoint until Close. The URL of the result is the base of our account's paths. The
// error says which address could not be had, or which credential the mock does not have.
func Start(opt targets.MockOptions) (*targets.Mock, error) {
	m := New(opt)
	if err := mockkit.CheckCredentials(opt.Credentials, m.Credentials()); err != nil {
		return nil, err
	}
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
