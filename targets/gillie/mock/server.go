package mock

import (
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/mockkit"
)

// Start serves a mock and its control endpoint until Close.
func Start(opt targets.MockOptions) (*targets.Mock, error) {
	m := New(opt)
	served, err := mockkit.Start(opt, m, m)
	if err != nil {
		return nil, err
	}
	served.Credentials = m.Credentials()
	served.Paths = map[string]string{"lookalike": "/api/customers-archive"}
	return served, nil
}
