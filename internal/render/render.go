// Package render owns the way from an issue to its proofs: for each language a
// subject, HTML with inlined CSS, and text written from the same model, sealed
// with a digest. It runs templates and inlines once per issue and language;
// nothing is rendered while sending. It never reads a store.
//
// Values per recipient stand in a proof as marks (newsletter.MarkName and so
// on). Templates see opaque tokens in their place, made so that no text of the
// issue can contain one; they become marks after inlining, which would escape
// or move anything else.
package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"strconv"
	"strings"
	texttemplate "text/template"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/render/inline"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Renderer holds a parsed theme.
type Renderer struct {
	html         *template.Template
	text         *texttemplate.Template
	style, media string
}

// New parses the theme of a template folder (default for institutional) and refuses a sheet that would not inline well.
func New(templates fs.FS) (*Renderer, error) {
	style, err := fs.ReadFile(templates, "default/style.css")
	if err != nil {
		return nil, fault.Invalidf("theme: %w", err)
	}
	media, err := fs.ReadFile(templates, "default/media.css")
	if err != nil {
		return nil, fault.Invalidf("theme: %w", err)
	}
	if problems := inline.Lint(string(style)); len(problems) > 0 {
		return nil, fault.Invalidf("theme: style.css: %s", strings.Join(problems, "; "))
	}
	html, err := template.New("issue.html").Funcs(conditionals).ParseFS(templates, "default/issue.html")
	if err != nil {
		return nil, fault.Invalidf("theme: %w", err)
	}
	text, err := texttemplate.New("issue.txt").Funcs(textFuncs).ParseFS(templates, "default/issue.txt")
	if err != nil {
		return nil, fault.Invalidf("theme: %w", err)
	}
	return &Renderer{html, text, string(style), string(media)}, nil
}

// conditionals give themes what html/template drops: comments that Outlook reads.
var conditionals = template.FuncMap{
	"mso": func(s string) template.HTML { return template.HTML("<!--[if mso]>" + s + "<![endif]-->") },
	"msoOpen": func() template.HTML {
		return `<!--[if mso]><table role="presentation" width="640" align="center" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`
	},
	"msoClose": func() template.HTML { return `<!--[if mso]></td></tr></table><![endif]-->` },
}

// Proofs renders an issue for every language of its publication.
func (r *Renderer) Proofs(pub newsletter.Publication, issue newsletter.Issue) ([]newsletter.Proof, error) {
	proofs := make([]newsletter.Proof, 0, len(pub.Languages))
	for _, language := range pub.Languages {
		p, err := r.proof(pub, issue, language)
		if err != nil {
			return nil, fmt.Errorf("render %s in %s: %w", issue.Slug(), language, err)
		}
		proofs = append(proofs, p)
	}
	return proofs, nil
}

func (r *Renderer) proof(pub newsletter.Publication, issue newsletter.Issue, language string) (newsletter.Proof, error) {
	prefix := tokenPrefix(pub, issue)
	marks := Marks{Name: prefix + "name", Unsubscribe: template.URL(prefix + "unsubscribe"), Preferences: template.URL(prefix + "preferences"), WebView: template.URL(prefix + "webview")}
	view := newView(pub, issue, language, marks)
	colours := palette(pub.Theme.Colour)
	view.Style, view.Media = template.CSS(colours.Replace(r.style)), template.CSS(colours.Replace(r.media))
	var html, text bytes.Buffer
	if err := r.html.Execute(&html, view); err != nil {
		return newsletter.Proof{}, err
	}
	inlined, err := inline.HTML(html.String())
	if err != nil {
		return newsletter.Proof{}, err
	}
	if err := r.text.Execute(&text, view); err != nil {
		return newsletter.Proof{}, err
	}
	replace := strings.NewReplacer(prefix+"name", newsletter.MarkName, prefix+"unsubscribe", newsletter.MarkUnsubscribe,
		prefix+"preferences", newsletter.MarkPreferences, prefix+"webview", newsletter.MarkWebView)
	p := newsletter.Proof{
		Issue: issue.ID, Revision: issue.Revision, Language: language, Subject: view.Subject,
		HTML: replace.Replace(inlined), Text: replace.Replace(tidy(text.String())), Reader: view.Label("reader"),
	}
	p.Seal()
	return p, nil
}

// tokenPrefix returns letters and digits that stand nowhere in the issue. It
// depends on nothing else, so that the same issue gives the same proof.
func tokenPrefix(pub newsletter.Publication, issue newsletter.Issue) string {
	text, _ := json.Marshal([]any{pub, issue.Content}) // plain data always marshals
	for n := 0; ; n++ {
		sum := sha256.Sum256(append([]byte{byte(n)}, text...))
		prefix := "zq" + hex.EncodeToString(sum[:8]) + "zq"
		if !bytes.Contains(text, []byte(prefix)) {
			return prefix
		}
	}
}
