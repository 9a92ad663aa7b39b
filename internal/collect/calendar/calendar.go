// Package calendar reads iCalendar (RFC 5545) into agenda entries, as tolerantly
// as a careful reader: what is broken is left out with a reason, the rest comes.
// It is pure: bytes in, items out. It never asks the network, and never follows a
// rule further than a newsletter looks.
package calendar

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// Recurring events are looked at from behind to ahead of the day of collecting,
// and never more than maxOccurrences of one. The other limits bound what a hostile
// calendar may cost; no honest one comes near them.
const (
	behind         = 62 * 24 * time.Hour
	ahead          = 400 * 24 * time.Hour
	maxOccurrences = 200
	maxEvents      = 20_000
	maxItems       = 40_000    // before the source's own limit
	maxSteps       = 3_000_000 // days and times looked at for all rules together
	seriesSteps    = 150_000   // and for one
	maxZones       = 200
	maxText        = 100_000 // bytes of one property
)

// Result is what a calendar gives.
type Result struct {
	Items   []newsletter.Item
	Refused []string // why events were left out
	Notes   []string // what else is to be known
}

// reader holds what stays the same while one calendar is read.
type reader struct {
	src   newsletter.Source
	loc   *time.Location // of the source: for whole days and for times without a zone
	now   time.Time
	base  *url.URL
	zones *zones
	steps int // that rules may still take
	out   Result
}

// Parse returns a calendar's events in the order in which they stand, those of a
// series by their start. A document without a calendar is an error, and so is one
// that is cut off before its first event ends.
func Parse(src newsletter.Source, raw newsletter.Raw) (Result, error) {
	text := decode(raw)
	if !strings.Contains(strings.ToUpper(text[:min(len(text), 1024)]), "BEGIN:VCALENDAR") {
		return Result{}, fault.Invalidf("source %s: a calendar (BEGIN:VCALENDAR) was expected", src.ID)
	}
	doc := read(text)
	if len(doc.events) == 0 && !doc.whole {
		return Result{}, fault.Invalidf("source %s: the calendar is cut off before its first event ends", src.ID)
	}
	base, _ := url.Parse(raw.URL) // fetched from there, so it parses; nil is no base
	r := &reader{src: src, loc: src.Location(), now: raw.At, base: base, steps: maxSteps}
	r.zones = &zones{defined: doc.zones, known: map[string]*time.Location{}, steps: &r.steps}
	r.faults(doc)
	for _, s := range r.series(doc.events) {
		if len(r.out.Items) >= maxItems {
			r.note("the calendar has more than %d entries; the rest is not read", maxItems)
			break
		}
		r.out.Items = append(r.out.Items, r.entries(s)...)
	}
	r.nearest()
	return r.out, nil
}

func (r *reader) note(format string, args ...any) {
	r.out.Notes = append(r.out.Notes, fmt.Sprintf(format, args...))
}

func (r *reader) refuse(title, format string, args ...any) {
	name := "an event without a title"
	if title != "" {
		name = strconv.Quote(title)
	}
	r.out.Refused = append(r.out.Refused, name+": "+fmt.Sprintf(format, args...))
}

// faults says what was wrong with the document as such.
func (r *reader) faults(doc document) {
	for _, title := range doc.unfinished {
		r.refuse(title, "the calendar breaks off within it")
	}
	if !doc.whole {
		r.note("the calendar breaks off: END:VCALENDAR is missing, and perhaps events with it")
	}
	if doc.malformed > 0 {
		r.note("lines that are no properties were dropped: %d, the first of them %q", doc.malformed, markup.Shorten(markup.Plain(doc.example), 60))
	}
	if doc.more > 0 {
		r.note("the calendar has more than %d events; %d are not read", maxEvents, doc.more)
	}
}

// nearest keeps to the source's limit: the entries that are nearest to the day of collecting stay.
func (r *reader) nearest() {
	items := r.out.Items
	if len(items) <= r.src.Max {
		return
	}
	distance := func(i int) time.Duration { return items[i].StartsAt.Sub(r.now).Abs() }
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(distance(a), distance(b)) })
	order = order[:r.src.Max]
	slices.Sort(order)
	kept := make([]newsletter.Item, len(order))
	for i, at := range order {
		kept[i] = items[at]
	}
	r.note("%d entries that are further away than the others are left out: the source's max is %d", len(items)-len(kept), r.src.Max)
	r.out.Items = kept
}
