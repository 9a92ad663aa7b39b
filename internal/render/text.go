package render

import (
	"regexp"
	"strings"
	texttemplate "text/template"

	"broadsheet/internal/newsletter"

	"github.com/mattn/go-runewidth"
)

// columns is how wide the text part is: RFC 3676 section 4.2 asks for at most 78.
const columns = 72

var textFuncs = texttemplate.FuncMap{
	"wrap":      func(s string) string { return wrap(s, "", "") },
	"indent":    func(s string) string { return wrap(s, "  ", "  ") },
	"hang":      func(s string) string { return wrap(s, "", "  ") },
	"center":    center,
	"upper":     strings.ToUpper,
	"underline": func(s string) string { return strings.Repeat("-", min(runewidth.StringWidth(s), columns)) },
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
	if free := columns - runewidth.StringWidth(s); free > 1 {
		return strings.Repeat(" ", free/2) + s
	}
	return wrap(s, "", "")
}

// wrap breaks each line of s at spaces, counting wide scripts as two columns. A
// word that is longer than a line, such as an address, stays whole.
func wrap(s, first, rest string) string {
	var out []string
	for _, paragraph := range strings.Split(s, "\n") {
		line, width, start := first, runewidth.StringWidth(first), true
		for _, word := range strings.Fields(paragraph) {
			w := runewidth.StringWidth(word)
			if !start && width+1+w > columns {
				out = append(out, line)
				line, width, start = rest, runewidth.StringWidth(rest), true
			}
			if !start {
				line += " "
				width++
			}
			line, width, start = line+word, width+w, false
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	return strings.Join(out, "\n")
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
