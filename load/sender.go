package load

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// sender keeps connections for the next request, but for requests that want one of their own.
type sender struct {
	*http.Transport
	alone *http.Transport
}

// RoundTrip sends a request with Close on a fresh connection: how that one ends says something of this request alone.
func (s sender) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Close {
		return s.alone.RoundTrip(req)
	}
	return s.Transport.RoundTrip(req)
}

// newSender returns the connections to the target. HTTP/2 would put all requests on one connection, and compression would
// have the generator unpack replies in the time that it measures.
func newSender(opt Options, anywhere bool) sender {
	dialer := &net.Dialer{Timeout: opt.Timeout, KeepAlive: 30 * time.Second}
	if !anywhere {
		dialer.Control = loopbackOnly
	}
	conf := opt.TLS
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	kept := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     conf.Clone(),
		MaxIdleConnsPerHost: opt.MaxWorkers,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
		Protocols:           protocols,
	}
	if anywhere { // a proxy resolves names by itself, and may find that one of ours is not on loopback
		kept.Proxy = http.ProxyFromEnvironment
	}
	alone := kept.Clone()
	alone.DisableKeepAlives = true
	return sender{kept, alone}
}
