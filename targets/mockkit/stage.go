package mockkit

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/authbench/authbench/targets"
)

// The ways to be silent on cue.
const (
	SilenceClosed = "closed" // the connection is closed in order
	SilenceReset  = "reset"  // it is ended by RST
	SilenceOpen   = "open"   // it is held until the peer leaves
)

// linger is how long a peer may take to notice that a connection was closed in order.
const linger = 2 * time.Second

// Obey enters into an arrival what a cue makes of it. False says that the mock has to judge.
func Obey(a *targets.Arrival, cue targets.Cue) bool {
	switch {
	case cue.Silence != "":
		a.Outcome = targets.OutcomeSilence
	case cue.Reply != nil:
		a.Status, a.Outcome = cue.Reply.Status, OutcomeOf(cue.Reply.Status)
	default:
		return false
	}
	a.Cued = true
	if a.Outcome != targets.OutcomeAccepted {
		a.Reason = "on cue"
	}
	return true
}

// OutcomeOf is what a status says to a caller: 2xx and 3xx are accepted.
func OutcomeOf(status int) string {
	if status >= 200 && status < 400 {
		return targets.OutcomeAccepted
	}
	return targets.OutcomeDenied
}

// ReplyOf is what is answered on cue.
func ReplyOf(cued *targets.CuedReply) Reply {
	return Reply{Status: cued.Status, Header: cued.Header, ContentType: cued.Type, Body: []byte(cued.Body)}
}

// FallSilent ends a connection without a further byte, in one of the ways to be silent; a way that is not known is closed.
// It returns when the connection is closed, which is at the latest when the context ends.
func FallSilent(ctx context.Context, c net.Conn, how string) {
	raw := bare(c)
	end := func() {
		_ = raw.Close() // first, since closing TLS would say so
		_ = c.Close()
	}
	defer context.AfterFunc(ctx, end)()
	defer end()
	switch how {
	case SilenceReset:
		if tcp, ok := raw.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	case SilenceOpen:
		_, _ = io.Copy(io.Discard, c)
	default: // closing on unread bytes would make a RST of the FIN
		if half, ok := raw.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_ = c.SetReadDeadline(time.Now().Add(linger))
			_, _ = io.Copy(io.Discard, c)
		}
	}
}

// bare is the connection below all that was put around it.
func bare(c net.Conn) net.Conn {
	for {
		around, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = around.NetConn()
	}
}

// Scene is a mock behind net/http, as a stage has it. It is read-only once made.
type Scene struct {
	Stage targets.Stage // nil when nobody watches
	// Facts are what the mock knows of a request by itself; asked for where there is a stage.
	Facts func(r *http.Request, body []byte) map[string]string
	// Judge decides what becomes of a request and returns what writes the answer. It completes the arrival, which is nil
	// where there is no stage.
	Judge func(r *http.Request, body []byte, a *targets.Arrival) func(http.ResponseWriter)
	// Now is the mock's clock, which dates what is answered on cue.
	Now func() time.Time
}

// Serve answers a request whose body has been read: as the stage says, or else as the mock does. Requests are judged in the
// order in which the stage lets go of them. A body that waits for a 100 has been asked for already, whatever the stage says.
func (s Scene) Serve(w http.ResponseWriter, r *http.Request, body []byte) {
	if s.Stage == nil {
		s.Judge(r, body, nil)(w)
		return
	}
	a := &targets.Arrival{
		At: time.Now(), Conn: r.RemoteAddr, Method: r.Method, URI: r.RequestURI, Header: r.Header.Clone(), Body: body,
		Facts: s.Facts(r, body),
	}
	cue := s.Stage.Arrived(r.Context(), a)
	answer := s.onCue(r, cue)
	if !Obey(a, cue) {
		answer = s.Judge(r, body, a)
	}
	s.Stage.Judged(a)
	if cue.Close {
		w.Header().Set("Connection", "close")
	}
	answer(w)
}

// onCue is what the stage has answered in the mock's place.
func (s Scene) onCue(r *http.Request, cue targets.Cue) func(http.ResponseWriter) {
	if cue.Silence == "" {
		return func(w http.ResponseWriter) { Form{}.Write(w, ReplyOf(cue.Reply), s.Now()) }
	}
	return func(w http.ResponseWriter) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler) // ends the connection, or the stream of HTTP/2, without an answer
		}
		FallSilent(r.Context(), c, cue.Silence)
	}
}
