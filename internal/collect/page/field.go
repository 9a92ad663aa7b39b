package page

import (
	"fmt"
	"strconv"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// scope is an item's elements: itself, and with siblings those after it up to the next item or heading.
func (r *reader) scope(s *goquery.Selection) *goquery.Selection {
	if !r.src.Rules.Siblings {
		return s
	}
	stop := strings.Join(append(append(newsletter.Rule{}, r.src.Rules.Item...), r.src.Rules.Heading...), ", ")
	return s.AddSelection(s.NextUntil(stop))
}

// find returns the elements that a selector names among an item's elements and below them.
func find(scope *goquery.Selection, selector string) *goquery.Selection {
	if selector == "." {
		return scope.First()
	}
	return scope.Filter(selector).AddSelection(scope.Find(selector))
}

// values returns what a rule gives, candidate by candidate, as text or attribute.
func values(scope *goquery.Selection, rule newsletter.Rule, each func(string) (taken bool)) {
	for _, entry := range rule {
		selector, attribute := split(entry)
		taken := false
		find(scope, selector).EachWithBreak(func(_ int, s *goquery.Selection) bool {
			v := text(s)
			if attribute != "" {
				v = markup.Plain(s.AttrOr(attribute, ""))
			}
			taken = v != "" && each(v)
			return !taken
		})
		if taken {
			return
		}
	}
}

// value returns the first thing a rule gives.
func value(scope *goquery.Selection, rule newsletter.Rule) (first string) {
	values(scope, rule, func(v string) bool { first = v; return true })
	return first
}

func text(s *goquery.Selection) string {
	if s.Length() == 0 {
		return ""
	}
	return markup.NodeText(s.Nodes[0])
}

func (r *reader) item(s *goquery.Selection) {
	scope, rules := r.scope(s), r.src.Rules
	it := newsletter.Item{Kind: r.src.Kind, Source: r.src.ID, Language: r.language, Title: value(scope, rules.Title)}
	if it.Title == "" {
		r.refused = append(r.refused, fmt.Sprintf("item %d has no title: %q", len(r.items)+len(r.refused)+1, markup.Shorten(text(s), 60)))
		return
	}
	it.Language = r.tongue(s, scope)
	it.URL, _ = markup.Link(r.base, value(scope, rules.Link))
	it.Summary = r.summary(&it, undated(value(scope, rules.Summary), value(scope, rules.Date)))
	it.Venue, it.Place = value(scope, rules.Venue), value(scope, rules.Place)
	it.Contacts = contacts(scope, rules.Contact)
	it.Image = r.image(scope, rules.Image)
	it.Documents = documents(scope, rules.Documents, r.base)
	if link, ok := markup.Link(r.base, value(scope, rules.PressRelease)); ok {
		it.Links = append(it.Links, newsletter.Link{Role: "press_release", URL: link})
	}
	if why := r.dates(scope, &it); why != "" {
		r.refused = append(r.refused, fmt.Sprintf("%q: %s", it.Title, why))
		return
	}
	if it.Kind == newsletter.Event {
		it.Title, it.Status = locale.Called(it.Title)
	}
	it.Identity = it.URL
	if it.Identity == "" || it.Kind == newsletter.Event {
		it.Identity = identity(it)
	}
	r.items = append(r.items, it)
}

// tongue is an item's language: the rule's, else what its own elements declare, else the source's or the page's.
func (r *reader) tongue(s, scope *goquery.Selection) string {
	if lang := locale.Primary(value(scope, r.src.Rules.Language)); lang != "" {
		return lang
	}
	if lang := locale.Primary(s.AttrOr("lang", "")); lang != "" {
		return lang
	}
	return r.language
}

// longestDate is the text of a date at most, in bytes: a longer one is a paragraph with one in it.
const longestDate = 60

// undated takes the date off a text that begins with it: it is told already.
func undated(text, date string) string {
	if rest, ok := strings.CutPrefix(text, date); ok && date != "" && rest != "" && len(date) <= longestDate {
		return strings.TrimLeft(rest, " .:-–—|")
	}
	return text
}

// summary takes an embargo's line and the doubled title off a text.
func (r *reader) summary(it *newsletter.Item, text string) string {
	if at, rest, ok := locale.Embargo(text, r.src.Location()); ok {
		it.Embargo, text = at, rest
	}
	return markup.Summary(text, it.Title, newsletter.SummaryLength)
}

// identity names an item that has no address of its own. An event keeps its
// name when its day moves within the year, so that a move is a change.
func identity(it newsletter.Item) string {
	year := ""
	if !it.StartsAt.IsZero() {
		year = strconv.Itoa(it.StartsAt.Year())
	}
	return strings.ToLower(strings.Join([]string{it.Title, it.Place, year}, "|"))
}

func (r *reader) dates(scope *goquery.Selection, it *newsletter.Item) (why string) {
	if it.Kind == newsletter.Event && len(r.src.Rules.When) > 0 {
		return r.when(it, value(scope, r.src.Rules.When))
	}
	values(scope, r.src.Rules.Date, func(v string) bool {
		at, minute, ok := locale.ParseDate(v, r.src.Location())
		if lent := r.heading.String(); !ok && lent != "" {
			at, minute, ok = locale.ParseDate(v+" "+lent, r.src.Location())
		}
		if !ok {
			return false
		}
		it.Precision = newsletter.PrecisionOf(minute)
		if it.Kind == newsletter.Event {
			it.StartsAt, it.AllDay = at, !minute
		} else {
			it.PublishedAt = at
		}
		return true
	})
	if it.Kind == newsletter.Event && it.StartsAt.IsZero() {
		return fmt.Sprintf("no day can be read from %q", value(scope, r.src.Rules.Date))
	}
	return "" // other undated items count from when they were first seen
}

// when reads an agenda line. Where title and line are one, the line's rest is the title.
func (r *reader) when(it *newsletter.Item, line string) (why string) {
	lent := r.heading.String()
	read := ParseWhen
	if r.heading.first {
		read = ParseFirst
	}
	w, ok := read(line, lent, r.src.Location())
	if !ok {
		return fmt.Sprintf("no days can be read from %q under heading %q", line, lent)
	}
	r.heading.first = false
	it.StartsAt, it.EndsAt, it.AllDay, it.Precision = w.From, w.To, w.AllDay, newsletter.PrecisionOf(!w.AllDay)
	if it.Place == "" {
		it.Place = w.Place
	}
	if it.Title == line && w.Rest != "" {
		it.Title = w.Rest
		if it.Place == w.Rest { // one thing behind the days, and the title is nowhere else
			it.Title, it.Place = placeBehind(w.Rest)
		}
	}
	return ""
}

// placeBehind parts "Board (Nice)".
func placeBehind(text string) (title, place string) {
	if at := strings.LastIndexByte(text, '('); at > 0 && strings.HasSuffix(text, ")") {
		return strings.TrimSpace(text[:at]), strings.Trim(text[at:], "()")
	}
	return text, ""
}
