package retailvista

import (
	"errors"
	"io"
	"syscall"
)

// isSilence says that a connection ended without a byte of a reply.
func isSilence(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
