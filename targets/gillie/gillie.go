// Package gillie joins Gillie's client and mock into the vendor that the house knows.
package gillie

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/gillie/mock"
	"github.com/authbench/authbench/targets/gillie/zoo"
)

// Vendor is Gillie: API keys and a SHA-256 hash in the URL.
func Vendor() targets.Vendor {
	return targets.Vendor{
		Name: "gillie", Title: "API keys and a SHA-256 hash in the URL", Home: "https://gillie.io", Example: "https://gillie.example",
		Credentials: []targets.Entry{
			{Name: "public_key", Required: true, Help: "public part of a key made with the hash code enforced"},
			{Name: "private_key", Required: true, Help: "its private part"},
			{Name: "plain_key", Help: "public part of a key made without enforcement"},
			{Name: "deleted_public_key", Help: "public part of a key that was deleted"},
			{Name: "deleted_private_key", Help: "its private part"},
			{Name: "limited_public_key", Help: "public part of a key that may use the path `inside` and not `outside`"},
			{Name: "limited_private_key", Help: "its private part"},
			{Name: "role_public_key", Help: "the same for a key limited by a role instead of by URL"},
			{Name: "role_private_key", Help: "its private part"},
			{Name: "other_area_public_key", Help: "public part of a key made in another Area"},
			{Name: "other_area_private_key", Help: "its private part"},
			{Name: "reserved_public_key", Help: "public part of a key with characters that a URL reserves"},
			{Name: "reserved_private_key", Help: "its private part"},
		},
		Settings: []targets.Entry{{
			Name: "hash_order", Default: string(client.PrivatePublicSalt),
			Values: []string{string(client.PrivatePublicSalt), string(client.PublicPrivateSalt), "auto"},
			Help:   "order in which keys and salt are hashed; auto finds it out (GIL-04)",
		}},
		Paths: []targets.Entry{
			{Name: "read", Default: "/api/customers", Help: "a path that every key here may read"},
			{Name: "inside", Default: "/api/customers", Help: "a path that the limited keys may read"},
			{Name: "outside", Default: "/api/users", Help: "a path that they may not read, and public_key may"},
			{Name: "lookalike", Help: "another such path, one that begins like `inside`"},
		},
		Faults:    mock.Faults(),
		Mistakes:  zoo.Mistakes(),
		RunClient: zoo.Run,
		Profiles:  profiles(),
		StartMock: mock.Start,
		Sign:      sign,
		SignBench: signBench,
	}
}

func order(t targets.Target) client.Order {
	if o := client.Order(t.Settings["hash_order"]); o == client.PublicPrivateSalt {
		return o
	}
	return client.PrivatePublicSalt
}

func join(base, path string) string { return strings.TrimSuffix(base, "/") + path }

func sign(_ context.Context, t targets.Target, _ http.RoundTripper, path string, now time.Time) (targets.SignedRequest, error) {
	signer, err := client.NewSigner(client.Key{Public: t.Credentials["public_key"], Private: t.Credentials["private_key"]}, order(t))
	if err != nil {
		return targets.SignedRequest{}, err
	}
	req, err := http.NewRequest(http.MethodGet, join(t.URL, path), nil)
	if err != nil {
		return targets.SignedRequest{}, fmt.Errorf("%q is no path: write it as /api/customers", path)
	}
	signer.Sign(req, now)
	signed := targets.SignedRequest{Method: req.Method, URL: req.URL.String()}
	if t.Settings["hash_order"] == "auto" {
		signed.Note = "hash_order is auto: signed in the order " + string(order(t)) + "; authbench verify finds out which order the target takes"
	}
	return signed, nil
}
