package feed

import (
	"html"
	"io"
	"strings"
)

// A scanner walks a document tag by tag. It never gives up on one: an ampersand
// or a bracket that should have been escaped is text, an attribute without quotes
// is read, a tag that closes nothing is passed over. encoding/xml does some of
// this, at a third of the speed, and loses the rest of a document to one bad byte.
type scanner struct {
	text     string
	pos      int
	prefixes map[string]string // of the document's own, to the names used here
	own      string            // the prefix of the root, which is as good as none
}

type event struct {
	kind    byte // '<' a start, '/' an end, 't' text
	name    string
	attrs   []attribute
	closed  bool // a start that is its own end
	foreign bool // a known prefix that means something else here
	text    string
	at      int // where it begins
}

type attribute struct{ name, value string }

// vocabularies are the names under which elements of other vocabularies are known here, by what their namespace contains.
var vocabularies = []struct{ part, prefix string }{
	{"purl.org/dc/elements", "dc"}, {"purl.org/dc/terms", "dcterms"}, {"modules/content", "content"}, {"mrss", "media"},
	{"itunes.com", "itunes"}, {"2005/Atom", "atom"}, {"purl.org/atom", "atom"}, {"22-rdf-syntax", "rdf"}, {"purl.org/rss/1.0/modules/syndication", "sy"},
	{"1999/xhtml", "xhtml"}, {"feedburner", "feedburner"},
}

// next returns the next event, io.EOF at the end, io.ErrUnexpectedEOF where the
// document breaks off within a tag.
func (s *scanner) next() (event, error) {
	for s.pos < len(s.text) {
		rest := s.text[s.pos:]
		at := s.pos
		switch {
		case rest[0] != '<' || len(rest) > 1 && !strings.ContainsRune("/!?", rune(rest[1])) && !nameStart(rest[1]):
			return s.words(rest), nil
		case strings.HasPrefix(rest, "<![CDATA["):
			inner, ok := s.within(len("<![CDATA["), "]]>")
			if !ok {
				return event{}, io.ErrUnexpectedEOF
			}
			return event{kind: 't', text: inner, at: at}, nil
		case strings.HasPrefix(rest, "<!--"):
			if _, ok := s.within(len("<!--"), "-->"); !ok {
				return event{}, io.ErrUnexpectedEOF
			}
		case rest[1:] == "":
			return event{}, io.ErrUnexpectedEOF
		case rest[1] == '?':
			s.within(2, ">")
		case rest[1] == '!':
			s.doctype()
		case rest[1] == '/':
			inner, ok := s.within(2, ">")
			if !ok {
				return event{}, io.ErrUnexpectedEOF
			}
			return event{kind: '/', name: s.canonical(strings.TrimSpace(inner)), at: at}, nil
		default:
			return s.start()
		}
	}
	return event{}, io.EOF
}

func nameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

// within returns what stands between a beginning of n bytes and an end, and goes behind it.
func (s *scanner) within(n int, end string) (string, bool) {
	from := s.pos + n
	if from > len(s.text) {
		s.pos = len(s.text)
		return "", false
	}
	length := strings.Index(s.text[from:], end)
	if length < 0 {
		s.pos = len(s.text)
		return "", false
	}
	s.pos = from + length + len(end)
	return s.text[from : from+length], true
}

// doctype is passed over whole: the entities that a document declares itself are not expanded.
func (s *scanner) doctype() {
	rest := s.text[s.pos:]
	end, subset := strings.IndexByte(rest, '>'), strings.IndexByte(rest, '[')
	if subset >= 0 && subset < end {
		if end = strings.Index(rest, "]>"); end >= 0 {
			end++
		}
	}
	if end < 0 {
		s.pos = len(s.text)
		return
	}
	s.pos += end + 1
}

