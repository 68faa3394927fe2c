package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/authbench/authbench/load/threshold"
	"github.com/authbench/authbench/reports/record"
)

// thresholds reads those of the configuration and of the flags, each once; one that may end the run early is not judged
// twice.
func (a *app) thresholds(f *loadFlags) (judged, abortOn []threshold.Threshold, err error) {
	config, err := a.configuration(&f.common)
	if err != nil {
		return nil, nil, err
	}
	if abortOn, err = readThresholds(nil, nil, "--abort-on", f.abortOn...); err != nil {
		return nil, nil, err
	}
	if config != nil {
		for _, t := range config.Thresholds() {
			if judged, err = readThresholds(judged, abortOn, t.Place+": thresholds", t.Text); err != nil {
				return nil, nil, err
			}
		}
	}
	judged, err = readThresholds(judged, abortOn, "--threshold", f.thresholds...)
	return judged, abortOn, err
}

// readThresholds adds expressions to a list that neither it nor another has.
func readThresholds(list, other []threshold.Threshold, place string, texts ...string) ([]threshold.Threshold, error) {
	for _, text := range texts {
		t, err := threshold.Parse(place, text)
		if err != nil {
			return nil, usage("%v", err)
		}
		same := func(given threshold.Threshold) bool { return given.String() == t.String() }
		if !slices.ContainsFunc(list, same) && !slices.ContainsFunc(other, same) {
			list = append(list, t)
		}
	}
	return list, nil
}

// replied says that at least one call was answered by a whole reply, whatever that said.
func replied(run record.Load) bool {
	return slices.ContainsFunc(run.Operations, func(op record.OperationResult) bool { return op.Weight > 0 && len(op.Status) > 0 })
}

// missed says in one line which thresholds a run has missed.
func missed(run record.Load) string {
	list := run.Missed()
	switch {
	case run.Stopped != nil:
		return fmt.Sprintf("stopped after %s: missed %s", run.Stopped.After.Round(10*time.Millisecond), run.Stopped.Threshold)
	case len(list) == 1:
		return "a threshold was missed: " + list[0].String()
	}
	return fmt.Sprintf("%d of %d thresholds were missed; the first: %s", len(list), len(run.Thresholds), list[0])
}

// notJudged says in one line why thresholds were neither met nor missed.
func notJudged(run record.Load) string {
	list := run.NotJudged()
	return fmt.Sprintf("%d of %d thresholds could not be judged; the first: %s: %s", len(list), len(run.Thresholds), list[0].Name(), list[0].Reason)
}
