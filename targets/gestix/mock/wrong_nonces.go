package mock

import (
	"bytes"
	"math"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

// taken is a write as it was accepted.
type taken struct {
	nonce  int64
	method string
	body   []byte
	reply  reply
}

// givenWrongly are the nonces that a faulty server reads, from elsewhere than the query (GES-17).
func (m *Mock) givenWrongly(c *call, query []string) []string {
	if m.faults.None() {
		return query
	}
	inBody, body := bodyField(c, "nonce")
	header := c.header.Get("nonce") + c.header.Get("X-Nonce")
	cookie, baked := cookieValue(c, "nonce")
	alone := len(query) == 0
	switch {
	case m.faults.Has("nonce-from-body") && alone && body, m.faults.Has("body-nonce-wins") && !alone && body:
		return []string{inBody}
	case m.faults.Has("nonce-from-header") && alone && header != "", m.faults.Has("header-nonce-wins") && !alone && header != "":
		return []string{header}
	case m.faults.Has("nonce-from-cookie") && alone && baked:
		return []string{cookie}
	}
	return query
}

// missingAcceptedWrongly lets a write go without a nonce (GES-11).
func (m *Mock) missingAcceptedWrongly(c *call, s *session) bool {
	return m.faults.Has("nonce-not-required-post") && c.method == http.MethodPost ||
		m.faults.Has("nonce-not-required-put") && c.method == http.MethodPut ||
		m.faults.Has("nonce-optional-after-first") && s.mark > 0 ||
		m.faults.Has("user-session-needs-no-nonce") && s.by == nil
}

// readWrongly makes a number of a text that is none (GES-12).
func (m *Mock) readWrongly(c *call, text string) (int64, bool) {
	switch {
	case m.faults.Has("nonce-lenient-number"), m.faults.Has("put-nonce-lenient") && c.method == http.MethodPut:
		return lenient(text)
	case m.faults.Has("nonce-empty-accepted") && text == "", m.faults.Has("nonce-zero-accepted") && text == "0":
		return unchecked, true
	case m.faults.Has("nonce-negative-accepted") && strings.HasPrefix(text, "-"):
		n, err := strconv.ParseUint(text[1:], 10, 64)
		return int64(min(n, math.MaxInt64)), err == nil
	case m.faults.Has("nonce-plus-accepted") && strings.HasPrefix(text, "+"):
		return parseNonce(text[1:])
	case m.faults.Has("nonce-space-trimmed"):
		return parseNonce(strings.TrimSpace(text))
	case m.faults.Has("nonce-fraction-cut"):
		whole, _, _ := strings.Cut(text, ".")
		return parseNonce(whole)
	case m.faults.Has("nonce-exponent-read"), m.faults.Has("nonce-hex-read"):
		return m.readAsSource(text)
	case m.faults.Has("nonce-grouping-read"):
		return parseNonce(strings.ReplaceAll(text, ",", ""))
	case m.faults.Has("nonce-letters-ignored"):
		return parseNonce(text[:len(text)-len(strings.TrimLeft(text, "0123456789"))])
	case m.faults.Has("nonce-other-digits-read"):
		return parseNonce(ownDigits(text))
	case m.faults.Has("nonce-overflow-wraps"), m.faults.Has("nonce-overflow-saturates"):
		return m.readBig(text)
	case m.faults.Has("nonce-no-number-is-time") && strings.Trim(text, "0123456789") != "":
		return m.now().UnixMilli(), true
	}
	return 0, false
}

func (m *Mock) readAsSource(text string) (int64, bool) {
	if m.faults.Has("nonce-hex-read") {
		n, err := strconv.ParseInt(text, 0, 64)
		return n, err == nil && n > 0
	}
	f, err := strconv.ParseFloat(text, 64)
	return int64(f), err == nil && f >= 1 && strings.ContainsAny(text, "eE")
}

// readBig reads digits beyond 64 bits: modulo 2^64, or as the greatest number that there is.
func (m *Mock) readBig(text string) (int64, bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.Sign() < 1 {
		return 0, false
	}
	if m.faults.Has("nonce-overflow-saturates") {
		return math.MaxInt64, true
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	return int64(low), int64(low) > 0
}

func ownDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII && unicode.IsDigit(r) {
			for zero := r; ; zero-- { // the digits of a script stand together
				if !unicode.IsDigit(zero - 1) {
					return '0' + (r-zero)%10
				}
			}
		}
		return r
	}, text)
}

