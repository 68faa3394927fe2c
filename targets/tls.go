package targets

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
)

// Config turns the settings into what a connection takes: the authorities of the CA file, which read opens unless PEM holds
// them already, are trusted beside the system's. It returns nil for settings that are empty.
func (settings TLS) Config(read func(path string) ([]byte, error)) (*tls.Config, error) {
	if settings == (TLS{}) {
		return nil, nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: settings.Insecure} //nolint:gosec // the owner's choice
	if settings.CA == "" {
		return conf, nil
	}
	pem := []byte(settings.PEM)
	if settings.PEM == "" {
		var err error
		if pem, err = read(settings.CA); err != nil {
			return nil, fmt.Errorf("the authorities of tls.ca cannot be read: %w", err)
		}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate: set tls.ca to a PEM file of authorities", settings.CA)
	}
	conf.RootCAs = pool
	return conf, nil
}
