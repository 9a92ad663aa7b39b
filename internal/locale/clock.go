package locale

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// zones are the names of offsets that people write behind a time, in seconds east of UTC.
var zones = map[string]int{
	"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 3600, "BST": 3600, "CET": 3600, "MEZ": 3600, "HNEC": 3600, "CEST": 7200, "MESZ": 7200, "HAEC": 7200, "EET": 7200, "EEST": 10800,
	"MSK": 10800, "МСК": 10800, "GET": 4 * 3600, "EST": -5 * 3600, "EDT": -4 * 3600, "CST": -6 * 3600, "CDT": -5 * 3600, "MST": -7 * 3600, "MDT": -6 * 3600, "PST": -8 * 3600, "PDT": -7 * 3600,
}

// A Clock is a time of day, with its zone where one is written.
type Clock struct {
	Hour, Minute, Second int
	Zone                 *time.Location // nil where none is written
}

// On returns the instant at which the clock shows this time on a day.
func (c Clock) On(day time.Time, loc *time.Location) time.Time {
	if c.Zone != nil {
		loc = c.Zone
	}
	return time.Date(day.Year(), day.Month(), day.Day(), c.Hour, c.Minute, c.Second, 0, loc)
}

const (
	hours  = `(\d{1,2})(?:[:.hH]|\s?h\s?|ч)(\d{2})(?::(\d{2})(?:[.,]\d+)?)?`
	oclock = `(\d{1,2})\s?(?:h\b|heures?\b|Uhr\b|(?:часов|часа|час|ч)(?:[.,\s)]|$))(?:\s?(\d{2})\s?мин\pL*\.?)?`
	noon   = `(\d{1,2})(?:[:.](\d{2}))?\s?(?:([AaPp])\.?\s?[Mm]\b\.?|([πμ])\.?\s?μ(?:\.|\s|$))`
	behind = `(?:\s?(?:h|hrs?|heures|Uhr|ч|uur)\b\.?)?`
	offset = `(?:\s*\(?\s*((?:UTC|GMT)\s?[+\-−]\d{1,2}(?::?\d{2})?|\+\d{1,2}(?::?\d{2})?|[\-−]\d{4}|[A-Z]{2,5}|МСК|Z)\b\)?)?`
)

var (
	clockAt   = regexp.MustCompile(`^(?:(?:ore\s+)?(?:` + noon + `|` + hours + behind + `|` + oclock + `)|ore\s+(\d{1,2})\b)` + offset)
	clockWord = regexp.MustCompile(`(?i)^(?:[\s,;:|(@T\x{2013}\x{2014}-]|(?:at|à|um|alle|a las|las|às|as|в|о|об|στις|στη|ώρα|ab|from|de|von|dès|starting|beginning|الساعة|בשעה|года|год|г|року|р|წელს)(?:[\s.,]+))*`)
	clockLast = regexp.MustCompile(`(?:^|[\s,(])((?:\d{1,2}[:h.]\d{2}|\d{1,2}\s?(?:h|Uhr|[AaPp]\.?[Mm]\.?))[^\d]{0,12})[\s,;|\x{2013}\x{2014}-]*$`)
)

// ClockAt reads a time of day at the beginning of text: 14:30, 14h30, 14 Uhr, 2 pm, 10.00 CET.
// It returns the text behind it.
func ClockAt(text string) (c Clock, rest string, ok bool) {
	m := clockAt.FindStringSubmatchIndex(text)
	if m == nil {
		return c, text, false
	}
	group := func(n int) string {
		if m[2*n] < 0 {
			return ""
		}
		return text[m[2*n]:m[2*n+1]]
	}
	end := m[1]
	switch {
	case group(3)+group(4) != "": // am, pm; π.μ., μ.μ.
		c.Hour, c.Minute = number(group(1))%12, number(group(2))
		if number(group(1)) > 12 {
			return c, text, false
		}
		if strings.ToLower(group(3)) == "p" || group(4) == "μ" {
			c.Hour += 12
		}
	case group(6) != "":
		c.Hour, c.Minute, c.Second = number(group(5)), number(group(6)), number(group(7))
	default:
		c.Hour, c.Minute = number(group(8)+group(10)), number(group(9))
	}
	if named := group(11); named != "" {
		if c.Zone = zoneNamed(named); c.Zone == nil {
			end = m[22] // a word, not a zone
		}
	}
	return c, text[end:], c.Hour < 24 && c.Minute < 60 && c.Second < 61
}

func zoneNamed(text string) *time.Location {
	text = strings.ReplaceAll(strings.TrimSpace(text), "−", "-")
	if seconds, ok := zones[text]; ok {
		return time.FixedZone(text, seconds)
	}
	sign := strings.IndexAny(text, "+-")
	if sign < 0 {
		return nil
	}
	digits := strings.ReplaceAll(text[sign+1:], ":", "")
	if len(digits) <= 2 {
		digits += "00"
	}
	if len(digits) == 3 {
		digits = "0" + digits
	}
	seconds := number(digits[:2])*3600 + number(digits[2:])*60
	if seconds > 14*3600 {
		return nil
	}
	if text[sign] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds)
}

// clockNear finds the time of day beside a date: right behind it, or right before.
func clockNear(before, after string) (Clock, bool) {
	after = after[:min(len(after), 80)]
	if c, _, ok := ClockAt(after[len(clockWord.FindString(after)):]); ok {
		return c, true
	}
	before = before[max(0, len(before)-40):]
	if m := clockLast.FindStringSubmatch(before); m != nil {
		if c, _, ok := ClockAt(m[1]); ok {
			return c, true
		}
	}
	return Clock{}, false
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // digits, few of them
	return n
}
