package file

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/collect/page"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// draft is an item while its fields are read.
type draft struct {
	newsletter.Item
	where                                  string
	loc                                    *time.Location
	id                                     string
	date, published, embargo, starts, ends moment
	when                                   page.When
	wholeDays                              bool
	contactName, contactEmail              string
}

// moment is a day, or an instant where a time of day was written.
type moment struct {
	at    time.Time
	timed bool
}

func (m moment) day(loc *time.Location) time.Time {
	y, month, d := m.at.In(loc).Date()
	return time.Date(y, month, d, 0, 0, 0, 0, loc)
}

// set reads one field. What is empty says nothing; of a name that stands twice the first counts.
func (d *draft) set(name string, value any) (why string) {
	if list := listSetter(name); list != nil {
		return list(d, name, value)
	}
	text, ok := value.(string)
	if !ok {
		return "one text is expected, not several"
	}
	if name == "body" {
		return d.setBody(text)
	}
	if text = markup.Text(text); text == "" {
		return ""
	}
	if target := d.plain(name); target != nil {
		if *target == "" {
			*target = text
		}
		return ""
	}
	if target := d.moment(name); target != nil {
		return d.setMoment(target, text)
	}
	return d.setWord(name, text)
}

// plain are the fields that are taken as they are.
func (d *draft) plain(name string) *string {
	switch name {
	case "title":
		return &d.Title
	case "subtitle":
		return &d.Subtitle
	case "summary":
		return &d.Summary
	case "place":
		return &d.Place
	case "venue":
		return &d.Venue
	case "id":
		return &d.id
	case "contact_name":
		return &d.contactName
	case "contact_email":
		return &d.contactEmail
	}
	return nil
}

func (d *draft) moment(name string) *moment {
	switch name {
	case "date":
		return &d.date
	case "published_at":
		return &d.published
	case "embargo_until":
		return &d.embargo
	case "starts_at":
		return &d.starts
	case "ends_at":
		return &d.ends
	}
	return nil
}

func (d *draft) setMoment(target *moment, text string) (why string) {
	at, timed, ok := locale.ParseDate(text, d.loc)
	if !ok {
		return quoted(text) + " is not a date"
	}
	if target.at.IsZero() {
		*target = moment{at, timed}
	}
	return ""
}

var (
	languageTag = regexp.MustCompile(`^[a-z]{2,3}$`)
	fourDigits  = regexp.MustCompile(`^(?:19|20|21)\d\d$`)
	kinds       = []newsletter.Kind{newsletter.News, newsletter.Report, newsletter.Event, newsletter.Media}
	statuses    = []string{"confirmed", "cancelled", "postponed", "tentative"}
)

// setWord reads a field that may say one of a few things.
func (d *draft) setWord(name, text string) (why string) {
	word := strings.ToLower(text)
	switch name {
	case "kind":
		if d.Kind = newsletter.Kind(word); !slices.Contains(kinds, d.Kind) {
			return "kind must be news, report, event or media, not " + quoted(text)
		}
	case "language":
		if d.Language = locale.Primary(strings.ReplaceAll(word, "_", "-")); !languageTag.MatchString(d.Language) {
			return quoted(text) + " is not the tag of a language, such as en"
		}
	case "status":
		if d.Status = strings.Replace(word, "canceled", "cancelled", 1); !slices.Contains(statuses, d.Status) {
			return "status must be " + strings.Join(statuses, ", ") + ", not " + quoted(text)
		}
	case "year":
		if !fourDigits.MatchString(locale.Digits(text)) {
			return quoted(text) + " is not a year"
		}
		d.Year, _ = strconv.Atoi(locale.Digits(text)) // four digits
	case "all_day":
		d.wholeDays = slices.Contains([]string{"true", "yes", "1", "x"}, word)
	case "when":
		return d.setWhen(text)
	case "url":
		return d.setURL(text)
	}
	return ""
}

const maxWhen = 400 // bytes of an agenda line

var figures = regexp.MustCompile(`^[\d./:T -]+$`)

// setWhen reads an agenda line; one that is nothing but figures is a date as in the other columns.
func (d *draft) setWhen(text string) (why string) {
	when, ok := page.ParseWhen(text[:min(len(text), maxWhen)], "", d.loc)
	if !ok && figures.MatchString(text) {
		return d.setMoment(&d.starts, text)
	}
	if !ok {
		return quoted(text) + ` is not a line such as "21-22 March 2017, Tbilisi"`
	}
	d.when = when
	return ""
}

