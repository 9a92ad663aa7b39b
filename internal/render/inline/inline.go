// Package inline moves a style sheet into style attributes, as mail clients that
// drop <style> need it. It is the only door to go-premailer, whose traps it
// guards: it takes one sheet of simple rules and refuses what go-premailer would
// break (at-rules, variables, combinators and pseudo-classes it ranks wrongly) and
// what mail programs do not know. Rules for media go into a second style element
// marked data-premailer="ignore", which stays as it is.
package inline

import (
	"fmt"
	"strings"

	"github.com/vanng822/go-premailer/premailer"
)

const ignored = ` data-premailer="ignore"`

// HTML returns the document with its first style sheet inlined and removed. The
// same document gives the same bytes.
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
