package locale

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// monthNames maps every written form of a month, in every language, to its number.
var monthNames = sync.OnceValue(func() map[string]time.Month {
	table := map[string]time.Month{}
	for tag, calendar := range calendars {
		c := calendar()
		for m := time.January; m <= time.December; m++ {
			forms := []string{c.MonthWide(m), c.MonthAbbreviated(m)}
			for _, form := range forms {
				form = foldMonth(form)
				if _, taken := table[form]; form != "" && !isNumber(form) && (!taken || tag == "en") {
					table[form] = m
				}
			}
		}
	}
	for form, m := range map[string]time.Month{ // forms that CLDR lacks and sources write
		"sept": time.September, "fevrier": time.February, "aout": time.August, "decembre": time.December,
		"januar": time.January, "март": time.March, "январь": time.January, "февраль": time.February,
		"апрель": time.April, "июнь": time.June, "июль": time.July, "август": time.August,
		"сентябрь": time.September, "октябрь": time.October, "ноябрь": time.November, "декабрь": time.December,
	} {
		table[form] = m
	}
	return table
})

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

func foldMonth(s string) string { return strings.ToLower(strings.Trim(s, ". \u200f")) }

// MonthNamed returns the month that a word names in any language, short forms included.
func MonthNamed(word string) (time.Month, bool) {
	m, ok := monthNames()[foldMonth(word)]
	return m, ok
}

// layouts are tried before any reading of words: ISO 8601, RFC 3339, RFC 5322, RFC 1123 and their usual misspellings.
var layouts = []struct {
	layout string
	minute bool
	zoned  bool
}{
	{time.RFC3339Nano, true, true}, {"2006-01-02T15:04Z07:00", true, true}, {"2006-01-02T15:04:05", true, false},
	{"2006-01-02T15:04", true, false}, {"2006-01-02 15:04:05 -0700", true, true}, {"2006-01-02 15:04:05", true, false},
	{"2006-01-02 15:04", true, false}, {"2006-01-02", false, false}, {"20060102", false, false},
	{"Mon, 2 Jan 2006 15:04:05 -0700", true, true}, {"Mon, 2 Jan 2006 15:04:05 MST", true, true},
	{"Mon, 2 Jan 2006 15:04 -0700", true, true}, {"Mon, 2 Jan 2006 15:04 MST", true, true},
	{"2 Jan 2006 15:04:05 -0700", true, true}, {"2 Jan 2006 15:04:05 MST", true, true},
	{"Mon, 2 Jan 06 15:04:05 -0700", true, true}, {"Mon Jan 2 15:04:05 2006", true, false},
}

// zones are the names RFC 5322 section 4.3 gives to offsets; Go reads unknown names as UTC.
var zones = strings.NewReplacer(" EST", " -0500", " EDT", " -0400", " CST", " -0600", " CDT", " -0500",
	" MST", " -0700", " MDT", " -0600", " PST", " -0800", " PDT", " -0700", " CET", " +0100", " CEST", " +0200", " UT", " +0000", " GMT", " +0000", " UTC", " +0000")

// ParseDate finds a date in text. Days are read first and months named in any
// language; minute says whether a time of day was given. A date that does not
// exist, such as 31 April, is no date. Without an offset of its own the date is
// one of loc.
func ParseDate(text string, loc *time.Location) (at time.Time, minute, ok bool) {
	text = strings.TrimSpace(toASCIIDigits(text))
	for _, l := range layouts {
		candidate := text
		if l.zoned {
			candidate = zones.Replace(text)
			candidate = strings.Replace(candidate, "+0000C", "+0000", 1)
		}
		layout := strings.Replace(l.layout, "MST", "-0700", 1)
		if at, err := time.ParseInLocation(layout, candidate, loc); err == nil && plausible(at) {
			return at, l.minute, true
		}
	}
	return parseWords(text, loc)
}

func plausible(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2200 }

// toASCIIDigits turns Arabic-Indic and Persian digits into 0-9.
func toASCIIDigits(s string) string {
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
	yearFirst = regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?:\D|$)`)
	dayFirst  = regexp.MustCompile(`(?:^|\D)(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d\d)(?:\D|$)`)
	clock     = regexp.MustCompile(`(?:^|\s|,|T)(\d{1,2})[:hH.](\d{2})(?:\s*([AaPp])\.?[Mm])?(?:\D|$)`)
	token     = regexp.MustCompile(`[\p{L}\p{M}]+\.?|\d+`)
)

func parseWords(text string, loc *time.Location) (time.Time, bool, bool) {
	if m := yearFirst.FindStringSubmatch(text); m != nil {
		return compose(text[strings.Index(text, m[3]):], m[1], m[2], m[3], loc)
	}
	if m := dayFirst.FindStringSubmatch(text); m != nil {
		rest := text[strings.Index(text, m[3])+len(m[3]):]
		return compose(rest, m[3], m[2], m[1], loc)
	}
	return parseNamed(text, loc)
}

// parseNamed reads "16 March 2022", "1er janvier 2017", "March 16, 2022", "jeudi 23 mars 2017".
func parseNamed(text string, loc *time.Location) (time.Time, bool, bool) {
	spots := token.FindAllStringIndex(text, -1)
	word := func(i int) string {
		if i < 0 || i >= len(spots) {
			return ""
		}
		return text[spots[i][0]:spots[i][1]]
	}
	for i := range spots {
		month, ok := MonthNamed(word(i))
		if !ok {
			continue
		}
		day, year, last := word(i-1), word(i+1), i+1
		if ordinal[strings.ToLower(strings.TrimSuffix(day, "."))] { // 1er, 2nd, 3.
			day = word(i - 2)
		}
		if preposition[strings.ToLower(day)] { // 5 de marzo de 2020
			day = word(i - 2)
		}
		if preposition[strings.ToLower(year)] {
			year, last = word(i+2), i+2
		}
		if !isDay(day) && isDay(year) { // March 16, 2022 and March 16th, 2022
			day, year, last = year, word(i+2), i+2
			if ordinal[strings.ToLower(year)] {
				year, last = word(i+3), i+3
			}
		}
		if !isDay(day) || len(year) != 4 || !isNumber(year) {
			continue
		}
		return compose(text[spots[last][1]:], year, strconv.Itoa(int(month)), day, loc)
	}
	return time.Time{}, false, false
}

var (
	ordinal     = map[string]bool{"er": true, "st": true, "nd": true, "rd": true, "th": true, "º": true}
	preposition = map[string]bool{"de": true, "of": true, "di": true, "del": true}
)

func isDay(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && len(s) <= 2 && n >= 1 && n <= 31
}

func compose(rest, year, month, day string, loc *time.Location) (time.Time, bool, bool) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	hour, minute, timed := clockIn(rest)
	at := time.Date(y, time.Month(m), d, hour, minute, 0, 0, loc)
	if int(at.Month()) != m || !plausible(at) {
		return time.Time{}, false, false
	}
	return at, timed, true
}

func clockIn(text string) (hour, minute int, ok bool) {
	m := clock.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, false
	}
	hour, _ = strconv.Atoi(m[1])
	minute, _ = strconv.Atoi(m[2])
	if m[3] != "" {
		hour %= 12
		if unicode.ToLower(rune(m[3][0])) == 'p' {
			hour += 12
		}
	}
	return hour, minute, hour < 24 && minute < 60
}
