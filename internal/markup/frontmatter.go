package markup

import (
	"strings"

	"broadsheet/internal/fault"
)

// Field is one "key: value" of front matter.
type Field struct {
	Line  int
	Key   string
	Value string
	Below []string // the lines under it that are indented or list what belongs to it, as written
}

// FrontMatter splits a Markdown file into the fields between its two "---"
// lines and the text after them. A file that does not begin with "---" is all
// text. Values stay as written; quotes around a whole value are dropped.
func FrontMatter(source string) (fields []Field, body string, err error) {
	source = strings.TrimPrefix(strings.ReplaceAll(source, "\r\n", "\n"), "\uFEFF")
	lines := strings.Split(source, "\n")
	if strings.TrimSpace(lines[0]) != "---" {
		return nil, strings.TrimSpace(source), nil
	}
	for i, line := range lines[1:] {
		text := strings.TrimSpace(line)
		switch {
		case text == "---":
			return fields, strings.TrimSpace(strings.Join(lines[i+2:], "\n")), nil
		case text == "" || strings.HasPrefix(text, "#"):
			continue
		case len(fields) > 0 && (line[0] == ' ' || line[0] == '\t' || strings.HasPrefix(text, "- ")):
			last := &fields[len(fields)-1]
			last.Below = append(last.Below, line)
			continue
		}
		key, value, ok := strings.Cut(text, ":")
		if !ok {
			return nil, "", fault.Invalidf("line %d: %q is not \"key: value\"", i+2, Shorten(text, 80))
		}
		fields = append(fields, Field{Line: i + 2, Key: strings.TrimSpace(key), Value: Unquote(strings.TrimSpace(value))})
	}
	return nil, "", fault.WithHint(fault.Invalidf("the front matter that begins on line 1 has no end"), "end it with a line ---")
}

// Unquote drops the quotes around a whole value.
func Unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}
