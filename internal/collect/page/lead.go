package page

import "broadsheet/internal/newsletter"

// Lead is a way in to a site that discovery found.
type Lead struct {
	Way   string // feed | calendar | sitemap | page
	URL   string
	Title string
}

// Discover returns the feeds, calendars and sitemaps that a page names.
func Discover(raw newsletter.Raw) []Lead { return nil }

// DiscoverRobots returns the sitemaps that a robots.txt names.
func DiscoverRobots(text string) []Lead { return nil }

// Follow fills an item's summary, body and date from the page that it links to.
func Follow(src newsletter.Source, raw newsletter.Raw, item *newsletter.Item) error { return nil }
