package page

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/locale"
)

// When is what an agenda line says: days, both included, or instants, a place, and
// what stands behind it.
type When struct {
	From, To time.Time
	AllDay   bool
	Place    string
	Rest     string
}

// The grammar of agenda lines: days with or without months and a year, then a place.
//
//	21-22, Tbilisi              under "March 2017"
//	28-30 March 2017, Haifa
//	31 March-1 April, Klagenfurt
//	30-2, Venice                from the heading's month into the next
var (
	dash    = `\s*(?:-|–|—|&|and|et|to|au)\s*`
	month   = `([\p{L}\p{M}]+\.?)`
	dayOf   = `(\d{1,2})(?:er|st|nd|rd|th)?`
	longRow = regexp.MustCompile(`^(?:\p{L}+\.?,?\s+)?` + dayOf + `\s+` + month + `(?:\s+(\d{4}))?` + dash + dayOf + `\s+` + month + `(?:\s+(\d{4}))?(.*)$`)
	dayRow  = regexp.MustCompile(`^(?:\p{L}+\.?,?\s+)?` + dayOf + `(?:` + dash + dayOf + `)?(?:\s+` + month + `)?(?:\s+(\d{4}))?(.*)$`)
)

// ParseWhen reads an agenda line. heading lends the month and year that the line lacks.
func ParseWhen(line, heading string, loc *time.Location) (When, bool) {
	line = strings.TrimSpace(line)
	if unsure.MatchString(line) {
		return When{}, false
	}
	month, year := monthYear(heading)
	if m := longRow.FindStringSubmatch(line); m != nil {
		if w, ok := long(m, year, loc); ok {
			return w, true
		}
	}
	m := dayRow.FindStringSubmatch(line)
	if m == nil {
		return When{}, false
	}
	rest := m[5]
	if m[3] != "" {
		named, ok := locale.MonthNamed(m[3])
		if ok {
			month = named
		} else {
			rest = m[3] + rest // the word was the place
			if m[4] != "" {
				return When{}, false
			}
		}
	}
	if m[4] != "" {
		year = number(m[4])
	}
	return short(number(m[1]), number(m[2]), month, year, rest, loc)
}

// ParseFirst reads the first line below a heading, whose days may begin in the month before.
func ParseFirst(line, heading string, loc *time.Location) (When, bool) {
	return ParseWhen(line, heading, loc)
}

func long(m []string, year int, loc *time.Location) (When, bool) {
	from, ok1 := locale.MonthNamed(m[2])
	to, ok2 := locale.MonthNamed(m[5])
	if !ok1 || !ok2 {
		return When{}, false
	}
	fromYear, toYear := year, year
	if m[6] != "" {
		fromYear, toYear = number(m[6]), number(m[6])
		if to < from {
			fromYear--
		}
	}
	if m[3] != "" {
		fromYear = number(m[3])
	}
	if m[6] == "" {
		toYear = fromYear
		if to < from {
			toYear++
		}
	}
	return between(fromYear, from, number(m[1]), toYear, to, number(m[4]), m[7], loc)
}

func short(first, last int, month time.Month, year int, rest string, loc *time.Location) (When, bool) {
	if last == 0 {
		last = first
	}
	toYear, to := year, month
	if last < first {
		if to++; to > time.December {
			toYear, to = year+1, time.January
		}
	}
	return between(year, month, first, toYear, to, last, rest, loc)
}

func between(fromYear int, from time.Month, first, toYear int, to time.Month, last int, rest string, loc *time.Location) (When, bool) {
	start, ok1 := date(fromYear, from, first, loc)
	end, ok2 := date(toYear, to, last, loc)
	if !ok1 || !ok2 || end.Before(start) || to != from && end.Sub(start) > longest || further.MatchString(rest) {
		return When{}, false
	}
	return When{From: start, To: end, AllDay: true, Place: strings.Trim(rest, " ,;:()[]–—-")}, true
}

// What cannot be read rightly is not read: days that are not settled, further
// days after a range ("10-11 and 14"), and ranges over a month's end that are
// longer than any meeting ("22-21" is a slip).
var (
	unsure  = regexp.MustCompile(`(?i)\b(to be confirmed|tbc|tbd|à confirmer|noch offen|por confirmar|da confermare)\b`)
	further = regexp.MustCompile(`^\s*(?:,|;|&|\+|and|et|und|y|e)?\s*\d{1,2}(?:\D|$)`)
)

const longest = 21 * 24 * time.Hour

func date(year int, month time.Month, day int, loc *time.Location) (time.Time, bool) {
	t := time.Date(year, month, day, 0, 0, 0, 0, loc)
	return t, year >= 1900 && month >= 1 && t.Day() == day && t.Month() == month
}

// monthYear finds a month and a year in a heading such as "March 2017" or "Agenda - mars 2017".
func monthYear(heading string) (month time.Month, year int) {
	for _, word := range strings.FieldsFunc(heading, func(r rune) bool { return r == ' ' || r == ',' || r == ':' || r == '/' }) {
		if m, ok := locale.MonthNamed(word); ok && month == 0 {
			month = m
		}
		if n := number(word); n >= 1900 && n <= 2200 {
			year = n
		}
	}
	return month, year
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
