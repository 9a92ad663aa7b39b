// Package file reads Markdown with front matter into one item. It is pure: the
// caller opens the file.
//
// The fields: title (or the first heading), date, language, kind, url, summary,
// subtitle, place, venue, when, contact (Name <address>), press_release, link
// (Title <address>). contact and link may stand more than once. A file called
// spring.fr.md is in French, unless it says otherwise.
package file

import (
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/collect/page"
	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

const summaryLength = 600

// Parse reads one file. raw.URL is its path, which is its identity.
func Parse(src newsletter.Source, raw newsletter.Raw) (newsletter.Item, error) {
	name := filepath.Base(raw.URL)
	fields, body, err := markup.FrontMatter(markup.Decode(raw.Body, raw.ContentType))
	if err != nil {
		return newsletter.Item{}, fault.Invalidf("%s: %w", name, err)
	}
	item := newsletter.Item{Kind: src.Kind, Source: src.ID, Language: src.Language, Identity: name}
	if m := tagged.FindStringSubmatch(name); m != nil {
		item.Language = m[1]
	}
	for _, f := range fields {
		if why := set(&item, f, src); why != "" {
			return newsletter.Item{}, fault.Invalidf("%s: line %d: %s", name, f.Line, why)
		}
	}
	if item.Title == "" {
		item.Title, body = firstHeading(body)
	}
	if item.Title == "" {
		return newsletter.Item{}, fault.WithHint(fault.Invalidf("%s has no title", name), "begin it with --- / title: ... / ---")
	}
	item.Body = string(markup.Markdown(body))
	if item.Summary == "" {
		item.Summary = markup.Shorten(markup.Text(item.Body), summaryLength)
	}
	return item, nil
}

// tagged is a file that names its language: spring.fr.md.
var tagged = regexp.MustCompile(`\.([a-z]{2})\.[a-z]+$`)

var heading = regexp.MustCompile(`(?m)\A#\s+(.+)$`)

func firstHeading(body string) (title, rest string) {
	m := heading.FindStringSubmatch(body)
	if m == nil {
		return "", body
	}
	return markup.Plain(m[1]), strings.TrimSpace(strings.TrimPrefix(body, m[0]))
}

// plain are the fields that are taken as they are.
func plain(item *newsletter.Item, key string) *string {
	return map[string]*string{"title": &item.Title, "subtitle": &item.Subtitle, "summary": &item.Summary, "place": &item.Place, "venue": &item.Venue}[key]
}

func set(item *newsletter.Item, f markup.Field, src newsletter.Source) (why string) {
	value := markup.Plain(f.Value)
	if target := plain(item, f.Key); target != nil {
		*target = value
		return ""
	}
	switch f.Key {
	case "language":
		item.Language = locale.Primary(value)
	case "kind":
		item.Kind = newsletter.Kind(value)
		if !slices.Contains([]newsletter.Kind{newsletter.News, newsletter.Report, newsletter.Event, newsletter.Media}, item.Kind) {
			return "kind must be news, report, event or media, not " + value
		}
	case "date":
		at, minute, ok := locale.ParseDate(value, src.Location())
		if !ok {
			return value + " is not a date"
		}
		item.PublishedAt, item.Precision = at, precision(minute)
	case "when":
		return setDays(item, value, src)
	case "url", "contact", "press_release", "link":
		return setLink(item, f.Key, value)
	default:
		return "unknown field " + f.Key
	}
	return ""
}

func setDays(item *newsletter.Item, value string, src newsletter.Source) (why string) {
	w, ok := page.ParseWhen(value, "", src.Location())
	if !ok {
		return value + ` is not a line such as "21-22 March 2017, Tbilisi"`
	}
	item.StartsAt, item.EndsAt, item.AllDay, item.Precision = w.From, w.To, true, newsletter.Day
	if w.Place != "" {
		item.Place = w.Place
	}
	return ""
}

func setLink(item *newsletter.Item, key, value string) (why string) {
	if key == "contact" {
		a, err := mail.ParseAddress(value)
		if err != nil {
			return value + " is not Name <address>"
		}
		item.Contacts = append(item.Contacts, newsletter.Contact{Name: a.Name, Email: a.Address})
		return ""
	}
	link, ok := namedLink(value)
	switch {
	case !ok:
		return value + " is not a web address, nor Title <web address>"
	case key == "url":
		item.URL = link.URL
		return ""
	case key == "link":
		link.Role = "more"
	default:
		link.Role = key
	}
	item.Links = append(item.Links, link)
	return ""
}

func precision(minute bool) newsletter.Precision {
	if minute {
		return newsletter.Minute
	}
	return newsletter.Day
}

var named = regexp.MustCompile(`^(.*?)\s*<(\S+)>$`)

func namedLink(text string) (newsletter.Link, bool) {
	title, ref := "", text
	if m := named.FindStringSubmatch(text); m != nil {
		title, ref = m[1], m[2]
	}
	link, ok := markup.Link((*url.URL)(nil), ref)
	return newsletter.Link{Title: title, URL: link}, ok
}
