// Package schedule owns the arithmetic of planned instants: cron text, a
// timezone and closed days give slots. It is pure: it keeps no clock, and
// remembering which slots were done is the store's work. It is the only door to
// robfig/cron, of which it uses the parser and Next.
//
// Cron text is read on the local calendar and only then turned into an instant.
// So 02:30 happens once on the day clocks go forward (an hour off, as no 02:30
// exists) and once on the day they go back, where cron libraries skip it or run
// it twice.
package schedule

import (
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"

	"github.com/robfig/cron/v3"
)

// Slot is one planned instant.
type Slot struct {
	Label string    // the local time as written by the cron text: 2027-03-01T14:00
	At    time.Time // when it is due, closed days considered
}

const labelLayout = "2006-01-02T15:04"

// Most is how many slots are given at once.
const Most = 1000

// Check returns what is wrong with a cron text.
func Check(text string) error {
	_, err := parse(text)
	return err
}

func parse(text string) (cron.Schedule, error) {
	if strings.Contains(text, "TZ=") {
		return nil, fault.Invalidf("cron text %q: the timezone is the publication's; leave TZ out", text)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "@every") {
		return nil, fault.Invalidf("cron text %q: @every has no place on a calendar", text)
	}
	if strings.Contains(text, "*-") || strings.Contains(text, "?-") { // the library reads no further than the star
		return nil, fault.Invalidf("cron text %q: a star begins no range", text)
	}
	s, err := cron.ParseStandard(text)
	if err != nil {
		return nil, fault.Invalidf("cron text %q: %w", text, err)
	}
	if s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fault.Invalidf("cron text %q never happens", text)
	}
	return s, nil
}

// Slots returns the slots of a cron text with after < At <= until, at most Most:
// so many mean that there may be more.
func Slots(text string, loc *time.Location, closed newsletter.Closed, after, until time.Time) ([]Slot, error) {
	plan, err := parse(text)
	if err != nil {
		return nil, err
	}
	var slots []Slot
	// A week of slack on both sides, as closed days move slots by days.
	local := onCalendar(after.Add(-7*24*time.Hour), loc)
	end := onCalendar(until.Add(7*24*time.Hour), loc)
	for local = plan.Next(local); !local.IsZero() && !local.After(end) && len(slots) < Most; local = plan.Next(local) {
		at := instant(local, loc, closed)
		if at.After(after) && !at.After(until) {
			slots = append(slots, Slot{Label: local.Format(labelLayout), At: at})
		}
	}
	return slots, nil
}

// Next returns the first slot after an instant, looking ten years ahead: the
// next 29 February is years away.
func Next(text string, loc *time.Location, closed newsletter.Closed, after time.Time) (Slot, bool) {
	for span := 32 * 24 * time.Hour; span <= 4000*24*time.Hour; span *= 5 {
		slots, err := Slots(text, loc, closed, after, after.Add(span))
		if err != nil {
			return Slot{}, false
		}
		if len(slots) > 0 {
			return slots[0], true
		}
	}
	return Slot{}, false
}

// Instant returns when the slot with a label is due.
func Instant(label string, loc *time.Location, closed newsletter.Closed) (time.Time, error) {
	local, err := time.Parse(labelLayout, label)
	if err != nil {
		return time.Time{}, fault.Invalidf("slot %q: %w", label, err)
	}
	return instant(local, loc, closed), nil
}

func instant(local time.Time, loc *time.Location, closed newsletter.Closed) time.Time {
	moved := open(local, closed)
	return time.Date(moved.Year(), moved.Month(), moved.Day(), moved.Hour(), moved.Minute(), 0, 0, loc)
}

// onCalendar returns the local wall-clock time of t, written as if it were UTC.
func onCalendar(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

func open(local time.Time, closed newsletter.Closed) time.Time {
	step := 1
	if closed.Move == "previous" {
		step = -1
	}
	for closed.Weekends && (local.Weekday() == time.Saturday || local.Weekday() == time.Sunday) {
		local = local.AddDate(0, 0, step)
	}
	return local
}
