package wire

import (
	"bytes"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
)

// minStreamed is the length below which a stream is not searched for a secret: so short a value would be found inside
// ordinary words. Text masks it all the same.
const minStreamed = 4

// Mask knows secrets by their values and replaces them, in every encoding, by their names in angle brackets. A nil Mask
// masks nothing. It is immutable and safe for concurrent use; an empty secret masks nothing.
type Mask struct {
	secrets  map[string]string // value -> name
	text     func() *strings.Replacer
	streamed func() *strings.Replacer
	pairs    bool // there is a secret too short to be found inside other base64
}

// newMask takes the secrets as value -> name. The encodings are made when they are first needed.
func newMask(secrets map[string]string) *Mask {
	m := &Mask{
		secrets:  secrets,
		text:     sync.OnceValue(func() *strings.Replacer { return replacer(secrets, 1) }),
		streamed: sync.OnceValue(func() *strings.Replacer { return replacer(secrets, minStreamed) }),
	}
	for value := range secrets {
		m.pairs = m.pairs || len(value) < minCored
	}
	return m
}

// NewMask returns a mask for secrets given as name -> value.
func NewMask(named map[string]string) *Mask {
	secrets := make(map[string]string, len(named))
	names := make([]string, 0, len(named))
	for name := range named {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if value := named[name]; value != "" && secrets[value] == "" {
			secrets[value] = name
		}
	}
	return newMask(secrets)
}

// With returns a mask that also knows the given values, all under one name.
func (m *Mask) With(name string, values ...string) *Mask {
	secrets := map[string]string{}
	if m != nil {
		for v, n := range m.secrets {
			secrets[v] = n
		}
	}
	for _, v := range values {
		if v != "" && secrets[v] == "" {
			secrets[v] = name
		}
	}
	return newMask(secrets)
}

// Text returns s with every secret replaced.
func (m *Mask) Text(s string) string {
	if m == nil {
		return s
	}
	return m.text().Replace(m.unpaired(s))
}

// Stream masks finished output as the last guard: values shorter than four bytes, which are masked where they are known to
// stand, are left alone so that they do not garble every word.
func (m *Mask) Stream(s string) string {
	if m == nil {
		return s
	}
	return m.streamed().Replace(m.unpaired(s))
}

// replacer looks for the longest encodings first, so that no encoding of a secret hides a longer one.
func replacer(secrets map[string]string, shortest int) *strings.Replacer {
	type pair struct{ encoded, name string }
	var pairs []pair
	for value, name := range secrets {
		if len(value) < shortest {
			continue
		}
		for _, encoded := range Encodings(value) {
			pairs = append(pairs, pair{encoded, "<" + name + ">"})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if len(a.encoded) != len(b.encoded) {
			return len(b.encoded) - len(a.encoded)
		}
		return strings.Compare(a.encoded+a.name, b.encoded+b.name)
	})
	flat := make([]string, 0, 2*len(pairs))
	for _, p := range pairs {
		flat = append(flat, p.encoded, p.name)
	}
	return strings.NewReplacer(flat...)
}

// Writer masks a stream. It holds a line back until its end, so that a secret that comes in two pieces is still seen.
// It is safe for concurrent use; Flush writes what is held.
type Writer struct {
	mu   sync.Mutex
	mask func() *Mask
	w    io.Writer
	held []byte
}

// NewWriter returns a writer that asks for the mask at every line: secrets become known while a program runs.
func NewWriter(w io.Writer, mask func() *Mask) *Writer { return &Writer{mask: mask, w: w} }

// maxHeld bounds the memory for a line without an end.
const maxHeld = 1 << 20

func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = append(w.held, p...)
	end := bytes.LastIndexAny(w.held, "\n\r") + 1
	if end == 0 && len(w.held) < maxHeld {
		return len(p), nil
	}
	if end == 0 {
		end = len(w.held)
	}
	return len(p), w.emit(end)
}

// Flush writes the line that has no end yet.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.emit(len(w.held))
}

func (w *Writer) emit(end int) error {
	if end == 0 {
		return nil
	}
	text := string(w.held[:end])
	w.held = append(w.held[:0], w.held[end:]...)
	_, err := io.WriteString(w.w, w.mask().Stream(text))
	return err
}
