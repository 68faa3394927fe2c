package mock

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
)

// tokenForm is what tokens look like: an alphabet and the number of characters.
type tokenForm struct {
	form string // hex, base64url, alphanumeric, jwt, uuid
	size int
}

const (
	lettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	base64url        = lettersAndDigits + "-_"
)

// drawTokenForm draws one of 16 to 64 characters that holds 96 random bits or more (GES-23).
func drawTokenForm(rng *rand.Rand) tokenForm {
	between := func(least, most int) int { return least + rng.IntN(most-least+1) }
	return []tokenForm{
		{"hex", between(24, 64)},
		{"base64url", between(16, 64)},
		{"alphanumeric", between(17, 64)},
		{"jwt", between(44, 64)},
		{"uuid", 36},
	}[rng.IntN(5)]
}

// draw makes a token. The numbers come from the seed, so that a run can be repeated; a real server must not do that.
func (f tokenForm) draw(rng *rand.Rand) string {
	letters := func(alphabet string, n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = alphabet[rng.IntN(len(alphabet))]
		}
		return string(text)
	}
	switch f.form {
	case "hex":
		return letters("0123456789abcdef", f.size)
	case "alphanumeric":
		return letters(lettersAndDigits, f.size)
	case "jwt": // the form alone: header, payload and signature
		const header = "eyJhbGciOiJIUzI1NiJ9"
		payload := (f.size - len(header) - 2) / 2
		return header + "." + letters(base64url, payload) + "." + letters(base64url, f.size-len(header)-2-payload)
	case "uuid":
		return uuid(rng)
	}
	return letters(base64url, f.size)
}

func uuid(rng *rand.Rand) string {
	raw := make([]byte, 16)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	text := hex.EncodeToString(raw)
	return fmt.Sprintf("%s-%s-%s-%s-%s", text[:8], text[8:12], text[12:16], text[16:20], text[20:])
}
