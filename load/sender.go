package load

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// newSender returns the connections to the target. HTTP/2 would put all requests on one connection, and compression would
// have the generator unpack replies in the time that it measures.
func newSender(opt Options, anywhere bool) *http.Transport {
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
	sender := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     conf.Clone(),
		MaxIdleConnsPerHost: opt.MaxWorkers,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
		Protocols:           protocols,
	}
	if anywhere { // a proxy resolves names by itself, and may find that one of ours is not on loopback
		sender.Proxy = http.ProxyFromEnvironment
	}
	return sender
}
