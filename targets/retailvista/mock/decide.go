package mock

import (
	"fmt"
	"time"

	"github.com/authbench/authbench/targets/mockkit"
)

// reason is why a call is denied, met with silence, or refused by Retail3000; the empty one is none.
type reason string

// The gateway's reasons.
const (
	none            reason = ""
	noHeader        reason = "no ApiToken header"
	malformed       reason = "malformed request"
	tooLongBody     reason = "body too long"
	emptyToken      reason = "empty token"
	noGUID          reason = "no GUID"
	unknownToken    reason = "unknown token"
	disabledToken   reason = "disabled token"
	twoTokens       reason = "two tokens"
	addressDenied   reason = "address not allowed"
	tooMuch         reason = "too many calls"
	noSuchForwarded reason = "method not forwarded"
	notReached      reason = "Retail3000 not reached"
	onCue           reason = "on cue" // of a stage
)

// denials are the reasons that the gateway tells, in the order in which variations are drawn for them.
var denials = []reason{
	malformed, tooLongBody, emptyToken, noGUID, unknownToken, disabledToken, twoTokens, addressDenied, tooMuch, noSuchForwarded,
}

// kind is what becomes of a call at the gateway.
type kind string

const (
	silence   kind = "silence"
	denied    kind = "denied"
	forwarded kind = "forwarded"
	replied   kind = "replied" // on cue
)

// verdict is what the gateway makes of a call.
type verdict struct {
	kind   kind
	reason reason
	why    string // explains it to the client's author
	token  *apiToken
	reply  mockkit.Reply // of a denial, or on cue
	way    string        // of silence on cue; "" is that of the variation
	entry  *entry

	// What faults add: the call is forwarded all the same, and silence is not quite silent, or late.
	leaks bool
	stray string
	delay time.Duration
}

// answers says whether a call is going to be answered at all, by its head alone.
func (m *Mock) answers(c *call) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.judge(c).kind != silence || m.faults.Has("missing-gets-100-continue")
}

// decide judges a call and logs it before anything is said (RTV-18).
func (m *Mock) decide(c *call, tooLong bool) verdict {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	c.number = m.calls
	v, given := c.cued()
	if !given {
		v = m.judgeWhole(c, tooLong)
	}
	m.note(c, &v)
	return v
}

// judgeWhole judges a call that nobody gave a cue for, its body and fair use included.
func (m *Mock) judgeWhole(c *call, tooLong bool) verdict {
	v := m.judge(c)
	switch {
	case v.kind == forwarded && tooLong:
		v = m.deny(tooLongBody, "the body is longer than %d bytes", maxBody)
	case v.reason == noHeader:
		v.why = m.whyNoHeader(c)
	}
	v = m.judgedWrongly(c, v)
	if v.kind == forwarded {
		v = m.weigh(c, v)
		c.conn.opened = v.token
	}
	return v
}

// answered completes the log of a forwarded call before its caller can see the reply.
func (m *Mock) answered(v verdict, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v.entry.Status = status
}

// judge looks at the header ApiToken and at nothing else: at whether it is there, then at its value, then at the caller.
func (m *Mock) judge(c *call) verdict {
	values := c.values("ApiToken")
	switch {
	case len(values) == 0:
		return verdict{kind: silence, reason: noHeader}
	case c.flaw != "":
		return m.deny(malformed, "the request is broken: %s", c.flaw)
	case len(values) > 1:
		return m.denyOrFallSilent(m.vary.duplicateSilent, twoTokens, "the header ApiToken comes %d times", len(values))
	case values[0] == "":
		return m.deny(emptyToken, "the header ApiToken is empty: is the variable that holds the token?")
	}
	return m.judgeToken(c, values[0])
}

func (m *Mock) judgeToken(c *call, value string) verdict {
	t, because := m.find(value)
	switch {
	case because == noGUID:
		return m.deny(noGUID, "%s", m.whyNoGUID(value))
	case because == unknownToken:
		return m.deny(unknownToken, "the header ApiToken holds a GUID that was never generated here")
	case t.disabled:
		v := m.deny(disabledToken, "%s", m.whyDisabled(t))
		v.token = t
		return v
	case c.req.Method == "CONNECT":
		return m.deny(noSuchForwarded, "this gateway is no proxy: it forwards no CONNECT")
	}
	if !allowed(c.peer) {
		v := m.denyOrFallSilent(m.vary.addressSilent, addressDenied,
			"%s is right, but %s is no address from which it may be used", t.name, c.peer)
		v.token = t
		return v
	}
	return verdict{kind: forwarded, token: t}
}

// find is the API token that a value stands for, disabled or not, or why it stands for none.
func (m *Mock) find(value string) (*apiToken, reason) {
	g, isGUID := readGUID(value)
	if !isGUID || !m.vary.takes(g) {
		return nil, noGUID
	}
	if t := m.token(g.value); t != nil {
		return t, none
	}
	return nil, unknownToken
}

// allowed tells the addresses from which a token opens (RTV-12).
func allowed(peer string) bool { return peer == "127.0.0.1" || peer == "::1" }

func (m *Mock) deny(because reason, why string, args ...any) verdict {
	return verdict{kind: denied, reason: because, why: fmt.Sprintf(why, args...), reply: m.denial(because)}
}

func (m *Mock) denyOrFallSilent(silently bool, because reason, why string, args ...any) verdict {
	v := m.deny(because, why, args...)
	if silently {
		v.kind = silence
	}
	return v
}

// pair is whom fair use counts (RTV-13).
type pair struct{ address, token string }

// usage is what a pair asked for in the minute that runs.
type usage struct {
	since, blocked time.Time
	calls          int
}

// weigh blocks who asks for more than its share in a minute, for a minute (RTV-13).
func (m *Mock) weigh(c *call, v verdict) verdict {
	now, by := m.now(), pair{c.peer, v.token.name}
	u := m.usage[by]
	if u == nil || now.Sub(u.since) >= time.Minute && !now.Before(u.blocked) {
		u = &usage{since: now}
		m.usage[by] = u
	}
	if u.calls++; u.calls == m.vary.perMinute+1 {
		u.blocked = now.Add(time.Minute)
	}
	if now.Before(u.blocked) {
		token := v.token
		v = m.deny(tooMuch, "%s has asked more than %d times in a minute from %s", token.name, m.vary.perMinute, c.peer)
		v.token = token
	}
	return v
}
