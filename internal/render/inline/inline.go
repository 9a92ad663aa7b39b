// Package inline moves a style sheet into style attributes, as mail clients that
// drop <style> need it. It is the only door to go-premailer, whose traps it
// guards: it takes one sheet of simple rules and refuses what go-premailer would
// break (imports, fonts, keyframes, variables, combinators it ranks wrongly).
// Rules for media go into a second style element marked data-premailer="ignore".
package inline

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vanng822/go-premailer/premailer"
)

const ignored = ` data-premailer="ignore"`

// HTML returns the document with its first style sheet inlined and removed.
func HTML(document string) (string, error) {
	options := premailer.NewOptions()
	options.RemoveClasses = false // the media rules need them
	options.CssToAttributes = false
	options.KeepBangImportant = false
	p, err := premailer.NewPremailerFromString(document, options)
	if err != nil {
		return "", fmt.Errorf("inline styles: %w", err)
	}
	out, err := p.Transform()
	if err != nil {
		return "", fmt.Errorf("inline styles: %w", err)
	}
	return strings.ReplaceAll(out, ignored, ""), nil
}

var (
	comment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	rule     = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	selector = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z][a-z0-9-]*)?( [a-z][a-z0-9]*)?$|^(\.[a-z][a-z0-9-]*){1,2}( [a-z][a-z0-9]*)?$`)
)

// Lint returns what in a sheet to be inlined would come out wrong.
func Lint(sheet string) (problems []string) {
	sheet = comment.ReplaceAllString(sheet, "")
	if at := strings.Index(sheet, "@"); at >= 0 {
		problems = append(problems, fmt.Sprintf("at-rule %.20q: put it into the media sheet", sheet[at:]))
	}
	for _, m := range rule.FindAllStringSubmatch(sheet, -1) {
		for _, s := range strings.Split(m[1], ",") {
			if s = strings.TrimSpace(s); !selector.MatchString(s) {
				problems = append(problems, fmt.Sprintf("selector %q: use an element, a class, or a class and an element in it", s))
			}
		}
		for _, bad := range []string{"var(", "!important", "expression(", "url(", "--"} {
			if strings.Contains(m[2], bad) {
				problems = append(problems, fmt.Sprintf("rule %q uses %s", strings.TrimSpace(m[1]), bad))
			}
		}
	}
	return problems
}
