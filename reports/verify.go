package reports

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/authbench/authbench/reports/record"
)

// page collects text and keeps the first error, so that a report reads from top to bottom.
type page struct {
	w       io.Writer
	o       Options
	several bool // what is said has to name its target
	err     error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
}

// field prints a label with a text that is wrapped beside it.
func (p *page) field(label, text string) {
	const indent = "             "
	p.line("  %-10s %s", label, wrap(printable(text), max(p.o.width()-len(indent), 20), indent))
}

func (p *page) table(columns []column, rows [][]string) {
	if p.err == nil && len(rows) > 0 {
		p.err = table(p.w, p.o, columns, rows)
	}
}

// Verify prints the table of a verification, then what is broken in full, what was observed, and what could not be tested.
func Verify(w io.Writer, run record.Run, o Options) error {
	p := &page{w: w, o: o, several: run.Several()}
	results, sum := run.Tally()
	if !o.Quiet {
		for _, t := range run.Targets {
			p.line("%s  %s  %s", printable(t.Vendor), printable(t.Name), printable(t.URL))
			for _, n := range t.Notes {
				p.field("note", n)
			}
		}
		p.line("")
		p.clauses(results)
	}
	for _, c := range results {
		if c.Verdict == record.Broken && !(c.Known && o.Quiet) {
			p.broken(c)
		}
	}
	p.errored(run)
	if !o.Quiet {
		p.remarks("Observed", results, record.Observed)
		p.remarks("Kept, with a remark", results, record.Kept)
		p.remarks("Untested", results, record.Untested)
		p.line("")
	}
	p.line("%s", closing(sum, run.Duration))
	return p.err
}

func (p *page) clauses(results []record.ClauseResult) {
	columns := []column{{title: "CLAUSE"}, {title: "WEIGHT"}, {title: "VERDICT"}, {title: "SCENARIOS", right: true}, {title: "WHAT IT SAYS"}}
	if p.several {
		columns = append([]column{{title: "TARGET"}}, columns...)
	}
	var rows [][]string
	for _, c := range results {
		row := []string{c.ID, string(c.Weight), p.o.paint(word(c)), fmt.Sprint(len(c.Scenarios)), printable(c.Title)}
		if p.several {
			row = append([]string{printable(c.Target.Name)}, row...)
		}
		rows = append(rows, row)
	}
	p.table(columns, rows)
}

// word is the verdict as tables show it: broken as agreed is not broken.
func word(c record.ClauseResult) string {
	if c.Known {
		return "known"
	}
	return string(c.Verdict)
}

// maxNamed bounds how many failed scenarios of one clause are named after the first, which is shown in full.
const maxNamed = 8

func (p *page) broken(c record.ClauseResult) {
	p.line("")
	p.line("%s %s", p.o.paint(word(c)), wrap(c.ID+": "+printable(c.Title), p.o.width()-7, "       "))
	if p.several {
		p.field("target", c.Target.Name)
	}
	if c.Source != "" {
		p.field("source", strings.TrimPrefix(c.Source, "Source: "))
	}
	failed := 0
	for _, s := range c.Scenarios {
		if s.Verdict != record.Failed {
			continue
		}
		failed++
		switch {
		case failed == 1:
			p.field("scenario", fmt.Sprintf("%s (%s:%d)", s.Name, s.File, s.Line))
			p.field("expected", s.Expected)
			p.field("actual", s.Actual)
			p.exchange(s.Exchange)
			p.turns(s.Turns)
		case failed <= maxNamed:
			p.field("also", fmt.Sprintf("%s (%s:%d): %s", s.Name, s.File, s.Line, s.Actual))
		}
	}
	if failed > maxNamed {
		p.field("also", fmt.Sprintf("%d more scenarios of this clause", failed-maxNamed))
	}
	for _, note := range c.Notes {
		p.field("note", note)
	}
	again := c.Target.Again + seeded(c)
	if c.ID != record.NoClause {
		again += " --clause " + c.ID
	}
	p.line("  %-10s %s", "again", printable(again+c.Target.After))
}

// seeded names the seed that the first failure was found with, where that was chosen scenario by scenario.
func seeded(c record.ClauseResult) string {
	for _, s := range c.Scenarios {
		if s.Verdict == record.Failed && s.Seed != 0 {
			return fmt.Sprintf(" --seed %d", s.Seed)
		}
	}
	return ""
}

// maxExchangeLines bounds what is shown of one side of an exchange.
const maxExchangeLines = 16

