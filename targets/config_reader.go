package targets

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// ConfigError is a mistake in a configuration file: where it is, what is wrong, what to type instead. It never holds a
// credential.
type ConfigError struct {
	File         string
	Line, Column int // from 1; 0 when the mistake has no place
	Message      string
}

func (e *ConfigError) Error() string { return e.place() + ": " + e.Message }

func (e *ConfigError) place() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
}

// Bounds of a configuration file: its bytes, and how deep its brackets and dashes nest. The parser's time grows with the
// square of the depth.
const (
	maxConfig = 64 << 10
	maxDepth  = 50
)

// tooDeep is a rough look before the file is parsed: brackets inside quotes count too, and dashes and question marks that
// follow each other on a line.
func tooDeep(text string) bool {
	brackets, run := 0, 0
	for _, c := range text {
		switch c {
		case '[', '{':
			brackets++
		case ']', '}':
			brackets = max(0, brackets-1)
		case '-', '?':
			run++
		case ' ', '\t':
			continue
		}
		if !strings.ContainsRune("-?", c) {
			run = 0
		}
		if brackets > maxDepth || run > 4*maxDepth {
			return true
		}
	}
	return false
}

// reader turns the nodes of a document into values, and knows the place of every mistake.
type reader struct {
	file     string
	discreet bool // no word of the file is repeated: it may be a secret in the wrong place
}

func (r reader) at(n ast.Node, format string, args ...any) error {
	return r.mistake(n, fmt.Sprintf(format, args...))
}

// place is where a node stands, as file:line:column.
func (r reader) place(n ast.Node) string { return r.mistake(n, "").place() }

func (r reader) mistake(n ast.Node, message string) *ConfigError {
	e := &ConfigError{File: r.file, Message: message}
	if n != nil {
		if token := n.GetToken(); token != nil && token.Position != nil {
			e.Line, e.Column = token.Position.Line, token.Position.Column
		}
	}
	return e
}

// document returns the one mapping that the file is.
func (r reader) document(text []byte) (ast.Node, error) {
	if len(text) > maxConfig {
		return nil, r.at(nil, "the file is larger than 64 KiB: that is no configuration")
	}
	if tooDeep(string(text)) {
		return nil, r.at(nil, "the file nests deeper than %d: that is no configuration", maxDepth)
	}
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // a key that comes twice is found, and named, by mapping
	if err != nil {
		return nil, r.syntax(err)
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		return nil, r.at(file.Docs[1].Body, "a second document begins here: put all targets into one")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, r.at(nil, "the file is empty: authbench init writes one to begin with")
	}
	return file.Docs[0].Body, nil
}

var sourceLine = regexp.MustCompile(`(?s)\n.*`)

// syntax keeps the place and the first line of the parser's words; what follows them is the source, which may hold secrets.
func (r reader) syntax(err error) error {
	e := &ConfigError{File: r.file, Message: "this is no YAML: check indentation, quotes and brackets"}
	var place yaml.Error
	if errors.As(err, &place) {
		if token := place.GetToken(); token != nil && token.Position != nil {
			e.Line, e.Column = token.Position.Line, token.Position.Column
		}
		if words := sourceLine.ReplaceAllString(place.GetMessage(), ""); !strings.ContainsAny(words, `"'`) && words != "" {
			e.Message = "this is no YAML (" + words + "): check indentation, quotes and brackets"
		}
	}
	return e
}

// pair is one key with its value.
type pair struct {
	key   string
	at    ast.Node
	value ast.Node
}

// mapping returns the pairs of a mapping, and refuses a key that comes twice.
func (r reader) mapping(n ast.Node, what string) ([]pair, error) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		return nil, r.at(n, "%s has to be a list of `key: value`, and is %s", what, kindOf(n))
	}
	var pairs []pair
	seen := map[string]bool{}
	for _, v := range values {
		key := v.Key.GetToken().Value
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			return nil, r.at(v.Key, "merge keys are not read here: write the keys out")
		}
		if seen[key] && r.discreet {
			return nil, r.at(v.Key, "this key comes twice: remove one")
		}
		if seen[key] {
			return nil, r.at(v.Key, "the key %q comes twice: remove one", key)
		}
		seen[key] = true
		pairs = append(pairs, pair{key, v.Key, v.Value})
	}
	return pairs, nil
}

// unknown is the error for a key that is not among the known ones.
func (r reader) unknown(p pair, what string, known []string) error {
	if r.discreet {
		return r.at(p.at, "%s has no such key%s: choose from %s", what, DidYouMean(p.key, known), strings.Join(known, ", "))
	}
	return r.at(p.at, "%s has no key %q%s: choose from %s", what, p.key, DidYouMean(p.key, known), strings.Join(known, ", "))
}

func (r reader) text(p pair) (string, error) {
	switch v := p.value.(type) {
	case *ast.StringNode:
		return v.Value, nil
	case *ast.LiteralNode:
		return v.Value.Value, nil
	}
	return "", r.at(p.valueNode(), "%s has to be a text, and is %s", p.key, kindOf(p.value))
}

// scalar takes a number for a text too: it is the same when it is written without quotes.
func (r reader) scalar(p pair) (string, error) {
	switch p.value.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return p.value.GetToken().Value, nil
	}
	return r.text(p)
}

func (r reader) boolean(p pair) (bool, error) {
	if v, ok := p.value.(*ast.BoolNode); ok {
		return v.Value, nil
	}
	return false, r.at(p.valueNode(), "%s has to be true or false, and is %s", p.key, kindOf(p.value))
}

// rate reads requests per second, such as 5/s or 30/m.
func (r reader) rate(p pair) (float64, error) {
	text, err := r.scalar(p)
	if err != nil {
		return 0, err
	}
	number, unit, _ := strings.Cut(text, "/")
	per, known := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	rate, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || !(rate > 0) || rate > 1e9 {
		return 0, r.at(p.valueNode(), "%s %q is no rate above zero: write it as 5/s or 30/m", p.key, text)
	}
	return rate / per, nil
}

// valueNode is where the value is, or the key when there is none.
func (p pair) valueNode() ast.Node {
	if p.value == nil {
		return p.at
	}
	if token := p.value.GetToken(); token == nil || token.Position == nil || token.Position.Line == 0 {
		return p.at
	}
	return p.value
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "empty"
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a list of `key: value`"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "an anchor, alias or tag, which are not read here"
	}
	return "something else"
}

func names(entries []Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, e.Name)
	}
	return list
}

func entryNamed(entries []Entry, name string) (Entry, bool) {
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return entries[i], true
}
