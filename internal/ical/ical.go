// Package ical owns how events are written as a calendar file (RFC 5545). It
// reads no calendars, keeps nothing and knows no issue.
package ical

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Calendar is a file of events.
type Calendar struct {
	Name     string // as programs show it
	Language string // of its texts: a tag of RFC 5646
	Events   []Event
}

// Event is one entry. Texts are plain; an empty one is not written.
type Event struct {
	UID         string    // the same for ever: a program that has the event changes it
	Changed     time.Time // when what is said here was last changed
	Sequence    int       // higher whenever the time was changed
	Start, End  time.Time // End may be zero; of an all-day event it is the last day
	AllDay      bool
	Language    string // where it is not the calendar's
	Title       string
	TitleIn     string // its language, where it is not the event's
	Place       string
	Description string
	DescribedIn string // the language of the description, where it is not the event's
	URL         string
	Status      string // TENTATIVE | CONFIRMED | CANCELLED
}

const (
	day     = "20060102"
	instant = "20060102T150405Z"
)

// Bytes is the file, with CRLF line ends and lines of at most 75 octets (section 3.1).
func (c Calendar) Bytes() []byte {
	w := &writer{}
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//broadsheet//newsletter//EN")
	w.line("CALSCALE", "GREGORIAN")
	w.text("NAME", c.Language, c.Name) // RFC 7986 section 5.1
	w.text("X-WR-CALNAME", "", c.Name)
	for _, e := range c.Events {
		w.event(e, c.Language)
	}
	w.line("END", "VCALENDAR")
	return w.Bytes()
}

type writer struct{ bytes.Buffer }

func (w *writer) event(e Event, language string) {
	language = cmp.Or(e.Language, language)
	w.line("BEGIN", "VEVENT")
	w.line("UID", word(e.UID))
	w.line("DTSTAMP", e.Changed.UTC().Format(instant)) // without a METHOD it is the last change: section 3.8.7.2
	w.line("LAST-MODIFIED", e.Changed.UTC().Format(instant))
	w.line("SEQUENCE", strconv.Itoa(e.Sequence))
	w.times(e)
	w.text("SUMMARY", cmp.Or(e.TitleIn, language), e.Title)
	w.text("LOCATION", language, e.Place)
	w.text("DESCRIPTION", cmp.Or(e.DescribedIn, language), e.Description)
	if url := word(e.URL); url != "" {
		w.line("URL", url)
	}
	if e.Status != "" {
		w.line("STATUS", e.Status)
	}
	if e.AllDay {
		w.line("TRANSP", "TRANSPARENT") // a day in the agenda keeps nobody busy
	}
	w.line("END", "VEVENT")
}

// times writes start and end. DTEND is the first moment after the event: of an
// all-day event the day after its last (section 3.6.1).
func (w *writer) times(e Event) {
	if !e.AllDay {
		w.line("DTSTART", e.Start.UTC().Format(instant))
		if e.End.After(e.Start) {
			w.line("DTEND", e.End.UTC().Format(instant))
		}
		return
	}
	last := e.Start
	if e.End.After(e.Start) {
		last = e.End
	}
	w.line("DTSTART;VALUE=DATE", e.Start.Format(day))
	w.line("DTEND;VALUE=DATE", last.AddDate(0, 0, 1).Format(day))
}

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// text writes a TEXT value (section 3.3.11) in a language.
func (w *writer) text(name, language, value string) {
	if value = clean(value); value == "" {
		return
	}
	if language = word(language); language != "" {
		name += ";LANGUAGE=" + language
	}
	w.line(name, escapes.Replace(value))
}

// clean drops what no line may hold: controls but for line ends, which only a TEXT value escapes.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7F {
			return -1
		}
		return r
	}, s))
}

// word is a value that is no TEXT, and can hold no line end.
func word(s string) string { return strings.ReplaceAll(clean(s), "\n", "") }

// line writes a content line, folded before 75 octets and never inside a character.
func (w *writer) line(name, value string) {
	line, room := name+":"+value, 75
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		w.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], 74 // the space counts
	}
	w.WriteString(line + "\r\n")
}
