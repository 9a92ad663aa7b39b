package page

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// A thing is an object of schema.org as JSON-LD writes it: any property may be a
// text, an object or a list of either.
type thing map[string]any

// types are the schema.org types that each kind of item is made of.
var types = map[newsletter.Kind]*regexp.Regexp{
	newsletter.News:   regexp.MustCompile(`^(\w*Article|BlogPosting|LiveBlogPosting|PressRelease|SocialMediaPosting|DiscussionForumPosting)$`),
	newsletter.Report: regexp.MustCompile(`^(Report|Book|PublicationIssue|ScholarlyArticle|DigitalDocument)$`),
	newsletter.Event:  regexp.MustCompile(`^(\w*Event|Festival|Hackathon|EventSeries|CourseInstance)$`),
	newsletter.Media:  regexp.MustCompile(`^(\w*VideoObject|AudioObject|PodcastEpisode|Movie|Clip|BroadcastEvent)$`),
}

// within are the properties that hold further things.
var within = []string{"@graph", "mainEntity", "itemListElement", "item", "event", "events", "subEvent", "hasPart", "blogPost"}

// things returns the objects of a kind that a page describes, in its order, and
// how many blocks of it could not be read.
func things(doc *goquery.Document, kind newsletter.Kind) (found []thing, broken int) {
	doc.Find(`script[type="application/ld+json"]`).Each(func(_ int, s *goquery.Selection) {
		var value any
		if err := json.Unmarshal([]byte(unwrap(s.Text())), &value); err != nil {
			broken++
			return
		}
		found = walk(found, value, kind, 0)
	})
	return found, broken
}

// unwrap takes off the comments that old systems put around a script.
func unwrap(text string) string {
	for _, mark := range []string{"//<![CDATA[", "//]]>", "/*<![CDATA[*/", "/*]]>*/", "<![CDATA[", "]]>", "<!--", "-->"} {
		text = strings.ReplaceAll(text, mark, "")
	}
	return strings.TrimRight(strings.TrimSpace(text), ";")
}

const maxThings, maxNesting = 2000, 12

func walk(found []thing, value any, kind newsletter.Kind, depth int) []thing {
	if depth > maxNesting || len(found) >= maxThings {
		return found
	}
	switch v := value.(type) {
	case []any:
		for _, each := range v {
			found = walk(found, each, kind, depth+1)
		}
	case map[string]any:
		t := thing(v)
		if t.is("BreadcrumbList") {
			return found
		}
		if t.of(kind) {
			found = append(found, t)
		}
		for _, key := range within {
			found = walk(found, t[key], kind, depth+1)
		}
	}
	return found
}

// names returns the types of a thing without the vocabulary's address.
func (t thing) names() (out []string) {
	for _, name := range texts(t["@type"]) {
		out = append(out, name[strings.LastIndexAny(name, "/#:")+1:])
	}
	return out
}

func (t thing) is(name string) bool {
	for _, n := range t.names() {
		if n == name {
			return true
		}
	}
	return false
}

func (t thing) of(kind newsletter.Kind) bool {
	for _, n := range t.names() {
		if types[kind].MatchString(n) {
			return true
		}
	}
	return false
}

// texts returns the words of a value: a text, the name of a thing, or those of a list.
func texts(value any) (out []string) {
	switch v := value.(type) {
	case string:
		if text := markup.Text(v); text != "" {
			out = append(out, text)
		}
	case []any:
		for _, each := range v {
			out = append(out, texts(each)...)
		}
	case map[string]any:
		for _, key := range []string{"name", "@value", "alternateName", "addressLocality"} {
			if found := texts(v[key]); len(found) > 0 {
				return found[:1]
			}
		}
	}
	return out
}

