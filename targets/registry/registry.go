// Package registry lists the vendors that authbench knows.
package registry

import (
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gestix"
	"github.com/authbench/authbench/targets/gillie"
	"github.com/authbench/authbench/targets/retailvista"
)

// Vendors returns every vendor, a line each.
func Vendors() []targets.Vendor {
	return []targets.Vendor{
		gillie.Vendor(),
		gestix.Vendor(),
		retailvista.Vendor(),
	}
}
