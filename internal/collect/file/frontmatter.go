package file

import (
	"regexp"
	"strings"

	"broadsheet/internal/markup"
)

// The part of YAML that people write at the head of a text: "key: value", values
// that go on in indented lines, lists with hyphens or in brackets, and their parts
// by name. A colon, a hash or a quote within a value means nothing.

// matterValue returns what a field of front matter holds.
func matterValue(name string, f markup.Field) any {
	lines := make([]string, len(f.Below))
	for i, line := range f.Below {
		lines[i] = strings.TrimSpace(line)
	}
	switch {
	case len(lines) == 0 && listSetter(name) != nil:
		return flow(f.Value, maxFlow)
	case len(lines) == 0:
		return f.Value
	case f.Value != "" && strings.Trim(f.Value, "|>+-") == "": // a block of lines
		return strings.Join(lines, "\n")
	case f.Value != "":
		return f.Value + " " + strings.Join(lines, " ")
	case strings.HasPrefix(lines[0], "-"):
		return hyphens(lines)
	case listSetter(name) == nil:
		return strings.Join(lines, " ")
	}
	return part(lines)
}

// hyphens reads a list of which each part begins with a hyphen.
func hyphens(lines []string) (out []any) {
	begin := 0
	for i := 1; i <= len(lines); i++ {
		if i == len(lines) || lines[i] == "-" || strings.HasPrefix(lines[i], "- ") {
			one := append([]string{}, lines[begin:i]...)
			one[0] = strings.TrimSpace(strings.TrimPrefix(one[0], "-"))
			out = append(out, part(one))
			begin = i
		}
	}
	return out
}

var named = regexp.MustCompile(`^(?i)(name|email|role|title|url|language|bytes|pages):(?:\s+(.*))?$`)

// part reads one thing of a list: its names in lines, or one text.
func part(lines []string) any {
	names := map[string]any{}
	for _, line := range lines {
		m := named.FindStringSubmatch(line)
		if m == nil {
			return flow(strings.Join(lines, " "), maxFlow)
		}
		names[strings.ToLower(m[1])] = markup.Unquote(strings.TrimSpace(m[2]))
	}
	return names
}

const maxFlow = 3 // how deep brackets may stand in each other

// flow reads [a, b] and {name: value}; anything else is text.
func flow(text string, depth int) any {
	text = strings.TrimSpace(text)
	if depth == 0 || len(text) < 2 {
		return markup.Unquote(text)
	}
	inner := text[1 : len(text)-1]
	switch text[:1] + text[len(text)-1:] {
	case "[]":
		list := []any{}
		for _, part := range atCommas(inner) {
			list = append(list, flow(part, depth-1))
		}
		return list
	case "{}":
		names := map[string]any{}
		for _, part := range atCommas(inner) {
			name, value, _ := strings.Cut(part, ":")
			names[strings.ToLower(markup.Unquote(strings.TrimSpace(name)))] = flow(value, depth-1)
		}
		return names
	}
	return markup.Unquote(text)
}

// atCommas splits at commas that stand in no quotes and no brackets.
func atCommas(text string) (out []string) {
	begin, depth, quote := 0, 0, byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		opens := strings.TrimSpace(text[begin:min(i, begin+4)]) == "" || c == '"'
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' && opens:
			quote = c
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			out = append(out, text[begin:i])
			begin = i + 1
		}
	}
	if rest := text[begin:]; strings.TrimSpace(rest) != "" {
		out = append(out, rest)
	}
	return out
}
