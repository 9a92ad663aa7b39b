package locale

import (
	"regexp"
	"strings"
	"time"
)

// layouts are tried before any reading of words: ISO 8601, RFC 3339, RFC 5322, RFC 1123 and their usual misspellings.
var isoLayouts, mailLayouts = []layout{
	{time.RFC3339Nano, true}, {"2006-01-02", false}, {"2006-01-02T15:04Z07:00", true}, {"2006-01-02T15:04:05", true}, {"2006-01-02T15:04", true},
	{"2006-01-02T15:04:05-0700", true}, {"2006-01-02T15:04:05.999-0700", true}, {"2006-01-02 15:04:05 -0700", true}, {"2006-01-02 15:04:05Z07:00", true}, {"2006-01-02 15:04:05", true}, {"2006-01-02 15:04", true},
}, []layout{
	{"Mon, 2 Jan 2006 15:04:05 -0700", true}, {"Mon, 2 Jan 2006 15:04 -0700", true}, {"2 Jan 2006 15:04:05 -0700", true}, {"2 Jan 2006 15:04 -0700", true}, {"2 Jan 06 15:04:05 -0700", true}, {"2 Jan 06 15:04 -0700", true}, {"Mon, 2 Jan 06 15:04 -0700", true}, {"Mon, 2 Jan 06 15:04:05 -0700", true}, {"Mon, 2 Jan 2006 15:04:05 Z07:00", true},
	{"Mon, 02 Jan 2006", false}, {"Monday, 2-Jan-06 15:04:05 -0700", true},
}

type layout struct {
	text  string
	timed bool
}

// ParseDate finds a date in text. Days are read before months and months named in
// any language; minute says whether a time of day was given. A date that does not
// exist, such as 31 April, is no date, and neither is a month without a day.
// Without an offset of its own the date is one of loc.
func ParseDate(text string, loc *time.Location) (at time.Time, minute, ok bool) {
	text = strings.TrimSpace(Digits(text))
	text = yearLast.ReplaceAllString(text, "$2 $1 $5 $3 $4")
	if len(text) < 6 {
		return time.Time{}, false, false
	}
	if at, minute, ok := machine(text, loc); ok {
		return at, minute, plausible(at)
	}
	if len(text) > maxDateText {
		text = strings.ToValidUTF8(text[:maxDateText], "")
	}
	return parseWords(twoWords.Replace(text), loc)
}

// yearLast is a date as the programs date, Java and C write it: "Thu Nov  5 10:00:00 CET 2026".
var yearLast = regexp.MustCompile(`^(?:[A-Z][a-z]{2},? +)?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d)(?: ([A-Z]{1,5}|[+-]\d{4}))? (\d{4})$`)

// maxDateText is how far into a text a date is looked for.
const maxDateText = 400

// machine reads what machines write.
func machine(text string, loc *time.Location) (time.Time, bool, bool) {
	layouts := isoLayouts
	switch first := text[0]; {
	case isNumber(text):
		return digits(text, loc)
	case len(text) > 10 && text[8] == 'T' && isNumber(text[:8]):
		layouts = []layout{{"20060102T150405Z0700", true}, {"20060102T150405", true}}
	case first >= '0' && first <= '9' && len(text) > 4 && text[4] == '-':
	case strings.IndexByte(text, ' ') > 0 && len(text) < 48:
		layouts = mailLayouts
		text = offsets(text)
	default:
		return time.Time{}, false, false
	}
	for _, l := range layouts {
		if at, err := time.ParseInLocation(l.text, text, loc); err == nil {
			return at, l.timed, true
		}
	}
	return time.Time{}, false, false
}

// offsets writes the zone that a date ends with as RFC 5322 section 3.3 does; Go reads unknown names as UTC.
func offsets(text string) string {
	at := strings.LastIndexByte(text, ' ')
	zone := strings.ToUpper(text[at+1:])
	if seconds, ok := zones[zone]; ok {
		return text[:at+1] + time.Unix(0, 0).In(time.FixedZone("", seconds)).Format("-0700")
	}
	if len(zone) == 6 && zone[3] == ':' && (zone[0] == '+' || zone[0] == '-') {
		return text[:at+1] + zone[:3] + zone[4:]
	}
	return text
}

// digits reads a date that is digits only: a day, or seconds or milliseconds since 1970.
func digits(text string, loc *time.Location) (at time.Time, minute, ok bool) {
	switch len(text) {
	case 8:
		at, err := time.ParseInLocation("20060102", text, loc)
		return at, false, err == nil
	case 14:
		at, err := time.ParseInLocation("20060102150405", text, loc)
		return at, true, err == nil
	case 10:
		at = time.Unix(int64(number(text)), 0).In(loc)
	case 13:
		at = time.UnixMilli(int64(number(text))).In(loc)
	}
	return at, true, at.Year() >= 1980 && at.Year() <= 2200
}

// plausible leaves out the first second of Unix time: it says that a program knew none.
func plausible(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2200 && t.Unix() != 0 }

// Digits writes Arabic-Indic and Persian digits as 0 to 9.
func Digits(s string) string {
	if !strings.ContainsAny(s, "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹") {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		}
		return r
	}, s)
}

var (
	yearFirst = regexp.MustCompile(`(?:^|[^\d])((?:19|20)\d\d)\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{1,2})(?:[^\d]|$)`)
	dayFirst  = regexp.MustCompile(`(?:^|[^\d.])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?[-/.]\s?((?:19|20)\d\d)(?:[^\d]|$)`)
	shortYear = regexp.MustCompile(`^\W*(\d{1,2})([/.])(\d{1,2})[/.](\d\d)(?:$|[\s,])`)
)

func parseWords(text string, loc *time.Location) (time.Time, bool, bool) {
	if m := yearFirst.FindStringSubmatchIndex(text); m != nil {
		return composed(text[:m[2]], text[m[7]:], number(text[m[2]:m[3]]), number(text[m[4]:m[5]]), number(text[m[6]:m[7]]), loc)
	}
	for _, pattern := range []*regexp.Regexp{dayFirst, shortYear} {
		m := pattern.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		day, month, year := number(text[m[2]:m[3]]), number(text[m[6]:m[7]]), number(text[m[8]:m[9]])
		if year < 100 {
			year += 2000
		}
		if text[m[4]] == '/' && month > 12 && day <= 12 { // only as Americans write can it be a date
			day, month = month, day
		}
		return composed(text[:m[2]], text[m[9]:], year, month, day, loc)
	}
	return parseNamed(text, loc)
}

// composed makes a date with the time of day that stands beside it.
func composed(before, after string, year, month, day int, loc *time.Location) (time.Time, bool, bool) {
	c, timed := clockNear(before, after)
	if c.Zone != nil {
		loc = c.Zone
	}
	at := time.Date(year, time.Month(month), day, c.Hour, c.Minute, c.Second, 0, loc)
	exists := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if int(exists.Month()) != month || exists.Day() != day || month < 1 || !plausible(exists) {
		return time.Time{}, false, false
	}
	return at, timed, true
}
