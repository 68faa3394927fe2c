package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/authbench/authbench/reports/record"
)

// Mutants prints which faults were caught by which clauses, and which legal variations were accused.
func Mutants(w io.Writer, run record.MutantRun, o Options) error {
	p := &page{w: w, o: o}
	var rows [][]string
	for _, m := range run.Mutants {
		if o.Quiet && m.Caught {
			continue
		}
		word := "caught"
		if !m.Caught {
			word = "SURVIVED"
		}
		rows = append(rows, []string{m.Fault, o.paint(word), by(m), fmt.Sprint(m.Failed), printable(m.Summary)})
	}
	columns := []column{{title: "FAULT"}, {title: "VERDICT"}, {title: "BY"}, {title: "RED", right: true}, {title: "WHAT THE SERVER DOES"}}
	named := named{"faults", "legal variations", "authbench verify %s --seed %d --clause %s"}
	if run.Clients {
		columns[0].title, columns[4].title = "MISTAKE", "WHAT THE CLIENT DOES"
		named = namedClients
	}
	if o.width() < narrow {
		columns = columns[:4]
		for i := range rows {
			rows[i] = rows[i][:4]
		}
	}
	p.table(columns, rows)
	for _, a := range run.Accused {
		p.line("")
		p.line("%s seed %d: %s", o.paint("broken"), a.Seed, a.Clause)
		p.field("scenario", a.Scenario)
		p.field("detail", a.Detail)
		p.exchange(a.Exchange)
		p.line("  %-10s "+named.again, "again", a.Vendor, a.Seed, a.Clause)
	}
	if len(rows) > 0 || len(run.Accused) > 0 {
		p.line("")
	}
	tried := ""
	if len(run.Mutants) < run.Planned {
		tried = fmt.Sprintf("%d of %d %s tried; ", len(run.Mutants), run.Planned, named.mutants)
	}
	p.line("%s%d of %d %s caught; %d of %d %s accused; %.2f s",
		tried, run.Caught(), len(run.Mutants), named.mutants, run.AccusedSeeds(), run.Variations, named.variations, run.Duration.Seconds())
	return p.err
}

// named are the words for what was tried, and the command that repeats an accusation.
type named struct{ mutants, variations, again string }

var namedClients = named{"wrong clients", "runs of right clients", "authbench judge %[1]s --seed %[2]d --clause %[3]s -- authbench client %[1]s"}

// narrow is the width below which the table says only which fault was caught, and not what it does.
const narrow = 100

// by names the clauses that were found broken, the one that the fault was made for first.
func by(m record.Mutant) string {
	if len(m.Broken) == 0 {
		return "-"
	}
	list := slices.Clone(m.Broken)
	if len(m.Expected) > 0 {
		slices.SortStableFunc(list, func(a, b string) int {
			return strings.Compare(rank(a, m.Expected[0]), rank(b, m.Expected[0]))
		})
	}
	if len(list) > 2 {
		return fmt.Sprintf("%s and %d more", list[0], len(list)-1)
	}
	return strings.Join(list, " ")
}

func rank(id, first string) string {
	if id == first {
		return ""
	}
	return id
}
