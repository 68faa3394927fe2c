package client_test

import (
	"errors"
	"io"
	"net/http"
	"path"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authbench/authbench/targets/gestix/client"
)

// stage has a session whose calls wait for the test to answer them, by a clock that the test sets. It runs in a bubble, so
// that the test knows when all has come to rest.
type stage struct {
	*testing.T
	session *client.Session
	hc      *http.Client
	now     time.Time
	begun   time.Time
	calls   map[string]chan int     // to answer a call under way, by its path
	tokens  map[string]client.Token // that a call was sent with last
	ended   map[string]int          // the status that a call ended with, 0 for an error
	asked   int                     // openings
	down    bool                    // they fail
}

func onStage(t *testing.T, opt client.Options, play func(*stage)) {
	synctest.Test(t, func(t *testing.T) {
		x := &stage{T: t, begun: time.Unix(1732412345, 0), calls: map[string]chan int{}, tokens: map[string]client.Token{}, ended: map[string]int{}}
		x.now = x.begun
		opt.Now = func() time.Time { return x.now }
		open := opener()
		opt.Base = trip(func(r *http.Request) (*http.Response, error) {
			if x.asked++; x.down {
				return nil, errors.New("down")
			}
			return open(r)
		})
		var err error
		if x.session, err = client.NewSession("http://gestix.example"+account, client.Credentials{APIToken: apiToken}, opt); err != nil {
			t.Fatal(err)
		}
		x.hc = &http.Client{Transport: &client.Transport{Session: x.session, Base: trip(func(r *http.Request) (*http.Response, error) {
			answer, name := make(chan int), path.Base(r.URL.Path)
			x.calls[name] = answer
			x.tokens[name], _ = client.Sent(&http.Response{Request: r})
			return reply(<-answer, ""), nil
		})}}
		play(x)
	})
}

// send begins reads, one after the other, at a second of the play.
func (x *stage) send(second int, names ...string) {
	x.now = x.begun.Add(time.Duration(second) * time.Second)
	for _, name := range names {
		x.begin("GET", name, http.NoBody)
	}
}

func (x *stage) begin(method, name string, body io.Reader) {
	req, err := http.NewRequest(method, "http://gestix.example"+account+"/"+name, body)
	if err != nil {
		x.Fatal(err)
	}
	go func() {
		resp, err := x.hc.Do(req)
		if err != nil {
			x.ended[name] = 0
			return
		}
		resp.Body.Close()
		x.ended[name] = resp.StatusCode
	}()
	synctest.Wait()
}

// answer answers a call's request under way.
func (x *stage) answer(second int, name string, status int) {
	x.now = x.begun.Add(time.Duration(second) * time.Second)
	answer := x.calls[name]
	if answer == nil {
		x.Fatalf("%s is not under way at second %d", name, second)
	}
	delete(x.calls, name)
	answer <- status
	synctest.Wait()
}
