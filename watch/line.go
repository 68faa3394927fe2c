package watch

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/authbench/authbench/targets"
)

// Style is how lines look.
type Style struct {
	Width   int  // of the terminal; 0 cuts nothing
	Color   bool // the verdict is coloured
	Vendors bool // lines begin with the vendor, since there is more than one
}

// colors are those of the verdicts, as a terminal counts them.
var colors = map[string]int{targets.OutcomeAccepted: 32, targets.OutcomeDenied: 31, targets.OutcomeSilence: 33}

const (
	longestName = 11 // of a vendor
	leastShown  = 24 // columns of the request that are shown, however long the explanation is
)

// Line writes one request as one line: the time by the machine's clock, its number, the verdict, what was asked for, and
// what was wrong. Where the width is bounded, values of the query are shortened before anything is cut.
func (s Style) Line(w io.Writer, e Event) error {
	status := "---"
	if e.Status != 0 {
		status = fmt.Sprint(e.Status)
	}
	verdict := status + " " + e.Outcome
	head := e.At.Format("15:04:05.000") + "  "
	if s.Vendors {
		head += fmt.Sprintf("%-*s  ", longestName, e.Vendor)
	}
	head += fmt.Sprintf("%-4s ", fmt.Sprintf("#%d", e.Number))
	pad := strings.Repeat(" ", max(0, len("403 accepted")-len(verdict))+2)
	request, why := flat(e.Method+" "+e.URI), flat(e.Why)
	if s.Width > 0 {
		request, why = fit(request, why, s.Width-len(head)-len(verdict)-len(pad))
	}
	if why != "" {
		why = "  " + why
	}
	if color := colors[e.Outcome]; s.Color && color != 0 {
		verdict = fmt.Sprintf("\033[%dm%s\033[0m", color, verdict)
	}
	_, err := fmt.Fprintln(w, head+verdict+pad+request+why)
	return err
}

// flat is a text on one line, in characters of one column each.
func flat(text string) string { return ascii(strings.Join(strings.Fields(text), " ")) }

// value is one of a query that is longer than what shortened leaves of it; a secret's name in angle brackets is none.
var value = regexp.MustCompile(`=([^&=<>]{4})[^&=<>]{2,}`)

// fit shortens request and explanation until both stand in so many columns.
func fit(request, why string, columns int) (string, string) {
	between := 0
	if why != "" {
		between = 2
	}
	room := max(columns-between-utf8.RuneCountInString(why), leastShown)
	if utf8.RuneCountInString(request) > room {
		request = cutTo(value.ReplaceAllString(request, "=$1…"), room)
	}
	request = cutTo(request, columns)
	return request, cutTo(why, columns-between-utf8.RuneCountInString(request))
}

// cutTo cuts a text at so many columns, and says so with dots.
func cutTo(text string, columns int) string {
	runes := []rune(text)
	switch {
	case len(runes) <= columns:
		return text
	case columns < 2:
		return ""
	}
	return string(runes[:columns-1]) + "…"
}
