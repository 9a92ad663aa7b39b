package feed

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// file is something that hangs on an item.
type file struct {
	url, media, title, language string
	bytes                       int64
}

// attachments gives an item its files: the papers of a report as documents, sound and film as links.
func (r *reader) attachments(item *newsletter.Item, n *node, base *url.URL) {
	for _, c := range n.all("enclosure") {
		r.attach(item, file{c.attr("url"), c.attr("type"), c.attr("title"), "", size(c.attr("length"))}, base)
	}
	for _, name := range []string{"link", "atom:link"} {
		for _, c := range n.all(name) {
			if strings.EqualFold(c.attr("rel"), "enclosure") {
				r.attach(item, file{c.attr("href"), c.attr("type"), c.attr("title"), c.attr("hreflang"), size(c.attr("length"))}, base)
			}
		}
	}
	groups := append(n.all("media:group"), n)
	for _, group := range groups {
		for _, c := range group.all("media:content") {
			r.attach(item, file{c.attr("url"), cmp.Or(c.attr("type"), c.attr("medium")+"/"), c.child("media:title").content(), c.attr("lang"), size(c.attr("filesize"))}, base)
		}
	}
}

func size(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (r *reader) attach(item *newsletter.Item, f file, base *url.URL) {
	link, ok := markup.Link(base, f.url)
	if !ok || !strings.HasPrefix(link, "http") || link == item.URL {
		return
	}
	media, title := strings.ToLower(f.media), markup.Text(f.title)
	switch {
	case item.Kind == newsletter.Report && paper(media, link):
		known := func(d newsletter.Document) bool { return d.URL == link }
		if !slices.ContainsFunc(item.Documents, known) {
			item.Documents = append(item.Documents, newsletter.Document{Language: locale.Primary(f.language), URL: link, Title: title, Bytes: f.bytes})
		}
	case strings.HasPrefix(media, "video/") || strings.HasPrefix(media, "audio/"):
		known := func(l newsletter.Link) bool { return l.URL == link }
		if !slices.ContainsFunc(item.Links, known) {
			item.Links = append(item.Links, newsletter.Link{Role: "video", Title: title, URL: link})
		}
	}
}

func paper(media, link string) bool {
	if strings.HasPrefix(media, "application/") {
		return true
	}
	u, err := url.Parse(link)
	return err == nil && slices.Contains([]string{".pdf", ".docx", ".doc", ".epub"}, strings.ToLower(path.Ext(u.Path)))
}
