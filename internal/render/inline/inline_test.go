package inline

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

func TestLintRefusesWhatWouldBreak(t *testing.T) {
	for sheet, want := range map[string]string{
		"@import url(x.css);":                              `belongs to no rule`,
		"a { color: #fff; }\n\n@font-face { src: url(x) }": "3: @font-face",
		"@keyframes x { from { color: red } }":             "at-rules",
		"@supports (display: grid) { a { color: red } }":   "at-rules",
		"td > p { color: #111111 }":                        `selector "td > p"`,
		"p:first-child { color: #111111 }":                 "selector",
		"* { margin: 0 }":                                  "selector",
		"#x { margin: 0 }":                                 "selector",
		"a[href] { margin: 0 }":                            "selector",
		"table tr td { margin: 0 }":                        "selector",
		"/* two\nlines */ p { margin: 0 !important }":      "2: \"margin: 0 !important\": !important is for media.css",
		"p { --x: 1px }":                                   "do not agree",
		"p { color: var(--x) }":                            "var(",
		"p { background-image: url(x.png) }":               "background-image",
		"p { background-color: url(x.png) }":               "url(",
		"p { display: flex }":                              "flex",
		"p { position: absolute }":                         "position",
		"p { Color: red }":                                 "lower case",
		"p { color: red; color: blue }":                    "stands twice",
		"p { color: red":                                   "belongs to no rule",
		"p { color: red } }":                               "a } too many",
		"p { color: red</style><script> }":                 "no declaration",
	} {
		if got := strings.Join(Lint(sheet), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s:\n%s\nwant %s", sheet, got, want)
		}
	}
	for sheet, want := range map[string]string{
		"@media (max-width: 3px) { p { color: red } }":                                                "write !important",
		"@media (max-width: 3px) {\n p { color: red !important; }\n x > y { margin: 0 !important } }": "3: selector",
		"@font-face { src: x }": "only @media",
		"p { color: red !important } " + strings.Repeat("/* */", 4000): "are more than",
		"@media print { p { background-color: url(x) !important } }":   "url(",
	} {
		if got := strings.Join(LintMedia(sheet), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s:\n%s\nwant %s", sheet, got, want)
		}
	}
	good := "a:hover { text-decoration: none !important; }\n@media (prefers-color-scheme: dark) { .x, .x a, td.x.y { color: #ffffff !important; } }"
	if problems := LintMedia(good); len(problems) > 0 {
		t.Error(problems)
	}
}

const page = `<html><head><style>%s</style><style data-premailer="ignore">@media (max-width: 9px) { .a { color: red !important; } }</style></head>
<body><p class="a b">1 <a class="c">2</a></p><td-x></td-x><div class="b"><a>3</a><p style="color: #00000a">4</p></div><!--[if mso]><table><tr><td><![endif]--><table><tr><td class="a c">5 <a class="b">6</a></td></tr></table></body></html>`

// For sheets that the linter lets through, what is inlined is what the cascade of
// CSS says (CSS Cascading Level 4, section 6): worked out here by other means.
func TestCascade(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{"p", "a", "td", "div", ".a", ".b", ".c", "p.a", "a.c", "td.a", ".a.b", ".a.c"}
	for range 300 {
		var sheet strings.Builder
		for n := range 12 {
			s := parts[r.IntN(len(parts))]
			if r.IntN(2) == 0 {
				s += " " + parts[r.IntN(len(parts))]
			}
			fmt.Fprintf(&sheet, "%s { color: #0000%02d; padding-top: %dpx; }\n", s, 10+n, n)
		}
		if problems := Lint(sheet.String()); len(problems) > 0 {
			t.Fatal(problems)
		}
		out, err := HTML(fmt.Sprintf(page, sheet.String()))
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := HTML(fmt.Sprintf(page, sheet.String())); again != out {
			t.Fatal("the same document gave other bytes")
		}
		if !strings.Contains(out, "@media (max-width: 9px) { .a { color: red !important; } }") || strings.Count(out, "!important") != 1 || strings.Contains(out, ignored) || !strings.Contains(out, "<!--[if mso]><table><tr><td><![endif]-->") {
			t.Fatal(out)
		}
		compare(t, sheet.String(), out)
	}
}

func compare(t *testing.T, sheet, out string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(.+) \{ color: (#\w+);`).FindAllStringSubmatch(sheet, -1)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		want, best := "", cascadia.Specificity{}
		for _, rule := range rules {
			s, _ := cascadia.Parse(rule[1])
			if s.Match(n) && (want == "" || !s.Specificity().Less(best)) {
				want, best = rule[2], s.Specificity()
			}
		}
		style := ""
		if at := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "style" }); at >= 0 {
			style = n.Attr[at].Val
		}
		if strings.Contains(style, "#00000a") {
			want = "#00000a" // its own style attribute wins
		}
		if got := regexp.MustCompile(`(?:^|;)color:\s?(#\w+)`).FindAllStringSubmatch(style, -1); want != "" && (len(got) == 0 || got[len(got)-1][1] != want) || want == "" && got != nil {
			t.Fatalf("<%s> has %q, want colour %s by\n%s", n.Data, style, want, sheet)
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add("a { color: red }")
	f.Fuzz(func(_ *testing.T, sheet string) { Lint(sheet); LintMedia(sheet) })
}
