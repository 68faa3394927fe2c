package signbench

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/authbench/authbench/targets"
)

// request is one that is ready to be sent: what follows the id in its line.
type request struct {
	targets.SignRequest
	tail []byte
}

// encoded writes each request as it stands in a line, without the id. Letters stay what they are, so that a program without
// a JSON library can read them.
func encoded(list []targets.SignRequest) ([]request, error) {
	requests := make([]request, len(list))
	for i, r := range list {
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		if err := e.Encode(r.Input); err != nil {
			return nil, err
		}
		requests[i] = request{r, append([]byte{','}, line.Bytes()[1:]...)} // its { has gone before the id
	}
	return requests, nil
}

// answer is what a program says to a request.
type answer struct {
	id   *uint64 // nil where it names none: then it answers the oldest
	hash string
}

// shortest is the length from which a word is a hash, and not something that happens to be printed.
const shortest = 16

// parse reads a line: a JSON object with a hash, or the hash alone. It says what is wrong with any other.
func parse(line []byte) (answer, string) {
	line = bytes.TrimSpace(line)
	if len(line) > 0 && line[0] == '{' {
		var object struct {
			ID   *uint64 `json:"id"`
			Hash *string `json:"hash"`
		}
		switch err := json.Unmarshal(line, &object); {
		case err != nil:
			return answer{}, "is no JSON object with a number id and a text hash"
		case object.Hash == nil:
			return answer{}, "has no hash in it"
		}
		return answer{object.ID, *object.Hash}, ""
	}
	word := string(line)
	switch {
	case strings.HasSuffix(word, "  -"):
		return answer{}, "has the file name that sha256sum prints behind the hash: cut it off"
	case len(word) < shortest || strings.ContainsFunc(word, notOfHash):
		return answer{}, "is none"
	}
	return answer{hash: word}, ""
}

// notOfHash are the characters that neither hexadecimal nor base64 has.
func notOfHash(r rune) bool {
	letter := 'a' <= r|0x20 && r|0x20 <= 'z'
	return r > 0x7f || !letter && !strings.ContainsRune("0123456789+/=-_", r)
}