// lenient reads what many libraries read: spaces, signs, fractions, exponents, hexadecimal, and digits before letters.
func lenient(text string) (int64, bool) {
	text = strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(ownDigits(text)), ",", ""), "+")
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return max(n, -n), true
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f >= 1 && f < math.MaxInt64 {
		return int64(f), true
	}
	return parseNonce(text[:len(text)-len(strings.TrimLeft(text, "0123456789"))])
}

// unreadWrongly refuses a number that is good.
func (m *Mock) unreadWrongly(n int64) bool {
	return m.faults.Has("nonce-max-refused") && n == math.MaxInt64 || m.faults.Has("nonce-as-int32") && n > math.MaxInt32 ||
		m.faults.Has("nonce-one-refused") && n == 1
}

// greater compares a nonce with the mark before it (GES-13); strictly greater is right.
func (m *Mock) greater(c *call, s *session, n, mark int64) bool {
	first := mark == 0
	if m.faults.Has("nonce-unchecked-on-kept-connection") {
		m.calls[c.conn]++
	}
	switch {
	case m.faults.Has("nonce-equal-accepted"):
		return n >= mark
	case m.faults.Has("nonce-lower-accepted"):
		return n != mark
	case m.faults.Has("user-nonce-ignored") && s.by == nil, m.faults.Has("put-nonce-ignored") && c.method == http.MethodPut,
		m.faults.Has("nonce-unchecked-on-kept-connection") && m.calls[c.conn] > 1:
		return true
	case m.faults.Has("nonce-as-text"):
		return first || strconv.FormatInt(n, 10) > strconv.FormatInt(mark, 10)
	case m.faults.Has("nonce-as-float64"):
		return float64(n) > float64(mark)
	case m.faults.Has("nonce-wraps-32"):
		return uint32(n) > uint32(mark)
	case m.faults.Has("nonce-first-must-be-one") && first:
		return n == 1
	case m.faults.Has("nonce-must-be-consecutive") && !first:
		return n == mark+1
	case m.faults.Has("nonce-next-refused") && !first:
		return n > mark && n-mark > 1
	}
	return n > mark
}

// markOf is where the mark is kept that a nonce is compared with: in the session (GES-14).
func (m *Mock) markOf(c *call, s *session) *int64 {
	switch {
	case m.faults.Has("nonce-global"), m.faults.Has("nonce-set-back-by-other-session"):
		return m.shared(s.account)
	case m.faults.Has("nonce-per-method"):
		return m.markNamed(s.token + c.method)
	case m.faults.Has("nonce-per-connection"):
		return m.markNamed(s.token + c.conn)
	}
	return &s.mark
}

func (m *Mock) shared(a *account) *int64 { return m.markNamed(a.number) }

func (m *Mock) markNamed(name string) *int64 {
	if m.marks[name] == nil {
		m.marks[name] = new(int64)
	}
	return m.marks[name]
}

// markedWrongly is told of every nonce that was used up.
func (m *Mock) markedWrongly(c *call, s *session, n int64, r reply) {
	if m.faults.Has("nonce-carried-over-sessions") {
		*m.shared(s.account) = n
	}
	if m.faults.Has("nonce-pushed-by-other-session") {
		for _, other := range m.opened {
			other.mark = max(other.mark, n)
		}
	}
	if m.faults.Has("replay-returns-first-as-accepted") {
		s.last = &taken{nonce: n, method: c.method, body: c.body, reply: r}
	}
}

// markedByDenied is told of a call without a good session.
func (m *Mock) markedByDenied(c *call) {
	if !m.faults.Has("denied-write-moves-marks") || !writes(c) {
		return
	}
	n, err := strconv.ParseInt(strings.Join(c.values("nonce"), ""), 10, 64)
	for _, s := range m.opened {
		if err == nil {
			s.mark = max(s.mark, n)
		}
	}
}

// rejectedWrongly is the answer to a write that was rejected for its nonce.
func (m *Mock) rejectedWrongly(c *call, s *session, n int64, r reply) reply {
	if m.faults.Has("missing-nonce-ends-session") && r.reason == noNonce ||
		m.faults.Has("rejected-nonce-ends-session") && r.reason == staleNonce {
		s.ended = true
	}
	if last := s.last; last != nil && last.nonce == n && last.method == c.method && bytes.Equal(last.body, c.body) {
		again := last.reply
		again.wrote = ""
		return again
	}
	return r
}
