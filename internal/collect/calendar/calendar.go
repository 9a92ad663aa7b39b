// Package calendar reads iCalendar (RFC 5545) into agenda entries. It is pure
// and the only door to go-ical.
package calendar

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/emersion/go-ical"
)

// Recurring events are looked at from behind to ahead of the day of collecting,
// and never more than maxOccurrences of one.
const (
	behind         = 62 * 24 * time.Hour
	ahead          = 400 * 24 * time.Hour
	maxOccurrences = 200
	summaryLength  = 600
)

// Parse returns a calendar's events and what was wrong with the ones left out.
func Parse(src newsletter.Source, raw newsletter.Raw) (items []newsletter.Item, refused []string, err error) {
	text := markup.Decode(raw.Body, raw.ContentType)
	if !strings.Contains(strings.ToUpper(text[:min(len(text), 1024)]), "BEGIN:VCALENDAR") {
		return nil, nil, fault.Invalidf("source %s: a calendar (BEGIN:VCALENDAR) was expected", src.ID)
	}
	cal, err := decode(text)
	if err != nil {
		return nil, nil, fault.Invalidf("source %s: not a calendar that can be read: %w", src.ID, err)
	}
	base, _ := url.Parse(raw.URL) // fetched from there, so it parses; nil is no base
	moved := overrides(cal, src.Location())
	for _, event := range cal.Events() {
		found, why := read(src, raw, base, event, moved)
		if why != "" {
			refused = append(refused, why)
		}
		items = append(items, found...)
		if len(items) >= src.Max {
			items = items[:src.Max]
			break
		}
	}
	return items, refused, nil
}

// decode recovers because go-ical panics on some malformed lines.
func decode(text string) (cal *ical.Calendar, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("malformed calendar: %v", r)
		}
	}()
	var lines []string
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) != "" && (line[0] == ' ' || line[0] == '\t' || strings.Contains(line, ":") || strings.Contains(line, ";")) {
			lines = append(lines, knownZones(line))
		}
	}
	return ical.NewDecoder(bytes.NewReader([]byte(strings.Join(lines, "\r\n") + "\r\n"))).Decode()
}

func property(event ical.Event, name string) string {
	p := event.Props.Get(name)
	if p == nil {
		return ""
	}
	text, err := p.Text()
	if err != nil {
		text = p.Value
	}
	return markup.Lines(text)
}

func read(src newsletter.Source, raw newsletter.Raw, base *url.URL, event ical.Event, moved map[string]bool) ([]newsletter.Item, string) {
	title := markup.Plain(property(event, ical.PropSummary))
	if title == "" {
		return nil, "an event has no SUMMARY"
	}
	item := newsletter.Item{Kind: newsletter.Event, Source: src.ID, Language: src.Language, Title: title}
	from, to, allDay, err := span(event, src.Location())
	if err != nil {
		return nil, fmt.Sprintf("%q: %v", title, err)
	}
	item.StartsAt, item.EndsAt, item.AllDay, item.Precision = from, to, allDay, newsletter.Minute
	if allDay {
		item.Precision = newsletter.Day
	}
	place(&item, markup.Plain(property(event, ical.PropLocation)))
	item.Summary = markup.Shorten(markup.Plain(property(event, ical.PropDescription)), summaryLength)
	if p := event.Props.Get(ical.PropURL); p != nil {
		item.URL, _ = markup.Link(base, p.Value)
	}
	item.Status = strings.ToLower(property(event, ical.PropStatus))
	item.Contacts = organizer(event)
	item.Identity = property(event, ical.PropUID)
	if item.Identity == "" {
		item.Identity = strings.ToLower(title) + "|" + from.Format(time.DateOnly)
	}
	if p := event.Props.Get(ical.PropRecurrenceID); p != nil { // one occurrence that differs from its series
		item.Identity += "|" + p.Value
		return []newsletter.Item{item}, ""
	}
	return occurrences(item, event, raw.At, src.Location(), moved)
}

