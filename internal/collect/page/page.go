// Package page reads the items of an HTML page by rules: CSS selectors for the
// item and for each of its fields. It is pure: bytes in, items out. Many public
// bodies have no feed; what their pages say is read here.
package page

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
)

const summaryLength = 600

// Problem is one thing wrong with a source's rules.
type Problem struct{ Field, Message, Hint string }

// fields lists every selector of the rules by its name in the file.
func fields(r newsletter.Rules) map[string]newsletter.Rule {
	return map[string]newsletter.Rule{
		"heading": r.Heading, "item": r.Item, "title": r.Title, "link": r.Link, "date": r.Date, "when": r.When,
		"summary": r.Summary, "venue": r.Venue, "contact": r.Contact, "language": r.Language,
		"documents": r.Documents, "press_release": r.PressRelease,
	}
}

// Check returns what is wrong with rules for sources of a kind.
func Check(r newsletter.Rules, kind newsletter.Kind) (problems []Problem) {
	for name, rule := range fields(r) {
		for _, text := range rule {
			selector, _ := split(text)
			if selector == "." {
				continue
			}
			if _, err := cascadia.ParseGroup(selector); err != nil {
				problems = append(problems, Problem{name, fmt.Sprintf("%s: %q is not a CSS selector: %v", name, selector, err), "write a selector such as div.news or a@href"})
			}
		}
	}
	if len(r.Item) == 0 {
		problems = append(problems, Problem{"item", "item is missing", "item: the selector that finds one entry"})
	}
	if len(r.Title) == 0 {
		problems = append(problems, Problem{"title", "title is missing", "title: the selector of the headline inside an item"})
	}
	if kind == newsletter.Event && len(r.When) == 0 && len(r.Date) == 0 {
		problems = append(problems, Problem{"when", "an agenda page needs when", "when: the selector of the line that says the days"})
	}
	return problems
}

// split cuts "sel@attr" into selector and attribute; "@" inside brackets or quotes belongs to the selector.
func split(text string) (selector, attribute string) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 || strings.ContainsAny(text[at:], `]"'`) {
		return text, ""
	}
	selector = strings.TrimSpace(text[:at])
	if selector == "" {
		selector = "."
	}
	return selector, text[at+1:]
}

// Result is what a page gives.
type Result struct {
	Items   []newsletter.Item
	Refused []string // why items were left out
	Next    string   // the page that the list goes on with, "" at its end
}

// Parse returns a page's items and what was wrong with the ones left out.
func Parse(src newsletter.Source, raw newsletter.Raw) (Result, error) {
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader([]byte(markup.Decode(raw.Body, raw.ContentType))))
	if err != nil {
		return Result{}, fault.Invalidf("source %s: not HTML: %w", src.ID, err)
	}
	base, err := url.Parse(raw.URL)
	if err != nil {
		return Result{}, fault.Invalidf("source %s: %w", src.ID, err)
	}
	if href, ok := doc.Find("base[href]").First().Attr("href"); ok {
		if u, err := base.Parse(href); err == nil {
			base = u
		}
	}
	r := reader{src: src, rules: *src.Rules, base: base, language: src.Language}
	if r.language == "" {
		r.language = locale.Primary(doc.Find("html").AttrOr("lang", ""))
	}
	r.walk(doc)
	if len(r.items) == 0 && len(r.refused) == 0 {
		return Result{}, fault.WithHint(fault.Invalidf("source %s: no item on %s matches %q", src.ID, raw.URL, strings.Join(src.Rules.Item, ", ")),
			"the page may have changed; look at it and try rules with `broadsheet source try %s`", src.ID)
	}
	return Result{Items: r.items, Refused: r.refused}, nil
}

type reader struct {
	src      newsletter.Source
	rules    newsletter.Rules
	base     *url.URL
	language string
	heading  string // the last heading met: lends month and year
	items    []newsletter.Item
	refused  []string
}

// walk meets headings and items in the order of the page.
func (r *reader) walk(doc *goquery.Document) {
	selectors := strings.Join(r.rules.Item, ", ")
	all := selectors
	if len(r.rules.Heading) > 0 {
		all += ", " + strings.Join(r.rules.Heading, ", ")
	}
	doc.Find(all).EachWithBreak(func(_ int, s *goquery.Selection) bool {
		if s.Is(selectors) {
			r.item(s)
		} else {
			r.heading = text(s)
		}
		return len(r.items) < r.src.Max
	})
}

// scope is an item's elements: itself, and with siblings those after it up to the next item or heading.
func (r *reader) scope(s *goquery.Selection) *goquery.Selection {
	if !r.rules.Siblings {
		return s
	}
	stop := strings.Join(append(append(newsletter.Rule{}, r.rules.Item...), r.rules.Heading...), ", ")
	return s.AddSelection(s.NextUntil(stop))
}

// find returns the elements that a selector names among an item's elements and below them.
func find(scope *goquery.Selection, selector string) *goquery.Selection {
	if selector == "." {
		return scope.First()
	}
	return scope.Filter(selector).AddSelection(scope.Find(selector))
}

// value returns the first thing a rule gives, as text or attribute.
func value(scope *goquery.Selection, rule newsletter.Rule) string {
	for _, entry := range rule {
		selector, attribute := split(entry)
		found := find(scope, selector).First()
		var v string
		if attribute != "" {
			v = markup.Plain(found.AttrOr(attribute, ""))
		} else {
			v = text(found)
		}
		if v != "" {
			return v
		}
	}
	return ""
}

func text(s *goquery.Selection) string {
	if s.Length() == 0 {
		return ""
	}
	return markup.NodeText(s.Nodes[0])
}

