// Package segment owns the language in which a part of the subscribers is
// named, and its syntax tree. It knows no database: package store turns the
// tree into a statement with parameters.
//
//	language = fr and list = members
//	attr.country in (GE, MD) and subscribed < 2025-01-01
//	not (address ~ "@example.org" or origin = import)
//
// Fields: address, language, list (confirmed on it), origin (of a subscription
// that lasts: import, page, cli), attr.NAME; and, as days in UTC, subscribed
// (first known) and confirmed.
// Operators: = != in, ~ (contains), and for days < <= > >=. Texts are compared
// whatever their case. not binds tighter than and, and tighter than or.
package segment

import (
	"strings"
	"time"
)

// Filter is a node of the tree. The zero filter lets everybody through.
type Filter struct {
	Op   Op
	Of   []Filter // and, or: two or more; not: one
	Test Test     // of a leaf
}

// Op says what a node is.
type Op string

const (
	All  Op = ""
	And  Op = "and"
	Or   Op = "or"
	Not  Op = "not"
	Leaf Op = "test"
)

// Test compares one field.
type Test struct {
	Field   string    // address, language, list, origin, attr, subscribed, confirmed
	Attr    string    // the attribute's name where the field is attr
	Compare string    // = != in ~ < <= > >=
	Values  []string  // in lower case; one, but for in
	Day     time.Time // of subscribed and confirmed: the day's first instant, in UTC
}

// IsZero reports whether everybody passes.
func (f Filter) IsZero() bool { return f.Op == All }

// String writes the filter so that Parse gives it back.
func (f Filter) String() string {
	switch f.Op {
	case All:
		return ""
	case Not:
		return "not (" + f.Of[0].String() + ")"
	case And, Or:
		parts := make([]string, len(f.Of))
		for i, of := range f.Of {
			parts[i] = of.String()
			if of.Op == And || of.Op == Or {
				parts[i] = "(" + parts[i] + ")"
			}
		}
		return strings.Join(parts, " "+string(f.Op)+" ")
	}
	t := f.Test
	field := t.Field
	if t.Attr != "" {
		field += "." + t.Attr
	}
	if !t.Day.IsZero() {
		return field + " " + t.Compare + " " + t.Day.Format(time.DateOnly)
	}
	values := make([]string, len(t.Values))
	for i, v := range t.Values {
		values[i] = quote(v)
	}
	if t.Compare == "in" {
		return field + " in (" + strings.Join(values, ", ") + ")"
	}
	return field + " " + t.Compare + " " + values[0]
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
