package inline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MaxStyle is how large the media sheet may be: Gmail drops a <style> above 16 KB.
const MaxStyle = 16_000

var (
	comment     = regexp.MustCompile(`(?s)/\*.*?\*/`)
	element     = `[a-z][a-z0-9]*`
	classes     = `(?:\.[a-z][a-z0-9-]*){1,2}`
	compound    = `(?:` + element + `|` + element + classes + `|` + classes + `)`
	selector    = regexp.MustCompile(`^` + compound + `(?: ` + compound + `)?$`)
	hover       = regexp.MustCompile(`^` + compound + `(?: ` + compound + `)?(?::hover)?$`)
	declaration = regexp.MustCompile(`^([a-z-]+)\s*:\s*([^:;{}<>\\@]+?)$`)
	media       = regexp.MustCompile(`^@media [a-z0-9(): ,-]+$`)
)

// properties are those that the mail programs of the last ten years show, or pass over without harm.
var properties = strings.Fields(`background-color border border-top border-right border-bottom border-left border-color border-top-color border-bottom-color
	border-collapse border-spacing border-radius color direction display float font font-family font-size font-style font-weight height letter-spacing line-height
	list-style-type margin margin-top margin-right margin-bottom margin-left max-width max-height min-width overflow padding padding-top padding-right padding-bottom
	padding-left table-layout text-align text-decoration text-indent vertical-align white-space width word-break word-wrap overflow-wrap opacity
	mso-hide mso-line-height-rule mso-table-lspace mso-table-rspace -webkit-text-size-adjust -ms-text-size-adjust page-break-inside orphans widows`)

// badValues are what mail programs or go-premailer make a mess of.
var badValues = []string{"var(", "calc(", "url(", "expression(", "flex", "grid", "inherit", "initial", "unset"}

// A block is a rule or an at-rule of a sheet.
type block struct {
	line       int
	head, body string
}

// Lint returns what in a sheet to be inlined would come out wrong, each with its line.
func Lint(sheet string) (problems []string) {
	blocks, problems := blocksOf(sheet)
	for _, b := range blocks {
		if strings.HasPrefix(b.head, "@") {
			problems = append(problems, fmt.Sprintf("%d: %s: put at-rules into media.css", b.line, b.head))
			continue
		}
		problems = append(problems, lintRule(b, selector, false)...)
	}
	return problems
}

// LintMedia returns what in a sheet for media would come out wrong. Its rules
// stand beside inlined ones, so that each needs !important.
func LintMedia(sheet string) (problems []string) {
	blocks, problems := blocksOf(sheet)
	for _, b := range blocks {
		if !strings.HasPrefix(b.head, "@") {
			problems = append(problems, lintRule(b, hover, true)...)
			continue
		}
		if !media.MatchString(b.head) {
			problems = append(problems, fmt.Sprintf("%d: %.40q: only @media is allowed", b.line, b.head))
			continue
		}
		inner, more := blocksOf(b.body)
		problems = append(problems, more...)
		for _, rule := range inner {
			rule.line += b.line - 1
			problems = append(problems, lintRule(rule, hover, true)...)
		}
	}
	if len(sheet) > MaxStyle {
		problems = append(problems, fmt.Sprintf("1: %d bytes are more than the %d that mail programs read", len(sheet), MaxStyle))
	}
	return problems
}

// blocksOf cuts a sheet at its outer braces. Comments keep their lines.
func blocksOf(sheet string) (blocks []block, problems []string) {
	sheet = comment.ReplaceAllStringFunc(sheet, func(c string) string { return strings.Repeat("\n", strings.Count(c, "\n")) })
	depth, start, open := 0, 0, 0
	lineAt := func(at int) int { return 1 + strings.Count(sheet[:at], "\n") }
	for i, c := range sheet {
		switch c {
		case '{':
			if depth == 0 {
				open = i
			}
			depth++
		case '}':
			if depth--; depth < 0 {
				return blocks, append(problems, fmt.Sprintf("%d: a } too many", lineAt(i)))
			}
			if depth > 0 {
				continue
			}
			head := strings.TrimSpace(sheet[start:open])
			begins := start + strings.Index(sheet[start:open], head)
			blocks = append(blocks, block{lineAt(begins), head, sheet[open+1 : i]})
			start = i + 1
		}
	}
	if rest := strings.TrimSpace(sheet[start:]); rest != "" {
		problems = append(problems, fmt.Sprintf("%d: %.30q belongs to no rule", lineAt(start), rest))
	}
	return blocks, problems
}

func lintRule(b block, allowed *regexp.Regexp, important bool) (problems []string) {
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%d: ", b.line)+fmt.Sprintf(format, args...))
	}
	for _, s := range strings.Split(b.head, ",") {
		if s = strings.Join(strings.Fields(s), " "); !allowed.MatchString(s) {
			bad("selector %q: use an element, a class, or one of these within another", s)
		}
	}
	var seen []string
	for _, d := range strings.Split(b.body, ";") {
		if d = strings.TrimSpace(d); d == "" {
			continue
		}
		plain, is := strings.CutSuffix(d, "!important")
		switch {
		case is && !important:
			bad("%q: !important is for media.css", d)
		case !is && important:
			bad("%q: write !important, or the inlined style wins", d)
		}
		m := declaration.FindStringSubmatch(strings.TrimSpace(plain))
		switch {
		case m == nil:
			bad("%q is no declaration in lower case", d)
		case !slices.Contains(properties, m[1]):
			bad("%s: mail programs do not agree on it", m[1])
		case slices.Contains(seen, m[1]):
			bad("%s stands twice", m[1])
		default:
			seen = append(seen, m[1])
			for _, value := range badValues {
				if strings.Contains(m[2], value) {
					bad("%s: %s is not for mail", m[1], value)
				}
			}
		}
	}
	return problems
}
