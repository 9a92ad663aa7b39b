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

func (ps Problems) err(file string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d fault", file, len(ps))
	if len(ps) > 1 {
		b.WriteByte('s')
	}
	for _, p := range ps {
		fmt.Fprintf(&b, "\n  %s:%s", file, p)
	}
	return fault.Invalidf("%s", b.String())
}
