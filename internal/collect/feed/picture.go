package feed

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// enoughWidth is how wide a picture need be: of several the smallest that is as wide.
const enoughWidth = 1200

// picture returns the picture that a feed gives an entry, with what stands at it
// (Media RSS, an enclosure); nil if it gives none. Whether it may be shown the
// source's configuration says.
func picture(n *node, base *url.URL) *newsletter.Image {
	var best *newsletter.Image
	width := -1
	offer := func(c *node, ref string, wide int, within *node) {
		link, ok := markup.Link(base, ref)
		if !ok || !strings.HasPrefix(link, "http") || width >= enoughWidth && (wide >= width || wide < enoughWidth) || wide <= width && width < enoughWidth {
			return
		}
		best, width = &newsletter.Image{URL: link, Alt: said(c, within, "media:text"), Caption: said(c, within, "media:description", "media:title"), Credit: said(c, within, "media:credit", "media:copyright")}, wide
	}
	for _, group := range append(n.all("media:group"), n) {
		for _, c := range group.all("media:content") {
			if c.attr("medium") == "image" || strings.HasPrefix(c.attr("type"), "image/") || c.attr("medium")+c.attr("type") == "" && named(c.attr("url"), ".jpg", ".jpeg", ".png") {
				offer(c, c.attr("url"), pixels(c), group)
			}
		}
	}
	if best != nil {
		return best
	}
	for _, c := range append(n.all("enclosure"), append(n.all("link"), n.all("atom:link")...)...) {
		if strings.HasPrefix(c.attr("type"), "image/") && (c.name == "enclosure" || c.attr("rel") == "enclosure") {
			offer(c, cmp.Or(c.attr("url"), c.attr("href")), 0, c)
		}
	}
	for _, group := range append(n.all("media:group"), n) {
		for _, c := range group.all("media:thumbnail") {
			offer(c, c.attr("url"), pixels(c), c)
		}
	}
	return best
}

func pixels(n *node) int {
	wide, _ := strconv.Atoi(n.attr("width")) // 0 where nobody says
	return max(wide, 0)
}

// said returns what stands at a picture: in its own element, or in the group it is one of.
func said(c, within *node, names ...string) string {
	text := c.get(names...)
	if text == "" && within.name == "media:group" {
		text = within.get(names...)
	}
	return markup.Text(text)
}