func (r *reader) item(s *goquery.Selection) {
	scope := r.scope(s)
	it := newsletter.Item{Kind: r.src.Kind, Source: r.src.ID, Language: r.language}
	it.Title = value(scope, r.rules.Title)
	if it.Title == "" {
		r.refused = append(r.refused, fmt.Sprintf("item %d has no title", len(r.items)+len(r.refused)+1))
		return
	}
	if lang := locale.Primary(value(scope, r.rules.Language)); lang != "" {
		it.Language = lang
	}
	it.URL, _ = markup.Link(r.base, value(scope, r.rules.Link))
	it.Summary = markup.Shorten(value(scope, r.rules.Summary), summaryLength)
	it.Venue = value(scope, r.rules.Venue)
	it.Contacts = contacts(scope, r.rules.Contact)
	it.Documents = documents(scope, r.rules.Documents, r.base)
	if link, ok := markup.Link(r.base, value(scope, r.rules.PressRelease)); ok {
		it.Links = append(it.Links, newsletter.Link{Role: "press_release", URL: link})
	}
	if why := r.dates(scope, &it); why != "" {
		r.refused = append(r.refused, fmt.Sprintf("%q: %s", it.Title, why))
		return
	}
	if it.Kind == newsletter.Report {
		it.Year = reportYear(it.Title)
	}
	it.Identity = it.URL
	if it.Identity == "" || it.Kind == newsletter.Event {
		it.Identity = identity(it)
	}
	r.items = append(r.items, it)
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
	if it.Kind == newsletter.Event && len(r.rules.When) > 0 {
		line := value(scope, r.rules.When)
		w, ok := ParseWhen(line, r.heading, r.src.Location())
		if !ok {
			return fmt.Sprintf("no days can be read from %q under heading %q", line, r.heading)
		}
		it.StartsAt, it.EndsAt, it.AllDay, it.Place, it.Precision = w.From, w.To, true, w.Place, newsletter.Day
		return ""
	}
	at, minute, ok := locale.ParseDate(value(scope, r.rules.Date), r.src.Location())
	if !ok {
		return "" // undated items count from when they were first seen
	}
	precision := newsletter.Day
	if minute {
		precision = newsletter.Minute
	}
	if it.Kind == newsletter.Event {
		it.StartsAt, it.AllDay, it.Precision = at, !minute, precision
	} else {
		it.PublishedAt, it.Precision = at, precision
	}
	return ""
}

func contacts(scope *goquery.Selection, rule newsletter.Rule) (out []newsletter.Contact) {
	for _, entry := range rule {
		selector, _ := split(entry)
		find(scope, selector).Each(func(_ int, s *goquery.Selection) {
			link, ok := markup.Link(nil, s.AttrOr("href", ""))
			email, isMail := strings.CutPrefix(link, "mailto:")
			if !ok || !isMail {
				return
			}
			email, _, _ = strings.Cut(email, "?")
			name := text(s)
			if name == email {
				name = ""
			}
			out = append(out, newsletter.Contact{Name: name, Email: email})
		})
	}
	return out
}

func documents(scope *goquery.Selection, rule newsletter.Rule, base *url.URL) (out []newsletter.Document) {
	for _, entry := range rule {
		selector, _ := split(entry)
		find(scope, selector).Each(func(_ int, s *goquery.Selection) {
			link, ok := markup.Link(base, s.AttrOr("href", ""))
			if !ok {
				return
			}
			out = append(out, newsletter.Document{Language: documentLanguage(s, link), URL: link, Title: text(s)})
		})
	}
	return out
}

var codeInName = regexp.MustCompile(`(?i)[-_.](ar|de|el|en|es|fr|he|it|ka|pt|ru|uk|zh|[acefrs])(?:[-_.]|$)`)

// oneLetter are the codes of UN documents: AR_2016_E.pdf.
var oneLetter = map[string]string{"a": "ar", "c": "zh", "e": "en", "f": "fr", "r": "ru", "s": "es"}

// documentLanguage takes a document's language from hreflang, its text, or its name.
func documentLanguage(s *goquery.Selection, link string) string {
	if lang := locale.Primary(s.AttrOr("hreflang", s.AttrOr("lang", ""))); lang != "" {
		return lang
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(text(s)), func(r rune) bool { return strings.ContainsRune(" ,;()[]/-:", r) }) {
		if tag, ok := languageWords[word]; ok {
			return tag
		}
	}
	matches := codeInName.FindAllStringSubmatch(path.Base(link), -1)
	if len(matches) == 0 {
		return ""
	}
	code := strings.ToLower(matches[len(matches)-1][1])
	if tag, ok := oneLetter[code]; ok {
		return tag
	}
	return code
}

var languageWords = map[string]string{
	"english": "en", "anglais": "en", "inglés": "en", "french": "fr", "français": "fr", "francais": "fr",
	"spanish": "es", "español": "es", "espagnol": "es", "russian": "ru", "русский": "ru", "russe": "ru",
	"arabic": "ar", "العربية": "ar", "عربي": "ar", "arabe": "ar", "chinese": "zh", "中文": "zh", "chinois": "zh",
	"german": "de", "deutsch": "de", "italian": "it", "italiano": "it", "greek": "el", "ελληνικά": "el",
	"georgian": "ka", "ქართული": "ka", "hebrew": "he", "עברית": "he", "ukrainian": "uk", "українська": "uk", "portuguese": "pt", "português": "pt",
}

var year = regexp.MustCompile(`\b(19|20)\d\d\b`)

// reportYear takes the year a report is about from its title.
func reportYear(title string) int {
	n, _ := strconv.Atoi(year.FindString(title))
	return n
}
