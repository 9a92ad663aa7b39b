package feed

import (
	"net/url"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// alternates reads where an Atom entry stands in other languages: links of an entry
// with an hreflang (RFC 4287 section 4.2.7.4). The one in the item's own language
// is its address.
func alternates(item *newsletter.Item, n *node, base *url.URL) {
	for _, c := range n.children {
		rel, language := c.attr("rel"), locale.Primary(c.attr("hreflang"))
		if c.Local != "link" || language == "" || rel != "" && rel != "alternate" {
			continue
		}
		link, ok := markup.Link(base, c.attr("href"))
		switch {
		case !ok:
		case language == item.Language:
			item.URL = link
		default:
			if item.Alternates == nil {
				item.Alternates = newsletter.Text{}
			}
			item.Alternates[language] = link
		}
	}
}
