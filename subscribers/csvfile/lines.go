package csvfile

import (
	"bufio"
	"encoding/csv"
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
// lines; if no end of it is found, the lines after the first are given back.
func (l *lines) record(text string, comma rune) ([]string, error) {
	record, err := parse(text, comma)
	if err == nil {
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
		if record, err := parse(joined, comma); err == nil {
			return record, nil
		}
	}
	for i := len(taken) - 1; i >= 0; i-- {
		l.back = append(l.back, taken[i])
	}
	l.number -= len(taken)
	return nil, fault.Invalidf("not CSV: a quote is not closed, or stands inside a field without being doubled")
}

func parse(text string, comma rune) ([]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = comma, -1
	return r.Read()
}
