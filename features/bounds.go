package features

import (
	"bytes"
	"fmt"
	"strings"

	messages "github.com/cucumber/messages/go/v21"
)

// Bounds of one feature file. A line is bounded because the parser panics above 64 KiB; the rest because a small outline can
// stand for any number of steps, and its cells, which may name each other, for any length of text.
const (
	maxFile     = 1 << 20
	maxLine     = 60 << 10
	maxSteps    = 20_000
	maxReplaced = 64 << 20 // bytes that are looked through for placeholders
)

func checkLines(f File) error {
	number := 0
	for line := range bytes.Lines(f.Text) {
		if number++; len(line) > maxLine {
			return fmt.Errorf("%s:%d: the line is longer than 60 KiB: that is no feature file", f.Name, number)
		}
	}
	return nil
}

// budget is what a file may still stand for once its outlines are written out.
type budget struct {
	file            string
	steps, replaced int
}

func checkOutlines(file string, feature *messages.Feature) error {
	b := &budget{file: file, steps: maxSteps, replaced: maxReplaced}
	before := 0 // steps of the backgrounds
	for _, child := range feature.Children {
		if child.Background != nil {
			before += len(child.Background.Steps)
		}
		if err := b.spend(child.Scenario, before); err != nil {
			return err
		}
		if child.Rule == nil {
			continue
		}
		inside := before
		for _, inner := range child.Rule.Children {
			if inner.Background != nil {
				inside += len(inner.Background.Steps)
			}
			if err := b.spend(inner.Scenario, inside); err != nil {
				return err
			}
		}
	}
	return nil
}

// spend takes one scenario off the budget: its steps, and those before them, for every row of its examples.
func (b *budget) spend(s *messages.Scenario, before int) error {
	if s == nil {
		return nil
	}
	steps := before + len(s.Steps)
	if len(s.Examples) == 0 {
		b.steps -= steps
	}
	texts := textsOf(s)
	for _, examples := range s.Examples {
		b.steps -= steps * len(examples.TableBody)
		for _, row := range examples.TableBody {
			for i := 0; i < len(texts) && b.steps >= 0 && b.replaced >= 0; i++ {
				b.write(texts[i], examples.TableHeader.Cells, row.Cells)
			}
		}
	}
	if b.steps < 0 || b.replaced < 0 {
		return fmt.Errorf("%s:%d: with the scenario %q the file stands for more than 20,000 steps or 64 MiB of text: make its examples fewer",
			b.file, s.Location.Line, s.Name)
	}
	return nil
}

// write replaces the placeholders of a text one after the other, as the parser is about to do, and stops when it grows too
// long.
func (b *budget) write(text string, names, values []*messages.TableCell) {
	for i, name := range names {
		mark := "<" + name.Value + ">"
		b.replaced -= len(text) + strings.Count(text, mark)*len(values[i].Value)
		if b.replaced < 0 {
			return
		}
		text = strings.ReplaceAll(text, mark, values[i].Value)
	}
}

// textsOf are the texts of an outline in which placeholders are replaced.
func textsOf(s *messages.Scenario) []string {
	texts := []string{s.Name}
	for _, step := range s.Steps {
		texts = append(texts, step.Text)
		if step.DocString != nil {
			texts = append(texts, step.DocString.MediaType, step.DocString.Content)
		}
		if step.DataTable == nil {
			continue
		}
		for _, row := range step.DataTable.Rows {
			for _, cell := range row.Cells {
				texts = append(texts, cell.Value)
			}
		}
	}
	return texts
}