func (s *scanner) words(rest string) event {
	at := s.pos
	length := len(rest)
	if next := strings.IndexByte(rest[1:], '<'); next >= 0 {
		length = next + 1
	}
	s.pos += length
	return event{kind: 't', text: unescape(rest[:length]), at: at}
}

// start reads a tag with its attributes.
func (s *scanner) start() (event, error) {
	e := event{kind: '<', at: s.pos}
	s.pos++
	raw := s.until(" \t\r\n/>")
	for {
		s.pos += len(s.text[s.pos:]) - len(strings.TrimLeft(s.text[s.pos:], " \t\r\n"))
		switch {
		case s.pos >= len(s.text):
			return e, io.ErrUnexpectedEOF
		case s.text[s.pos] == '>':
			s.pos++
			e.name = s.canonical(raw)
			return e, nil
		case s.text[s.pos] == '/':
			e.closed = strings.HasPrefix(s.text[s.pos:], "/>")
			s.pos++
		default:
			a := s.attribute()
			if prefix, ok := strings.CutPrefix(a.name, "xmlns:"); ok && !s.declare(prefix, a.value) {
				e.foreign = e.foreign || strings.HasPrefix(strings.ToLower(raw), prefix+":")
			}
			e.attrs = append(e.attrs, a)
		}
	}
}

// until returns what stands before the first of the stops.
func (s *scanner) until(stops string) string {
	rest := s.text[s.pos:]
	n := strings.IndexAny(rest, stops)
	if n < 0 {
		n = len(rest)
	}
	s.pos += n
	return rest[:n]
}

func (s *scanner) attribute() attribute {
	a := attribute{name: strings.ToLower(s.until("= \t\r\n/>"))}
	if a.name == "" { // a stray sign
		s.pos++
		return a
	}
	rest := strings.TrimLeft(s.text[s.pos:], " \t\r\n")
	if !strings.HasPrefix(rest, "=") {
		return a
	}
	rest = strings.TrimLeft(rest[1:], " \t\r\n")
	s.pos = len(s.text) - len(rest)
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		a.value = unescape(s.until(" \t\r\n>"))
		return a
	}
	value, _ := s.within(1, rest[:1])
	a.value = strings.TrimSpace(unescape(value))
	return a
}

// declare notes what a prefix stands for, and reports whether that is known here.
func (s *scanner) declare(prefix, namespace string) bool {
	for _, v := range vocabularies {
		if strings.Contains(namespace, v.part) {
			s.prefixes[prefix] = v.prefix
			return true
		}
	}
	if strings.Contains(namespace, "purl.org/rss/1.0") {
		s.prefixes[prefix] = ""
		return true
	}
	return false
}

// canonical returns an element's name in lower case, under the prefix used here.
func (s *scanner) canonical(name string) string {
	name = strings.ToLower(name)
	prefix, local, prefixed := strings.Cut(name, ":")
	if !prefixed {
		return name
	}
	if known, ok := s.prefixes[prefix]; ok {
		prefix = known
	}
	if prefix == "" || prefix == s.own {
		return local
	}
	return prefix + ":" + local
}

const longestEntity = 32

// unescape resolves the entities of XML and HTML, those with a semicolon only:
// "?a=1&copy=2" is an address, whatever a browser makes of it.
func unescape(text string) string {
	if strings.IndexByte(text, '&') < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for {
		at := strings.IndexByte(text, '&')
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at])
		text = text[at:]
		end := strings.IndexByte(text[:min(len(text), longestEntity)], ';')
		if end < 0 {
			b.WriteByte('&')
			text = text[1:]
			continue
		}
		b.WriteString(entity(text[:end+1]))
		text = text[end+1:]
	}
}

func entity(text string) string {
	switch text {
	case "&lt;":
		return "<"
	case "&gt;":
		return ">"
	case "&amp;":
		return "&"
	case "&quot;":
		return `"`
	}
	if resolved := html.UnescapeString(text); resolved != "\uFFFD" {
		return resolved
	}
	return "" // the number of no character
}
