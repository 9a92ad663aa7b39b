package page

import (
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// describes reads a page that says itself what it holds: schema.org JSON-LD, and
// where there is none, OpenGraph for the one article that the page is.
func (r *reader) describes(doc *goquery.Document) {
	found, broken := things(doc, r.src.Kind)
	seen := map[string]bool{}
	for _, t := range found {
		if len(r.items) >= r.src.Max {
			return
		}
		it, why := r.described(t)
		if why != "" {
			r.refused = append(r.refused, quoted(it.Title)+why)
			continue
		}
		if key := it.Identity; !seen[key] {
			seen[key] = true
			r.items = append(r.items, it)
		}
	}
	if broken > 0 {
		r.notes = append(r.notes, "part of what the page says about itself (JSON-LD) is broken and was passed over")
	}
	if len(found) == 0 {
		r.openGraph(doc)
	}
}

func quoted(title string) string {
	if title == "" {
		return ""
	}
	return `"` + title + `": `
}

// meta returns what a page's head says under one of the names (https://ogp.me).
func meta(doc *goquery.Document, names ...string) string {
	for _, name := range names {
		text := ""
		doc.Find("meta").EachWithBreak(func(_ int, s *goquery.Selection) bool {
			if strings.EqualFold(s.AttrOr("property", s.AttrOr("name", "")), name) {
				text = markup.Text(s.AttrOr("content", ""))
			}
			return text == ""
		})
		if text != "" {
			return text
		}
	}
	return ""
}

// openGraph takes the one article, report or video that a page is.
func (r *reader) openGraph(doc *goquery.Document) {
	kinds := map[newsletter.Kind]string{newsletter.News: "article", newsletter.Report: "article book", newsletter.Media: "video audio music"}
	of, _, _ := strings.Cut(meta(doc, "og:type"), ".")
	if of == "" || !strings.Contains(kinds[r.src.Kind], of) {
		return
	}
	it := newsletter.Item{Kind: r.src.Kind, Source: r.src.ID, Language: r.language, Title: meta(doc, "og:title"), Summary: markup.Shorten(meta(doc, "og:description"), newsletter.SummaryLength)}
	if it.Title == "" {
		return
	}
	it.URL, _ = markup.Link(r.base, meta(doc, "og:url"))
	if it.URL == "" {
		it.URL, _ = markup.Link(r.base, r.base.String())
	}
	if lang := locale.Primary(strings.ReplaceAll(meta(doc, "og:locale"), "_", "-")); lang != "" && r.src.Language == "" {
		it.Language = lang
	}
	if author := meta(doc, "article:author", "author"); author != "" && !strings.HasPrefix(author, "http") {
		it.Authors = []string{author}
	}
	if section := meta(doc, "article:section"); section != "" {
		it.Categories = []string{section}
	}
	r.published(&it, meta(doc, "article:published_time", "og:published_time", "video:release_date", "book:release_date"))
	it.Image = r.shared(doc)
	it.Identity = it.URL
	r.items = append(r.items, it)
}
