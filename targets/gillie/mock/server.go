package mock

import (
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// Start serves a mock and its control endpoint until Close. The error says which address could not be had, or which credential
// the mock does not have.
func Start(opt targets.MockOptions) (*targets.Mock, error) {
	m := New(opt)
	if err := mockkit.CheckCredentials(opt.Credentials, m.Credentials()); err != nil {
		return nil, err
	}
	served, err := mockkit.Start(opt, m, m)
	if err != nil {
		return nil, err
	}
	served.Credentials = m.Credentials()
	served.Paths = map[string]string{"lookalike": "/api/customers-archive"}
	return served, nil
}
