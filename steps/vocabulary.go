// Package steps is the vocabulary of the feature files and the engine that runs them. A scenario lives in a world of its
// own; what it finds is judged by pure functions of an exchange and written into the record.
package steps

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/cucumber/godog"

	"github.com/authbench/authbench/targets"
)

// Phrase is one sentence that a feature file may use.
type Phrase struct {
	Text    string // as a person writes it, with {number} and "{text}" in place of what may be chosen
	Example string
	Help    string

	pattern *regexp.Regexp
	bind    func(*world) any // the godog handler for one scenario
	verdict bool             // it judges, or writes down what the target does: its example begins with Then
}

// vocabulary is what the scenarios of one vendor may say, and how the vendor's targets are tried before the first.
type vocabulary struct {
	phrases   []Phrase
	start     func(*world)                   // gives the world the vendor's own state
	preflight func(*world) ([]string, error) // notes, or why nothing can be tested
	client    *clientSide                    // of a vocabulary about clients
}

// place is where a vocabulary is spoken.
type place struct {
	vendor string
	side   Side
}

var vocabularies = sync.OnceValue(func() map[place]vocabulary {
	return map[place]vocabulary{
		{"gillie", Server}:      gillieVocabulary(),
		{"gillie", Client}:      gillieClientVocabulary(),
		{"gestix", Server}:      gestixVocabulary(),
		{"gestix", Client}:      gestixClientVocabulary(),
		{"retailvista", Server}: retailvistaVocabulary(),
		{"retailvista", Client}: retailvistaClientVocabulary(),
	}
})

// Phrases lists what the feature files of a vendor may say, in the order in which it is best read.
func Phrases(vendor string, side Side) []Phrase { return vocabularies()[place{vendor, side}].phrases }

// holes turns the groups of a pattern into what a person reads.
var holes = strings.NewReplacer(
	`(\d+)`, "{number}", `(-?\d+)`, "{number}", `"([^"]*)"`, `"{text}"`, `(.+)`, "{words}", `(?:`, "(", `\.`, ".",
)

// phrase makes a phrase out of a pattern that has to match the whole step.
func phrase(pattern, example, help string, bind func(*world) any) Phrase {
	return Phrase{
		Text: holes.Replace(pattern), Example: example, Help: help,
		pattern: regexp.MustCompile("^(?:" + pattern + ")$"), bind: bind, verdict: strings.HasPrefix(example, "Then "),
	}
}

// commonPhrases are those that every vendor's scenarios may use. Before the last call is judged, doubt may end the scenario
// because it cannot be.
func commonPhrases(doubt func(*world) error) []Phrase {
	verdict := func(judge func(*world) check) func(*world) any {
		return func(w *world) any {
			return after(w, func() error {
				if err := doubt(w); err != nil {
					return err
				}
				return w.judged(judge(w))
			})
		}
	}
	return []Phrase{
		phrase(`the call is accepted`, "Then the call is accepted", "the last reply is a 2xx",
			verdict(func(w *world) check { return judgeAccepted(*w.last) })),
		phrase(`the call is denied`, "Then the call is denied", "the last reply is a 4xx",
			verdict(func(w *world) check { return judgeDenied(*w.last) })),
		phrase(`it is reported as "([^"]*)"`, `Then it is reported as "a hash in upper case"`,
			"writes down whether the last call was accepted; never fails", func(w *world) any {
				return func(what string) error {
					return after(w, func() error { w.observed("%s: %s", what, describe(*w.last)); return nil })()
				}
			}),
		phrase(`its form is reported as "([^"]*)"`, `Then its form is reported as "a stale salt"`,
			"writes down status, type and length of the last reply; never fails", func(w *world) any {
				return func(what string) error {
					return after(w, func() error { w.observed("%s: %s", what, form(*w.last)); return nil })()
				}
			}),
	}
}

// noDoubt is for vendors whose calls can always be judged.
func noDoubt(*world) error { return nil }

// with makes a handler without arguments out of what a step does to the vendor's own state.
func with[T any](do func(T) error) func(*world) any {
	return func(w *world) any { return func() error { return do(w.vendor.(T)) } }
}

// word makes a handler with one argument.
func word[T, A any](do func(T, A) error) func(*world) any {
	return func(w *world) any { return func(arg A) error { return do(w.vendor.(T), arg) } }
}

// words makes a handler with two arguments.
func words[T, A, B any](do func(T, A, B) error) func(*world) any {
	return func(w *world) any { return func(a A, b B) error { return do(w.vendor.(T), a, b) } }
}

// after runs a judgement that needs a call to judge.
func after(w *world, judge func() error) func() error {
	return func() error {
		if w.last == nil {
			return w.errored(errors.New("no call was made before this step: add one of the When phrases"))
		}
		return judge()
	}
}

// match returns the phrases that a step's text matches.
func (v vocabulary) match(text string) []Phrase {
	var found []Phrase
	for _, p := range v.phrases {
		if p.pattern.MatchString(text) {
			found = append(found, p)
		}
	}
	return found
}

// find returns the phrase of a step. That none matches, or more than one, is an error.
func (v vocabulary) find(vendor, file string, line int, text string) (Phrase, error) {
	switch found := v.match(text); {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Phrase{}, fmt.Errorf("%s:%d: the step %q can mean %q or %q", file, line, text, found[0].Text, found[1].Text)
	}
	var known []string
	for _, p := range v.phrases {
		known = append(known, p.Text)
	}
	return Phrase{}, fmt.Errorf("%s:%d: no phrase matches the step %q%s: authbench steps %s lists all",
		file, line, text, targets.DidYouMean(text, known), vendor)
}

func (v vocabulary) register(sc *godog.ScenarioContext, w *world) {
	for _, p := range v.phrases {
		sc.Step(p.pattern, p.bind(w))
	}
}
