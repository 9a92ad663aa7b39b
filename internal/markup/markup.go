// Package markup owns the one gate from outside text to what stands in an
// issue: decoding, sanitising, plain text, links and Markdown. Whatever a source
// or an editor wrote is hostile until it came through here. It never fetches.
package markup

import (
	"bytes"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/charmap"
)

var policy = newPolicy()

// newPolicy allows the text of an article and nothing that acts, loads or looks
// like the issue's own furniture (no headings above h3, no images, no classes).
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "b", "em", "i", "ul", "ol", "li", "blockquote", "h3", "h4", "sub", "sup")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]+)*$`)).Globally()
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(ltr|rtl)$`)).Globally()
	return p
}

// HTML returns the safe part of outside HTML, with links made absolute by base.
func HTML(outside string, base *url.URL) template.HTML {
	resolved := resolveLinks(stripReserved(outside), base)
	return template.HTML(strings.TrimSpace(stripReserved(policy.Sanitize(resolved)))) // again: entities may have been reserved characters
}

// markdown lets raw HTML through, because the gate behind it knows what of that
// is safe; dropping the tags alone would leave a script's text in the issue.
var markdown = goldmark.New(goldmark.WithRendererOptions(goldmarkhtml.WithUnsafe()))

// Markdown returns safe HTML for Markdown by people.
func Markdown(source string) template.HTML {
	var out bytes.Buffer
	if err := markdown.Convert([]byte(stripReserved(source)), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(source))
	}
	return HTML(lower.Replace(out.String()), nil)
}

// lower makes the largest headings that people write the largest that an issue's text may have.
var lower = strings.NewReplacer("<h1>", "<h3>", "</h1>", "</h3>", "<h2>", "<h3>", "</h2>", "</h3>")

func resolveLinks(source string, base *url.URL) string {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return ""
	}
	var out bytes.Buffer
	for _, n := range nodes {
		for d := range n.Descendants() {
			rewriteLink(d, base)
		}
		rewriteLink(n, base)
		if err := html.Render(&out, n); err != nil {
			return ""
		}
	}
	return out.String()
}

func rewriteLink(n *html.Node, base *url.URL) {
	if n.DataAtom != atom.A {
		return
	}
	for i := range n.Attr {
		if n.Attr[i].Key == "href" {
			n.Attr[i].Val, _ = Link(base, n.Attr[i].Val)
		}
	}
}

// Blocks are the elements after which a reader takes a breath.
var blocks = map[atom.Atom]bool{atom.P: true, atom.Div: true, atom.Br: true, atom.Li: true, atom.Tr: true, atom.Td: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.Blockquote: true, atom.Dd: true, atom.Dt: true}

// Text returns the plain words of HTML on one line.
func Text(source string) string {
	if !strings.ContainsAny(source, "<&") {
		return Plain(source)
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(source))
	silent := 0 // elements that are open and say nothing
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken: // the end
			return Plain(b.String())
		case html.TextToken:
			if silent == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case mute[tag] && kind == html.StartTagToken:
				silent++
			case mute[tag] && kind == html.EndTagToken:
				silent = max(0, silent-1)
			case blocks[tag]:
				b.WriteByte(' ')
			}
		}
	}
}

// mute are the elements whose text no reader sees.
var mute = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true}

var struck = map[atom.Atom]bool{atom.Del: true, atom.S: true, atom.Strike: true}

// NodeText returns the plain words below a node on one line; scripts and styles have
// none, and what is struck out counts only where nothing stands for it.
func NodeText(n *html.Node) string {
	if text := nodeText(n, struck); text != "" {
		return text
	}
	return nodeText(n, nil)
}

func nodeText(n *html.Node, without map[atom.Atom]bool) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if mute[n.DataAtom] || without[n.DataAtom] {
			return
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if blocks[n.DataAtom] {
			b.WriteByte(' ')
		}
	}
	walk(n)
	return Plain(b.String())
}

// Plain returns outside plain text on one line: white space folded, control,
// private-use and direction-override characters removed.
func Plain(s string) string {
	return strings.Join(strings.Fields(stripReserved(s)), " ")
}

// Lines is Plain for text of several lines, which it keeps.
func Lines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(stripReserved(l), " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// stripReserved removes what no outside text may bring: private-use characters
// (an issue's marks are made of them), controls, and characters that reorder
// the text around them.
func stripReserved(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == ' ':
			return r
		case r == '\u00a0' || r == '\u2028' || r == '\u2029':
			return ' '
		case r >= '\u0080' && r <= '\u009f': // quotes and dashes of windows-1252 that a program took for Latin-1
			return typographic(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Co, r):
			return -1
		case r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff' || r == '\u00ad' || r == '\u200b':
			return -1
		}
		return r
	}, s)
}

func typographic(r rune) rune {
	if r = charmap.Windows1252.DecodeByte(byte(r)); unicode.IsControl(r) {
		return -1
	}
	return r
}

// trackers are query parameters that say where a reader came from, not what the page is.
var trackers = regexp.MustCompile(`(?i)^(utm_\w+|fbclid|gclid|mc_cid|mc_eid|phpsessid|jsessionid|sid|p_p_\w+|p_auth|_ga)$`)

// session is what Java servers put behind a path for browsers without cookies.
var session = regexp.MustCompile(`(?i);jsessionid=[^/;]*`)

// Link resolves a reference against base (may be nil) and drops what only
// tracks. It reports false, with "", for anything but http, https and mailto.
func Link(base *url.URL, ref string) (string, bool) {
	ref = strings.TrimSpace(stripReserved(ref))
	u, err := url.Parse(ref)
	if err != nil || ref == "" {
		return "", false
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	switch strings.ToLower(u.Scheme) {
	case "mailto":
		return u.String(), u.Opaque != ""
	case "http", "https":
	default:
		return "", false
	}
	if u.Host == "" || u.User != nil {
		return "", false
	}
	u.Host, u.Fragment = strings.ToLower(u.Host), ""
	if at := session.FindStringIndex(u.Path); at != nil {
		u.Path, u.RawPath = u.Path[:at[0]]+u.Path[at[1]:], ""
	}
	if u.RawQuery != "" {
		kept := u.Query()
		changed := false
		for key := range kept {
			if trackers.MatchString(key) {
				kept.Del(key)
				changed = true
			}
		}
		if changed {
			u.RawQuery = kept.Encode()
		}
	}
	return u.String(), true
}

// Shorten cuts plain text to at most limit characters, at the end of a sentence
// where there is one in the second half, else at a word with an ellipsis.
func Shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)[:limit]
	word := -1
	for i := len(runes) - 2; i > limit/2; i-- {
		if runes[i+1] == ' ' && strings.ContainsRune(".!?…؟。", runes[i]) && !abbreviation(runes[:i]) {
			return string(runes[:i+1])
		}
		if word < 0 && runes[i] == ' ' {
			word = i
		}
	}
	if word < 0 {
		word = limit - 1
	}
	return strings.TrimRight(string(runes[:word]), " ,;:-–") + "…"
}

// abbreviation reports whether the dot after runes ends a short word such as "Dr" or "No".
func abbreviation(runes []rune) bool {
	n := 0
	for i := len(runes) - 1; i >= 0 && unicode.IsLetter(runes[i]); i-- {
		n++
	}
	return n > 0 && n <= 2
}
