package render

import (
	"cmp"
	"html/template"
	"slices"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// View is what a theme's templates are given: the contract of the theme, told in templates/README.md.
type View struct {
	Language, Dir, Start, End string // Start is the side where lines begin: left or right
	Subject                   string
	Title, Tagline            *Said
	Number, Date, Preheader   string
	HelloBefore, HelloAfter   string
	EditorialIn               *Said // the editorial as it was written, with its language
	Editorial                 template.HTML
	EditorialText             string
	Sections                  []SectionView
	Follow                    []LinkView
	Address, Disclaimer       *Said
	Logo                      *PictureView
	Funders                   []FunderView
	Marks                     Marks
	Style, Media              template.CSS

	words locale.Locale
	links *linkList
}

// Marks are the places of the values per recipient.
type Marks struct {
	Name                              string
	Unsubscribe, Preferences, WebView template.URL
}

// Label returns a label of the language.
func (v View) Label(key string) string { return v.words.Label(key) }

// Colon joins a label and what it is the label of, as the language does.
func (v View) Colon(label, text string) string {
	return v.words.Label("colon", "label", label, "text", text)
}

// Ref writes an address in the text part: itself, or a number that Refs tells.
func (v View) Ref(address string) string { return v.links.ref(address) }

// Refs are the addresses of the text part so far, "[1] https://...".
func (v View) Refs() []string { return v.links.lines() }

// SectionView is a section with something in it.
type SectionView struct {
	ID      string
	Title   *Said
	Note    *Said // the editor's words at its head
	Empty   *Said // what it says with nothing in it
	Kind    newsletter.Kind
	Show    string
	Entries []EntryView
	Months  []MonthView // of an agenda
	Rest    *LinkView   // to what did not fit into the message
	More    *LinkView

	Calendar *LinkView // of the last agenda: to the issue's events as a file for calendars
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
	TitleIn, BodyIn              Said // their language, which an editor's words may have of their own
	Note                         *Said
	Meta, When, Status           string
	Off                          bool // an event that does not take place
	Venue, Summary, Text         string
	Body                         template.HTML
	Picture                      *PictureView
	Documents                    []DocumentView
	Actions, Others              []LinkView // Others: the actions but for the entry's own address
	Contacts                     []newsletter.Contact
	ContactLabel, DocumentsLabel string
}

// LinkView is a link with its words, and their language where it is not the issue's.
type LinkView struct{ Title, URL, Lang string }

// DocumentView is a document with its language's own name.
type DocumentView struct{ Title, URL, Language, Extent string }

// PictureView is a picture as it may be shown: Wide across the issue, Small beside a text.
type PictureView struct {
	URL, Alt, Lang  string // Lang: of alt and caption, where it is not the issue's
	Caption, Credit string
	Wide, Small     Size
}

// Size is in pixels of CSS.
type Size struct{ Width, Height int }

// FunderView is a logo of the imprint.
type FunderView struct {
	Logo PictureView
	URL  string
}

// textWidth is how wide an issue's text is: 640 pixels less its margins.
const textWidth = 568

// viewer builds the view of one language.
type viewer struct {
	pub      newsletter.Publication
	language string
	words    locale.Locale
	marks    Marks
	cut      cut
	special  bool // filled by hand: sections that it does not use are not missed
}

func newView(pub newsletter.Publication, issue newsletter.Issue, language string, marks Marks, shorter cut) View {
	b := viewer{pub, language, locale.For(language), marks, shorter, issue.Kind == "special"}
	c := issue.Content
	date := c.Date.In(pub.Location())
	before, after, _ := strings.Cut(b.words.Label("hello"), "{name}")
	v := View{
		Language: language, Dir: b.words.Dir(), Start: "left", End: "right",
		Title: b.said(pub.Title), Tagline: b.said(pub.Tagline),
		Number: b.words.Label("issue_number", "n", itoa(issue.Number)), Date: b.words.Date(date),
		HelloBefore: before, HelloAfter: after,
		EditorialIn: b.said(c.Editorial), Editorial: underHeading(markup.Markdown(b.text(c.Editorial)), 3),
		Address: b.said(pub.Imprint.Address), Disclaimer: b.said(pub.Imprint.Disclaimer),
		Marks: marks, words: b.words, links: &linkList{numbered: numbered(pub.Theme)},
	}
	if v.Dir == "rtl" {
		v.Start, v.End = "right", "left"
	}
	v.EditorialText = markup.Paragraphs(string(v.Editorial))
	v.Subject = cmp.Or(markup.Plain(b.text(c.Headline)), b.text(pub.Title)+", "+b.words.InMonth(date))
	for _, s := range c.Arrange(pub.Sections, language) {
		if section, ok := b.section(s, c); ok {
			v.Sections = append(v.Sections, section)
		}
	}
	b.calendar(&v)
	v.Preheader = b.preheader(c, v)
	for _, f := range pub.Follow {
		v.Follow = append(v.Follow, b.link(f.Title, f.URL, f.URL))
	}
	b.logos(&v)
	return v
}

func (b viewer) text(t newsletter.Text) string {
	return markup.Lines(t.In(b.language, b.pub.Fallback()))
}

// preheader is the line that mail programs show behind the subject: the editor's
// summary, or the headlines after the first, which the reader sees anyway, or the tagline.
func (b viewer) preheader(c newsletter.Content, v View) string {
	var titles []string
	for _, s := range v.Sections {
		for _, e := range s.Entries {
			titles = append(titles, e.Title)
		}
	}
	first := ""
	if len(titles) > 0 {
		first, titles = titles[0], titles[1:]
	}
	if s := b.text(c.Summary); s != "" && s != first {
		return s
	}
	return cmp.Or(markup.Shorten(strings.Join(titles[:min(len(titles), 4)], " · "), 140), b.text(b.pub.Tagline), v.Number+" · "+v.Date)
}

// section shows a section, and reports whether there is anything to show: entries,
// the editor's note, or words for a month without any.
func (b viewer) section(s newsletter.Section, c newsletter.Content) (SectionView, bool) {
	v := SectionView{ID: s.ID, Title: b.said(s.Title), Note: b.said(c.Notes[s.ID]), Kind: s.Kind, Show: s.Show}
	lead := s.Lead() && v.Title == nil
	if v.Title == nil && !lead {
		v.Title = &Said{Text: b.words.Label(string(s.Kind))}
	}
	for _, l := range s.Links {
		shown := b.link(l.Title, l.URL, l.URL)
		v.Entries = append(v.Entries, EntryView{Title: shown.Title, URL: shown.URL, Lang: shown.Lang, TitleIn: Said{Lang: shown.Lang, Dir: locale.Dir(shown.Lang)}})
	}
	left := 0
	for _, e := range c.In(s.ID, b.pub, b.language) {
		item, own := e.In(b.language)
		if b.cut.entries > 0 && len(v.Entries) >= b.cut.entries {
			left++
			continue
		}
		item = clean(item)
		entry := b.entry(e, item, own, s, len(v.Entries))
		entry.Lead = lead
		v.Entries = append(v.Entries, entry)
		if s.Kind == newsletter.Event {
			v.Months = underMonth(v.Months, b.words.MonthYear(b.local(item.StartsAt, item.AllDay)), entry)
		}
	}
	if left > 0 && b.marks.WebView != "" {
		v.Rest = &LinkView{Title: b.words.Count("more_on_web", left), URL: string(b.marks.WebView)}
	}
	if s.More.URL != "" {
		more := b.link(s.More.Title, b.words.Label("more"), s.More.URL)
		v.More = &more
	}
	if len(v.Entries) == 0 && !b.special {
		v.Empty = b.said(s.Empty)
	}
	return v, len(v.Entries) > 0 || v.Empty != nil || v.Note != nil
}

// calendar leads from the last agenda to the file of all the issue's events, which
// package web serves below the web view.
func (b viewer) calendar(v *View) {
	for i := range slices.Backward(v.Sections) {
		if s := &v.Sections[i]; len(s.Months) > 0 {
			s.Calendar = &LinkView{Title: b.words.Label("web_agenda"), URL: string(b.marks.WebView) + "/agenda.ics"}
			return
		}
	}
}

func underMonth(months []MonthView, title string, e EntryView) []MonthView {
	if n := len(months); n == 0 || months[n-1].Title != title {
		months = append(months, MonthView{Title: title})
	}
	last := &months[len(months)-1]
	last.Entries = append(last.Entries, e)
	return months
}

// underHeading makes the headings of a text follow one that stands above it: none skips a level.
func underHeading(body template.HTML, level int) template.HTML {
	to := "<h" + itoa(level)
	return template.HTML(strings.NewReplacer("<h3", to, "</h3>", "</"+to[1:]+">", "<h4", to, "</h4>", "</"+to[1:]+">").Replace(string(body)))
}
