package csvfile

import (
	"bufio"
	"io"
	"strings"

	"broadsheet/internal/fault"
)

// Limits of one record: a longer one is a quote that was never closed.
const (
	maxLine   = 1 << 20
	maxJoined = 20
)

// lines gives a file line by line and lets some be taken back.
type lines struct {
	scanner *bufio.Scanner
	back    []string
	number  int // of the line given last
}

func newLines(in io.Reader) *lines {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 64<<10), maxLine)
	return &lines{scanner: s}
}

func (l *lines) next() (string, bool) {
	l.number++
	if n := len(l.back); n > 0 {
		line := l.back[n-1]
		l.back = l.back[:n-1]
		return line, true
	}
	if !l.scanner.Scan() {
		return "", false
	}
	line := strings.TrimSuffix(l.scanner.Text(), "\r")
	if l.number == 1 {
		line = strings.TrimPrefix(line, "\uFEFF")
	}
	return line, true
}

func (l *lines) err() error {
	if err := l.scanner.Err(); err != nil {
		return fault.Invalidf("read the file after line %d: %w", l.number-1, err)
	}
	return nil
}

// record reads a record that begins with a line. A quoted field may go over
// lines; if no end of it is found, the lines after the first are given back: an
// open quote never swallows them.
func (l *lines) record(text string, comma byte) ([]string, error) {
	if record, ok := parse(text, comma); ok {
		return record, nil
	}
	var taken []string
	joined := text
	for strings.Count(joined, `"`)%2 == 1 && len(taken) < maxJoined {
		line, ok := l.next()
		if !ok {
			l.number--
			break
		}
		taken = append(taken, line)
		joined += "\n" + line
		if record, ok := parse(joined, comma); ok {
			return record, nil
		}
	}
	for i := len(taken) - 1; i >= 0; i-- {
		l.back = append(l.back, taken[i])
	}
	l.number -= len(taken)
	return nil, fault.Invalidf("not CSV: a quote is not closed, or stands inside a field without being doubled")
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
