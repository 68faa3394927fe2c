package load

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// The kinds of error, which are the keys of record.OperationResult.Errors. The first five are complete replies that the
// contract does not ask for.
const (
	kindDenied   = "denied"       // 4xx
	kindRedirect = "redirect"     // 3xx, which is never followed
	kindServer   = "server error" // 5xx
	kindReply    = "wrong reply"  // 2xx, and yet not what the contract asks for
	kindStatus   = "other status"
	kindLimited  = "rate limited" // 429: the target asks to be called less often, which is no denial
	kindEndless  = "endless body"
	kindTimeout  = "timeout" // longer than Options.Timeout
	kindRefused  = "refused" // no connection
	kindReset    = "reset"
	kindClosed   = "closed" // the connection ended before the reply did
	kindTLS      = "tls"
	kindDNS      = "dns"
	kindUnsent   = "not sent" // the call's first request could not be made ready; the call counts nowhere else
	kindOther    = "other"
	kindCut      = "cut off" // by an interruption: counts nowhere
)

// errTimeout ends a request that takes too long; errCut one that outlives an interrupted run.
var (
	errTimeout = errors.New("the request took longer than its timeout")
	errCut     = errors.New("the run was interrupted")
)

// kindOfStatus is the kind of error of a complete reply that was judged to be wrong.
func kindOfStatus(status int) string {
	if status == http.StatusTooManyRequests {
		return kindLimited
	}
	switch status / 100 {
	case 2:
		return kindReply
	case 3:
		return kindRedirect
	case 4:
		return kindDenied
	case 5:
		return kindServer
	default:
		return kindStatus
	}
}

// kindOfFailure is the kind of error of a request without a complete reply.
func kindOfFailure(err error) string {
	var name *net.DNSError
	var timed net.Error
	switch {
	case errors.Is(err, errTimeout):
		return kindTimeout
	case errors.Is(err, errEndless):
		return kindEndless
	case errors.As(err, &name):
		return kindDNS
	case errors.As(err, &timed) && timed.Timeout():
		return kindTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return kindRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return kindReset
	case isTLS(err):
		return kindTLS
	case isClosed(err):
		return kindClosed
	default:
		return kindOther
	}
}

func isTLS(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		header      tls.RecordHeaderError
		alert       tls.AlertError
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		invalid     x509.CertificateInvalidError
	)
	return errors.As(err, &certificate) || errors.As(err, &header) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.Is(err, http.ErrSchemeMismatch) ||
		strings.Contains(err.Error(), "tls: ") // most of crypto/tls's errors have no type
}

// isClosed also knows, by its text, the error that net/http keeps to itself.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "server closed idle connection")
}
