package segment

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"broadsheet/internal/fault"
)

// Limits of a filter: far more than anybody writes, little enough for any database.
const (
	maxLength = 4000
	maxDepth  = 30
	maxTests  = 100
	maxValues = 200
)

// Parse reads a filter. An empty text lets everybody through. Errors name the
// character, counted from 1, and show it.
func Parse(text string) (f Filter, err error) {
	if strings.TrimSpace(text) == "" {
		return Filter{}, nil
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return Filter{}, fault.Invalidf("the filter is not valid UTF-8")
	}
	if len(text) > maxLength {
		return Filter{}, fault.Invalidf("the filter is longer than %d octets", maxLength)
	}
	p := &parser{text: text}
	p.next()
	f = p.any(0)
	if p.failed == nil && p.token.kind != end {
		p.fail("here and, or, or the end was expected")
	}
	return f, p.failed
}

type kind int

const (
	end kind = iota
	word
	text
	symbol
)

type token struct {
	kind kind
	text string
	at   int // in octets
}

type parser struct {
	text   string
	pos    int
	token  token
	tests  int
	failed error
}

func (p *parser) fail(format string, args ...any) {
	if p.failed == nil {
		p.failed = p.failure(p.token.at, format, args...)
	}
	p.token = token{kind: end, at: len(p.text)} // nothing more is read
	p.pos = len(p.text)
}

// failure shows the place under the text.
func (p *parser) failure(at int, format string, args ...any) error {
	n := utf8.RuneCountInString(p.text[:at])
	line := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(p.text)
	return fault.Invalidf("filter, character %d: "+format+"\n  %s\n  %s^", append(append([]any{n + 1}, args...), line, strings.Repeat(" ", n))...)
}

const symbols = "()=!<>~,"

// next reads the next token.
func (p *parser) next() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
	start := p.pos
	switch rest := p.text[start:]; {
	case rest == "":
		p.token = token{kind: end, at: start}
	case rest[0] == '"':
		p.quoted(start)
	case strings.IndexByte(symbols, rest[0]) >= 0:
		n := 1
		if len(rest) > 1 && rest[1] == '=' && strings.IndexByte("!<>", rest[0]) >= 0 {
			n = 2
		}
		p.pos += n
		p.token = token{symbol, rest[:n], start}
	default:
		n := strings.IndexAny(rest, symbols+"\" \t\r\n")
		if n < 0 {
			n = len(rest)
		}
		p.pos += n
		p.token = token{word, rest[:n], start}
	}
}

func (p *parser) quoted(start int) {
	var b strings.Builder
	for i := start + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.pos, p.token = i+1, token{text, b.String(), start}
			return
		case c == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(c)
		}
	}
	p.token.at = start
	p.fail("this quote is not closed")
}

// is reports whether the token is a keyword.
func (p *parser) is(keyword string) bool {
	return p.token.kind == word && strings.EqualFold(p.token.text, keyword)
}

func (p *parser) any(depth int) Filter { return p.list(Or, depth, p.every) }

func (p *parser) every(depth int) Filter { return p.list(And, depth, p.one) }

func (p *parser) list(op Op, depth int, part func(int) Filter) Filter {
	parts := []Filter{part(depth)}
	for p.failed == nil && p.is(string(op)) {
		p.next()
		parts = append(parts, part(depth))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return Filter{Op: op, Of: parts}
}

func (p *parser) one(depth int) Filter {
	if depth > maxDepth {
		p.fail("the filter is nested more than %d deep", maxDepth)
	}
	switch {
	case p.failed != nil:
		return Filter{}
	case p.is("not"):
		p.next()
		return Filter{Op: Not, Of: []Filter{p.one(depth + 1)}}
	case p.token.kind == symbol && p.token.text == "(":
		p.next()
		f := p.any(depth + 1)
		if p.failed == nil && p.token.text != ")" {
			p.fail("here ) was expected")
		}
		p.next()
		return f
	}
	return Filter{Op: Leaf, Test: p.test()}
}

var (
	texts     = []string{"address", "language", "list", "origin"}
	days      = []string{"subscribed", "confirmed"}
	attribute = regexp.MustCompile(`^attr\.[a-z][a-z0-9_]{0,39}$`)
)

func (p *parser) test() (t Test) {
	if p.tests++; p.tests > maxTests {
		p.fail("more than %d tests", maxTests)
		return t
	}
	name := strings.ToLower(p.token.text)
	switch {
	case p.token.kind != word:
		p.fail("here a field was expected, such as language")
		return t
	case slices.Contains(texts, name), slices.Contains(days, name):
		t.Field = name
	case attribute.MatchString(name):
		t.Field, t.Attr = "attr", strings.TrimPrefix(name, "attr.")
	default:
		p.fail("no field %q: there are %s, %s and attr.NAME", p.token.text, strings.Join(texts, ", "), strings.Join(days, ", "))
		return t
	}
	p.next()
	p.compare(&t)
	return t
}

func (p *parser) compare(t *Test) {
	isDay := slices.Contains(days, t.Field)
	t.Compare = p.token.text
	switch {
	case p.is("in"):
		t.Compare = "in"
		if isDay {
			p.fail("a day is compared with = != < <= > >=")
			return
		}
		p.next()
		p.values(t)
		return
	case p.token.kind != symbol || !slices.Contains([]string{"=", "!=", "<", "<=", ">", ">=", "~"}, t.Compare):
		p.fail("here one of = != < <= > >= ~ in was expected")
		return
	case isDay && t.Compare == "~", !isDay && strings.ContainsAny(t.Compare, "<>"):
		p.fail("%s cannot be compared with %s", t.Field, t.Compare)
		return
	}
	p.next()
	if !isDay {
		t.Values = []string{p.value()}
		return
	}
	day, err := time.Parse(time.DateOnly, p.token.text)
	if err != nil || day.Year() < 1 || day.IsZero() {
		p.fail("here a day was expected, such as 2025-01-01")
		return
	}
	t.Day = day
	p.next()
}

func (p *parser) values(t *Test) {
	if p.token.text != "(" || p.token.kind != symbol {
		p.fail("here ( was expected: in (GE, MD)")
		return
	}
	for p.failed == nil {
		p.next()
		t.Values = append(t.Values, p.value())
		switch {
		case p.failed != nil:
		case len(t.Values) > maxValues:
			p.fail("more than %d values", maxValues)
		case p.token.kind == symbol && p.token.text == ")":
			p.next()
			return
		case p.token.kind != symbol || p.token.text != ",":
			p.fail("here , or ) was expected")
		}
	}
}

func (p *parser) value() string {
	if p.token.kind != word && p.token.kind != text {
		p.fail("here a value was expected")
		return ""
	}
	v := strings.ToLower(p.token.text)
	p.next()
	return v
}
