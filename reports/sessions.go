package reports

import (
	"fmt"
	"slices"
	"time"

	"github.com/authbench/authbench/reports/record"
)

// sessions prints the life of the sessions, and of the writes that they numbered.
func (p *page) sessions(run record.Load) {
	if len(run.Sessions) == 0 {
		return
	}
	var lives, writes [][]string
	for _, s := range run.Sessions {
		lives = append(lives, []string{
			s.Name, fmt.Sprint(s.Opened), perExpiry(s), fmt.Sprint(s.Denied), fmt.Sprint(s.Lost), recovery(s, s.RecoverMean), recovery(s, s.RecoverMax),
		})
		if s.Writes > 0 {
			writes = append(writes, []string{s.Name, fmt.Sprint(s.Writes), share(s.Disordered, s.Writes)})
		}
	}
	p.line("")
	p.ways(run, []column{{title: "OPENED", right: true}, {title: "REFRESHES/EXPIRY", right: true}, {title: "DENIED", right: true},
		{title: "LOST", right: true}, {title: "RECOVER MEAN", right: true}, {title: "RECOVER MAX", right: true}}, lives)
	if writes != nil {
		p.line("")
		p.ways(run, []column{{title: "WRITES", right: true}, {title: "REJECTED FOR ORDER", right: true}}, writes)
	}
	p.line("")
	p.line("denied: before a new session was there; lost: for good, for want of a session;")
	p.line("recover: from the first call denied to the first that succeeded after it.")
}

// ways prints a table with a row for each way to renew sessions, which is named where there are several.
func (p *page) ways(run record.Load, columns []column, rows [][]string) {
	if len(run.Sessions) > 1 {
		p.table(append([]column{{title: "WAY"}}, columns...), rows)
		return
	}
	for i := range rows {
		rows[i] = slices.Delete(rows[i], 0, 1)
	}
	p.table(columns, rows)
}

func perExpiry(s record.SessionLife) string {
	if s.Expiries == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(s.Refreshes)/float64(s.Expiries))
}

// recovery is a time to recover, if there was anything to recover from.
func recovery(s record.SessionLife, d time.Duration) string {
	if s.RecoverMax == 0 {
		return "-"
	}
	return short(d)
}

// share writes a part with its percentage. Rounding must not hide it.
func share(part, of int) string {
	percent := fmt.Sprintf("%.2f", 100*float64(part)/float64(of))
	if part > 0 && percent == "0.00" {
		percent = "0.01"
	}
	return fmt.Sprintf("%d (%s %%)", part, percent)
}
