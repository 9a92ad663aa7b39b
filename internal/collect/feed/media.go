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
	case strings.HasPrefix(media, "video/") || media == "" && named(link, ".mp4", ".webm", ".mov", ".m4v"):
		hang(item, "video", title, link)
	case strings.HasPrefix(media, "audio/") || media == "" && named(link, ".mp3", ".m4a", ".ogg"):
		hang(item, "more", title, link)
	}
}

// hang adds a link that is not there.
func hang(item *newsletter.Item, role, title, link string) {
	if known := func(l newsletter.Link) bool { return l.URL == link }; !slices.ContainsFunc(item.Links, known) {
		item.Links = append(item.Links, newsletter.Link{Role: role, Title: title, URL: link})
	}
}

func paper(media, link string) bool {
	return strings.HasPrefix(media, "application/") || named(link, ".pdf", ".docx", ".doc", ".epub")
}

// named reports whether an address ends as the files of a kind do.
func named(link string, ends ...string) bool {
	u, err := url.Parse(link)
	return err == nil && slices.Contains(ends, strings.ToLower(path.Ext(u.Path)))
}
