package signbench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/program"
)

const (
	// At most so many requests, and bytes of them, are under way to one process: they fit into any pipe, so that writing
	// never waits for a program that does not read.
	maxOwed, maxSent = 64, 8 << 10
	maxLine          = 16 << 10                  // bytes of an answer
	goodbye          = 2 * time.Second           // after its input has ended, a program may take so long to end
	forever          = 10 * 365 * 24 * time.Hour // a bench ends a program by its context, and by Timeout
)

// asker talks with one process of a program under test.
type asker struct {
	program  *program.Program
	timeout  time.Duration
	to, from *os.File
	heard    *bufio.Reader
	explain  func(targets.SignRequest, string) string

	mask func(string) string

	requests []request
	window   int    // requests that may be under way
	owed     []debt // in the order in which they were asked
	asked    uint64
	answered int
	out      []byte
}

// debt is a request that was not answered yet.
type debt struct {
	id uint64
	request
}

// startAsker starts the program with a pipe at either end.
func startAsker(ctx context.Context, p Program) (*asker, error) {
	itsIn, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer itsIn.Close()
	from, itsOut, err := os.Pipe()
	if err != nil {
		to.Close()
		return nil, err
	}
	defer itsOut.Close()
	a := &asker{timeout: p.Timeout, mask: p.Mask, to: to, from: from, heard: bufio.NewReaderSize(from, maxLine)}
	a.program, err = program.Start(ctx, program.Config{
		Args: p.Args, Env: p.Env, Deadline: forever, Stdin: itsIn, Stdout: itsOut, Unwatched: true,
	})
	if err != nil {
		to.Close()
		from.Close()
		return nil, &ProgramError{What: err.Error(), Err: err}
	}
	return a, nil
}

// close lets the program end by itself, or ends it, and waits until nothing is left of it. Who still writes finds nobody
// there to read it.
func (a *asker) close() {
	a.to.Close()
	a.from.Close()
	a.end("its input has ended")
}

// end waits a while for the end of the program, then brings it about.
func (a *asker) end(why string) program.Result {
	late := time.AfterFunc(goodbye, func() { a.program.Stop(why) })
	defer late.Stop()
	return a.program.Wait()
}

// examine asks every sample once. Of wrong answers all are counted, and the first is explained.
func (a *asker) examine(samples []targets.SignRequest) error {
	list, err := encoded(samples)
	if err != nil {
		return err
	}
	var first *WrongAnswer
	wrong := 0
	window := windowOf(list)
	for next := 0; next < len(list) || len(a.owed) > 0; {
		n := min(window-len(a.owed), len(list)-next)
		if err := a.ask(list[next : next+n]); err != nil {
			return err
		}
		next += n
		var mistaken *WrongAnswer
		switch err := a.settle(); {
		case errors.As(err, &mistaken):
			if wrong++; first == nil {
				first = mistaken
			}
		case err != nil:
			return err
		}
	}
	if err := a.quiet(); err != nil {
		return err
	}
	if first != nil {
		first.Wrong, first.Of = wrong, len(samples)
		return first
	}
	return nil
}

// lap asks until the limit, and waits for every answer.
func (a *asker) lap(began time.Time, l limit) (made int, err error) {
	before, sent := a.answered, 0
	for {
		if len(a.owed) <= a.window/2 { // not sooner, so that one write serves many
			n := l.more(began, sent, a.window-len(a.owed))
			at := int(a.asked % uint64(len(a.requests)))
			n = min(n, len(a.requests)-at)
			if err := a.ask(a.requests[at : at+n]); err != nil {
				return 0, err
			}
			sent += n
		}
		if len(a.owed) == 0 {
			return a.answered - before, a.quiet()
		}
		if err := a.settle(); err != nil {
			return 0, err
		}
	}
}

// windowOf is how many of these requests may be under way at once.
func windowOf(list []request) int {
	longest := 1
	for _, r := range list {
		longest = max(longest, len(r.tail)+32)
	}
	return max(min(maxOwed, maxSent/longest), 1)
}

// ask sends requests, all in one piece.
func (a *asker) ask(list []request) error {
	if len(list) == 0 {
		return nil
	}
	a.out = a.out[:0]
	for _, r := range list {
		a.asked++
		a.out = append(strconv.AppendUint(append(a.out, `{"id":`...), a.asked, 10), r.tail...)
		a.owed = append(a.owed, debt{a.asked, r})
	}
	if _, err := a.to.Write(a.out); err != nil {
		return a.gone()
	}
	return nil
}

// settle takes the next answer. The error is a *WrongAnswer for one that is wrong.
func (a *asker) settle() error {
	if err := a.from.SetReadDeadline(time.Now().Add(a.timeout)); err != nil {
		return err
	}
	line, err := a.heard.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return unfit("the program wrote %d bytes without the end of a line: write each answer as one line", maxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return unfit("the program has not answered within %s, with %d requests unanswered: write one line for each, and flush the output after it; "+
			"--timeout allows more", a.timeout, len(a.owed))
	case err != nil: // a line without its end is no answer
		return a.gone()
	}
	said, fault := parse(line)
	if fault != "" {
		return unfit(`answer %d of the program %s: write {"id":1,"hash":"..."}, or the hash alone; it is %s`, a.answered+1, fault, a.excerpt(line))
	}
	i := 0
	for said.id != nil && i < len(a.owed) && a.owed[i].id != *said.id {
		i++
	}
	if i == len(a.owed) {
		return unfit("the program answered the request %d, which it was not asked or has answered before", *said.id)
	}
	asked := a.owed[i]
	a.owed = append(a.owed[:i], a.owed[i+1:]...)
	a.answered++
	if said.hash != asked.Hash {
		return &WrongAnswer{Comment: asked.Comment, Mistake: a.explain(asked.SignRequest, said.hash), Wrong: 1, Of: a.answered}
	}
	return nil
}

// quiet says that the program has written more than it was asked for.
func (a *asker) quiet() error {
	if a.heard.Buffered() > 0 {
		return unfit("the program wrote more lines than it was asked for: write one for each request, and all else to the standard error")
	}
	return nil
}

// gone says how the program ended before its time.
func (a *asker) gone() error {
	r := a.end("it has closed its output")
	how := fmt.Sprintf("ended with exit status %d", r.Exit)
	switch r.End {
	case program.Signalled:
		how = "was ended by " + r.Signal
	case program.Flooded:
		how = "wrote too much to its standard error"
	case program.Stopped:
		how = "closed its standard input or output, and went on"
	}
	what := fmt.Sprintf("the program %s, with %d requests unanswered", how, len(a.owed))
	if lines := bytes.Split(bytes.TrimSpace(r.Stderr), []byte("\n")); len(lines[len(lines)-1]) > 0 {
		what += "; the last that it wrote to its standard error is " + a.excerpt(lines[len(lines)-1])
	}
	return unfit("%s", what)
}

// excerpt quotes the beginning of a line that the program wrote. It is masked before it is cut, as half a secret is not
// recognised any more.
func (a *asker) excerpt(line []byte) string {
	const most = 80
	text := a.mask(strings.TrimSpace(string(line)))
	if letters := []rune(text); len(letters) > most {
		return strconv.Quote(string(letters[:most])) + "..."
	}
	return strconv.Quote(text)
}
