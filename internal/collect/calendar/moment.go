package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// moment is a DATE or DATE-TIME as it is written: a day or a wall clock, and the
// zone that the clock hangs in.
type moment struct {
	wall time.Time // its fields count, its zone is always UTC
	loc  *time.Location
	utc  bool
	day  bool
}

// at returns the instant of a wall clock. A time that happens twice is the first,
// one that is left out counts from the clock before the change (RFC 5545 section 3.3.5).
func at(wall time.Time, loc *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
	_, before := t.Add(-3 * time.Hour).Zone()
	first := wall.Add(-time.Duration(before) * time.Second).In(loc)
	if clock(first).Equal(wall) || !clock(t).Equal(wall) {
		return first
	}
	return t
}

// clock returns what a clock on the wall shows at an instant.
func clock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func (m moment) instant() time.Time { return at(m.wall, m.loc) }

// date returns the day that a moment has in a source's calendar.
func (m moment) date(loc *time.Location) time.Time {
	wall := m.wall
	if m.utc {
		wall = clock(m.wall.In(loc))
	}
	return time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
}

// key names an occurrence: by its day or by its instant.
func (m moment) key() string {
	if m.day {
		return m.wall.Format("20060102")
	}
	return m.instant().UTC().Format("20060102T150405Z")
}

// moment reads a value of a property that may have a TZID.
func (r *reader) moment(p property, value string) (moment, error) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if len(value) >= 10 && value[4] == '-' { // the long form of ISO 8601, which careless exports write
		value = strings.NewReplacer("-", "", ":", "").Replace(value)
	}
	if len(value) == len("20060102") {
		wall, err := time.Parse("20060102", value)
		if err != nil {
			return moment{}, fmt.Errorf("%q is no day of the calendar", value)
		}
		return moment{wall: wall, loc: r.loc, day: true}, nil
	}
	value, utc := strings.CutSuffix(value, "Z")
	layout := "20060102T150405"
	if len(value) == len("20060102T1504") {
		layout = "20060102T1504"
	}
	wall, err := time.Parse(layout, value)
	if err != nil {
		return moment{}, fmt.Errorf("%q is no date", value)
	}
	if strings.EqualFold(p.param("VALUE"), "DATE") { // says a day and gives a midnight as well
		return moment{wall: wall.Truncate(24 * time.Hour), loc: r.loc, day: true}, nil
	}
	if utc {
		return moment{wall: wall, loc: time.UTC, utc: true}, nil
	}
	zone := p.param("TZID")
	if zone == "" {
		return moment{wall: wall, loc: r.loc}, nil
	}
	loc := r.zones.find(zone)
	if loc == nil {
		return moment{}, fmt.Errorf("the time zone %q is not known", zone)
	}
	return moment{wall: wall, loc: loc, utc: loc == time.UTC}, nil
}

// length is how long an event takes: days by the calendar, then hours by the clock (RFC 5545 section 3.3.6).
type length struct {
	days  int
	hours time.Duration
}

func (l length) after(wall time.Time, loc *time.Location) time.Time {
	return at(wall.AddDate(0, 0, l.days), loc).Add(l.hours)
}

func (l length) negative() bool { return l.days < 0 || l.hours < 0 }

// duration reads a DURATION such as P1W, P2DT3H or -PT15M.
func duration(value string) (length, error) {
	text := strings.ToUpper(strings.TrimSpace(value))
	sign := 1
	if strings.HasPrefix(text, "-") {
		sign = -1
	}
	text = strings.TrimLeft(text, "+-")
	rest, ok := strings.CutPrefix(text, "P")
	if !ok || rest == "" {
		return length{}, fmt.Errorf("%q is no duration", value)
	}
	var out length
	for rest != "" {
		if rest[0] == 'T' {
			rest = rest[1:]
			continue
		}
		end := strings.IndexAny(rest, "WDHMS")
		if end < 0 {
			return length{}, fmt.Errorf("%q is no duration", value)
		}
		n, err := strconv.Atoi(rest[:end])
		if err != nil || n < 0 || n > 1_000_000 {
			return length{}, fmt.Errorf("%q is no duration", value)
		}
		out.add(rest[end], sign*n)
		rest = rest[end+1:]
	}
	if out.days > 36_600 || out.hours > 100*366*24*time.Hour {
		return length{}, fmt.Errorf("%q is more than a hundred years", value)
	}
	return out, nil
}

func (l *length) add(unit byte, n int) {
	switch unit {
	case 'W':
		l.days += 7 * n
	case 'D':
		l.days += n
	case 'H':
		l.hours += time.Duration(n) * time.Hour
	case 'M':
		l.hours += time.Duration(n) * time.Minute
	case 'S':
		l.hours += time.Duration(n) * time.Second
	}
}
