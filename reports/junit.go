package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/reports/record"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	File      string        `xml:"file,attr"`
	Line      int           `xml:"line,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitProblem `xml:"failure"`
	Error     *junitProblem `xml:"error"`
	Skipped   *junitProblem `xml:"skipped"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// VerifyJUnit writes a verification as JUnit XML: a suite for every clause, a case for every scenario. A failure of an
// OBSERVE clause, or of a known deviation, is no failure of the run, and is written as output.
func VerifyJUnit(w io.Writer, run record.Run) error {
	results, _ := run.Tally()
	all := junitSuites{Name: "authbench", Time: seconds(run.Duration)}
	for _, c := range results {
		suite := junitSuite{Name: clean(c.ID + " " + c.Title), Timestamp: run.Started.UTC().Format(time.RFC3339)}
		class := c.Vendor + "." + c.ID
		if run.Several() {
			suite.Name, class = clean(c.ID+" at "+c.Target.Name+" "+c.Title), c.Vendor+"."+c.Target.Name+"."+c.ID
		}
		var took time.Duration
		for _, s := range c.Scenarios {
			took += s.Duration
			suite.add(caseOf(c, class, s))
		}
		suite.Time = seconds(took)
		if c.Verdict == record.Broken && !c.Known && suite.Failures == 0 { // kept, against a known deviation
			suite.add(junitCase{Name: clean(c.ID + " as a whole"), ClassName: clean(class), Time: "0.000000",
				Failure: &junitProblem{Message: clean(strings.Join(c.Notes, "; "))}})
		}
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Skipped += suite.Skipped
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func caseOf(clause record.ClauseResult, class string, s record.Scenario) junitCase {
	c := junitCase{
		Name: clean(s.Name), ClassName: clean(class), File: clean(s.File), Line: s.Line,
		Time: seconds(s.Duration), Output: clean(strings.Join(s.Observed, "\n")),
	}
	switch s.Verdict {
	case record.Passed:
	case record.Failed:
		if clause.Verdict != record.Broken || clause.Known {
			c.Output = clean(failure(s))
			break
		}
		c.Failure = &junitProblem{Message: clean(failure(s))}
		c.Failure.Text = clean(evidence(s))
	case record.Skipped:
		c.Skipped = &junitProblem{Message: clean(s.Reason)}
	case record.Errored:
		c.Error = &junitProblem{Message: clean(s.Reason)}
	default:
		c.Error = &junitProblem{Message: "planned, and without a verdict"}
		if s.Reason != "" {
			c.Error.Message = clean("did not run: " + s.Reason)
		}
	}
	return c
}

// evidence is what a failure rests on: the exchange, what would have been right, and what a client program printed.
func evidence(s record.Scenario) string {
	var parts []string
	if x := s.Exchange; x != nil {
		parts = append(parts, x.Request, x.Response, x.Why, x.Right)
	}
	for _, t := range s.Turns {
		parts = append(parts, t.Action+": "+t.Ended, t.Stdout, t.Stderr)
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "\n\n")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

// clean shows as escapes the characters that XML 1.0 does not allow.
func clean(s string) string { return printable(s) }
