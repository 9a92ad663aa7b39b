package render

import (
	"maps"
	"slices"

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
	if other := b.foreign(t); other != "" {
		s.Lang, s.Dir, s.Side = b.tongueOf(other)
	} else if dir := locale.Direction(text); t[b.language] == "" && t[locale.Primary(b.language)] == "" && dir != "" && dir != b.words.Dir() {
		s.Dir, s.Side = dir, sideOf(dir) // nobody said which language it is in; it is not written as the reader's
	}
	return s
}

// foreign is the language in which a text is had where that is not the reader's, "" where it is or is not said.
func (b viewer) foreign(t newsletter.Text) string {
	chosen := t.In(b.language, b.pub.Fallback())
	for _, own := range []string{b.language, locale.Primary(b.language), ""} {
		if t[own] == chosen {
			return ""
		}
	}
	for _, other := range append([]string{b.pub.Fallback()}, slices.Sorted(maps.Keys(t))...) {
		if t[other] == chosen {
			return other
		}
	}
	return ""
}

// tongueOf says how what is in another language is marked.
func (b viewer) tongueOf(language string) (lang, dir, side string) {
	if language == "" { // what a source said was no language
		return "", "", ""
	}
	dir = locale.Dir(language)
	return language, dir, sideOf(dir)
}

// sideOf is where lines of a direction begin.
func sideOf(dir string) string {
	if dir == "rtl" {
		return "right"
	}
	return "left"
}

// link is a standing link.
func (b viewer) link(title newsletter.Text, otherwise, address string) LinkView {
	if s := b.said(title); s != nil {
		return LinkView{s.Text, address, s.Lang}
	}
	return LinkView{Title: otherwise, URL: address}
}
