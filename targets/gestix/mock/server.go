package mock

import (
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// Start serves a mock and its control endpoint until Close. The URL of the result is the base of our account's paths.
func Start(opt targets.MockOptions) (*targets.Mock, error) {
	m := New(opt)
	served, err := mockkit.Start(opt, m, m)
	if err != nil {
		return nil, err
	}
	served.URL += m.accounts[0].base()
	served.Credentials = m.Credentials()
	served.Settings = map[string]string{
		"session_lifetime": m.lifetime.String(),
		"other_account":    m.accounts[1].number,
	}
	return served, nil
}
