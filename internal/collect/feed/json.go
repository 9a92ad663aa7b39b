package feed

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonItem struct {
	ID          json.RawMessage  `json:"id"`
	URL         string           `json:"url"`
	ExternalURL string           `json:"external_url"`
	Title       string           `json:"title"`
	ContentHTML string           `json:"content_html"`
	ContentText string           `json:"content_text"`
	Summary     string           `json:"summary"`
	Published   string           `json:"date_published"`
	Modified    string           `json:"date_modified"`
	Language    string           `json:"language"`
	Author      jsonAuthor       `json:"author"`
	Authors     []jsonAuthor     `json:"authors"`
	Tags        []string         `json:"tags"`
	Attachments []jsonAttachment `json:"attachments"`
}

type jsonAttachment struct {
	URL   string `json:"url"`
	Media string `json:"mime_type"`
	Title string `json:"title"`
	Bytes int64  `json:"size_in_bytes"`
}

// json reads JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), item by
// item: what is broken in one is that one's.
func (r *reader) json(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	var version, language string
	var items []json.RawMessage
	var authors []jsonAuthor
	_, err := d.Token() // the brace that it begins with
	for err == nil && d.More() {
		var key json.Token
		if key, err = d.Token(); err != nil {
			break
		}
		switch key {
		case "version":
			err = d.Decode(&version)
		case "language":
			err = d.Decode(&language)
		case "authors":
			err = d.Decode(&authors)
		case "items":
			items, err = elements(d)
		default:
			err = d.Decode(new(json.RawMessage))
		}
	}
	if err != nil && len(items) == 0 {
		return fault.Invalidf("source %s: not a JSON Feed: %w", r.src.ID, err)
	}
	if !strings.Contains(version, "jsonfeed.org") && !(err != nil && version == "") {
		return fault.Invalidf("source %s: JSON without a JSON Feed version", r.src.ID)
	}
	if r.src.Language == "" {
		r.language = locale.Primary(language)
	}
	r.authors = jsonNames(authors, jsonAuthor{})
	for i, raw := range items[:min(len(items), r.src.Max)] {
		r.jsonItem(i, raw)
	}
	if err != nil {
		r.refused = append(r.refused, fmt.Sprintf("the feed breaks off after %d items: %v", len(items), err))
	}
	return nil
}

// elements returns what is whole of an array.
func elements(d *json.Decoder) (all []json.RawMessage, err error) {
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return nil, cmp.Or(err, fmt.Errorf("items is no list"))
	}
	for d.More() {
		var one json.RawMessage
		if err := d.Decode(&one); err != nil {
			return all, err
		}
		all = append(all, one)
	}
	_, err = d.Token()
	return all, err
}

func (r *reader) jsonItem(i int, raw json.RawMessage) {
	var in jsonItem
	if err := json.Unmarshal(raw, &in); err != nil {
		r.refused = append(r.refused, fmt.Sprintf("item %d: %v", i+1, err))
		return
	}
	item := newsletter.Item{Kind: r.src.Kind, Source: r.src.ID, Language: cmp.Or(locale.Primary(in.Language), r.language)}
	item.Title = markup.Plain(in.Title)
	for _, ref := range []string{in.ExternalURL, in.URL} {
		if link, ok := markup.Link(r.base, ref); ok {
			item.URL = link
		}
	}
	r.date(&item, in.Published, in.Modified)
	item.Authors = jsonNames(in.Authors, in.Author)
	if len(item.Authors) == 0 {
		item.Authors = r.authors
	}
	item.Categories = categories(tagged(in.Tags))
	r.fill(&item, html.EscapeString(cmp.Or(in.Summary, in.ContentText)), in.ContentHTML, r.base)
	for _, a := range in.Attachments {
		r.attach(&item, file{a.URL, a.Media, a.Title, "", max(a.Bytes, 0)}, r.base)
	}
	item.Identity = strings.Trim(string(in.ID), `" `)
	if item.Identity == "null" {
		item.Identity = ""
	}
	r.keep(item)
}

func jsonNames(several []jsonAuthor, one jsonAuthor) (names []string) {
	for _, a := range append(several, one) {
		if name := markup.Plain(a.Name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// tagged is an element with the tags as its categories.
func tagged(tags []string) *node {
	n := &node{}
	for _, tag := range tags {
		n.parts = append(n.parts, part{child: &node{name: "category", attrs: []attribute{{"term", html.EscapeString(tag)}}}})
	}
	return n
}
