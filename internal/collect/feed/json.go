package feed

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// fields are those of one JSON object. What has the wrong type counts as missing:
// the rest of the item does not suffer.
type fields map[string]json.RawMessage

func (f fields) text(name string) (text string) {
	if json.Unmarshal(f[name], &text) != nil {
		return ""
	}
	return text
}

// objects returns a list of objects; one alone, or bare words, count as such.
func (f fields) objects(name, word string) (out []fields) {
	var list []json.RawMessage
	if json.Unmarshal(f[name], &list) != nil && len(f[name]) > 0 {
		list = []json.RawMessage{f[name]}
	}
	for _, raw := range list {
		var one fields
		var bare string
		switch {
		case json.Unmarshal(raw, &one) == nil:
			out = append(out, one)
		case json.Unmarshal(raw, &bare) == nil:
			out = append(out, fields{word: raw})
		}
	}
	return out
}

func (f fields) number(name string) (n int64) {
	if json.Unmarshal(f[name], &n) != nil || n < 0 {
		return 0
	}
	return n
}

// json reads JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), item by
// item: what is broken in one is that one's.
func (r *reader) json(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	var version, language string
	var items []json.RawMessage
	about := fields{}
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
		case "authors", "author":
			var raw json.RawMessage
			err = d.Decode(&raw)
			about["authors"] = raw
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
	r.authors = names(about.objects("authors", "name"))
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
	var in fields
	if err := json.Unmarshal(raw, &in); err != nil {
		r.refused = append(r.refused, fmt.Sprintf("item %d: %v", i+1, err))
		return
	}
	item := newsletter.Item{Kind: r.src.Kind, Source: r.src.ID, Language: cmp.Or(locale.Primary(in.text("language")), r.language)}
	if item.Title = markup.Plain(in.text("title")); tags.MatchString(item.Title) {
		item.Title = markup.Text(item.Title)
	}
	for _, ref := range []string{in.text("external_url"), in.text("url")} {
		if link, ok := markup.Link(r.base, ref); ok {
			item.URL = link
		}
	}
	r.date(&item, in.text("date_published"), in.text("date_modified"))
	if item.Authors = names(append(in.objects("authors", "name"), in.objects("author", "name")...)); len(item.Authors) == 0 {
		item.Authors = r.authors
	}
	item.Categories = categories(tagged(in.objects("tags", "tag")))
	r.fill(&item, html.EscapeString(cmp.Or(in.text("summary"), in.text("content_text"))), in.text("content_html"), r.base)
	for _, ref := range []string{in.text("image"), in.text("banner_image")} {
		if link, ok := markup.Link(r.base, ref); ok && item.Image == nil {
			item.Image = &newsletter.Image{URL: link}
		}
	}
	for _, a := range in.objects("attachments", "url") {
		r.attach(&item, file{a.text("url"), a.text("mime_type"), a.text("title"), "", a.number("size_in_bytes")}, r.base)
	}
	item.Identity = strings.Trim(string(in["id"]), `" `)
	if item.Identity == "null" {
		item.Identity = ""
	}
	r.keep(item)
}

func names(people []fields) (out []string) {
	for _, person := range people {
		if name := markup.Plain(person.text("name")); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// tagged is an element with the tags as its categories.
func tagged(tags []fields) *node {
	n := &node{}
	for _, tag := range tags {
		n.parts = append(n.parts, part{child: &node{name: "category", attrs: []attribute{{"term", html.EscapeString(tag.text("tag"))}}}})
	}
	return n
}
