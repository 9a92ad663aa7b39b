package calendar

import (
	"bytes"
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// decode returns a document as unfolded UTF-8.
func decode(raw newsletter.Raw) string {
	if bytes.HasPrefix(raw.Body, []byte{0xFE, 0xFF}) || bytes.HasPrefix(raw.Body, []byte{0xFF, 0xFE}) { // UTF-16, whose line ends are no single bytes
		return string(unfold([]byte(markup.Decode(raw.Body, ""))))
	}
	return markup.Decode(unfold(raw.Body), raw.ContentType)
}

// unfold joins folded lines (RFC 5545 section 3.1). It works on bytes, because
// lines are folded by bytes and so in the middle of characters.
func unfold(body []byte) []byte {
	if bytes.IndexByte(body, '\n') < 0 {
		body = bytes.ReplaceAll(body, []byte{'\r'}, []byte{'\n'})
	}
	out := make([]byte, 0, len(body))
	for len(body) > 0 {
		line, rest, more := bytes.Cut(body, []byte{'\n'})
		out = append(out, bytes.TrimRight(line, "\r")...)
		body = rest
		if more && len(body) > 0 && (body[0] == ' ' || body[0] == '\t') {
			body = body[1:]
		} else {
			out = append(out, '\n')
		}
	}
	return out
}

// property is a content line: its name in capitals, its parameters as they stand, its value.
type property struct{ name, params, value string }

// dated properties have values without colons, and parameters with them that some
// programs do not quote: TZID=(UTC+01:00) Brussels.
var dated = map[string]bool{"DTSTART": true, "DTEND": true, "RECURRENCE-ID": true, "EXDATE": true, "RDATE": true}

// split takes a content line apart; ok is false for what is none. Quoted
// parameters may hold colons.
func split(line string) (p property, ok bool) {
	end := strings.IndexAny(line, ":;")
	if end <= 0 || !isName(line[:end]) {
		return p, false
	}
	p.name = strings.ToUpper(line[:end])
	if line[end] == ':' {
		p.value = line[end+1:]
		return p, true
	}
	if at := strings.LastIndexByte(line, ':'); at > end && dated[p.name] {
		p.params, p.value = line[end:at], line[at+1:]
		return p, true
	}
	quoted := false
	for i := end; i < len(line); i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ':' && !quoted:
			p.params, p.value = line[end:i], line[i+1:]
			return p, true
		}
	}
	if i := strings.IndexByte(line[end:], ':'); i >= 0 { // a quote that nobody closed
		p.params, p.value = line[end:end+i], line[end+i+1:]
		return p, true
	}
	return p, false
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return true
}

// param returns a parameter's value without its quotes, "" where there is none.
func (p property) param(name string) string {
	rest := p.params
	for rest != "" {
		rest = rest[1:] // the semicolon
		end, quoted := 0, false
		for end < len(rest) && (quoted || rest[end] != ';') {
			if rest[end] == '"' {
				quoted = !quoted
			}
			end++
		}
		if key, value, ok := strings.Cut(rest[:end], "="); ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(strings.ReplaceAll(value, `"`, ""))
		}
		rest = rest[end:]
	}
	return ""
}

var escapes = strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n", `\N`, "\n")

// text returns a TEXT value without its escapes (RFC 5545 section 3.3.11). What should
// have been escaped and was not is text as well.
func (p property) text() string {
	value := p.value
	if len(value) > maxText {
		value = strings.ToValidUTF8(value[:maxText], "")
	}
	if strings.IndexByte(value, '\\') < 0 {
		return value
	}
	return escapes.Replace(value)
}

// component is what stands between BEGIN and END.
type component struct {
	name  string
	off   bool // an event of a calendar with METHOD:CANCEL
	props []property
	parts []*component
}

func (c *component) get(name string) (property, bool) {
	for _, p := range c.props {
		if p.name == name {
			return p, true
		}
	}
	return property{}, false
}

func (c *component) all(name string) (out []property) {
	for _, p := range c.props {
		if p.name == name {
			out = append(out, p)
		}
	}
	return out
}
