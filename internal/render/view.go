package render

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// View is what a theme's templates are given: the contract of the theme.
type View struct {
	Language, Dir, Start, End string // Start is the side where lines begin: left or right
	Subject, Title, Tagline   string
	Number, Date, Preheader   string
	HelloBefore, HelloAfter   string
	Editorial                 template.HTML
	EditorialText             string
	Sections                  []SectionView
	Follow                    []LinkView
	Address, Disclaimer       string
	Marks                     Marks
	Style, Media              template.CSS

	words locale.Locale
}

// Marks are the places of the values per recipient.
type Marks struct {
	Name                              string
	Unsubscribe, Preferences, WebView template.URL
}

// Label returns a label of the language.
func (v View) Label(key string) string { return v.words.Label(key) }

// SectionView is a section with something in it.
type SectionView struct {
	ID, Title string
	Kind      newsletter.Kind
	Show      string
	Entries   []EntryView
	Months    []MonthView // of an agenda
	More      *LinkView
}

// MonthView groups an agenda.
type MonthView struct {
	Title   string
	Entries []EntryView
}

// EntryView is one entry in one language. Lang, Dir and Side are set only where the language differs from the issue's.
type EntryView struct {
	Lead                         bool
	Title, URL, Lang, Dir, Side  string
	Meta, When, Status           string
	Venue, Summary, Text         string
	Body                         template.HTML
	Documents                    []DocumentView
	Actions, Others              []LinkView // Others: the actions but for the entry's own address
	Contacts                     []newsletter.Contact
	ContactLabel, DocumentsLabel string
}

// LinkView is a link with its words.
type LinkView struct{ Title, URL string }

// DocumentView is a document with its language's own name.
type DocumentView struct{ Title, URL, Language, Extent string }

// shortSummary is how long a summary may be under `show: short`.
const shortSummary = 240

type viewer struct {
	pub      newsletter.Publication
	language string
	words    locale.Locale
	loc      *time.Location
}

func newView(pub newsletter.Publication, issue newsletter.Issue, language string, marks Marks) View {
	b := viewer{pub, language, locale.For(language), pub.Location()}
	c := issue.Content
	before, after, _ := strings.Cut(b.words.Label("hello"), "{name}")
	v := View{
		Language: language, Dir: b.words.Dir(), Start: "left", End: "right",
		Title: b.text(pub.Title), Tagline: b.text(pub.Tagline),
		Number: b.words.Label("issue_number", "n", itoa(issue.Number)), Date: b.words.Date(c.Date.In(b.loc)),
		HelloBefore: before, HelloAfter: after,
		Editorial: markup.Markdown(b.text(c.Editorial)),
		Address:   b.text(pub.Imprint.Address), Disclaimer: b.text(pub.Imprint.Disclaimer),
		Marks: marks, words: b.words,
	}
	if v.Dir == "rtl" {
		v.Start, v.End = "right", "left"
	}
	v.EditorialText = markup.Paragraphs(string(v.Editorial))
	v.Subject = b.text(c.Headline)
	if v.Subject == "" {
		v.Subject = v.Title + ", " + b.words.MonthYear(c.Date.In(b.loc))
	}
	for _, s := range pub.Sections {
		if section, ok := b.section(s, c.Entries); ok {
			v.Sections = append(v.Sections, section)
		}
	}
	v.Preheader = b.preheader(c, v.Sections)
	for _, f := range pub.Follow {
		v.Follow = append(v.Follow, LinkView{b.text(f.Title), f.URL})
	}
	return v
}

func (b viewer) text(t newsletter.Text) string {
	return markup.Lines(t.In(b.language, b.pub.Fallback()))
}

// preheader is the line that mail programs show behind the subject: the editor's
// summary, or the headlines after the first, which the reader sees anyway.
func (b viewer) preheader(c newsletter.Content, sections []SectionView) string {
	if s := b.text(c.Summary); s != "" {
		return s
	}
	var titles []string
	for _, s := range sections {
		for _, e := range s.Entries {
			titles = append(titles, e.Title)
		}
	}
	if len(titles) > 1 {
		titles = titles[1:]
	}
	return markup.Shorten(strings.Join(titles[:min(len(titles), 4)], " · "), 140)
}

func (b viewer) section(s newsletter.Section, entries []newsletter.Entry) (SectionView, bool) {
	v := SectionView{ID: s.ID, Title: b.text(s.Title), Kind: s.Kind, Show: s.Show}
	lead := s.Kind == newsletter.News && s.Max == 1 && v.Title == ""
	if v.Title == "" && !lead {
		v.Title = b.words.Label(string(s.Kind))
	}
	for _, l := range s.Links {
		v.Entries = append(v.Entries, EntryView{Title: b.text(l.Title), URL: l.URL})
	}
	for _, e := range entries {
		item, own := e.In(b.language)
		if e.Section != s.ID || !own && b.pub.Untranslated == "drop" {
			continue
		}
		entry := b.entry(e, item, own, s)
		entry.Lead = lead
		v.Entries = append(v.Entries, entry)
		if s.Kind == newsletter.Event {
			month := b.words.MonthYear(b.local(item.StartsAt, item.AllDay))
			if n := len(v.Months); n == 0 || v.Months[n-1].Title != month {
				v.Months = append(v.Months, MonthView{Title: month})
			}
			last := &v.Months[len(v.Months)-1]
			last.Entries = append(last.Entries, entry)
		}
	}
	if s.More.URL != "" {
		v.More = &LinkView{b.text(s.More.Title), s.More.URL}
		if v.More.Title == "" {
			v.More.Title = b.words.Label("more")
		}
	}
	return v, len(v.Entries) > 0
}

