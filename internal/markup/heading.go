package markup

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Heading returns the words of a Markdown text's first heading and the text
// without it; "" and the whole text where there is none.
func Heading(source string) (title, rest string) {
	root := markdown.Parser().Parse(text.NewReader([]byte(source)))
	tried := 0
	for n := root.FirstChild(); n != nil && tried < 10; n = n.NextSibling() {
		if n.Kind() != ast.KindHeading || n.Lines().Len() == 0 {
			continue
		}
		tried++
		first, last := n.Lines().At(0), n.Lines().At(n.Lines().Len()-1)
		words := Text(string(Markdown("# " + Plain(source[first.Start:last.Stop]))))
		if words == "" {
			continue
		}
		begin := strings.LastIndexByte(source[:first.Start], '\n') + 1
		return words, strings.TrimSpace(source[:begin] + behindHeading(source, begin, last.Stop))
	}
	return "", source
}

// behindHeading is what follows a heading that begins at begin: the rest of its
// line is dropped, and the line below a heading that is marked by one.
func behindHeading(source string, begin, stop int) string {
	_, rest, _ := strings.Cut(source[max(begin, stop-1):], "\n")
	if strings.HasPrefix(strings.TrimSpace(source[begin:]), "#") {
		return rest
	}
	_, rest, _ = strings.Cut(rest, "\n")
	return rest
}
