package csvfile

import (
	"slices"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// maxJoined is the most lines of one record: a longer one is a quote that was never closed.
const maxJoined = 20

func (f *File) readCSV(l *lines, first string, o Options) error {
	r := &csvRecords{lines: l, comma: delimiter(first)}
	names, err := cut(r.whole(first), r.comma)
	if err != nil {
		return fault.Invalidf("line %d: %w", l.number, err)
	}
	f.Format.Kind, f.Format.Delimiter = "csv", string(r.comma)
	if r.columns, err = f.understand(names, o); err != nil {
		return err
	}
	r.at = slices.IndexFunc(names, func(name string) bool { return f.Format.Columns[name] == "address" })
	f.rows = sorted(r, windowRoom)
	return nil
}

// csvRecords are the records of a CSV file.
type csvRecords struct {
	*lines
	comma   byte
	columns columns
	at      int // is the address
}

func (r *csvRecords) record() (text string, number int, ok bool) {
	if text, ok = r.next(); ok {
		number = r.number
		text = r.whole(text)
	}
	return text, number, ok
}

func (r *csvRecords) address(text string) string {
	if record, ok := parse(text, r.comma); ok && r.at < len(record) {
		return restore(strings.TrimSpace(record[r.at]))
	}
	return ""
}

func (r *csvRecords) row(text string, number int) (subscribers.Row, error) {
	record, err := cut(text, r.comma)
	row := subscribers.Row{Line: number, Text: record}
	switch {
	case err != nil:
		row.Text = []string{text}
	case len(record) > len(r.columns):
		err = fault.Invalidf("%d fields, but line 1 names %d: is a comma in a name without quotes?", len(record), len(r.columns))
	default:
		err = r.columns.fill(&row, record, restore)
	}
	return row, err
}

// delimiter is the one that stands most often in the first line, outside of quotes.
func delimiter(line string) byte {
	counts := map[byte]int{}
	quoted := false
	for i := range len(line) {
		if line[i] == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[line[i]]++
		}
	}
	best := byte(',')
	for _, d := range []byte{';', '\t', '|'} {
		if counts[d] > counts[best] {
			best = d
		}
	}
	return best
}

// whole returns the text of the record that begins with a line. A quoted field may
// go over lines; if no end of it is found, the lines after the first are given
// back: an open quote never swallows them.
func (r *csvRecords) whole(text string) string {
	var taken []string
	joined := text
	for strings.Count(joined, `"`)%2 == 1 && len(taken) < maxJoined {
		line, ok := r.next()
		if !ok {
			r.number--
			break
		}
		taken = append(taken, line)
		joined += "\n" + line
		if _, ok := parse(joined, r.comma); ok {
			return joined
		}
	}
	for i := len(taken) - 1; i >= 0; i-- {
		r.back = append(r.back, taken[i])
	}
	r.number -= len(taken)
	return text
}

// cut cuts a record into its fields.
func cut(text string, comma byte) ([]string, error) {
	record, ok := parse(text, comma)
	if !ok {
		return nil, fault.Invalidf("not CSV: a quote is not closed, or stands inside a field without being doubled")
	}
	return record, nil
}

// parse cuts a record into fields (RFC 4180 section 2). Without quotes the fields
// are parts of the text; encoding/csv would need a reader for every line.
func parse(text string, comma byte) ([]string, bool) {
	record := make([]string, 0, strings.Count(text, string(comma))+1)
	for {
		if !strings.HasPrefix(text, `"`) {
			end := strings.IndexByte(text, comma)
			field := text
			if end >= 0 {
				field = text[:end]
			}
			if strings.IndexByte(field, '"') >= 0 {
				return nil, false
			}
			record = append(record, field)
			if end < 0 {
				return record, true
			}
			text = text[end+1:]
			continue
		}
		field, rest, ok := quoted(text[1:])
		if !ok || rest != "" && rest[0] != comma {
			return nil, false
		}
		record = append(record, field)
		if rest == "" {
			return record, true
		}
		text = rest[1:]
	}
}

// quoted reads a field up to the quote that closes it.
func quoted(text string) (field, rest string, ok bool) {
	end := strings.IndexByte(text, '"')
	if end < 0 {
		return "", "", false
	}
	if !strings.HasPrefix(text[end+1:], `"`) {
		return text[:end], text[end+1:], true
	}
	var b strings.Builder
	for {
		b.WriteString(text[:end])
		text = text[end+1:]
		if !strings.HasPrefix(text, `"`) {
			return b.String(), text, true
		}
		b.WriteByte('"')
		text = text[1:]
		if end = strings.IndexByte(text, '"'); end < 0 {
			return "", "", false
		}
	}
}
