package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/watch"
)

// sight is what a person sees of the mocks while they run: their requests as lines, as a page, both, or neither.
type sight struct {
	flags    *mockFlags
	log      *watch.Log
	watchers []*watch.Watcher
	page     *watch.Page
}

func newSight(f *mockFlags) *sight { return &sight{flags: f, log: watch.NewLog()} }

// start starts a vendor's mock, watched where somebody wants to see it.
func (s *sight) start(v targets.Vendor, opt targets.MockOptions) (*targets.Mock, error) {
	if !s.flags.watch && !s.flags.ui {
		return v.StartMock(opt)
	}
	if s.flags.watch {
		opt.Log = nil // the lines explain
	}
	w := watch.New(v, s.log)
	opt.Stage = w
	m, err := v.StartMock(opt)
	if err != nil {
		return nil, err
	}
	w.Started(m, hint(v, m)...)
	s.watchers = append(s.watchers, w)
	return m, nil
}

// hint is how a first request is sent to a mock; its values are for the reader to fill in.
func hint(v targets.Vendor, m *targets.Mock) []string {
	var variables []string
	for _, e := range v.Credentials {
		if e.Required {
			variables = append(variables, variable(v, e.Name)+"=...")
		}
	}
	return []string{
		"export " + variable(v, "url") + "=" + m.URL,
		"export " + strings.Join(variables, " "),
		"authbench sign " + v.Name + " --as curl | sh",
	}
}

// serve serves the page, where one is wanted.
func (s *sight) serve() (err error) {
	if s.flags.ui {
		s.page, err = watch.Serve(s.log, s.watchers...)
	}
	return err
}

// address is that of the page, "" when there is none.
func (s *sight) address() string {
	if s.page == nil {
		return ""
	}
	return s.page.URL
}

func (s *sight) close() {
	if s.page != nil {
		_ = s.page.Close() // it ends with the program
	}
}

// tell prints the requests, where that is wanted, until the context ends: to be interrupted is how a mock ends.
func (s *sight) tell(ctx context.Context, a *app) error {
	if !s.flags.watch {
		<-ctx.Done()
		return nil
	}
	lines := json.NewEncoder(a.stdout)
	lines.SetEscapeHTML(false)
	style := watch.Style{Color: a.look(&common{}).Color, Vendors: len(s.watchers) > 1}
	err := s.log.Follow(ctx, func(e watch.Event, lost int) error {
		if lost > 0 {
			a.note("%d requests came faster than they could be printed, and are left out", lost)
		}
		if s.flags.json {
			return lines.Encode(e)
		}
		style.Width, _ = terminal(a.bare) // it may have become another
		return style.Line(a.stdout, e)
	})
	if errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("nobody reads the lines any more: %w", err)
	}
	return unprinted(err)
}
