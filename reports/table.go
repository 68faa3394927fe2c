// Package reports renders records: tables for people, JSON and JUnit for programs. Each report is a function of a record
// and a writer; none of them counts, prints or exits by itself.
package reports

import (
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Options say how a table is printed.
type Options struct {
	Width int  // of the terminal, in characters; 0 means 100
	Color bool // ANSI colours
	Quiet bool // only what is wrong, and the closing line
}

func (o Options) width() int {
	if o.Width == 0 {
		return 100
	}
	return o.Width
}

// column is one column of a table. The last column of a table is wrapped to fit the width.
type column struct {
	title string
	right bool // numbers
}

// table prints rows beneath their titles, without borders.
func table(w io.Writer, o Options, columns []column, rows [][]string) error {
	last := len(columns) - 1
	room := o.width()
	for i := range last {
		widest := len(columns[i].title)
		for _, row := range rows {
			widest = max(widest, visible(row[i]))
		}
		room -= widest + 2
	}
	titles := make([]string, len(columns))
	aligned := make([]tw.Align, len(columns))
	for i, c := range columns {
		titles[i], aligned[i] = c.title, tw.AlignLeft
		if c.right {
			aligned[i] = tw.AlignRight
		}
	}
	var b strings.Builder
	t := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithConfig(tablewriter.Config{
			Header: tw.CellConfig{
				Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
				Alignment:  tw.CellAlignment{PerColumn: aligned},
				Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: "  ", Overwrite: true}},
			},
			Row: tw.CellConfig{
				Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone},
				Alignment:  tw.CellAlignment{PerColumn: aligned},
				Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: "  ", Overwrite: true}},
			},
			Behavior: tw.Behavior{TrimSpace: tw.Off},
		}),
	)
	t.Header(titles)
	for _, row := range rows {
		cells := append([]string(nil), row...)
		if !columns[last].right {
			cells[last] = wrap(cells[last], max(room, 20), "")
		}
		if err := t.Append(cells); err != nil {
			return err
		}
	}
	if err := t.Render(); err != nil {
		return err
	}
	for line := range strings.SplitSeq(strings.TrimRight(b.String(), "\n"), "\n") {
		if _, err := io.WriteString(w, strings.TrimRight(line, " ")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// visible is the number of characters that a cell takes, its colours left out.
func visible(s string) int {
	count, escape := 0, false
	for _, r := range s {
		switch {
		case r == 0x1b:
			escape = true
		case escape:
			escape = r != 'm'
		default:
			count++
		}
	}
	return count
}

// wrap breaks a text at spaces so that no line is longer than width, unless one word is. Every line but the first begins
// with the indent.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + indent)
			used = 0
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

// printable shows control characters as escapes: what a server sends must not steer the reader's terminal.
func printable(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == '\n':
			b.WriteRune(r)
		case r == '\r':
		case r == '\t':
			b.WriteString("    ")
		case steers(r) && r < 0x100:
			b.WriteString(`\x` + hex4(r)[2:])
		case steers(r):
			b.WriteString(`\u` + hex4(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// steers says that a terminal obeys the character: it moves the cursor, or turns the reading direction.
func steers(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f
}

func hex4(r rune) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]})
}

// paint colours a word of a verdict.
func (o Options) paint(word string) string {
	code := map[string]string{
		"kept": "32", "caught": "32", "broken": "31", "SURVIVED": "31", "untested": "33", "observed": "36", "known": "35",
		"met": "32", "missed": "31", "not judged": "33",
	}[word]
	if !o.Color || code == "" {
		return word
	}
	return "\x1b[" + code + "m" + word + "\x1b[0m"
}
