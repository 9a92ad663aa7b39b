package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Paragraphs returns sanitised HTML as plain text: a line a paragraph with an
// empty one between, list items behind a hyphen, the address of a link behind its words.
func Paragraphs(source string) string {
	node, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return Plain(source)
	}
	var b strings.Builder
	writeParagraphs(&b, node)
	var lines []string
	for _, line := range strings.Split(b.String(), "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		if n := len(lines); n > 0 && !(strings.HasPrefix(line, "- ") && strings.HasPrefix(lines[n-1], "- ")) {
			lines = append(lines, "")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func writeParagraphs(b *strings.Builder, n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		b.WriteString(strings.ReplaceAll(stripReserved(n.Data), "\n", " "))
	case n.DataAtom == atom.Li:
		b.WriteString("\n- ")
	case blocks[n.DataAtom]:
		b.WriteByte('\n')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeParagraphs(b, c)
	}
	if n.DataAtom == atom.A {
		for _, a := range n.Attr {
			if a.Key == "href" && strings.HasPrefix(a.Val, "http") {
				b.WriteString(" <" + a.Val + ">")
			}
		}
	}
	if blocks[n.DataAtom] && n.DataAtom != atom.Br {
		b.WriteByte('\n')
	}
}
