package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxFaults ends the reading of a file that is wrong throughout, so that aliases cannot multiply its faults without end.
const maxFaults = 100

// Fault is one thing wrong with a file.
type Fault struct {
	File string
	Line int    // counted from 1
	Text string // one line: the place in the file, the fault, the remedy
}

func (f Fault) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Faults is the error of a refused file: all that is wrong with it and with those it names, sorted by file and line.
type Faults []Fault

// Error returns one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// sorted returns fs by file and line, with a closing note if reading stopped early.
func (fs Faults) sorted() Faults {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	if len(fs) < maxFaults {
		return fs
	}
	last := fs[len(fs)-1]
	last.Text = fmt.Sprintf("reading stopped after %d faults; mend these first", maxFaults)
	return append(fs, last)
}
