package file

import (
	"fmt"
	"slices"
	"strings"

	"broadsheet/internal/fault"
)

// table reads CSV with a line of names, separated by commas, semicolons or tabs.
func (f *reading) table(text string) error {
	t := newTable(text)
	names, err := f.header(t)
	if err != nil {
		return err
	}
	for !t.done() && !f.full() {
		number, cells, why := t.row()
		where := fmt.Sprintf("line %d", number)
		if why != "" {
			f.refuse(where, why)
			continue
		}
		if blank(cells) {
			continue
		}
		if extra := cells[min(len(names), len(cells)):]; !blank(extra) {
			f.refuse(where, fmt.Sprintf("it has %d cells, but the names are %d: is there a separator in a cell without quotes?", len(cells), len(names)))
			continue
		}
		var fields []field
		for i, cell := range cells[:min(len(names), len(cells))] {
			if names[i] != "" && cell != "" {
				fields = append(fields, field{name: names[i], value: cell})
			}
		}
		f.entry(where, fields)
	}
	return nil
}

// header reads the line of names.
func (f *reading) header(t *tableText) ([]string, error) {
	for !t.done() {
		if line, ok := strings.CutPrefix(strings.ToLower(t.lines[t.next]), "sep="); ok && len(line) == 1 { // Excel says so
			t.next++
			t.separator = line[0]
			continue
		}
		if t.separator == 0 {
			t.separator = separator(t.lines[t.next])
		}
		number, cells, why := t.row()
		if blank(cells) && why == "" {
			t.separator = 0
			continue
		}
		names := make([]string, len(cells))
		for i, cell := range cells {
			if names[i] = canonical(cell); names[i] == "" {
				f.strange(cell)
			}
		}
		if why != "" || !slices.Contains(names, "title") {
			if why == "" {
				why = "it names no column title: " + quoted(strings.Join(cells, ", "))
			}
			return nil, fault.WithHint(invalid(f.src, f.name, "line %d: %s", number, why), "begin the file with a line such as: title,date,url")
		}
		return names, nil
	}
	return nil, invalid(f.src, f.name, "the file is empty")
}

// separator is the one that stands most often in the line of names.
func separator(line string) byte {
	best := byte(',')
	for _, s := range []byte(";\t") {
		if strings.Count(line, string(s)) > strings.Count(line, string(best)) {
			best = s
		}
	}
	return best
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return cell != "" })
}

// tableText is CSV by its lines. A quote that nobody closed spoils its own line
// only: the next row is read from the line after it.
type tableText struct {
	lines     []string
	next      int
	separator byte
}

// maxCellLines is how many lines one row may have.
const maxCellLines = 200

func newTable(text string) *tableText {
	text = strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	if text == "" {
		return &tableText{}
	}
	return &tableText{lines: strings.Split(text, "\n")}
}

func (t *tableText) done() bool { return t.next >= len(t.lines) }

// row returns the next row, blanks around its cells taken off, with the number of the line it begins on.
func (t *tableText) row() (number int, cells []string, why string) {
	begin := t.next
	number, t.next = begin+1, begin+1
	line := t.lines[begin]
	for {
		line = strings.TrimLeft(line, t.blanks())
		if !strings.HasPrefix(line, `"`) {
			cell, rest, more := strings.Cut(line, string(t.separator))
			cells = append(cells, strings.TrimSpace(cell))
			if !more {
				return number, cells, ""
			}
			line = rest
			continue
		}
		cell, rest, ok := t.quoted(line[1:], begin)
		if !ok {
			t.next = begin + 1
			return number, nil, "a quote in it is not closed"
		}
		cells = append(cells, strings.TrimSpace(cell))
		rest = strings.TrimLeft(rest, t.blanks())
		if rest == "" {
			return number, cells, ""
		}
		if rest[0] != t.separator {
			t.next = begin + 1
			return number, nil, `a quote within a cell must stand twice: "the ""Declaration"" is out"`
		}
		line = rest[1:]
	}
}

// blanks may stand around a cell; a tab that separates is none.
func (t *tableText) blanks() string {
	if t.separator == '\t' {
		return " \u00a0"
	}
	return " \t\u00a0"
}

// quoted reads on from behind an opening quote, over as many lines as it takes.
func (t *tableText) quoted(line string, begin int) (cell, rest string, ok bool) {
	var b strings.Builder
	for {
		at := strings.IndexByte(line, '"')
		switch {
		case at < 0:
			if t.done() || t.next-begin >= maxCellLines {
				return "", "", false
			}
			b.WriteString(line + "\n")
			line = t.lines[t.next]
			t.next++
		case strings.HasPrefix(line[at+1:], `"`):
			b.WriteString(line[:at+1])
			line = line[at+2:]
		default:
			b.WriteString(line[:at])
			return b.String(), line[at+1:], true
		}
	}
}
