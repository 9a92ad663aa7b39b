package check

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// least is the contrast that WCAG 2.2 asks of text (success criterion 1.4.3).
const least = 4.5

type colour [3]float64

// String writes the colour as sheets do.
func (c colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0]*255)), int(math.Round(c[1]*255)), int(math.Round(c[2]*255)))
}

// look is how text stands at a place of the document.
type look struct {
	text, ground colour
	hidden       bool
}

// contrasts reads the colours of every text in light mode, by the inlined styles
// alone, and in dark mode, by the rules for it above them.
func (c *checker) contrasts(doc *html.Node) {
	rules := darkRules(doc)
	if len(rules) == 0 {
		c.bad("no rules for dark mode")
	}
	light := look{text: colour{0, 0, 0}, ground: colour{1, 1, 1}}
	c.contrast(doc, light, nil, "light")
	c.contrast(doc, light, rules, "dark")
}

func (c *checker) contrast(n *html.Node, l look, rules []darkRule, mode string) {
	if n.Type == html.ElementNode {
		if n.DataAtom == atom.Head {
			return
		}
		l = styled(n, l, rules)
	}
	text := ""
	if n.Type == html.TextNode {
		text = strings.TrimSpace(n.Data)
	} else if n.DataAtom == atom.Img {
		text = attr(n, "alt") // what stands there where pictures are off
	}
	if text != "" && !l.hidden {
		if got := ratio(l.text, l.ground); got < least {
			c.once(text, "%s on %s has a contrast of %.2f in %s mode, less than %.1f", l.text, l.ground, got, mode, least)
		}
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.contrast(child, l, rules, mode)
	}
}

func styled(n *html.Node, l look, rules []darkRule) look {
	if n.DataAtom == atom.A {
		l.text = colour{0, 0, 238.0 / 255} // what a link is where nobody says otherwise
	}
	set := func(declarations string) {
		for _, d := range strings.Split(declarations, ";") {
			property, value, _ := strings.Cut(d, ":")
			value = strings.TrimSpace(strings.Replace(value, "!important", "", 1))
			switch strings.TrimSpace(property) {
			case "color":
				l.text = read(value, l.text)
			case "background-color":
				l.ground = read(value, l.ground)
			case "display":
				l.hidden = l.hidden || value == "none"
			}
		}
	}
	set(attr(n, "style"))
	for _, r := range rules { // later rules win among those of one weight, as the sheets are written
		if r.selector.Match(n) {
			set(r.declarations)
		}
	}
	return l
}

type darkRule struct {
	selector     cascadia.Sel
	declarations string
}

var rule = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)

// darkRules are those under prefers-color-scheme: dark, the lighter first.
func darkRules(doc *html.Node) (rules []darkRule) {
	for _, style := range all(doc, func(n *html.Node) bool { return n.DataAtom == atom.Style }) {
		_, rest, found := strings.Cut(words(style), "(prefers-color-scheme: dark)")
		if !found {
			continue
		}
		depth, end := 0, len(rest)
		for i, ch := range rest {
			if ch == '{' {
				depth++
			}
			if ch == '}' {
				if depth--; depth == 0 {
					end = i
					break
				}
			}
		}
		rest = rest[strings.Index(rest, "{")+1 : end]
		for _, m := range rule.FindAllStringSubmatch(rest, -1) {
			for _, s := range strings.Split(m[1], ",") {
				if selector, err := cascadia.Parse(strings.TrimSpace(s)); err == nil {
					rules = append(rules, darkRule{selector, m[2]})
				}
			}
		}
	}
	return weighed(rules)
}

// weighed sorts rules by specificity and keeps their order among equals.
func weighed(rules []darkRule) []darkRule {
	for i := range rules {
		for j := i; j > 0 && rules[j].selector.Specificity().Less(rules[j-1].selector.Specificity()); j-- {
			rules[j], rules[j-1] = rules[j-1], rules[j]
		}
	}
	return rules
}

func read(value string, otherwise colour) colour {
	var r, g, b int
	switch len(value) {
	case 7:
		if _, err := fmt.Sscanf(value, "#%02x%02x%02x", &r, &g, &b); err == nil {
			return colour{float64(r) / 255, float64(g) / 255, float64(b) / 255}
		}
	case 4:
		if _, err := fmt.Sscanf(value, "#%1x%1x%1x", &r, &g, &b); err == nil {
			return colour{float64(r) / 15, float64(g) / 15, float64(b) / 15}
		}
	}
	return otherwise
}

func ratio(a, b colour) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is that of WCAG 2.2.
func luminance(c colour) float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
