package load

import (
	"fmt"
	"strings"

	"github.com/authbench/authbench/reports/record"
)

// enough is the part of the offered rate from which a run counts as having kept up.
const enough = 0.95

// warnings says in one line each why the numbers of a run may not mean what they seem to. The samples are sealed.
func warnings(r record.Load, s *samples, opt Options, m masker, ended error) []string {
	var list []string
	calls := r.Tally()
	if r.Invalid != "" {
		list = append(list, r.Invalid)
	}
	if calls.Succeeded == 0 {
		list = append(list, fmt.Sprintf("none of %d requests succeeded: look at the errors before the times", calls.Requests))
	}
	if s.unready > 0 {
		list = append(list, fmt.Sprintf("%d requests were not sent because they could not be made ready: %s",
			s.unready, oneLine(m.text(s.unreadiness.Error()))))
	}
	// In a run that was not ended early every call that was sent is measured.
	if cut := r.Achieved.Requests - calls.Requests; cut > 0 {
		list = append(list, fmt.Sprintf("%d requests were cut off at the end of the run and count as sent, but not as errors", cut))
	}
	if ended != nil {
		list = append(list, "signing or sending did not stop when the run was ended, and was left behind: it is in none of the times")
	}
	return list
}

// behind warns of a run that did not send what was asked for at the rate that was asked for. One that was ended early sends
// less by nature, and only its rate counts.
func behind(r record.Load, s *samples, opt Options) string {
	missing := 0
	if !r.Early() {
		missing = int(s.plan.total) - r.Achieved.Requests - s.unready
	}
	slow := r.Achieved.Requests > 0 && s.unready == 0 && r.Achieved.Rate < enough*opt.Rate
	if missing <= 0 && !slow {
		return ""
	}
	return fmt.Sprintf("offered %d requests at %g/s, sent %d at %.1f/s: the run fell behind; raise --max-workers (now %d) or lower --rate",
		s.plan.total, opt.Rate, r.Achieved.Requests, r.Achieved.Rate, opt.MaxWorkers)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
