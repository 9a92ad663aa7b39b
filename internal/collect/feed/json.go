package feed

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

type jsonFeed struct {
	Version  string `json:"version"`
	Language string `json:"language"`
	Items    []struct {
		ID            any    `json:"id"`
		URL           string `json:"url"`
		Title         string `json:"title"`
		ContentHTML   string `json:"content_html"`
		ContentText   string `json:"content_text"`
		Summary       string `json:"summary"`
		DatePublished string `json:"date_published"`
		Language      string `json:"language"`
	} `json:"items"`
}

// parseJSON reads JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/).
func parseJSON(src newsletter.Source, base *url.URL, text string) ([]newsletter.Item, []string, error) {
	var f jsonFeed
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return nil, nil, fault.Invalidf("source %s: not a JSON Feed: %w", src.ID, err)
	}
	if !strings.Contains(f.Version, "jsonfeed.org") {
		return nil, nil, fault.Invalidf("source %s: JSON without a JSON Feed version", src.ID)
	}
	var items []newsletter.Item
	var refused []string
	for i, in := range f.Items[:min(len(f.Items), src.Max)] {
		item := newsletter.Item{Kind: src.Kind, Source: src.ID, Language: cmp.Or(src.Language, locale.Primary(in.Language), locale.Primary(f.Language))}
		item.Title = markup.Plain(in.Title)
		item.URL, _ = markup.Link(base, in.URL)
		short := cmp.Or(escape(in.Summary), escape(in.ContentText))
		fill(&item, short, in.ContentHTML, base)
		item.Title = cmp.Or(item.Title, markup.Shorten(item.Summary, 80))
		if at, minute, ok := locale.ParseDate(in.DatePublished, src.Location()); ok {
			item.PublishedAt, item.Precision = at, newsletter.Day
			if minute {
				item.Precision = newsletter.Minute
			}
		}
		if in.ID != nil {
			item.Identity = fmt.Sprint(in.ID)
		}
		item.Identity = cmp.Or(item.Identity, item.URL, item.Title)
		if item.Title == "" {
			refused = append(refused, fmt.Sprintf("item %d has neither title nor text", i+1))
			continue
		}
		items = append(items, item)
	}
	return items, refused, nil
}
