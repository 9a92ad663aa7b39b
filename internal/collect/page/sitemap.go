package page

import (
	"encoding/xml"
	"io"
	"path"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// isSitemap reports whether a document is a sitemap (https://www.sitemaps.org/protocol.html).
func isSitemap(text string) bool {
	head := text[:min(len(text), 2048)]
	return strings.Contains(head, "<urlset") || strings.Contains(head, "<sitemapindex")
}

// sitemapURL is one entry; the news extension says title, day and language.
type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod"`
	News    struct {
		Title    string `xml:"title"`
		Date     string `xml:"publication_date"`
		Language string `xml:"publication>language"`
		Keywords string `xml:"keywords"`
	} `xml:"news"`
}

// sitemap reads a news sitemap. One without titles says only that pages exist.
func (r *reader) sitemap(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is decoded already
	untitled := 0
	for len(r.items) < r.src.Max {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			r.refused = append(r.refused, "the sitemap breaks off: "+err.Error())
			break
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "sitemapindex":
			return fault.WithHint(fault.Invalidf("source %s: this sitemap only lists other sitemaps", r.src.ID), "take one of those that it names as page:, best the one for news")
		case "url":
			var u sitemapURL
			if err := d.DecodeElement(&u, &start); err != nil {
				r.refused = append(r.refused, "an entry of the sitemap cannot be read: "+err.Error())
				return nil
			}
			if !r.listed(u) {
				untitled++
			}
		}
	}
	if untitled > 0 && len(r.items) == 0 {
		return fault.WithHint(fault.Invalidf("source %s: the sitemap's %d entries have no titles", r.src.ID, untitled), "a news sitemap has them; else read the site's list of news with rules")
	}
	return nil
}

// listed adds one entry, if it has a title.
func (r *reader) listed(u sitemapURL) bool {
	link, ok := markup.Link(r.base, u.Loc)
	title := markup.Text(u.News.Title)
	if !ok || title == "" {
		return false
	}
	it := newsletter.Item{Kind: r.src.Kind, Source: r.src.ID, Title: title, URL: link, Identity: link, Language: r.language}
	if lang := locale.Primary(markup.Plain(u.News.Language)); lang != "" {
		it.Language = lang
	}
	date := u.News.Date
	if date == "" {
		date = u.LastMod
	}
	r.published(&it, markup.Plain(date))
	r.items = append(r.items, it)
	return true
}

// sitemapName reports whether an address looks like a sitemap's.
func sitemapName(address string) bool {
	base := strings.ToLower(path.Base(address))
	return strings.Contains(base, "sitemap") && strings.Contains(base, ".xml")
}
