package store

import (
	"strings"
	"time"

	"broadsheet/subscribers/segment"
)

// compile turns a filter into a condition on subscribers s with ? for every
// value: nothing that a person wrote becomes part of a statement.
func compile(f segment.Filter) (clause string, args []any) {
	switch f.Op {
	case segment.All:
		return "1 = 1", nil
	case segment.Leaf:
		return compileTest(f.Test)
	}
	parts := make([]string, len(f.Of))
	for i, of := range f.Of {
		part, some := compile(of)
		parts[i], args = part, append(args, some...)
	}
	if f.Op == segment.Not {
		return "NOT (" + parts[0] + ")", args
	}
	return "(" + strings.Join(parts, map[segment.Op]string{segment.And: " AND ", segment.Or: " OR "}[f.Op]) + ")", args
}

// theirs are the subscriptions of the person in question. CROSS keeps SQLite from
// beginning with the subscriptions: it would read all of them for everybody.
const theirs = `EXISTS (SELECT 1 FROM lists l1 CROSS JOIN subscriptions x1 WHERE x1.list_id = l1.id AND x1.subscriber_id = s.id AND `

func compileTest(t segment.Test) (string, []any) {
	switch t.Field {
	case "subscribed":
		return compileDay(t, "s.created_at", "")
	case "confirmed":
		return compileDay(t, "x1.confirmed_at", theirs+"x1.state = 'confirmed' AND ")
	case "origin":
		return compileText(t, "x1.origin", theirs+"x1.ended_at = 0 AND ")
	case "list":
		return compileText(t, "x1.list_id", theirs+"x1.state = 'confirmed' AND ")
	case "attr":
		clause, args := compileText(t, "a1.folded", "EXISTS (SELECT 1 FROM attributes a1 WHERE a1.subscriber_id = s.id AND a1.name = ? AND ")
		return clause, append([]any{t.Attr}, args...)
	case "address":
		return compileText(t, "s.address_key", "")
	}
	return compileText(t, "s.language", "")
}

// compileText compares a column with values; within is an EXISTS that is left
// open. What is not there is different from everything: != is not =.
func compileText(t segment.Test, column, within string) (string, []any) {
	not, closing := "", ""
	if t.Compare == "!=" {
		not = "NOT "
	}
	if within != "" {
		closing = ")"
	}
	var args []any
	if t.Compare == "~" {
		return within + column + ` LIKE ? ESCAPE '\'` + closing, append(args, pattern(t.Values[0]))
	}
	marks := strings.Repeat(", ?", len(t.Values))[2:]
	for _, v := range t.Values {
		args = append(args, v)
	}
	return not + within + column + " IN (" + marks + ")" + closing, args
}

// pattern is a LIKE pattern of what contains a text.
func pattern(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// compileDay compares an instant with a day in UTC.
func compileDay(t segment.Test, column, within string) (string, []any) {
	first, next := t.Day.UnixMilli(), t.Day.Add(24*time.Hour).UnixMilli()
	var clause string
	var args []any
	switch t.Compare {
	case "=":
		clause, args = column+" >= ? AND "+column+" < ?", []any{first, next}
	case "!=":
		clause, args = "("+column+" < ? OR "+column+" >= ?)", []any{first, next}
	case "<":
		clause, args = column+" < ?", []any{first}
	case "<=":
		clause, args = column+" < ?", []any{next}
	case ">":
		clause, args = column+" >= ?", []any{next}
	default:
		clause, args = column+" >= ?", []any{first}
	}
	if within != "" {
		return within + clause + ")", args
	}
	return "(" + clause + ")", args
}
