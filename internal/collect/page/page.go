// Package page reads the items of an HTML page: by rules, which are CSS selectors
// for the item and for each of its fields, or without rules by what the page says
// of itself (schema.org JSON-LD, OpenGraph, a news sitemap). It is pure: bytes in,
// items out. Many public bodies have no feed; what their pages say is read here.
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

// Result is what a page gives.
type Result struct {
	Items   []newsletter.Item
	Refused []string // why items were left out
	Notes   []string // what else is to be known
	Next    string   // the page that the list goes on with, "" at its end
}

// Parse returns a page's items and what was wrong with the ones left out. A page
// that is not what was asked for (a waiting room, a soft 404) is an error.
func Parse(src newsletter.Source, raw newsletter.Raw) (Result, error) {
	text := markup.Decode(raw.Body, raw.ContentType)
	base, err := url.Parse(raw.URL)
	if err != nil {
		return Result{}, fault.Invalidf("source %s: %w", src.ID, err)
	}
	r := reader{src: src, base: base, language: src.Language}
	if src.Rules == nil && isSitemap(text) {
		err := r.sitemap(text)
		return Result{Items: r.items, Refused: r.refused}, err
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader([]byte(text)))
	if err != nil {
		return Result{}, fault.Invalidf("source %s: not HTML: %w", src.ID, err)
	}
	if err := trouble(doc, src); err != nil {
		return Result{}, err
	}
	r.base = baseOf(doc, base)
	if r.language == "" {
		r.language = locale.Primary(doc.Find("html").AttrOr("lang", ""))
	}
	if src.Rules == nil {
		r.describes(doc)
	} else {
		r.walk(doc)
	}
	if len(r.items) == 0 && len(r.refused) == 0 {
		return Result{}, r.nothing()
	}
	return Result{r.items, r.refused, r.notes, r.next(doc)}, nil
}

// nothing says that a page has no item, and what to do.
func (r *reader) nothing() error {
	if r.src.Rules == nil {
		return fault.WithHint(fault.Invalidf("source %s: %s does not say of itself what %s it holds (no JSON-LD, no OpenGraph)", r.src.ID, r.base.Redacted(), r.src.Kind),
			"add rules: with item and title")
	}
	return fault.WithHint(fault.Invalidf("source %s: no item on %s matches %q", r.src.ID, r.base.Redacted(), strings.Join(r.src.Rules.Item, ", ")),
		"the page may have changed; look at it and try rules with `broadsheet source try %s`", r.src.ID)
}

// baseOf is what a page's links are relative to.
func baseOf(doc *goquery.Document, address *url.URL) *url.URL {
	if href, ok := doc.Find("base[href]").First().Attr("href"); ok {
		if u, err := address.Parse(strings.TrimSpace(href)); err == nil && u.Host != "" {
			return u
		}
	}
	return address
}

type reader struct {
	src      newsletter.Source
	base     *url.URL
	language string
	heading  heading
	items    []newsletter.Item
	refused  []string
	notes    []string
}

// next is the page that the list goes on with, on the same site.
func (r *reader) next(doc *goquery.Document) string {
	if r.src.Rules == nil {
		return ""
	}
	link, ok := markup.Link(r.base, value(doc.Selection, r.src.Rules.Next))
	if !ok {
		return ""
	}
	if u, err := url.Parse(link); err != nil || u.Host != r.base.Host {
		return ""
	}
	return link
}

// walk meets headings and items in the order of the page.
func (r *reader) walk(doc *goquery.Document) {
	items := strings.Join(r.src.Rules.Item, ", ")
	all := items
	if len(r.src.Rules.Heading) > 0 {
		all += ", " + strings.Join(r.src.Rules.Heading, ", ")
	}
	r.heading.year = yearIn(markup.Plain(doc.Find("h1").First().Text()), markup.Plain(doc.Find("title").First().Text()))
	var met []*goquery.Selection // headings and items, without what stands within an item
	doc.Find(all).Each(func(_ int, s *goquery.Selection) {
		if n := len(met); n == 0 || !met[n-1].Is(items) || !met[n-1].Contains(s.Nodes[0]) {
			met = append(met, s)
		}
	})
	for i, s := range met {
		if !s.Is(items) {
			r.heading.meet(text(s))
			continue
		}
		if alone := i+1 == len(met) || !met[i+1].Is(items); alone { // nothing below it says that it comes before
			r.heading.first = false
		}
		if r.item(s); len(r.items) >= r.src.Max {
			return
		}
	}
}
