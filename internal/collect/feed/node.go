package feed

import (
	"html"
	"io"
	"strings"
)

// node is one element of a feed with all below it.
type node struct {
	name    string
	attrs   []attribute
	parts   []part // as they stand
	foreign bool   // of another vocabulary than its name seems to say
}

// A part of an element is text or an element.
type part struct {
	text  string
	child *node
}

func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// all returns the children with a name.
func (n *node) all(name string) (found []*node) {
	for _, p := range n.parts {
		if p.child != nil && p.child.name == name && !p.child.foreign {
			found = append(found, p.child)
		}
	}
	return found
}

// child returns the first child that is not empty with one of the names, in the order of names.
func (n *node) child(names ...string) *node {
	for _, name := range names {
		for _, c := range n.all(name) {
			if len(c.parts) > 0 || len(c.attrs) > 0 {
				return c
			}
		}
	}
	return nil
}

func (n *node) get(names ...string) string {
	for _, name := range names {
		for _, c := range n.all(name) {
			if text := c.content(); text != "" {
				return text
			}
		}
	}
	return ""
}

// content returns what an element says: its text, or the markup of its children written out again.
func (n *node) content() string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	markup := false
	for _, p := range n.parts {
		markup = markup || p.child != nil
	}
	if markup {
		n.write(&b)
	} else {
		for _, p := range n.parts {
			b.WriteString(p.text)
		}
	}
	return strings.TrimSpace(b.String())
}

func (n *node) write(b *strings.Builder) {
	for _, p := range n.parts {
		if p.child == nil {
			b.WriteString(html.EscapeString(p.text))
			continue
		}
		name := p.child.name[strings.IndexByte(p.child.name, ':')+1:]
		b.WriteString("<" + name)
		for _, a := range p.child.attrs {
			b.WriteString(" " + a.name + `="` + html.EscapeString(a.value) + `"`)
		}
		b.WriteByte('>')
		p.child.write(b)
		if !void[name] {
			b.WriteString("</" + name + ">")
		}
	}
}

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(words) {
		out[word] = true
	}
	return out
}

var (
	roots = set("rss feed rdf rdf:rdf channel")
	// noise is what programs print before a document when something went wrong.
	noise = set("br b p i font div pre h1 table tr td th")
	// void are elements of HTML that have no end.
	void = set("br img hr wbr input col area embed")
	// words are children of an item that hold text only, own those that no HTML has:
	// one that begins within another says that an end is missing.
	words = set("title link guid pubdate id updated published issued modified category dc:date dc:creator dc:language author comments")
	own   = set("guid pubdate description enclosure category content:encoded dc:date dc:creator dc:language updated published issued modified media:content media:thumbnail comments")
)

const maxDepth = 100

// subtree reads the element that a start begins. An item ends at the latest where
// the next begins or what it stands in ends.
func (s *scanner) subtree(start event) (*node, error) {
	top := &node{name: start.name, attrs: start.attrs}
	if start.closed {
		return top, nil
	}
	open := []*node{top}
	for {
		e, err := s.next()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch e.kind {
		case 't':
			last.parts = append(last.parts, part{text: e.text})
		case '<':
			if e.name == top.name && isItem(e.name) {
				s.pos = e.at
				return top, nil
			}
			open = opened(open, e)
		case '/':
			if isItem(top.name) && roots[e.name] {
				s.pos = e.at
				return top, nil
			}
			if open = closed(open, e.name); len(open) == 0 {
				return top, nil
			}
		}
	}
}

func isItem(name string) bool { return name == "item" || name == "entry" }

func opened(open []*node, e event) []*node {
	if len(open) == 2 && isItem(open[0].name) {
		if in := open[1].name; words[in] && (own[e.name] || words[e.name]) || own[in] && own[e.name] {
			open = open[:1]
		}
	}
	last := open[len(open)-1]
	n := &node{name: e.name, attrs: e.attrs, foreign: e.foreign}
	last.parts = append(last.parts, part{child: n})
	if e.closed || void[e.name] || len(open) >= maxDepth {
		return open
	}
	return append(open, n)
}

// closed ends the innermost open element of a name, and what is open within it.
func closed(open []*node, name string) []*node {
	for i := len(open) - 1; i >= 0; i-- {
		if open[i].name == name {
			return open[:i]
		}
	}
	return open
}
