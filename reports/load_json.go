package reports

import (
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/authbench/authbench/reports/record"
)

type timesJSON struct {
	Mean float64 `json:"mean_ms"`
	P50  float64 `json:"p50_ms"`
	P90  float64 `json:"p90_ms"`
	P95  float64 `json:"p95_ms"`
	P99  float64 `json:"p99_ms"`
	P999 float64 `json:"p999_ms"`
	Max  float64 `json:"max_ms"`
}

type operationJSON struct {
	Requests  int            `json:"requests"`
	Beside    bool           `json:"beside,omitempty"` // sent beside the calls: no part of the load
	Success   float64        `json:"success"`
	Status    map[int]int    `json:"status"`
	Errors    map[string]int `json:"errors"`
	Response  *timesJSON     `json:"response"` // null without a sample
	Service   *timesJSON     `json:"service"`
	Broken    int            `json:"broken,omitempty"`
	Own       int            `json:"own_connections,omitempty"` // that a request had for itself
	Histogram string         `json:"histogram"`
}

type breachJSON struct {
	Operation string        `json:"operation,omitempty"` // none for one that was found after the last call
	Message   string        `json:"message"`
	Exchange  *exchangeJSON `json:"exchange,omitempty"`
}

type secondJSON struct {
	T        int     `json:"t_s"`
	Requests int     `json:"requests"`
	P99      float64 `json:"p99_ms"`
	Errors   int     `json:"errors"`
}

type requestedJSON struct {
	Rate     float64 `json:"rate"`
	Duration float64 `json:"duration_s"`
}

type achievedJSON struct {
	Rate     float64 `json:"rate"`
	Duration float64 `json:"duration_s"`
	Requests int     `json:"requests"`
}

type signingJSON struct {
	Signatures int   `json:"signatures"`
	MeanNS     int64 `json:"mean_ns"`
}

// LoadJSON writes a load run in the schema authbench/load/1. The histogram is the response time in nanoseconds.
func LoadJSON(w io.Writer, run record.Load) error {
	doc := struct {
		Schema      string                   `json:"schema"`
		Tool        toolJSON                 `json:"tool"`
		Profile     string                   `json:"profile"`
		Target      targetJSON               `json:"target"`
		Started     time.Time                `json:"started"`
		Interrupted bool                     `json:"interrupted,omitempty"`
		Requested   requestedJSON            `json:"requested"`
		Achieved    achievedJSON             `json:"achieved"`
		Operations  map[string]operationJSON `json:"operations"`
		Signing     signingJSON              `json:"signing"`
		Sessions    sessionsJSON             `json:"sessions"`
		Breaches    []breachJSON             `json:"breaches"`
		Series      []secondJSON             `json:"series"`
		Warnings    []string                 `json:"warnings"`
		Thresholds  []thresholdJSON          `json:"thresholds"`
		Stopped     *stopJSON                `json:"stopped,omitempty"`
		Invalid     string                   `json:"invalid,omitempty"` // why the times are not those of the load that was asked for
	}{
		Schema: loadSchema, Tool: toolJSON{run.Version}, Profile: run.Profile, Target: targetOf(run.Target),
		Started: run.Started.UTC(), Interrupted: run.Interrupted,
		Requested:  requestedJSON{run.Requested.Rate, run.Requested.Duration.Seconds()},
		Achieved:   achievedJSON{run.Achieved.Rate, run.Achieved.Duration.Seconds(), run.Achieved.Requests},
		Operations: map[string]operationJSON{}, Signing: signingJSON{run.Signing.Signatures, run.Signing.Mean().Nanoseconds()},
		Sessions: sessionsOf(run.Sessions), Breaches: []breachJSON{}, Series: []secondJSON{}, Warnings: append([]string{}, run.Warnings...), Thresholds: thresholdsOf(run.Thresholds),
		Stopped: stopOf(run.Stopped), Invalid: run.Invalid,
	}
	for _, op := range run.Operations {
		j, err := operationOf(op)
		if err != nil {
			return err
		}
		doc.Operations[op.Name] = j
	}
	for _, b := range run.Breaches {
		doc.Breaches = append(doc.Breaches, breachJSON{b.Operation, b.Message, exchangeOf(b.Witness)})
	}
	for _, s := range run.Series {
		doc.Series = append(doc.Series, secondJSON{s.T, s.Requests, ms(s.P99), s.Errors})
	}
	return encode(w, doc)
}

func operationOf(op record.OperationResult) (operationJSON, error) {
	j := operationJSON{
		Requests: op.Requests, Own: op.Connections, Status: op.Status, Errors: op.Errors, Response: timesOf(op.Response), Service: timesOf(op.Service),
		Beside: op.Weight == 0, Broken: op.Broken,
	}
	if op.Requests > 0 {
		j.Success = float64(op.Succeeded) / float64(op.Requests)
	}
	if op.Response != nil {
		text, err := op.Response.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			return j, fmt.Errorf("the histogram of %s cannot be encoded: %w", op.Name, err)
		}
		j.Histogram = string(text)
	}
	return j, nil
}

func timesOf(h *hdrhistogram.Histogram) *timesJSON {
	if h == nil || h.TotalCount() == 0 {
		return nil
	}
	at := func(q float64) float64 { return ms(time.Duration(h.ValueAtQuantile(q))) }
	return &timesJSON{ms(time.Duration(h.Mean())), at(50), at(90), at(95), at(99), at(99.9), ms(time.Duration(h.Max()))}
}

// lifeJSON counts sessions and what they cost.
type lifeJSON struct {
	Opened    int `json:"opened"`
	Refreshes int `json:"refreshes"`
	Denied    int `json:"denied_before_refresh"`
}

type wayJSON struct {
	Expiries    int      `json:"expiries"`
	Lost        int      `json:"lost"`
	RecoverMean *float64 `json:"recover_mean_ms"` // null if there was nothing to recover from
	RecoverMax  *float64 `json:"recover_max_ms"`
	Writes      int      `json:"writes"`
	Rejected    int      `json:"rejected_for_order"`
}

type namedWayJSON struct {
	Name string `json:"name"`
	lifeJSON
	wayJSON
}

// sessionsJSON sums up over the ways to renew sessions. The details of a single way stand beside the sums, those of several
// each with its own.
type sessionsJSON struct {
	lifeJSON
	*wayJSON
	Ways []namedWayJSON `json:"ways,omitempty"`
}

func sessionsOf(lives []record.SessionLife) sessionsJSON {
	var sum sessionsJSON
	for _, s := range lives {
		way := namedWayJSON{s.Name, lifeJSON{s.Opened, s.Refreshes, s.Denied}, wayJSON{Expiries: s.Expiries, Lost: s.Lost, Writes: s.Writes, Rejected: s.Disordered}}
		if s.RecoverMax > 0 {
			mean, most := ms(s.RecoverMean), ms(s.RecoverMax)
			way.RecoverMean, way.RecoverMax = &mean, &most
		}
		sum.Opened += s.Opened
		sum.Refreshes += s.Refreshes
		sum.Denied += s.Denied
		sum.Ways = append(sum.Ways, way)
	}
	if len(lives) == 1 {
		sum.wayJSON, sum.Ways = &sum.Ways[0].wayJSON, nil
	}
	return sum
}
