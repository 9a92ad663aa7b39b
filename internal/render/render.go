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
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/render/inline"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Renderer holds the parsed themes.
type Renderer struct{ themes map[string]*theme }

// New parses the themes of a template folder. It refuses, with file and line, what
// would not inline well or call what a theme must not.
func New(templates fs.FS) (*Renderer, error) {
	r := &Renderer{map[string]*theme{}}
	for _, name := range names {
		t, err := open(templates, name)
		if err != nil {
			return nil, err
		}
		r.themes[name] = t
	}
	return r, nil
}

// Proofs renders an issue for every language of its publication.
func (r *Renderer) Proofs(pub newsletter.Publication, issue newsletter.Issue) ([]newsletter.Proof, error) {
	proofs, faults := make([]newsletter.Proof, len(pub.Languages)), make([]error, len(pub.Languages))
	var all sync.WaitGroup
	for i, language := range pub.Languages {
		all.Go(func() {
			var err error
			if proofs[i], err = r.proof(pub, issue, language); err != nil {
				faults[i] = fmt.Errorf("render %s in %s: %w", issue.Slug(), language, err)
			}
		})
	}
	all.Wait()
	if err := cmp.Or(faults...); err != nil {
		return nil, err
	}
	return proofs, nil
}

func (r *Renderer) proof(pub newsletter.Publication, issue newsletter.Issue, language string) (newsletter.Proof, error) {
	t := r.themes[cmp.Or(pub.Theme.Name, "institutional")]
	if t == nil {
		return newsletter.Proof{}, fault.Invalidf("no theme %q", pub.Theme.Name)
	}
	sheet := printer{t, pub, issue, language, tokenPrefix(pub, issue)}
	p, view, err := sheet.print(cut{summary: longest})
	if err != nil {
		return p, err
	}
	if over := len(p.HTML) + reserve - MaxHTML; over > 0 {
		whole := p.HTML
		if p, err = sheet.shorter(view, over); err != nil {
			return p, err
		}
		p.Page = whole
	}
	p.Seal()
	return p, nil
}

// A printer prints one language of an issue.
type printer struct {
	theme    *theme
	pub      newsletter.Publication
	issue    newsletter.Issue
	language string
	prefix   string
}

func (s printer) print(shorter cut) (newsletter.Proof, View, error) {
	marks := Marks{Name: s.prefix + "name", Unsubscribe: template.URL(s.prefix + "unsubscribe"), Preferences: template.URL(s.prefix + "preferences"), WebView: template.URL(s.prefix + "webview")}
	if s.pub.Archive == "none" {
		marks.WebView = "" // there is no page to lead to
	}
	view := newView(s.pub, s.issue, s.language, marks, shorter)
	fill := newPalette(s.pub.Theme, s.language).replacer()
	view.Style, view.Media = template.CSS(fill.Replace(s.theme.style)), template.CSS(fill.Replace(s.theme.media))
	html, text, err := s.theme.run(view)
	if err != nil {
		return newsletter.Proof{}, view, err
	}
	if html, err = inline.HTML(html); err != nil {
		return newsletter.Proof{}, view, err
	}
	replace := strings.NewReplacer(s.prefix+"name", newsletter.MarkName, s.prefix+"unsubscribe", newsletter.MarkUnsubscribe,
		s.prefix+"preferences", newsletter.MarkPreferences, s.prefix+"webview", newsletter.MarkWebView)
	p := newsletter.Proof{
		Issue: s.issue.ID, Revision: s.issue.Revision, Language: s.language, Subject: view.Subject,
		HTML: replace.Replace(html), Text: replace.Replace(tidy(text)), Reader: view.Label("reader"),
	}
	for part, body := range map[string]string{"issue.html": p.HTML, "issue.txt": p.Text} {
		if !strings.Contains(body, newsletter.MarkUnsubscribe) {
			return p, view, fault.WithHint(fault.Invalidf("theme %s: %s has no way to unsubscribe", s.theme.name, part), "write {{.Marks.Unsubscribe}} where the link goes")
		}
	}
	return p, view, nil
}

// shorter prints the issue with as much left to the web as must be.
func (s printer) shorter(view View, over int) (newsletter.Proof, error) {
	if s.pub.Archive == "none" {
		return newsletter.Proof{}, fault.WithHint(fault.Invalidf("the message has more than %d bytes, and with `archive: none` there is no page for the rest", MaxHTML), "use fewer entries, or `archive: unlisted`")
	}
	for _, c := range cuts(view, over) {
		p, _, err := s.print(c)
		if err != nil || len(p.HTML)+reserve <= MaxHTML {
			return p, err
		}
	}
	return newsletter.Proof{}, fault.WithHint(fault.Invalidf("the message has more than %d bytes however much of it is left to the web", MaxHTML), "use fewer sections, or a theme with a smaller sheet")
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
