package steps

import (
	"fmt"
	"slices"
	"strings"
)

// parseTags reads a Cucumber tag expression: tags joined by and, or, not and parentheses. The empty one matches all. It is
// written here because godog knows only an older notation, and Cucumber's own Go module for it cannot be had everywhere.
func parseTags(text string) (func(tags []string) bool, error) {
	if strings.TrimSpace(text) == "" {
		return func([]string) bool { return true }, nil
	}
	p := &tagParser{text: text, tokens: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))}
	match, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		err = p.wrong(p.tokens[0])
	}
	return match, err
}

type tagParser struct {
	text   string
	tokens []string
	depth  int
}

type tagMatch = func([]string) bool

func (p *tagParser) wrong(token string) error {
	if token == "" {
		token = "the end"
	}
	return fmt.Errorf(`--tags %q is no tag expression (at %s): write it as "@MUST and not (@GIL-14 or @GIL-15)"`, p.text, token)
}

func (p *tagParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *tagParser) take(token string) bool {
	if p.next() != token || token == "" {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *tagParser) or() (tagMatch, error) {
	left, err := p.and()
	for err == nil && p.take("or") {
		var right tagMatch
		first := left
		right, err = p.and()
		left = func(tags []string) bool { return first(tags) || right(tags) }
	}
	return left, err
}

func (p *tagParser) and() (tagMatch, error) {
	left, err := p.not()
	for err == nil && p.take("and") {
		var right tagMatch
		first := left
		right, err = p.not()
		left = func(tags []string) bool { return first(tags) && right(tags) }
	}
	return left, err
}

// maxTagDepth bounds the nesting, and so the stack.
const maxTagDepth = 100

func (p *tagParser) not() (tagMatch, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxTagDepth {
		return nil, fmt.Errorf("--tags nests deeper than %d: write it more plainly", maxTagDepth)
	}
	switch {
	case p.take("not"):
		inner, err := p.not()
		return func(tags []string) bool { return !inner(tags) }, err
	case p.take("("):
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = p.wrong(p.next())
		}
		return inner, err
	}
	tag := p.next()
	if !strings.HasPrefix(tag, "@") || len(tag) < 2 {
		return nil, p.wrong(tag)
	}
	p.take(tag)
	return func(tags []string) bool { return slices.Contains(tags, tag) }, nil
}