func (d *draft) setURL(text string) (why string) {
	link, ok := webLink(text)
	if !ok {
		return quoted(text) + " is not a web address, https:// included"
	}
	if d.URL == "" {
		d.URL = link
	}
	return ""
}

var (
	tag        = regexp.MustCompile(`</?[A-Za-z]`)
	emptyLines = regexp.MustCompile(`\r?\n\s*\n`)
)

// setBody takes HTML, or plain text with empty lines between its paragraphs.
func (d *draft) setBody(text string) (why string) {
	if d.Body != "" {
		return ""
	}
	if len(text) > maxText {
		return fmt.Sprintf("a text of more than %d KB is none that anybody reads", maxText>>10)
	}
	if !tag.MatchString(text) {
		text = "<p>" + emptyLines.ReplaceAllString(escape(strings.TrimSpace(text)), "</p>\n<p>") + "</p>"
	}
	if body := string(markup.HTML(text, nil)); markup.Text(body) != "" {
		d.Body = body
	}
	return ""
}

// finish settles what one field alone does not say.
func (d *draft) finish() (why string) {
	if d.Title == "" {
		return "it has no title"
	}
	if d.contactEmail != "" || d.contactName != "" {
		if why := d.addContact(d.contactName, d.contactEmail); why != "" {
			return why
		}
	}
	if d.Summary == "" {
		d.Summary = markup.Text(d.Body)
	}
	if at, rest, ok := locale.Embargo(d.Summary, d.loc); ok {
		d.Embargo, d.Summary = at, rest
	}
	if !d.embargo.at.IsZero() {
		d.Embargo = d.embargo.at
	}
	d.Summary = markup.Shorten(d.Summary, newsletter.SummaryLength)
	if d.URL == "" && len(d.Links) == 1 && d.Links[0].Role == "more" && d.Links[0].Title == "" {
		d.URL, d.Links = d.Links[0].URL, nil // people call an item's address its link
	}
	return d.settleDays()
}

// settleDays says when it was published and when it takes place.
func (d *draft) settleDays() (why string) {
	if d.published.at.IsZero() && (d.Kind != newsletter.Event || !d.starts.at.IsZero() || !d.when.From.IsZero()) {
		d.published = d.date
	} else if d.starts.at.IsZero() && d.when.From.IsZero() && d.Kind == newsletter.Event {
		d.starts = d.date
	}
	if !d.published.at.IsZero() {
		d.PublishedAt, d.Precision = d.published.at, newsletter.PrecisionOf(d.published.timed)
	}
	switch {
	case !d.starts.at.IsZero():
		d.span()
	case !d.ends.at.IsZero() && d.when.From.IsZero():
		return "it ends, but does not begin: starts_at is missing"
	case !d.when.From.IsZero():
		d.StartsAt, d.EndsAt, d.AllDay = d.when.From, d.when.To, d.when.AllDay
	case d.Kind == newsletter.Event:
		return "an event needs starts_at, when or date"
	}
	if d.Place == "" {
		d.Place = markup.Plain(d.when.Place)
	}
	if d.Kind == newsletter.Event {
		d.Precision = newsletter.PrecisionOf(!d.AllDay)
	}
	if !d.EndsAt.IsZero() && d.EndsAt.Before(d.StartsAt) {
		return fmt.Sprintf("it ends on %s, before it begins on %s", d.EndsAt.In(d.loc).Format(time.DateOnly), d.StartsAt.In(d.loc).Format(time.DateOnly))
	}
	return ""
}

// span sets begin and end. Where only one of two days has a time, both count as
// days: the other's time nobody knows.
func (d *draft) span() {
	ended := !d.ends.at.IsZero()
	sameDay := ended && d.starts.day(d.loc).Equal(d.ends.day(d.loc))
	if d.starts.timed && ended && !d.ends.timed && sameDay {
		d.ends, ended = moment{}, false
	}
	d.AllDay = d.wholeDays || !d.starts.timed || ended && !d.ends.timed
	d.StartsAt, d.EndsAt = d.starts.at, d.ends.at
	if d.AllDay {
		d.StartsAt = d.starts.day(d.loc)
		if ended {
			d.EndsAt = d.ends.day(d.loc)
		}
	}
}

func quoted(text string) string { return strconv.Quote(markup.Shorten(text, 60)) }
