package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/authbench/authbench/reports/record"
)

const (
	verifySchema    = "authbench/verify/1"
	judgeSchema     = "authbench/judge/1"
	mutantsSchema   = "authbench/mutants/1"
	loadSchema      = "authbench/load/1"
	signBenchSchema = "authbench/signbench/1"
)

type toolJSON struct {
	Version string `json:"version"`
}

type targetJSON struct {
	Name   string `json:"name"`
	Vendor string `json:"vendor"`
	URL    string `json:"url"`
	Kind   string `json:"kind"`
	Note   string `json:"note,omitempty"`
}

type exchangeJSON struct {
	Request  string `json:"request"`
	Response string `json:"response"`
	Why      string `json:"explanation,omitempty"`
	Right    string `json:"right,omitempty"`
}

type turnJSON struct {
	Action string `json:"action"`
	Ended  string `json:"ended"`
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
}

type scenarioJSON struct {
	Name       string        `json:"name"`
	Status     string        `json:"status"`
	DurationMS float64       `json:"duration_ms"`
	Target     string        `json:"target"`
	File       string        `json:"file"`
	Line       int           `json:"line"`
	Failure    string        `json:"failure,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	Exchange   *exchangeJSON `json:"exchange,omitempty"`
	Seed       uint64        `json:"seed,omitempty"`
	Turns      []turnJSON    `json:"client,omitempty"` // the runs of a client program that was not green
}

type clauseJSON struct {
	ID        string         `json:"id"`
	Vendor    string         `json:"vendor"`
	Target    string         `json:"target,omitempty"` // where there are several: then each has an entry for the clause
	Weight    string         `json:"weight"`
	Title     string         `json:"title"`
	Verdict   string         `json:"verdict"`
	Known     bool           `json:"known_deviation,omitempty"`
	Note      string         `json:"note,omitempty"`
	Scenarios []scenarioJSON `json:"scenarios"`
}

type summaryJSON struct {
	Kept      int `json:"kept"`
	Broken    int `json:"broken"`
	Untested  int `json:"untested"`
	Observed  int `json:"observed"`
	Known     int `json:"known_deviations,omitempty"`
	Scenarios int `json:"scenarios"`
	Errored   int `json:"errored"`
}

type verifyJSON struct {
	Schema     string       `json:"schema"`
	Tool       toolJSON     `json:"tool"`
	Started    time.Time    `json:"started"`
	DurationMS float64      `json:"duration_ms"`
	Targets    []targetJSON `json:"targets"`
	Clauses    []clauseJSON `json:"clauses"`
	Summary    summaryJSON  `json:"summary"`
}

// VerifyJSON writes a verification in the schema authbench/verify/1, or a judgement of clients in authbench/judge/1, which is
// the same otherwise.
func VerifyJSON(w io.Writer, run record.Run) error {
	results, sum := run.Tally()
	doc := verifyJSON{
		Schema: verifySchema, Tool: toolJSON{run.Version}, Started: run.Started.UTC(), DurationMS: ms(run.Duration),
		Targets: []targetJSON{}, Clauses: []clauseJSON{},
		Summary: summaryJSON{sum.Kept, sum.Broken, sum.Untested, sum.Observed, sum.Known, sum.Scenarios, sum.Errored},
	}
	if run.Clients {
		doc.Schema = judgeSchema
	}
	for _, t := range run.Targets {
		doc.Targets = append(doc.Targets, targetOf(t))
	}
	for _, c := range results {
		clause := clauseJSON{
			ID: c.ID, Vendor: c.Vendor, Weight: string(c.Weight), Title: c.Title, Verdict: string(c.Verdict), Known: c.Known,
			Note: strings.Join(c.Notes, "; "), Scenarios: []scenarioJSON{},
		}
		if run.Several() {
			clause.Target = c.Target.Name
		}
		for _, s := range c.Scenarios {
			clause.Scenarios = append(clause.Scenarios, scenarioOf(s))
		}
		doc.Clauses = append(doc.Clauses, clause)
	}
	return encode(w, doc)
}

func scenarioOf(s record.Scenario) scenarioJSON {
	j := scenarioJSON{
		Name: s.Name, Status: s.Verdict.String(), DurationMS: ms(s.Duration), Target: s.Target, File: s.File, Line: s.Line,
		Reason: s.Reason, Exchange: exchangeOf(s.Exchange), Seed: s.Seed,
	}
	for _, t := range s.Turns {
		j.Turns = append(j.Turns, turnJSON(t))
	}
	if s.Verdict == record.Failed {
		j.Failure = failure(s)
	}
	return j
}

func failure(s record.Scenario) string { return "expected " + s.Expected + ", got " + s.Actual }

func exchangeOf(x *record.Exchange) *exchangeJSON {
	if x == nil {
		return nil
	}
	return &exchangeJSON{x.Request, x.Response, x.Why, x.Right}
}

func targetOf(t record.Target) targetJSON {
	return targetJSON{t.Name, t.Vendor, t.URL, t.Kind, strings.Join(t.Notes, "; ")}
}

func ms(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

// encode writes a document. What encoding/json leaves as it is and a terminal would obey is escaped as well.
func encode(w io.Writer, doc any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	var escaped strings.Builder
	for _, r := range b.String() {
		if steers(r) && r != '\n' {
			escaped.WriteString(`\u` + hex4(r))
		} else {
			escaped.WriteRune(r)
		}
	}
	_, err := io.WriteString(w, escaped.String())
	return err
}

// maxReport bounds a report that is read back.
const maxReport = 64 << 20

// ReadVerifyJSON returns the verdict of each clause out of a report that VerifyJSON wrote: of several targets, the worst.
func ReadVerifyJSON(r io.Reader) (map[string]string, error) {
	var doc struct {
		Schema  string
		Clauses []struct {
			ID, Verdict string
			Known       bool `json:"known_deviation"`
		}
	}
	if err := json.NewDecoder(io.LimitReader(r, maxReport)).Decode(&doc); err != nil {
		return nil, errors.New("it is not JSON")
	}
	if doc.Schema != verifySchema && doc.Schema != judgeSchema {
		return nil, fmt.Errorf("its schema is %q, not %q or %q", doc.Schema, verifySchema, judgeSchema)
	}
	verdicts := map[string]string{}
	for _, c := range doc.Clauses {
		word := c.Verdict
		if c.Known {
			word = "known"
		}
		if had, seen := verdicts[c.ID]; !seen || badness(word) > badness(had) {
			verdicts[c.ID] = word
		}
	}
	return verdicts, nil
}

// badness ranks the verdicts that targets got for one clause; a word that nobody knows is the worst.
func badness(verdict string) int {
	i := slices.Index([]string{"kept", "observed", "known", "untested", "broken"}, verdict)
	if i < 0 {
		return 5
	}
	return i
}

type mutantJSON struct {
	Vendor  string   `json:"vendor"`
	Fault   string   `json:"fault"`
	Caught  bool     `json:"caught"`
	Clauses []string `json:"clauses"`
}

type accusedJSON struct {
	Vendor   string        `json:"vendor"`
	Seed     uint64        `json:"seed"`
	Clause   string        `json:"clause"`
	Scenario string        `json:"scenario"`
	Detail   string        `json:"detail"`
	Exchange *exchangeJSON `json:"exchange,omitempty"`
}

// MutantsJSON writes a run of the suite against faults and legal variations in the schema authbench/mutants/1.
func MutantsJSON(w io.Writer, run record.MutantRun) error {
	type summary struct {
		Planned    int `json:"planned"`
		Faults     int `json:"faults"` // that were tried
		Caught     int `json:"caught"`
		Variations int `json:"variations"`
		Accused    int `json:"accused"`
	}
	doc := struct {
		Schema     string        `json:"schema"`
		Tool       toolJSON      `json:"tool"`
		Started    time.Time     `json:"started"`
		DurationMS float64       `json:"duration_ms"`
		Mutants    []mutantJSON  `json:"mutants"`
		Accused    []accusedJSON `json:"accused"`
		Summary    summary       `json:"summary"`
	}{
		Schema: mutantsSchema, Tool: toolJSON{run.Version}, Started: run.Started.UTC(), DurationMS: ms(run.Duration),
		Mutants: []mutantJSON{}, Accused: []accusedJSON{},
		Summary: summary{run.Planned, len(run.Mutants), run.Caught(), run.Variations, run.AccusedSeeds()},
	}
	for _, m := range run.Mutants {
		doc.Mutants = append(doc.Mutants, mutantJSON{m.Vendor, m.Fault, m.Caught, append([]string{}, m.Broken...)})
	}
	for _, a := range run.Accused {
		doc.Accused = append(doc.Accused, accusedJSON{a.Vendor, a.Seed, a.Clause, a.Scenario, a.Detail, exchangeOf(a.Exchange)})
	}
	return encode(w, doc)
}
