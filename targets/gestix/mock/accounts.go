package mock

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/authbench/authbench/targets"
)

// account is one customer of Gestix, with its own path and records (GES-22).
type account struct {
	number  string
	shelves map[string]*shelf // by resource
}

func (a *account) base() string { return "/api/" + a.number + version }

// apiToken is a long-lived token as an administrator made it.
type apiToken struct {
	name    string // in the configuration
	value   string
	account *account
	revoked bool
	atStart bool // revoked before the server started
	used    bool
}

// user is who may open a session by name and password.
type user struct {
	name, password string
	account        *account
	revoked        bool
}

// settle makes the accounts with their credentials and first records. Given values take the place of what was drawn.
func (m *Mock) settle(rng *rand.Rand) {
	first := 10_000_000 + rng.IntN(90_000_000)
	second := 10_000_000 + (first-10_000_000+1+rng.IntN(89_999_999))%90_000_000 // another one
	m.accounts = nil
	for _, number := range []int{first, second} {
		a := &account{number: fmt.Sprint(number), shelves: map[string]*shelf{}}
		for resource, kind := range kinds {
			a.shelves[resource] = newShelf(kind)
		}
		for i, name := range []string{"Aurora Lda", "Brito & Filhos"} {
			m.add(a.shelves["/customers"], map[string]any{"code": fmt.Sprintf("C%03d", i+1), "name": name})
		}
		m.accounts = append(m.accounts, a)
	}
	m.tokens = nil
	for _, t := range []apiToken{
		{name: "api_token", account: m.accounts[0]},
		{name: "revoked_api_token", account: m.accounts[0], revoked: true, atStart: true},
		{name: "other_api_token", account: m.accounts[1]},
	} {
		t.value = cmp.Or(m.given[t.name], m.vary.tokens.draw(rng))
		m.tokens = append(m.tokens, &t)
	}
	m.user = &user{name: "web-" + randomHex(rng, 6) + "@example.com", password: makePassword(rng), account: m.accounts[0]}
	m.user.name, m.user.password = cmp.Or(m.given["username"], m.user.name), cmp.Or(m.given["password"], m.user.password)
}

// makePassword holds characters that a URL reserves, and one outside ASCII: what counts is what they stand for (GES-04).
func makePassword(rng *rand.Rand) string { return "p+&=%# é" + randomHex(rng, 8) }

func randomHex(rng *rand.Rand, bytes int) string {
	raw := make([]byte, bytes)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	return hex.EncodeToString(raw)
}

// account returns the account of that number, or nil.
func (m *Mock) account(number string) *account {
	for _, a := range m.accounts {
		if a.number == number {
			return a
		}
	}
	return nil
}

// token returns the API token of that value, revoked or not, of any account; or nil.
func (m *Mock) token(value string) *apiToken {
	for _, t := range slices.Backward(m.tokens) {
		if t.value == value {
			return t
		}
	}
	return nil
}

// named returns the newest API token of that configuration name, or nil.
func (m *Mock) named(name string) *apiToken {
	for _, t := range slices.Backward(m.tokens) {
		if t.name == name {
			return t
		}
	}
	return nil
}

// Credentials are those in force, by configuration name.
func (m *Mock) Credentials() targets.Credentials {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.credentials()
}

func (m *Mock) credentials() targets.Credentials {
	all := targets.Credentials{"username": m.user.name, "password": m.user.password}
	for _, t := range m.tokens {
		all[t.name] = t.value
	}
	return all
}

// Revoke makes the API token or the password of that name open no further session; sessions already open live on.
func (m *Mock) Revoke(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := steerable(name); err != nil {
		return err
	}
	if name == "password" {
		m.user.revoked = true
	} else {
		m.named(name).revoked = true
	}
	return nil
}

// Recreate revokes the credential of that name and makes a new one in its place.
func (m *Mock) Recreate(name string) (targets.Credentials, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := steerable(name); err != nil {
		return nil, err
	}
	m.masked = nil
	if name == "password" {
		m.user = &user{name: m.user.name, password: makePassword(m.draws), account: m.user.account}
		return targets.Credentials{name: m.user.password}, nil
	}
	old := m.named(name)
	old.revoked = true
	fresh := &apiToken{name: name, value: m.vary.tokens.draw(m.draws), account: old.account}
	m.tokens = append(m.tokens, fresh)
	return targets.Credentials{name: fresh.value}, nil
}

func steerable(name string) error {
	if name != "api_token" && name != "other_api_token" && name != "password" {
		return fmt.Errorf("there is no credential %q to steer: name api_token, other_api_token or password", name)
	}
	return nil
}
