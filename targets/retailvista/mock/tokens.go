package mock

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets"
)

// apiToken is the token of one application integration, as the support desk generated it.
type apiToken struct {
	name        string // in the configuration
	guid        string // in lower case, with dashes
	description string // of the integration; nobody's business but the owner's (RTV-14)
	disabled    bool
	atStart     bool // disabled before the server started
}

// user is who may call Retail3000; all four have to be right (RTV-11).
type user struct{ name, password, company, store string }

// settle makes the credentials.
func (m *Mock) settle(rng *rand.Rand) {
	m.tokens = []*apiToken{
		{name: "api_token", guid: newGUID(rng), description: "web shop of Aurora"},
		{name: "disabled_api_token", guid: newGUID(rng), description: "old stock app", disabled: true, atStart: true},
		{name: "other_api_token", guid: newGUID(rng), description: "price labels of Brito & Filhos"},
	}
	m.user = user{
		name: "Shop-" + randomHex(rng, 4),
		// Letters in both cases, all that XML reserves, and one outside ASCII: what counts is what they stand for (RTVC-07).
		password: `Pw&<>'"é-` + randomHex(rng, 6) + "-Zz",
		// Long enough not to turn up by chance wherever secrets are looked for.
		company: fmt.Sprint(1_000_000 + rng.IntN(9_000_000)),
		store:   fmt.Sprint(100_000 + rng.IntN(900_000)),
	}
}

func newGUID(rng *rand.Rand) string {
	raw := make([]byte, 16)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return dashed(hex.EncodeToString(raw))
}

func dashed(digits string) string {
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

func randomHex(rng *rand.Rand, bytes int) string {
	raw := make([]byte, bytes)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	return hex.EncodeToString(raw)
}

// guid is a GUID as it was written.
type guid struct {
	value                string // in lower case, with dashes
	upper, braced, naked bool   // letters in upper case; in braces; without dashes
}

// readGUID reads a GUID in any of the ways in which it is commonly written.
func readGUID(text string) (guid, bool) {
	var g guid
	inner := text
	if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") && len(text) > 2 {
		g.braced, inner = true, text[1:len(text)-1]
	}
	digits := strings.ReplaceAll(inner, "-", "")
	if len(digits) != 32 || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return guid{}, false
	}
	switch inner {
	case digits:
		g.naked = true
	case dashed(digits):
	default:
		return guid{}, false // the dashes stand where none belong
	}
	g.upper = strings.ToLower(digits) != digits
	g.value = dashed(strings.ToLower(digits))
	return g, true
}

// takes says whether this server reads a GUID that is written so: left open by RTV-17.
func (v variation) takes(g guid) bool {
	return (!g.upper || v.upperGUID) && (!g.braced || v.bracedGUID) && (!g.naked || v.nakedGUID)
}

// token returns the API token of that value, disabled or not; or nil.
func (m *Mock) token(value string) *apiToken {
	for _, t := range slices.Backward(m.tokens) {
		if t.guid == value {
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
	all := targets.Credentials{
		"username": m.user.name, "password": m.user.password, "company_number": m.user.company, "store_number": m.user.store,
	}
	for _, t := range m.tokens { // the newest of a name wins
		all[t.name] = t.guid
	}
	return all
}

// Revoke disables the API token of that name (RTV-07).
func (m *Mock) Revoke(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.steerable(name)
	if err != nil {
		return err
	}
	t.disabled = true
	for _, other := range m.tokens {
		other.disabled = other.disabled || m.faults.Has("disable-all")
	}
	return nil
}

// Recreate disables the API token of that name and generates another one in its place.
func (m *Mock) Recreate(name string) (targets.Credentials, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, err := m.steerable(name)
	if err != nil {
		return nil, err
	}
	old.disabled = true
	fresh := &apiToken{name: name, guid: newGUID(m.draws), description: old.description}
	m.tokens = append(m.tokens, fresh)
	m.masked = nil
	return targets.Credentials{name: fresh.guid}, nil
}

func (m *Mock) steerable(name string) (*apiToken, error) {
	if name != "api_token" && name != "other_api_token" {
		return nil, fmt.Errorf("there is no credential %q to steer: name api_token or other_api_token", name)
	}
	return m.named(name), nil
}
