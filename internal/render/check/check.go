// Package check reads a message as mail programs and readers will meet it and says
// what would fail them: size, structure, languages, pictures, contrast in light and
// dark, what may not be in a mail at all. It is pure: HTML in, findings out, each
// with what to do. It knows neither themes nor issues.
package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits of a message, in bytes: Gmail hides what comes after some 102 kB and
// drops a style element above 16 kB.
const (
	MaxHTML  = 90_000
	MaxStyle = 16_000
)

// HTML returns what is wrong with a message's HTML.
func HTML(message string) []string {
	doc, err := html.Parse(strings.NewReader(message))
	if err != nil {
		return []string{fmt.Sprintf("it cannot be read: %v", err)}
	}
	c := &checker{}
	if len(message) > MaxHTML {
		c.bad("%d bytes of HTML are more than %d: the end, with the way to unsubscribe, would be hidden", len(message), MaxHTML)
	}
	c.document(doc)
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			c.element(n)
		case html.CommentNode:
			c.comment(n.Data)
		}
	}
	c.headings(doc)
	c.contrasts(doc)
	return c.found
}

type checker struct{ found []string }

func (c *checker) bad(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(c.found, text) {
		c.found = append(c.found, text)
	}
}

// Same reports whether two findings say the same, with other examples.
func Same(a, b string) bool {
	x, _, _ := strings.Cut(a, example)
	y, _, _ := strings.Cut(b, example)
	return x == y
}

// example stands between a finding that many texts have and the first of them.
const example = ", as in "