// overrides returns uid and instant of the occurrences that stand in the calendar on their own (RFC 5545 section 3.8.4.4).
func overrides(cal *ical.Calendar, loc *time.Location) map[string]bool {
	moved := map[string]bool{}
	for _, event := range cal.Events() {
		p := event.Props.Get(ical.PropRecurrenceID)
		if p == nil {
			continue
		}
		if at, err := p.DateTime(loc); err == nil {
			moved[property(event, ical.PropUID)+"|"+at.UTC().String()] = true
		}
	}
	return moved
}

// place splits "Room 1, Guzmán el Bueno 110, Madrid" into venue and place: the last part is the town
// unless the location is one short word or says only a town.
func place(item *newsletter.Item, location string) {
	parts := strings.Split(location, ",")
	if len(parts) == 1 {
		item.Place = location
		return
	}
	item.Place = strings.TrimSpace(parts[len(parts)-1])
	item.Venue = strings.TrimSpace(strings.Join(parts[:len(parts)-1], ","))
}

// span returns an event's days or times; the end of an all-day event is made
// inclusive (DTEND is not: RFC 5545 section 3.6.1).
func span(event ical.Event, loc *time.Location) (from, to time.Time, allDay bool, err error) {
	start := event.Props.Get(ical.PropDateTimeStart)
	if start == nil {
		return from, to, false, fmt.Errorf("it has no DTSTART")
	}
	if from, err = event.DateTimeStart(loc); err != nil {
		return from, to, false, fmt.Errorf("DTSTART: %w", err)
	}
	allDay = start.ValueType() == ical.ValueDate || len(start.Value) == len("20170321")
	if to, err = event.DateTimeEnd(loc); err != nil {
		return from, to, false, fmt.Errorf("DTEND: %w", err)
	}
	if to.Before(from) {
		return from, to, false, fmt.Errorf("it ends before it starts")
	}
	if allDay && to.After(from) {
		to = to.AddDate(0, 0, -1)
	}
	return from, to, allDay, nil
}

func organizer(event ical.Event) []newsletter.Contact {
	p := event.Props.Get(ical.PropOrganizer)
	if p == nil {
		return nil
	}
	link, ok := markup.Link(nil, strings.ToLower(p.Value))
	email, isMail := strings.CutPrefix(link, "mailto:")
	if !ok || !isMail {
		return nil
	}
	return []newsletter.Contact{{Name: markup.Plain(p.Params.Get("CN")), Email: email}}
}

// occurrences gives an event once, or a recurring one for each day it happens around the day of collecting.
func occurrences(item newsletter.Item, event ical.Event, now time.Time, loc *time.Location, moved map[string]bool) ([]newsletter.Item, string) {
	rule := event.Props.Get(ical.PropRecurrenceRule)
	if rule == nil {
		return []newsletter.Item{item}, ""
	}
	if r := strings.ToUpper(rule.Value); strings.Contains(r, "SECONDLY") || strings.Contains(r, "MINUTELY") || strings.Contains(r, "HOURLY") {
		return nil, fmt.Sprintf("%q recurs more than daily", item.Title)
	}
	set, err := event.RecurrenceSet(loc)
	if err != nil {
		return nil, fmt.Sprintf("%q: RRULE: %v", item.Title, err)
	}
	var items []newsletter.Item
	length := item.EndsAt.Sub(item.StartsAt)
	days := int((length + 12*time.Hour) / (24 * time.Hour)) // a day may have 23 or 25 hours
	next := set.Iterator()
	for looked := 0; looked < 20*maxOccurrences && len(items) < maxOccurrences; looked++ {
		at, more := next()
		if !more || at.After(now.Add(ahead)) {
			break
		}
		if at.Before(now.Add(-behind)) || moved[item.Identity+"|"+at.UTC().String()] {
			continue
		}
		one := item
		one.StartsAt, one.EndsAt = at, at.Add(length)
		if item.AllDay {
			one.EndsAt = at.AddDate(0, 0, days)
		}
		one.Identity += "|" + at.Format(time.DateOnly)
		items = append(items, one)
	}
	return items, ""
}
