package calendar

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// event is a VEVENT with its dates read.
type event struct {
	*component
	title    string
	uid      string
	start    moment
	length   length
	of       *moment // RECURRENCE-ID: the occurrence that this one stands for
	undated  bool    // such a one without a DTSTART of its own
	sequence int
	stamp    string
}

func title(c *component) string {
	return markup.Plain(c.text("SUMMARY", ""))
}

// text returns a property as text; where there are several, the one in the language that is wanted.
func (c *component) text(name, language string) string {
	first, _ := c.get(name)
	if language != "" {
		for _, p := range c.all(name) {
			if locale.Primary(p.param("LANGUAGE")) == language {
				return p.text()
			}
		}
	}
	return first.text()
}

// event reads what identifies an event and when it is; why says what is wrong with it.
func (r *reader) event(c *component) (e event, why error) {
	e = event{component: c, title: markup.Plain(c.text("SUMMARY", r.src.Language)), uid: strings.TrimSpace(c.text("UID", ""))}
	sequence, _ := c.get("SEQUENCE")
	e.sequence, _ = strconv.Atoi(strings.TrimSpace(sequence.value)) // nonsense is 0, as when there is none
	for _, name := range []string{"DTSTAMP", "LAST-MODIFIED"} {
		if p, ok := c.get(name); ok {
			e.stamp = strings.TrimSpace(p.value) // UTC in one layout, so it sorts as text
		}
	}
	if class := c.text("CLASS", ""); strings.EqualFold(class, "PRIVATE") || strings.EqualFold(class, "CONFIDENTIAL") {
		return e, errors.New("its calendar says that it is private (CLASS)")
	}
	if p, ok := c.get("RECURRENCE-ID"); ok {
		m, err := r.moment(p, p.value)
		if err != nil {
			return e, err
		}
		e.of = &m
	}
	if e.title == "" && e.of == nil {
		return e, errors.New("it has no SUMMARY")
	}
	return e, r.dates(&e)
}

// dates reads DTSTART with DTEND or DURATION.
func (r *reader) dates(e *event) (err error) {
	p, ok := e.get("DTSTART")
	switch {
	case !ok && e.of != nil:
		e.start, e.undated = *e.of, true
		return nil
	case !ok:
		return errors.New("it has no DTSTART")
	}
	if e.start, err = r.moment(p, p.value); err != nil {
		return err
	}
	end, ok := e.get("DTEND")
	if !ok {
		if p, ok = e.get("DURATION"); ok {
			e.length, err = duration(p.value)
		}
	} else {
		err = r.until(e, end)
	}
	if err != nil {
		return err
	}
	if e.length.negative() {
		return errors.New("it ends before it starts")
	}
	r.wholeDays(e)
	return nil
}

// until reads the length from DTEND.
func (r *reader) until(e *event, p property) error {
	end, err := r.moment(p, p.value)
	if err != nil {
		return err
	}
	if e.start.day {
		e.length.days = int(end.date(r.loc).Sub(e.start.wall).Hours() / 24)
		if !end.day && !end.wall.Equal(end.wall.Truncate(24*time.Hour)) { // a time on the last day
			e.length.days++
		}
		return nil
	}
	e.length.hours = end.instant().Sub(e.start.instant())
	return nil
}

// wholeDays makes days of the local midnights that Exchange writes for them, and
// of hours that a whole day lasts.
func (r *reader) wholeDays(e *event) {
	if !e.start.day && strings.EqualFold(strings.TrimSpace(e.component.text("X-MICROSOFT-CDO-ALLDAYEVENT", "")), "TRUE") {
		wall := e.start.wall
		if e.start.utc {
			wall = clock(wall.In(r.loc))
		}
		rest := (e.length.hours+12*time.Hour)%(24*time.Hour) - 12*time.Hour
		if wall.Equal(wall.Truncate(24*time.Hour)) && rest.Abs() <= time.Hour {
			e.start = moment{wall: wall, loc: r.loc, day: true}
		}
	}
	if e.start.day { // a day may have 23 or 25 hours
		e.length.days += int((e.length.hours + 12*time.Hour) / (24 * time.Hour))
		e.length.hours = 0
	}
}

