// Package gestix joins Gestix's client and mock into the vendor that the house knows.
package gestix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gestix/client"
	"github.com/authbench/authbench/targets/gestix/mock"
	"github.com/authbench/authbench/targets/gestix/zoo"
)

// Vendor is Gestix: an API token buys a short-lived session token, and every write carries a rising nonce.
func Vendor() targets.Vendor {
	return targets.Vendor{
		Name: "gestix", Title: "API token to session token, and a rising nonce on every write",
		Example: "https://gestix.example/api/03101176/v4.0.0",
		Credentials: []targets.Entry{
			{Name: "api_token", Required: true, Help: "an API token, made in Admin > Webshop"},
			{Name: "revoked_api_token", Help: "an API token that was revoked"},
			{Name: "username", Help: "name of a user, for /auth"},
			{Name: "password", Help: "the user's password"},
			{Name: "other_api_token", Help: "an API token of the account other_account"},
		},
		Settings: []targets.Entry{
			{Name: "session_lifetime", Check: checkLifetime,
				Help: "how long a session lives, such as 20m, as the vendor says; a scenario waits for it up to --timeout"},
			{Name: "other_account", Check: checkAccount, Help: "the number of another account at the same address (GES-22)"},
		},
		Paths: []targets.Entry{
			{Name: "read", Default: "/customers", Help: "a path that lists records, those just made among them"},
			{Name: "create", Default: "/customers", Help: "a path whose POST makes such a record"},
			{Name: "update", Default: "/customers?id={id}", Help: "a path whose PUT changes the record with that id"},
		},
		Bodies: []targets.Entry{
			{Name: "create", Default: `{"code":"{mark}","name":"{mark}"}`, Help: "what is POSTed; {mark} stands for a text of its own"},
			{Name: "update", Default: `{"name":"{mark}"}`, Help: "what is PUT, likewise"},
		},
		Faults:    mock.Faults(),
		Mistakes:  zoo.Mistakes(),
		Profiles:  profiles(),
		StartMock: mock.Start,
		Sign:      sign,
		RunClient: zoo.Run,
	}
}

func checkLifetime(text string) error {
	if d, err := time.ParseDuration(text); err != nil || d <= 0 {
		return errors.New("that is no time above zero: write it as 2s or 20m")
	}
	return nil
}

// lifetime is how long a session lives as far as the target's settings say.
func lifetime(t targets.Target) (time.Duration, bool) {
	d, err := time.ParseDuration(t.Settings["session_lifetime"])
	return d, err == nil
}

func checkAccount(text string) error {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("/?#%", r) }) {
		return errors.New("that is no account: write it as in the url, such as \"03101177\"")
	}
	return nil
}

// sign opens a session and signs a read with it.
func sign(ctx context.Context, t targets.Target, send http.RoundTripper, path string, _ time.Time) (targets.SignedRequest, error) {
	credentials := client.Credentials{APIToken: t.Credentials["api_token"]}
	session, err := client.NewSession(t.URL, credentials, client.Options{Base: send})
	if err != nil {
		return targets.SignedRequest{}, err
	}
	token, err := session.Token(ctx)
	if err != nil {
		return targets.SignedRequest{}, &targets.Refusal{Reason: err}
	}
	req, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(t.URL, "/")+path, nil)
	if err != nil {
		return targets.SignedRequest{}, fmt.Errorf("%q is no path: write it as /customers", path)
	}
	return targets.SignedRequest{Method: req.Method, URL: req.URL.String(), Header: http.Header{"Authorization": {"Bearer " + string(token)}}}, nil
}
