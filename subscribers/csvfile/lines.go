package csvfile

import (
	"bufio"
	"io"
	"strings"

	"broadsheet/internal/fault"
)

// maxLine is the longest line in octets.
const maxLine = 1 << 20

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
