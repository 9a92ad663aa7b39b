package config

import (
	"fmt"
	"sort"
	"strings"

	"broadsheet/internal/fault"
)

// Problem is one thing wrong in the file, and what to do about it.
type Problem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Problems are all the things wrong in a file, in the file's order.
type Problems []Problem

func (p Problem) String() string {
	s := p.Message
	if p.Line > 0 {
		s = fmt.Sprintf("%d:%d: %s", p.Line, p.Column, s)
	}
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

func (ps Problems) sorted() Problems {
	sort.SliceStable(ps, func(a, b int) bool {
		if ps[a].Line != ps[b].Line {
			return ps[a].Line < ps[b].Line
		}
		return ps[a].Column < ps[b].Column
	})
	return ps
}

// Faults are the problems that make a file unusable.
type Faults struct {
	File     string
	Problems Problems
}

// Error names every fault on a line of its own.
func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d fault", f.File, len(f.Problems))
	if len(f.Problems) > 1 {
		b.WriteByte('s')
	}
	for _, p := range f.Problems {
		fmt.Fprintf(&b, "\n  %s:%s", f.File, p)
	}
	return b.String()
}

func (ps Problems) err(file string) error { return fault.Invalidf("%w", Faults{file, ps}) }
