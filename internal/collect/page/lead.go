package page

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// Lead is a way in to a site that discovery found.
type Lead struct {
	Way   string // feed | calendar | sitemap | page
	URL   string
	Title string
}

var (
	feedType     = regexp.MustCompile(`(?i)application/(rss|atom|rdf|feed)\+(xml|json)|text/xml`)
	feedName     = regexp.MustCompile(`(?i)(\.(rss|atom|rdf)|/(rss|feed|atom)(/|\.xml|\.php)?|[?&]feed=\w+|/feed\.json|rss\.xml|atom\.xml)$`)
	calendarName = regexp.MustCompile(`(?i)\.ics($|\?)`)
)

// Discover returns the feeds, calendars and sitemaps that a page names, and the
// page itself where it describes its own entries. Feeds come first.
func Discover(raw newsletter.Raw) []Lead {
	base, err := url.Parse(raw.URL)
	if err != nil {
		return nil
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader([]byte(markup.Decode(raw.Body, raw.ContentType))))
	if err != nil {
		return nil
	}
	l := leads{base: baseOf(doc, base), seen: map[string]bool{}}
	doc.Find("link[href], a[href]").Each(func(_ int, s *goquery.Selection) { l.element(s) })
	for _, kind := range []newsletter.Kind{newsletter.Event, newsletter.News, newsletter.Report, newsletter.Media} {
		if found, _ := things(doc, kind); len(found) > 0 {
			l.add("page", raw.URL, "the page describes its own entries (kind: "+string(kind)+")")
		}
	}
	var out []Lead
	for _, way := range []string{"feed", "calendar", "sitemap", "page"} {
		for _, lead := range l.found {
			if lead.Way == way {
				out = append(out, lead)
			}
		}
	}
	return out
}

type leads struct {
	base  *url.URL
	seen  map[string]bool
	found []Lead
}

const maxLeads = 50

func (l *leads) add(way, ref, title string) {
	if rest, ok := strings.CutPrefix(ref, "webcal:"); ok { // a calendar's address for programs that subscribe
		ref = "https:" + rest
	}
	link, ok := markup.Link(l.base, ref)
	if !ok || l.seen[way+link] || len(l.found) >= maxLeads || !strings.HasPrefix(link, "http") {
		return
	}
	l.seen[way+link] = true
	l.found = append(l.found, Lead{way, link, title})
}

func (l *leads) element(s *goquery.Selection) {
	href, kind, title := s.AttrOr("href", ""), s.AttrOr("type", ""), markup.Plain(s.AttrOr("title", ""))
	if title == "" {
		title = text(s)
	}
	relations := " " + strings.ToLower(s.AttrOr("rel", "")) + " "
	bare, _, _ := strings.Cut(href, "#")
	switch {
	case strings.HasPrefix(href, "webcal:") || strings.Contains(kind, "text/calendar") || calendarName.MatchString(bare):
		l.add("calendar", href, title)
	case strings.Contains(relations, " sitemap ") || sitemapName(bare):
		l.add("sitemap", href, title)
	case feedType.MatchString(kind) && (s.Is("a") || strings.Contains(relations, " alternate ")):
		l.add("feed", href, title)
	case strings.Contains(kind, "json") && strings.Contains(relations, " alternate ") && strings.Contains(href, "feed"):
		l.add("feed", href, title)
	case s.Is("a") && feedName.MatchString(bare):
		l.add("feed", href, title)
	}
}

// DiscoverRobots returns the sitemaps that a robots.txt names (https://www.sitemaps.org/protocol.html#submit_robots).
func DiscoverRobots(text string) (out []Lead) {
	for _, line := range strings.Split(text, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !strings.EqualFold(strings.TrimSpace(name), "sitemap") || len(out) >= maxLeads {
			continue
		}
		if link, ok := markup.Link(nil, value); ok && strings.HasPrefix(link, "http") {
			out = append(out, Lead{Way: "sitemap", URL: link})
		}
	}
	return out
}
