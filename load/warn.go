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
	succeeded, measured := 0, 0
	for _, op := range r.Operations {
		succeeded += op.Succeeded
		measured += op.Requests
	}
	if w := behind(r, s, opt); w != "" {
		list = append(list, w)
	}
	if succeeded == 0 {
		list = append(list, fmt.Sprintf("none of %d requests succeeded: look at the errors before the times", measured))
	}
	if s.failedSigning > 0 {
		list = append(list, fmt.Sprintf("%d requests were not sent because signing them failed: %s",
			s.failedSigning, oneLine(m.text(s.signFailure.Error()))))
	}
	// Without an interruption every request that was sent is measured.
	if cut := r.Achieved.Requests - measured; cut > 0 {
		list = append(list, fmt.Sprintf("%d requests were cut off by the interruption and count as sent, but not as errors", cut))
	}
	if ended != nil {
		list = append(list, "signing or sending did not stop when the run was interrupted, and was left behind: it is in none of the times")
	}
	return list
}

// behind warns of a run that did not send what was asked for at the rate that was asked for. An interrupted one sends less
// by nature, and only its rate counts.
func behind(r record.Load, s *samples, opt Options) string {
	missing := 0
	if !r.Interrupted {
		missing = int(s.plan.total) - r.Achieved.Requests - s.failedSigning
	}
	slow := r.Achieved.Requests > 0 && s.failedSigning == 0 && r.Achieved.Rate < enough*opt.Rate
	if missing <= 0 && !slow {
		return ""
	}
	return fmt.Sprintf("offered %d requests at %g/s, sent %d at %.1f/s: the run fell behind; raise --max-workers (now %d) or lower --rate",
		s.plan.total, opt.Rate, r.Achieved.Requests, r.Achieved.Rate, opt.MaxWorkers)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
