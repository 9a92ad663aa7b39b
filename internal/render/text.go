package render

import (
	"fmt"
	"regexp"
	"strings"
	texttemplate "text/template"

	"broadsheet/internal/newsletter"

	"github.com/mattn/go-runewidth"
)

// columns is how wide the text part is: RFC 3676 section 4.2 asks for at most 78.
const columns = 72

// display measures text alike on every machine: the library's own default looks at the environment.
var display = &runewidth.Condition{StrictEmojiNeutral: true}

var textFuncs = texttemplate.FuncMap{
	"wrap":      func(s string) string { return wrap(s, "", "") },
	"indent":    func(s string) string { return wrap(s, "  ", "  ") },
	"hang":      func(s string) string { return wrap(s, "", "  ") },
	"center":    center,
	"underline": func(s string) string { return strings.Repeat("-", min(display.StringWidth(s), columns)) },
	"rule":      func() string { return strings.Repeat("-", columns) },
	"contact":   contact,
	"status":    status,
}

func contact(c newsletter.Contact) string {
	if c.Name == c.Email {
		return c.Email
	}
	return c.Name + " <" + c.Email + ">"
}

func status(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func center(s string) string {
	if free := columns - display.StringWidth(s); free > 1 {
		return strings.Repeat(" ", free/2) + s
	}
	return wrap(s, "", "")
}

// wrap breaks each line of s at spaces, counting wide scripts as two columns. A
// word longer than a line is broken where it must, but for an address, which stays whole.
func wrap(s, first, rest string) string {
	var out []string
	for _, paragraph := range strings.Split(s, "\n") {
		w := wrapper{line: first, width: display.StringWidth(first), start: true, rest: rest}
		for _, word := range strings.FieldsFunc(paragraph, func(r rune) bool { return r == ' ' || r == '\t' }) {
			w.add(word)
		}
		out = append(out, append(w.done, strings.TrimRight(w.line, " "))...)
	}
	return strings.Join(out, "\n")
}

type wrapper struct {
	done  []string
	line  string
	width int
	start bool // nothing stands on the line yet
	rest  string
}

func (w *wrapper) next() {
	w.done = append(w.done, strings.TrimRight(w.line, " "))
	w.line, w.width, w.start = w.rest, display.StringWidth(w.rest), true
}

func (w *wrapper) add(word string) {
	long := display.StringWidth(word)
	address := strings.Contains(word, "://") || strings.Contains(word, "@")
	if !address && long > columns-display.StringWidth(w.rest) {
		w.pieces(word)
		return
	}
	if !w.start && w.width+1+long > columns {
		w.next()
	}
	if !w.start {
		w.line, w.width = w.line+" ", w.width+1
	}
	w.line, w.width, w.start = w.line+word, w.width+long, false
}

// pieces writes a word that no line holds, such as a sentence in a script without
// spaces: as much of it as fits, line by line. Marks stay with their letter.
func (w *wrapper) pieces(word string) {
	if !w.start {
		w.line, w.width = w.line+" ", w.width+1
	}
	for _, r := range word {
		wide := display.RuneWidth(r)
		if wide > 0 && w.width+wide > columns {
			w.next()
		}
		w.line, w.width, w.start = w.line+string(r), w.width+wide, false
	}
}

var gaps = regexp.MustCompile(`\n{4,}`)

// tidy drops spaces at line ends and the gaps that empty parts of a template leave.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Trim(gaps.ReplaceAllString(strings.Join(lines, "\n"), "\n\n\n"), "\n") + "\n"
}

// linkList is how the addresses of a text part are written.
type linkList struct {
	numbered bool
	seen     []string
}

// numbered says whether addresses stand at the end: as configured, else as is the theme's habit.
func numbered(t newsletter.Theme) bool {
	return t.Links == "numbered" || t.Links == "" && t.Name == "plain"
}

func (l *linkList) ref(address string) string {
	if !l.numbered {
		return address
	}
	for i, known := range l.seen {
		if known == address {
			return fmt.Sprintf("[%d]", i+1)
		}
	}
	l.seen = append(l.seen, address)
	return fmt.Sprintf("[%d]", len(l.seen))
}

func (l *linkList) lines() (out []string) {
	for i, address := range l.seen {
		out = append(out, fmt.Sprintf("[%d] %s", i+1, address))
	}
	return out
}
