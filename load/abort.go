package load

import (
	"slices"
	"time"

	"github.com/authbench/authbench/load/threshold"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
)

// fits says which threshold is about what the run will not have. Nothing was sent yet.
func fits(opt Options, run record.Load, s *samples, work targets.Workload) error {
	run.Sessions = lives(work)
	s.view(func(rows []record.OperationResult) { run.Operations = rows })
	for _, t := range slices.Concat(opt.Thresholds, opt.AbortOn) {
		if err := t.Fits(run); err != nil {
			return err
		}
	}
	return nil
}

// watch looks at the run from a goroutine of its own until the returned function is called. Once a threshold of AbortOn is
// missed it ends the run and looks no more, and that is what the function returns.
func watch(opt Options, run record.Load, s *samples, work targets.Workload, every time.Duration, end func()) (finish func() *record.Stop) {
	if len(opt.AbortOn) == 0 {
		return func() *record.Stop { return nil }
	}
	var found *record.Stop
	stop, stopped := make(chan struct{}), make(chan struct{})
	looks := threshold.NewWatch(opt.AbortOn)
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for found == nil {
			select {
			case <-ticker.C:
			case <-stop:
				return
			}
			found = look(looks, run, s, work)
		}
		end()
	}()
	return func() *record.Stop {
		close(stop)
		<-stopped
		return found
	}
}

// look is one look at a run that is under way.
func look(looks *threshold.Watch, run record.Load, s *samples, work targets.Workload) (found *record.Stop) {
	run.Sessions = lives(work)
	after := time.Since(run.Started)
	s.view(func(rows []record.OperationResult) {
		run.Operations = rows
		if missed, stop := looks.Look(run, s.lags(after)); stop {
			found = &record.Stop{Threshold: missed, After: after}
		}
	})
	return found
}
