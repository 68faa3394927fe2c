package mock

import (
	"net/http"
	"net/textproto"
	"strings"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/wire"
)

// The bounds on what is read of a request.
const (
	maxHead = 64 << 10
	maxBody = 4 << 20
)

// base is the path below which Retail3000 answers, and service the one that it has.
const (
	base    = "/grs"
	service = base + "/securitycomponents.asmx"
)

// call is what a request to the gateway says, before anything is believed.
type call struct {
	number    int // counted from 1
	conn      *conn
	peer      string // the caller's address, without the port
	again     bool   // not the first call on its connection
	pipelined bool   // it was sent before the call in front of it was answered
	followed  bool   // another one was sent behind it already
	req       *http.Request
	method    string
	target    string       // as it was sent, with the query
	path      string       // likewise, without it
	fields    []wire.Field // the header as it was sent, white space around values included
	unread    []byte       // a head that is no HTTP, as it came
	read      bool         // the body was, as far as it came
	body      []byte
	doc       *element // the body as XML, as far as it could be read; of calls without a token, and those that a stage sees
	docFlaw   error    // why it could not
	expects   bool     // 100-continue
	closes    bool     // the caller wants no other call on this connection
	http10    bool
	flaw      string // why it is no HTTP request; "" when it is one
	token     string // the name of the token by which it was forwarded, for faults

	arrival *targets.Arrival // nil when there is no stage
	cue     targets.Cue
	answer  outcome // of Retail3000
}

// newCall takes a head apart; with a request that could not be read, flaw says why.
func newCall(head []byte, req *http.Request, flaw string) *call {
	line, rest, _ := strings.Cut(string(head), "\n")
	c := &call{req: req, flaw: flaw, fields: headerFields(rest), closes: true}
	if req == nil {
		c.req, c.unread = &http.Request{Header: http.Header{}}, head
	} else {
		c.method, c.http10 = req.Method, !req.ProtoAtLeast(1, 1)
		c.expects = !c.http10 && strings.EqualFold(req.Header.Get("Expect"), "100-continue")
		c.closes = req.Close
		if flaw == "" && !c.http10 && req.Host == "" {
			c.flaw = "it has no Host"
		}
	}
	if parts := strings.Fields(line); len(parts) > 1 {
		c.target = parts[1]
		c.path, _, _ = strings.Cut(c.target, "?")
	}
	return c
}

// headerFields splits header lines; one that begins with white space goes on with the value before it.
func headerFields(lines string) []wire.Field {
	var fields []wire.Field
	for line := range strings.SplitSeq(lines, "\n") {
		line = strings.TrimSuffix(line, "\r")
		name, value, found := strings.Cut(line, ":")
		switch {
		case line == "":
			return fields
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			if len(fields) > 0 {
				fields[len(fields)-1].Value += line
			}
		case found:
			fields = append(fields, wire.Field{Name: strings.TrimSpace(name), Value: value})
		}
	}
	return fields
}

// values are those of the header of that name, in any case.
func (c *call) values(name string) []string {
	var list []string
	for _, f := range c.fields {
		if strings.EqualFold(f.Name, name) {
			list = append(list, textproto.TrimString(f.Value))
		}
	}
	return list
}
