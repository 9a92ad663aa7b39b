package feed

import (
	"net/url"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// alternates reads where an Atom entry stands in other languages: links of an entry
// with an hreflang (RFC 4287 section 4.2.7.4).
func alternates(item *newsletter.Item, n *node, base *url.URL) {
	for _, c := range append(n.all("link"), n.all("atom:link")...) {
		language := locale.Primary(c.attr("hreflang"))
		link, ok := markup.Link(base, c.attr("href"))
		if !ok || language == "" || language == item.Language || c.weight(language) == 0 {
			continue
		}
		if item.Alternates == nil {
			item.Alternates = newsletter.Text{}
		}
		item.Alternates[language] = link
	}
}