func (c *checker) once(text, format string, args ...any) {
	finding := fmt.Sprintf(format, args...) + example + fmt.Sprintf("%.40q", text)
	if !slices.ContainsFunc(c.found, func(f string) bool { return Same(f, finding) }) {
		c.found = append(c.found, finding)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func all(doc *html.Node, is func(*html.Node) bool) (out []*html.Node) {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && is(n) {
			out = append(out, n)
		}
	}
	return out
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
		if d.DataAtom == atom.Img {
			b.WriteString(attr(d, "alt"))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// document looks at the frame: languages, title, schemes, style.
func (c *checker) document(doc *html.Node) {
	frame := all(doc, func(n *html.Node) bool {
		return n.DataAtom == atom.Html || n.DataAtom == atom.Body || n.Parent != nil && n.Parent.DataAtom == atom.Body && attr(n, "class") != "preheader"
	})
	for _, n := range frame {
		if attr(n, "lang") == "" || attr(n, "dir") == "" {
			c.bad("<%s> has no lang or no dir: mail programs drop one or the other of html, body and the outer element", n.Data)
		}
	}
	if len(all(doc, func(n *html.Node) bool { return attr(n, "role") == "main" })) != 1 {
		c.bad("no element, or more than one, has role=\"main\": screen readers cannot skip to the message")
	}
	title := all(doc, func(n *html.Node) bool { return n.DataAtom == atom.Title })
	if len(title) != 1 || words(title[0]) == "" {
		c.bad("no title")
	}
	if len(all(doc, func(n *html.Node) bool {
		return n.DataAtom == atom.Meta && attr(n, "name") == "color-scheme" && strings.Contains(attr(n, "content"), "dark")
	})) == 0 {
		c.bad("no <meta name=\"color-scheme\" content=\"light dark\">: dark mode would be guessed")
	}
	size := 0
	for _, n := range all(doc, func(n *html.Node) bool { return n.DataAtom == atom.Style }) {
		size += len(words(n))
		if strings.Contains(words(n), "@import") || strings.Contains(words(n), "url(") {
			c.bad("a style element loads something")
		}
	}
	if size > MaxStyle {
		c.bad("%d bytes of style are more than %d", size, MaxStyle)
	}
}

// forbidden are elements that act, load or are dropped by mail programs.
var forbidden = []atom.Atom{atom.Script, atom.Iframe, atom.Object, atom.Embed, atom.Form, atom.Input, atom.Button, atom.Svg, atom.Math, atom.Video, atom.Audio, atom.Link, atom.Base, atom.Applet, atom.Canvas, atom.Picture, atom.Source}

var (
	badStyle = regexp.MustCompile(`(?i)var\(|url\(|calc\(|expression\(|!important|(?:^|[;\s])(?:position|background-image|background)\s*:|display\s*:\s*(?:flex|grid)`)
	image    = regexp.MustCompile(`^https?://[^\s"<>]+$`)
)

func (c *checker) element(n *html.Node) {
	if slices.Contains(forbidden, n.DataAtom) {
		c.bad("<%s> does not belong into a mail", n.Data)
	}
	for _, a := range n.Attr {
		value := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
		switch {
		case strings.HasPrefix(a.Key, "on"):
			c.bad("<%s %s> acts", n.Data, a.Key)
		case (a.Key == "href" || a.Key == "src") && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") || strings.HasPrefix(value, "data:")):
			c.bad("<%s %s=%q> acts or is not loaded", n.Data, a.Key, a.Val)
		case a.Key == "style" && badStyle.MatchString(a.Val):
			c.bad("<%s style=%q> has what mail programs drop", n.Data, badStyle.FindString(a.Val))
		}
	}
	switch n.DataAtom {
	case atom.Meta:
		if strings.EqualFold(attr(n, "http-equiv"), "refresh") {
			c.bad("<meta http-equiv=refresh> acts")
		}
	case atom.Table:
		if attr(n, "role") != "presentation" {
			c.bad("a table has no role=\"presentation\": it is read out cell by cell")
		}
	case atom.Img:
		c.image(n)
	case atom.A:
		if attr(n, "href") == "" || words(n) == "" {
			c.bad("a link has no address or no words: %q", words(n))
		}
	}
}

func (c *checker) image(n *html.Node) {
	for _, key := range []string{"width", "height"} {
		if size, err := strconv.Atoi(attr(n, key)); err != nil || size < 1 {
			c.bad("a picture has no %s: the text jumps when it comes", key)
		}
	}
	if width, _ := strconv.Atoi(attr(n, "width")); width > 640 {
		c.bad("a picture is %d pixels wide, more than 640", width)
	}
	if !has(n, "alt") {
		c.bad("a picture has no alt: %s", attr(n, "src"))
	}
	if src := attr(n, "src"); !image.MatchString(src) || !strings.HasSuffix(src, ".png") && !strings.HasSuffix(src, ".jpg") {
		c.bad("a picture is no PNG or JPEG at a web address: %s", src)
	}
}

// comment looks into those that Outlook reads as HTML.
func (c *checker) comment(text string) {
	if !strings.HasPrefix(text, "[if") {
		c.bad("a comment that no program reads: %.40q", text)
		return
	}
	if strings.Contains(strings.ToLower(text), "<script") {
		c.bad("a script for Outlook")
	}
	if strings.Contains(text, "<table ") && !strings.Contains(text, `role="presentation"`) {
		c.bad("a table for Outlook has no role=\"presentation\"")
	}
}

func (c *checker) headings(doc *html.Node) {
	level, ones, first := 0, 0, ""
	for _, n := range all(doc, func(n *html.Node) bool {
		return len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6'
	}) {
		at := int(n.Data[1] - '0')
		if at == 1 {
			ones++
		} else if first == "" && len(all(n, func(d *html.Node) bool { return d.DataAtom == atom.A })) > 0 {
			first = words(n)
		}
		if at > level+1 {
			c.bad("<h%d> %q comes after <h%d>: a level is left out", at, words(n), level)
		}
		level = at
	}
	if ones != 1 {
		c.bad("%d <h1>, not one", ones)
	}
	for _, n := range all(doc, func(n *html.Node) bool { return attr(n, "class") == "preheader" }) {
		if text := words(n); text == "" || text == first {
			c.bad("the preheader is empty or repeats the first headline: %q", text)
		}
	}
}
