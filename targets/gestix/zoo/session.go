package zoo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// session is a session at Gestix, by as many session tokens as it takes. All parts of the action share one (GESC-05).
type session struct {
	*client
	mu       sync.Mutex // held while a token is got: all who need it wait for the same one (GESC-09)
	token    string
	unproven int   // tokens got since a call was last let in
	failure  error // once no token could be had none is asked for any more (GESC-04)
}

func (c *client) newSession() *session {
	s := &session{client: c}
	if c.Mistake == "api-token-as-session" {
		s.token = c.apiToken
	}
	return s
}

// get returns a token that is not the denied one; "" says that none was denied. A new session that has let in nobody is not
// replaced by another: the server denies more than a session (GESC-04).
func (s *session) get(ctx context.Context, denied string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	storm := s.Mistake == "refresh-storm" && denied != ""
	switch {
	case s.failure != nil:
		return "", s.failure
	case s.token != "" && s.token != denied && !storm:
		return s.token, nil
	case s.token == denied && s.unproven > s.refreshes():
		return "", &rejection{"a call with the newest session", http.StatusForbidden}
	}
	s.failure = s.open(ctx)
	return s.token, s.failure
}

// proven says that a call with the token was let in.
func (s *session) proven(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == s.token {
		s.unproven = 0
	}
}

// open exchanges the API token for a session token (GESC-01). The caller holds s.mu.
func (s *session) open(ctx context.Context) error {
	if s.Mistake == "calls-before-session" && s.token == "" {
		_, _ = s.exchange(ctx, http.MethodGet, "/status", http.Header{}, nil)
	}
	bearer, tries := s.apiToken, 1
	switch {
	case s.Mistake == "session-token-on-helo" && s.token != "":
		bearer = s.token
	case s.Mistake == "helo-again-when-denied":
		tries = 5
	case s.Mistake == "three-sessions-at-start" && s.token == "":
		for range 2 {
			if got, err := s.exchange(ctx, http.MethodGet, "/helo", http.Header{"Authorization": {"Bearer " + bearer}}, nil); err != nil || !got.accepted() {
				break
			}
		}
	}
	var got reply
	var err error
	for got.status = http.StatusForbidden; tries > 0 && err == nil && got.status == http.StatusForbidden; tries-- {
		got, err = s.exchange(ctx, http.MethodGet, "/helo", http.Header{"Authorization": {"Bearer " + bearer}}, nil)
	}
	switch {
	case err != nil:
		return err
	case !got.accepted() && s.Mistake == "api-token-for-want-of-session":
		s.token = s.apiToken
		s.unproven++
		return nil
	case !got.accepted():
		return &rejection{"GET /helo", got.status}
	}
	var opened map[string]any
	_ = json.Unmarshal(got.body, &opened) // what cannot be read has no token
	token, _ := opened["xa-token"].(string)
	if token == "" {
		return errors.New("the reply to GET /helo has no xa-token")
	}
	s.token = token
	s.unproven++
	if s.Mistake == "status-without-session" {
		_, _ = s.exchange(ctx, http.MethodGet, "/status", http.Header{}, nil)
	}
	if s.Mistake == "prints-session-token" {
		fmt.Fprintln(s.Stderr, "opened session", token)
	}
	return nil
}
