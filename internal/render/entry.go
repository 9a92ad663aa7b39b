package render

import (
	"cmp"
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// shortSummary is how long a summary may be under `show: short`.
const shortSummary = 240

// entry shows one entry, the one after so many others of its section.
func (b viewer) entry(e newsletter.Entry, item newsletter.Item, own bool, s newsletter.Section, before int) EntryView {
	v := EntryView{Title: item.Title, URL: item.URL, Contacts: named(item.Contacts), ContactLabel: b.before("contact"), DocumentsLabel: b.before("documents")}
	if !own {
		v.Lang, v.Dir, v.Side = b.tongueOf(item.Language)
	}
	v.TitleIn = Said{v.Title, v.Lang, v.Dir, v.Side}
	v.BodyIn = v.TitleIn
	if h := b.own(e, e.Headline); h != nil {
		v.Title, v.TitleIn = h.Text, *h
	}
	v.Note = b.said(e.Note)
	v.Venue = item.Venue
	cutShort := b.body(&v, e, item, s, before)
	if item.Kind == newsletter.Event {
		b.event(&v, item, own)
	} else {
		v.Meta = b.meta(item, own)
	}
	if s.Show != "list" && s.Kind != newsletter.Event {
		v.Picture = b.picture(e, item)
	}
	v.Documents = b.documents(item)
	for _, l := range item.Links {
		label := ""
		if l.Role == "press_release" {
			label = b.words.Label(l.Role)
		}
		v.Others = append(v.Others, LinkView{Title: cmp.Or(l.Title, label, b.words.Label("more")), URL: l.URL})
	}
	switch {
	case s.Show == "list" || s.Kind == newsletter.Event:
	case item.URL != "":
		v.Actions = append(v.Actions, LinkView{Title: b.words.Label("read_more"), URL: item.URL})
	case cutShort && b.marks.WebView != "":
		v.Actions = append(v.Actions, LinkView{Title: b.words.Label("rest_on_web"), URL: string(b.marks.WebView)})
	}
	v.Actions = append(v.Actions, v.Others...)
	return v
}

// own returns an editor's words for an entry, marked where they are not in the
// reader's language; nil where the source's stand.
func (b viewer) own(e newsletter.Entry, t newsletter.Text) *Said {
	words, in := e.Own(t, b.language, b.pub.Fallback())
	if words = markup.Plain(words); words == "" {
		return nil
	}
	s := &Said{Text: words}
	if in != b.language {
		s.Lang, s.Dir, s.Side = b.tongueOf(in)
	}
	return s
}

// before is a label with the colon that the language puts behind it.
func (b viewer) before(key string) string {
	return b.words.Label("colon", "label", b.words.Label(key), "text", "")
}

// body fills in an entry's text and reports whether the message has less of it than there is.
func (b viewer) body(v *EntryView, e newsletter.Entry, item newsletter.Item, s newsletter.Section, before int) (cutShort bool) {
	summary := item.Summary
	edited := b.own(e, e.Summary)
	if edited != nil {
		summary, v.BodyIn = edited.Text, *edited
	}
	switch {
	case s.Show == "list":
		return false
	case s.Show == "short":
		summary = markup.Shorten(summary, shortSummary)
	case item.Body != "" && edited == nil:
		level := 4
		if s.Lead() && len(s.Title) == 0 {
			level = 3
		}
		v.Body = underHeading(markup.HTML(item.Body, nil), level) // once more: what was stored is outside text too
		v.Text = markup.Paragraphs(string(v.Body))
		if !b.cut.cuts(v.Text, before) {
			return false
		}
		summary = markup.Text(string(v.Body))
	}
	cutShort = b.cut.cuts(summary, before)
	summary = b.cut.shorten(summary, before)
	v.Summary, v.Text, v.Body = summary, summary, ""
	if summary != "" {
		v.Body = template.HTML("<p>" + template.HTMLEscapeString(summary) + "</p>")
	}
	return cutShort
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
		parts = append(parts, b.words.Label("also_in", "languages", b.names(item.NewLanguages)))
	}
	return strings.Join(append(parts, b.tongue(item, own)...), " · ")
}

// tongue says in which language an entry is, where that is not the reader's.
func (b viewer) tongue(item newsletter.Item, own bool) []string {
	if own || item.Language == "" {
		return nil
	}
	return []string{b.words.Label("in_language", "language", b.words.Language(item.Language))}
}

func (b viewer) event(v *EntryView, item newsletter.Item, own bool) {
	from, to := b.local(item.StartsAt, item.AllDay), b.local(item.EndsAt, item.AllDay)
	if item.EndsAt.IsZero() {
		to = time.Time{}
	}
	v.When = unbroken(b.words.Range(from, to))
	parts := []string{}
	if item.Place != "" {
		parts = append(parts, item.Place)
	}
	if !item.AllDay {
		parts = append(parts, hours(from, to))
	}
	v.Meta = strings.Join(append(parts, b.tongue(item, own)...), " · ")
	v.Status, v.Off = b.status(item), item.Status == "cancelled"
}

// unbroken keeps day and month together: a range is broken behind its dash, and
// elsewhere only where a part of it has no room on a line of its own.
func unbroken(days string) string {
	parts := strings.Split(days, " – ")
	for i, part := range parts {
		if utf8.RuneCountInString(part) < 16 {
			parts[i] = strings.ReplaceAll(part, " ", "\u00a0")
		}
	}
	return strings.Join(parts, "\u00a0– ")
}

// hours are the times of an event: 10:00–16:30, or when it begins where it ends on another day.
func hours(from, to time.Time) string {
	text := from.Format("15:04")
	if to.After(from) && to.YearDay() == from.YearDay() && to.Year() == from.Year() {
		text += "–" + to.Format("15:04")
	}
	return text
}

// local returns an instant on the publication's clock. A day is a day
// everywhere: it keeps the clock it was written on.
func (b viewer) local(t time.Time, day bool) time.Time {
	if day {
		return t
	}
	return t.In(b.pub.Location())
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