func (p *page) exchange(x *record.Exchange) {
	if x == nil {
		return
	}
	label := "exchange"
	for _, side := range []struct{ mark, text string }{{">", x.Request}, {"<", x.Response}} {
		lines := strings.Split(strings.TrimRight(printable(side.text), "\n"), "\n")
		for i, line := range lines {
			if i == maxExchangeLines {
				p.line("  %-10s %s [%d more lines]", "", side.mark, len(lines)-i)
				break
			}
			p.line("  %-10s %s %s", label, side.mark, line)
			label = ""
		}
	}
	if x.Why != "" {
		p.field("because", x.Why)
	}
	for i, line := range strings.Split(strings.TrimSpace(printable(x.Right)), "\n") {
		switch {
		case line == "" && i == 0:
		case i == 0:
			p.line("  %-10s > %s", "right", line)
		default:
			p.line("  %-10s > %s", "", line)
		}
	}
}

// maxTurnLines bounds what is shown of what a program printed.
const maxTurnLines = 8

// turns shows how a client program ended, and what it printed.
func (p *page) turns(turns []record.Turn) {
	for _, t := range turns {
		p.field("client", t.Action+": "+t.Ended)
		for _, out := range []struct{ name, text string }{{"stdout", t.Stdout}, {"stderr", t.Stderr}} {
			label := out.name
			lines := strings.Split(strings.TrimRight(printable(out.text), "\n"), "\n")
			for i, line := range lines {
				if line == "" && len(lines) == 1 {
					break
				}
				if i == maxTurnLines {
					p.line("  %-10s | [%d more lines]", "", len(lines)-i)
					break
				}
				p.line("  %-10s | %s", label, line)
				label = ""
			}
		}
	}
}

func (p *page) errored(run record.Run) {
	type same struct{ target, reason string }
	said := map[same]int{}
	var order []record.Scenario
	for _, s := range run.Scenarios {
		if s.Verdict != record.Errored {
			continue
		}
		if said[same{s.Target, s.Reason}] == 0 {
			order = append(order, s)
		}
		said[same{s.Target, s.Reason}]++
	}
	if len(order) == 0 {
		return
	}
	p.line("")
	p.line("Could not be judged")
	for _, s := range order {
		text := p.at(s.Target) + fmt.Sprintf("%s (%s:%d): %s", s.Name, s.File, s.Line, s.Reason)
		if n := said[same{s.Target, s.Reason}] - 1; n > 0 {
			text += fmt.Sprintf(" (and %d more scenarios)", n)
		}
		p.field(s.Clause, text)
	}
}

// at names a target before what is said of it, where there are several.
func (p *page) at(target string) string {
	if !p.several {
		return ""
	}
	return target + ": "
}

func (p *page) remarks(title string, results []record.ClauseResult, verdict record.ClauseVerdict) {
	first := true
	for _, c := range results {
		if c.Verdict != verdict {
			continue
		}
		for i, note := range c.Notes {
			if first {
				p.line("")
				p.line("%s", title)
				first = false
			}
			if i > 0 {
				p.field("", note)
			} else {
				p.field(c.ID, p.at(c.Target.Name)+note)
			}
		}
	}
}

func closing(sum record.Summary, took time.Duration) string {
	text := fmt.Sprintf("%d kept, %d broken, %d untested, %d observed; %s, %s in %.2f s",
		sum.Kept, sum.Broken, sum.Untested, sum.Observed, count(sum.Scenarios, "scenario"), count(sum.Requests, "request"), took.Seconds())
	if sum.Known > 0 {
		text = fmt.Sprintf("%s; %s", text, count(sum.Known, "known deviation"))
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// ScenarioRow is one scenario in the list of what would run.
type ScenarioRow struct {
	Scenario record.Scenario
	Tags     []string
}

// Scenarios lists what would run, a line each.
func Scenarios(w io.Writer, rows []ScenarioRow) error {
	p := &page{w: w}
	for _, r := range rows {
		p.line("%s", printable(fmt.Sprintf("%s:%d  %s  %s", r.Scenario.File, r.Scenario.Line, strings.Join(r.Tags, " "), r.Scenario.Name)))
	}
	p.line("%s", count(len(rows), "scenario"))
	return p.err
}

// ClauseRow is one line of the ledger of clauses.
type ClauseRow struct {
	ID, Weight, Title, Source string
	Verdict                   string // "" when no run is at hand
	Scenarios, Faults         int
}

// Clauses prints the ledger: clause, scenarios, the faults that break it, its source and the last verdict.
func Clauses(w io.Writer, rows []ClauseRow, o Options) error {
	p := &page{w: w, o: o}
	var cells [][]string
	for _, r := range rows {
		verdict := printable(r.Verdict)
		if verdict == "" {
			verdict = "-"
		}
		cells = append(cells, []string{r.ID, r.Weight, o.paint(verdict), fmt.Sprint(r.Scenarios), fmt.Sprint(r.Faults),
			printable(r.Title) + ". " + printable(r.Source)})
	}
	p.table([]column{{title: "CLAUSE"}, {title: "WEIGHT"}, {title: "VERDICT"}, {title: "SCENARIOS", right: true},
		{title: "FAULTS", right: true}, {title: "WHAT IT SAYS, AND ITS SOURCE"}}, cells)
	return p.err
}