func (b viewer) entry(e newsletter.Entry, item newsletter.Item, own bool, s newsletter.Section) EntryView {
	v := EntryView{Title: item.Title, URL: item.URL, Contacts: named(item.Contacts), ContactLabel: b.words.Label("contact"), DocumentsLabel: b.words.Label("documents")}
	if h := e.Headline.In(b.language, b.pub.Fallback()); h != "" {
		v.Title = markup.Plain(h)
	}
	if !own {
		v.Lang, v.Dir, v.Side = item.Language, locale.Dir(item.Language), "left"
		if v.Dir == "rtl" {
			v.Side = "right"
		}
	}
	v.Venue = item.Venue
	b.body(&v, e, item, s)
	if item.Kind == newsletter.Event {
		b.event(&v, item, own)
	} else {
		v.Meta = b.meta(item, own)
	}
	v.Documents = b.documents(item)
	for _, l := range item.Links {
		title := l.Title
		if title == "" {
			title = b.words.Label(map[string]string{"press_release": "press_release"}[l.Role])
		}
		if title == "" {
			title = b.words.Label("more")
		}
		v.Others = append(v.Others, LinkView{title, l.URL})
	}
	if item.URL != "" && s.Show != "list" {
		v.Actions = append(v.Actions, LinkView{b.words.Label("read_more"), item.URL})
	}
	v.Actions = append(v.Actions, v.Others...)
	return v
}

func (b viewer) body(v *EntryView, e newsletter.Entry, item newsletter.Item, s newsletter.Section) {
	summary := item.Summary
	if edited := e.Summary.In(b.language, b.pub.Fallback()); edited != "" {
		summary = markup.Plain(edited)
	}
	switch {
	case s.Show == "list":
		return
	case s.Show == "short":
		summary = markup.Shorten(summary, shortSummary)
	case item.Body != "" && len(e.Summary) == 0:
		v.Body = markup.HTML(item.Body, nil) // once more: what was stored is outside text too
		v.Text = markup.Paragraphs(string(v.Body))
		return
	}
	v.Summary, v.Text = summary, summary
	if summary != "" {
		v.Body = template.HTML("<p>" + template.HTMLEscapeString(summary) + "</p>")
	}
}

// meta is the line under a headline: date, subtitle, and the language where it is another.
func (b viewer) meta(item newsletter.Item, own bool) string {
	var parts []string
	if item.Precision != newsletter.Undated {
		parts = append(parts, b.words.Date(b.local(item.PublishedAt, item.Precision == newsletter.Day)))
	}
	if item.Subtitle != "" {
		parts = append(parts, item.Subtitle)
	}
	if year := strconv.Itoa(item.Year); item.Kind == newsletter.Report && item.Year != 0 && !strings.Contains(item.Title, year) {
		parts = append(parts, b.words.Label("report_year", "year", year))
	}
	if len(item.NewLanguages) > 0 {
		parts = append(parts, b.words.Label("also_in", "languages", names(item.NewLanguages)))
	}
	if !own && item.Language != "" {
		parts = append(parts, b.words.Label("in_language", "language", locale.Name(item.Language)))
	}
	return strings.Join(parts, " · ")
}

func (b viewer) event(v *EntryView, item newsletter.Item, own bool) {
	from, to := b.local(item.StartsAt, item.AllDay), b.local(item.EndsAt, item.AllDay)
	if item.EndsAt.IsZero() {
		to = time.Time{}
	}
	v.When = b.words.Range(from, to)
	parts := []string{}
	if item.Place != "" {
		parts = append(parts, item.Place)
	}
	if !item.AllDay {
		parts = append(parts, from.Format("15:04"))
	}
	if !own && item.Language != "" {
		parts = append(parts, b.words.Label("in_language", "language", locale.Name(item.Language)))
	}
	v.Meta = strings.Join(parts, " · ")
	v.Status = b.status(item)
}

// local returns an instant on the publication's clock. A day is a day
// everywhere: it keeps the clock it was written on.
func (b viewer) local(t time.Time, day bool) time.Time {
	if day {
		return t
	}
	return t.In(b.loc)
}

func named(contacts []newsletter.Contact) []newsletter.Contact {
	out := make([]newsletter.Contact, len(contacts))
	for i, c := range contacts {
		if c.Name == "" {
			c.Name = c.Email
		}
		out[i] = c
	}
	return out
}
