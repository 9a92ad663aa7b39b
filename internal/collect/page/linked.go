package page

import (
	"bytes"
	"net/url"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// Follow fills an item's summary and date from the page that it links to: by the
// rules, else by what the page says of itself, else by its own text. What the
// list gave stays where the page gives nothing.
func Follow(src newsletter.Source, raw newsletter.Raw, item *newsletter.Item) error {
	base, err := url.Parse(raw.URL)
	if err != nil {
		return fault.Invalidf("source %s: %w", src.ID, err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader([]byte(markup.Decode(raw.Body, raw.ContentType))))
	if err != nil {
		return fault.Invalidf("source %s: not HTML: %w", src.ID, err)
	}
	if err := trouble(doc, src); err != nil {
		return err
	}
	r := reader{src: src, base: baseOf(doc, base), language: item.Language}
	r.followed(doc, item)
	return nil
}

func (r *reader) followed(doc *goquery.Document, item *newsletter.Item) {
	rules := newsletter.Follow{}
	if r.src.Rules != nil && r.src.Rules.Follow != nil {
		rules = *r.src.Rules.Follow
	}
	own, _ := things(doc, item.Kind)
	said := newsletter.Item{}
	if len(own) == 1 {
		said, _ = r.described(own[0])
	}
	if item.Image == nil {
		item.Image = said.Image
	}
	if item.Image == nil {
		item.Image = r.shared(doc)
	}
	summary := value(doc.Selection, rules.Summary)
	for _, other := range []string{said.Summary, article(doc), meta(doc, "og:description", "description")} {
		if summary == "" {
			summary = other
		}
	}
	if summary != "" {
		item.Summary = r.summary(item, summary)
	}
	if item.Kind == newsletter.Event {
		return // its days are the list's
	}
	dates := []string{meta(doc, "article:published_time")}
	values(doc.Selection, rules.Date, func(v string) bool {
		dates = append([]string{v}, dates...)
		_, _, ok := locale.ParseDate(v, r.src.Location())
		return ok
	})
	for _, text := range dates {
		if at, minute, ok := locale.ParseDate(text, r.src.Location()); ok {
			item.PublishedAt, item.Precision = at, newsletter.PrecisionOf(minute)
			return
		}
	}
	if item.Precision == newsletter.Undated && said.Precision != newsletter.Undated {
		item.PublishedAt, item.Precision = said.PublishedAt, said.Precision
	}
}

// article returns the beginning of a page's own text: the paragraphs of the
// element that holds most of them, without what stands around.
func article(doc *goquery.Document) string {
	best, most := "", 0
	doc.Find("article, main, [role=main], [itemprop=articleBody], #content, .content").Each(func(_ int, s *goquery.Selection) {
		var words []string
		s.Find("p").Each(func(_ int, p *goquery.Selection) {
			if p.Closest("nav, footer, aside, form, header, figure").Length() == 0 {
				if t := text(p); len([]rune(t)) > 40 {
					words = append(words, t)
				}
			}
		})
		if whole := strings.Join(words, " "); len(whole) > most {
			best, most = whole, len(whole)
		}
	})
	return best
}