// text returns the first words that one of the properties has.
func (t thing) text(keys ...string) string {
	for _, key := range keys {
		if found := texts(t[key]); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// link returns the first address that one of the properties has: as text, or as the @id or url of a thing.
func (t thing) link(base *url.URL, keys ...string) string {
	for _, key := range keys {
		value := t[key]
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		if inner, ok := value.(map[string]any); ok {
			value = inner["@id"]
			if address, ok := inner["url"]; ok {
				value = address
			}
		}
		if text, ok := value.(string); ok {
			if link, ok := markup.Link(base, text); ok && strings.HasPrefix(link, "http") {
				return link
			}
		}
	}
	return ""
}

// described makes an item of a thing; why says what is missing.
func (r *reader) described(t thing) (it newsletter.Item, why string) {
	it = newsletter.Item{Kind: r.src.Kind, Source: r.src.ID, Language: r.language}
	it.Title = t.text("headline", "name")
	if it.Kind == newsletter.Event || it.Kind == newsletter.Report {
		it.Title = t.text("name", "headline")
	}
	if it.Title == "" {
		return it, "an entry that the page describes has no name"
	}
	it.URL = t.link(r.base, "url", "mainEntityOfPage", "@id")
	it.Summary = markup.Shorten(t.text("description", "abstract"), newsletter.SummaryLength)
	if body, ok := t["articleBody"].(string); ok && it.Summary == "" {
		it.Summary = markup.Shorten(markup.Text(body), newsletter.SummaryLength)
	}
	if lang := locale.Primary(t.text("inLanguage")); lang != "" && len(lang) <= 3 {
		it.Language = lang
	}
	it.Authors = texts(t["author"])
	it.Categories = append(texts(t["articleSection"]), keywords(t)...)
	it.Documents = r.encodings(t)
	it.Image = r.imageOf(t)
	it.Identity = it.URL
	if it.Kind == newsletter.Event {
		why = r.happening(&it, t)
		it.Identity = identity(it)
	} else {
		r.published(&it, t.text("datePublished", "uploadDate", "dateCreated"))
	}
	if it.Identity == "" {
		it.Identity = identity(it)
	}
	return it, why
}

func keywords(t thing) (out []string) {
	for _, text := range texts(t["keywords"]) {
		for _, word := range strings.Split(text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				out = append(out, word)
			}
		}
	}
	return out
}

// encodings are the files of a report.
func (r *reader) encodings(t thing) (out []newsletter.Document) {
	for _, key := range []string{"encoding", "associatedMedia"} {
		list, ok := t[key].([]any)
		if !ok {
			list = []any{t[key]}
		}
		for _, each := range list {
			inner, ok := each.(map[string]any)
			if !ok {
				continue
			}
			file := thing(inner)
			link := file.link(r.base, "contentUrl", "url")
			if link == "" {
				continue
			}
			language := locale.Primary(file.text("inLanguage"))
			if language == "" {
				language = languageOfName(link)
			}
			out = append(out, newsletter.Document{Language: language, URL: link, Title: file.text("name")})
		}
	}
	return out
}

func (r *reader) published(it *newsletter.Item, text string) {
	at, minute, ok := locale.ParseDate(text, r.src.Location())
	if ok {
		it.PublishedAt, it.Precision = at, newsletter.PrecisionOf(minute)
	}
}

// happening fills in when and where an event is, and whether.
func (r *reader) happening(it *newsletter.Item, t thing) (why string) {
	from, timed, ok := locale.ParseDate(t.text("startDate"), r.src.Location())
	if !ok {
		return "no day can be read from startDate " + t.text("startDate")
	}
	it.StartsAt, it.AllDay, it.Precision = from, !timed, newsletter.PrecisionOf(timed)
	if to, toTimed, ok := locale.ParseDate(t.text("endDate"), r.src.Location()); ok && toTimed == timed {
		if to.Before(from) {
			return "it ends before it starts"
		}
		it.EndsAt = to
	}
	if it.Title, it.Status = locale.Called(it.Title); it.Status == "" {
		it.Status = status(t.text("eventStatus"))
	}
	it.Place, it.Venue = r.where(t)
	return ""
}

func status(text string) string {
	switch {
	case strings.HasSuffix(text, "Cancelled"):
		return "cancelled"
	case strings.HasSuffix(text, "Postponed"):
		return "postponed"
	}
	return ""
}

// where returns town and house of an event's location.
func (r *reader) where(t thing) (place, venue string) {
	value := t["location"]
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return t.text("location"), ""
	}
	at := thing(inner)
	if at.is("VirtualLocation") {
		return "online", ""
	}
	name := at.text("name")
	switch address := at["address"].(type) {
	case map[string]any:
		place = thing(address).text("addressLocality", "addressRegion", "addressCountry")
	case string:
		place = markup.Plain(address)
	}
	if place == "" || strings.HasPrefix(place, name) && name != "" {
		return max(place, name), ""
	}
	return place, name
}
