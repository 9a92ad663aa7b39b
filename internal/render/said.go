package render

import (
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// Said is a text of the publication's. Lang, Dir and Side are set only where it
// could not be had in the language.
type Said struct{ Text, Lang, Dir, Side string }

// String returns the text alone.
func (s Said) String() string { return s.Text }

// said returns a text in the reader's language, or marked in another; nil for none.
func (b viewer) said(t newsletter.Text) *Said {
	text := b.text(t)
	if text == "" {
		return nil
	}
	s := &Said{Text: text}
	if t[b.language] == "" && t[locale.Primary(b.language)] == "" && t[b.pub.Fallback()] != "" {
		s.Lang, s.Dir, s.Side = b.tongueOf(b.pub.Fallback())
	}
	return s
}

// tongueOf says how what is in another language is marked.
func (b viewer) tongueOf(language string) (lang, dir, side string) {
	side = "left"
	if locale.Dir(language) == "rtl" {
		side = "right"
	}
	return language, locale.Dir(language), side
}

// link is a standing link.
func (b viewer) link(title newsletter.Text, otherwise, address string) LinkView {
	if s := b.said(title); s != nil {
		return LinkView{s.Text, address, s.Lang}
	}
	return LinkView{Title: otherwise, URL: address}
}
