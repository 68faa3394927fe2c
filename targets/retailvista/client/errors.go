package client

import (
	"errors"
	"fmt"
	"time"
)

// End is how a silence ended, in the contract's words.
type End string

// The ends of a silence.
const (
	Closed End = "closed" // the peer closed the connection
	Reset  End = "reset"  // the peer reset it
	Open   End = "open"   // it stayed open, and nothing came until the time was over
)

// SilenceError says that a call got not one byte of a reply, in none of its tries: the gateway's answer to a call without the
// header ApiToken (RTV-02).
type SilenceError struct {
	Operation string
	End       End           // of the last try
	Tries     int           // how often the call was sent
	Timeout   time.Duration // what the whole call had
	Err       error         // what the network said of the last try
}

func (e *SilenceError) Error() string {
	ends := map[End]string{
		Closed: "the connection was closed without a byte",
		Reset:  "the connection was reset without a byte",
		Open:   fmt.Sprintf("nothing came within %s", e.Timeout),
	}
	return fmt.Sprintf("retailvista: %s met silence in %s: %s; the gateway does so when no header %s reaches it: look for what may take it away",
		e.Operation, times(e.Tries), ends[e.End], HeaderAPIToken)
}

// Unwrap returns Err.
func (e *SilenceError) Unwrap() error { return e.Err }

// DeniedError is a reply of 4xx: the gateway's explicit denial (RTV-05, RTV-06, RTV-07).
type DeniedError struct {
	Operation string
	Status    int
	// Reason is what the reply tells a person (RTVC-06), out of its text, JSON, HTML, SOAP fault or, if it has no body, its
	// status line; "" if it tells nothing.
	Reason string
}

func (e *DeniedError) Error() string {
	text := fmt.Sprintf("retailvista: %s was denied with status %d", e.Operation, e.Status)
	if e.Reason == "" {
		return text + " and no reason"
	}
	return text + ": " + e.Reason
}

// FaultError is a SOAP fault that came with any status but 3xx and 4xx: Retail3000's refusal (RTV-09), or a mishap there.
type FaultError struct {
	Operation  string
	Status     int
	Code, Text string // as in Fault
}

func (e *FaultError) Error() string {
	text := fmt.Sprintf("retailvista: %s was answered by a fault with code %q", e.Operation, e.Code)
	if e.Text == "" {
		return text + " and no text"
	}
	return text + ": " + e.Text
}

// ReplyError is a reply that is no answer to the call, no fault and no denial: a redirect, a 5xx without fault, something
// else than SOAP, the answer to another operation, or a reply that broke off.
type ReplyError struct {
	Operation string
	Status    int    // 0 when it broke off before
	Reason    string // as in DeniedError
	Err       error  // what is wrong with it
}

func (e *ReplyError) Error() string {
	text := fmt.Sprintf("retailvista: %s got a reply", e.Operation)
	if e.Status != 0 {
		text += fmt.Sprintf(" with status %d", e.Status)
	}
	text += " that " + e.Err.Error()
	if e.Reason != "" {
		text += fmt.Sprintf("; it says %q", e.Reason)
	}
	return text
}

// Unwrap returns Err.
func (e *ReplyError) Unwrap() error { return e.Err }

// NetworkError says that a call could not be sent, in its last try, and that this is not known to be silence: a connection
// that was refused, a name or a certificate that is wrong.
type NetworkError struct {
	Operation string
	Tries     int   // how often it was tried
	Err       error // how the last try failed
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("retailvista: %s failed in %s: %v", e.Operation, times(e.Tries), e.Err)
}

// Unwrap returns Err.
func (e *NetworkError) Unwrap() error { return e.Err }

func times(tries int) string {
	if tries == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", tries)
}

// maskedError stands for an error that shows secrets or says too much. It cannot be unwrapped, only asked.
type maskedError struct {
	text string
	err  error
}

func (m *maskedError) Error() string        { return m.text }
func (m *maskedError) Is(target error) bool { return errors.Is(m.err, target) }
