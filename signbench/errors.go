package signbench

import "fmt"

// WrongAnswer says that the program under test signs wrongly.
type WrongAnswer struct {
	Comment string // what is particular in what it was asked
	Mistake string // that it has probably made, in words
	Wrong   int    // answers that are wrong
	Of      int    // answers
}

func (w *WrongAnswer) Error() string {
	return fmt.Sprintf("the program signs wrongly: %s; asked with %s; %d of %d answers are wrong", w.Mistake, w.Comment, w.Wrong, w.Of)
}

// ProgramError says why a program could not be measured, in one line.
type ProgramError struct {
	What string
	Err  error // nil where there is none
}

func (e *ProgramError) Error() string { return e.What }

// Unwrap returns what lies behind it.
func (e *ProgramError) Unwrap() error { return e.Err }

func unfit(format string, args ...any) error {
	return &ProgramError{What: fmt.Sprintf(format, args...)}
}