// item fills in what does not depend on the occurrence.
func (r *reader) item(e event) newsletter.Item {
	it := newsletter.Item{Kind: newsletter.Event, Source: r.src.ID, Language: r.src.Language, Title: e.title}
	if p, ok := e.get("SUMMARY"); ok && it.Language == "" {
		it.Language = locale.Primary(p.param("LANGUAGE"))
	}
	r.words(&it, e)
	it.Venue, it.Place = location(e.text("LOCATION", r.src.Language))
	if p, ok := e.get("URL"); ok {
		it.URL = r.link(p.text())
	}
	it.Status = status(e)
	if title, off := locale.Called(it.Title); off != "" { // Outlook writes it so
		it.Title, it.Status = title, off
	}
	it.Contacts = contacts(e)
	for _, p := range e.all("CATEGORIES") {
		for _, word := range strings.Split(strings.ReplaceAll(p.value, `\,`, "\x00"), ",") {
			word = markup.Plain(property{value: strings.ReplaceAll(word, "\x00", ",")}.text())
			if word != "" && len(it.Categories) < 20 {
				it.Categories = append(it.Categories, word)
			}
		}
	}
	it.Links = r.links(e)
	return it
}

func (r *reader) link(ref string) string {
	if link, ok := markup.Link(r.base, ref); ok && strings.HasPrefix(link, "http") {
		return link
	}
	return ""
}

var (
	tags     = regexp.MustCompile(`(?i)</?(p|br|a|b|i|u|div|span|ul|ol|li|strong|em|h[1-6]|table|tr|td|font|html|body)[\s/>]`)
	joining  = regexp.MustCompile(`(?is)(_{20,}|-::~:~::~).{0,400}?\b(microsoft teams|zoom|webex|google meet|meet\.google\.com)\b.*`)
	entities = regexp.MustCompile(`&(#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]+);`)
)

// announced cuts off what meeting programs put under a line of their own: the way in,
// with its password, is for those who are invited.
func announced(text string) string {
	if !strings.Contains(text, "____") && !strings.Contains(text, "-::~") { // saves time
		return text
	}
	return joining.ReplaceAllString(text, "")
}

// words fills in the summary and, where the event has HTML, the text.
func (r *reader) words(it *newsletter.Item, e event) {
	text := announced(e.text("DESCRIPTION", r.src.Language))
	html := ""
	if alt, ok := e.get("X-ALT-DESC"); ok && strings.EqualFold(alt.param("FMTTYPE"), "text/html") {
		html = announced(alt.text())
	}
	if tags.MatchString(text) {
		if html == "" {
			html = text
		}
		text = markup.Text(text)
	} else if entities.MatchString(text) {
		text = markup.Text(text)
	}
	if text = markup.Plain(text); text == "" {
		text = markup.Text(html)
	}
	it.Summary = markup.Shorten(text, newsletter.SummaryLength)
	if html == "" {
		return
	}
	body := string(markup.HTML(html, r.base))
	if words := markup.Text(body); words != "" && (words != it.Summary || strings.Contains(body, "<a ")) {
		it.Body = body
	}
}

// status returns an event's status; what RFC 5545 section 3.8.1.11 does not know for events is none, save postponed.
func status(e event) string {
	if e.off {
		return "cancelled"
	}
	switch text := strings.ToLower(strings.TrimSpace(e.text("STATUS", ""))); text {
	case "confirmed", "tentative", "cancelled", "postponed":
		return text
	case "canceled":
		return "cancelled"
	}
	return ""
}

// links returns what is attached and where the event is held online, as far as these are public addresses.
func (r *reader) links(e event) (out []newsletter.Link) {
	for _, p := range append(e.all("ATTACH"), e.all("CONFERENCE")...) {
		link := r.link(p.text())
		if link == "" || p.param("ENCODING") != "" || len(out) == 20 { // a file in the calendar itself is no address
			continue
		}
		name := p.param("LABEL")
		if name == "" {
			name = p.param("FILENAME")
		}
		out = append(out, newsletter.Link{Role: "more", Title: markup.Plain(name), URL: link})
	}
	return out
}
