package page

import (
	"regexp"
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

// ParseWhen reads an agenda line: days or a range of them, times, and a place
// before or behind, in any of our languages. heading lends the month and year that
// the line lacks; a range that cannot lie in its month runs into the next.
//
//	21-22, Tbilisi                        under "March 2017"
//	28-30 March 2017, Haifa
//	31 March-1 April, Klagenfurt
//	mardi 4 avril 2017, 9h - 12h30, Strasbourg
//	30-2, Venice                          from the heading's month into the next
//
// What cannot be read rightly is not read: days that are not settled, days that do
// not exist, and days that are no single range.
func ParseWhen(line, heading string, loc *time.Location) (When, bool) {
	return parseWhen(line, heading, loc, false)
}

// ParseFirst reads the first of several lines below a heading: there a range that
// cannot lie in the heading's month begins in the month before ("28-2, Georgia").
func ParseFirst(line, heading string, loc *time.Location) (When, bool) {
	return parseWhen(line, heading, loc, true)
}

func parseWhen(line, heading string, loc *time.Location, first bool) (When, bool) {
	line = clean(line)
	if at, minute, ok := locale.ParseDate(line, loc); ok && minute && instant.MatchString(line) {
		return When{From: at}, true
	}
	p := newPhrase(line)
	points, from, to, ok := p.days()
	if !ok {
		return When{}, false
	}
	month, year, _ := monthYear(heading)
	if !settle(points, month, year, first) {
		return When{}, false
	}
	start, end, ok := span(points, loc)
	if !ok {
		return When{}, false
	}
	w := When{From: start, To: end, AllDay: true}
	rest := w.clock(yearBehind.ReplaceAllString(line[to:], ""), points, loc)
	return w, w.place(line[:from], rest)
}

// instant is an hour as machines write it (ISO 8601).
var instant = regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.,+Z-]*$`)

// longest is how long a range over a month's end may be whose months are not both
// written: "22-21" is a slip, no meeting of a month.
const longest = 21 * 24 * time.Hour

// settle gives every day its month and year: from its neighbour behind, from the
// heading, or by what can only be meant.
func settle(points []point, month time.Month, year int, first bool) bool {
	last := len(points) - 1
	lent := points[last].month == 0 // by the heading
	if lent {
		points[last].month = month
	}
	if points[last].month == 0 {
		return false
	}
	for i := last - 1; i >= 0; i-- {
		if points[i].month != 0 {
			continue
		}
		points[i].month, points[i].shared = points[i+1].month, true
		if points[i].day <= points[i+1].day {
			continue
		}
		if lent && !first { // from the heading's month into the next
			for j := i + 1; j <= last; j++ {
				points[j].month = points[j].month%12 + 1
			}
			continue
		}
		points[i].month = (points[i].month+10)%12 + 1
	}
	return years(points, month, year)
}

// years gives every day its year. A range that ends in an earlier month than it
// begins goes over the year's end.
func years(points []point, month time.Month, year int) bool {
	last := len(points) - 1
	if points[last].year == 0 && points[0].year != 0 {
		points[last].year = points[0].year
		if points[last].month < points[0].month {
			points[last].year++
		}
	}
	if points[last].year == 0 {
		if year == 0 {
			return false
		}
		points[last].year = year
		if points[last].month < points[0].month && points[last].month != month {
			points[last].year++
		}
	}
	for i := last - 1; i >= 0; i-- {
		if points[i].year == 0 {
			points[i].year = points[i+1].year
			if points[i].month > points[i+1].month {
				points[i].year--
			}
		}
	}
	return true
}

// span checks the days against the calendar and each other.
func span(points []point, loc *time.Location) (start, end time.Time, ok bool) {
	var days []time.Time
	for _, p := range points {
		at := time.Date(p.year, p.month, p.day, 0, 0, 0, 0, loc)
		if at.Day() != p.day || p.year < 1900 || p.year > 2200 {
			return start, end, false
		}
		days = append(days, at)
	}
	for i := 1; i < len(days); i++ {
		before, p := days[i-1], points[i]
		follows := before.AddDate(0, 0, 1).Equal(days[i])
		switch {
		case days[i].Before(before), p.and && !follows, !p.and && i > 1:
			return start, end, false
		case points[i-1].shared && points[i-1].month != p.month && days[i].Sub(before) > longest:
			return start, end, false
		}
	}
	return days[0], days[len(days)-1], true
}

var (
	clockBefore = regexp.MustCompile(`(?i)^[\s,;:|(-]*(?:(?:from|at|de las|a las|de|du|à|von|um|ab|dalle|alle|ora|las|das|às|с|в|από|στις)\.?\s+)*`)
	clockTo     = regexp.MustCompile(`(?i)^\s*(?:-|(?:to|until|bis|à|a las|a|alle|às|до|έως|and|et)\s)\s*(?:las\s+)?`)
)

// clock reads the times of day behind the days and returns what stands behind them.
func (w *When) clock(rest string, points []point, loc *time.Location) string {
	head := clockBefore.FindString(rest)
	begin, behind, ok := locale.ClockAt(rest[len(head):])
	if !ok {
		return rest
	}
	end, ended := locale.Clock{}, false
	if to := clockTo.FindString(behind); to != "" {
		if c, more, ok := locale.ClockAt(behind[len(to):]); ok {
			end, behind, ended = c, more, true
		}
	}
	if begin.Zone == nil {
		begin.Zone = end.Zone
	}
	if end.Zone == nil {
		end.Zone = begin.Zone
	}
	if len(points) > 1 && !ended {
		return behind // it begins at that time; when it ends nobody says
	}
	w.AllDay = false
	w.From = begin.On(w.From, loc)
	if !ended {
		w.To = time.Time{}
		return behind
	}
	if w.To = end.On(w.To, loc); w.To.Before(w.From) && len(points) == 1 { // over midnight
		w.To = w.To.AddDate(0, 0, 1)
	}
	return behind
}

var (
	unsure     = regexp.MustCompile(`(?i)to be (?:confirmed|announced|decided|determined|defined)|\btb[acd]\b|à (?:confirmer|préciser|définir|fixer)|noch offen|wird noch|por (?:confirmar|definir|determinar)|da (?:confermare|definire)|a confirmar|уточня|подлежит|сообщ|ανακοινωθεί|επιβεβαί`)
	unsureDays = regexp.MustCompile(`(?i)\b(?:dates?|days?|jours?|termine?|datum|fechas?|data|datas)\b`)
	placeWord  = regexp.MustCompile(`^(?i:à|in|at|en|a|im|в|во|г\.|στην?|στο|στον)\s+([^\p{Ll}])`) // but "en ligne" is whole
	yearBehind = regexp.MustCompile(`(?i)^\s*(?:г\.|гг\.|года|год|р\.|року|წ\.)`)
)

// place reads what stands before and behind the days. It is false where the days
// themselves are not settled.
func (w *When) place(before, behind string) bool {
	behind = strings.TrimSpace(behind)
	if at := unsure.FindStringIndex(behind); at != nil {
		head := strings.Trim(behind[:at[0]], " ,;:-(")
		if unsureDays.MatchString(head) || head == "" && !strings.HasPrefix(behind, ",") { // "6-7, tbc" is about the place
			return false
		}
		behind = ""
	}
	if unsure.MatchString(before) || w.From.Equal(w.To) && vague.MatchString(before) || further.MatchString(behind) {
		return false
	}
	if title, ok := strings.CutPrefix(behind, ":"); ok && trimmed(before) == "" { // "8-9: Board"
		w.Place, w.Rest = trimmed(title), trimmed(title)
	} else if inner, rest, ok := bracketed(behind); ok {
		w.Place, w.Rest = inner, trimmed(rest)
	} else {
		place, rest, _ := strings.Cut(strings.TrimLeft(behind, " ,;:|-"), " - ")
		w.Place, w.Rest = trimmed(place), trimmed(rest)
	}
	if inner, rest, ok := bracketed(before); ok && trimmed(rest) == "" {
		before = inner
	}
	if before = trimmed(before); w.Place == "" {
		w.Place = before
	} else if w.Rest == "" {
		w.Rest = before
	}
	w.Place = strings.TrimSpace(placeWord.ReplaceAllString(w.Place, "$1"))
	return true
}

// vague is what makes the day behind it only a week's first or a last day.
var vague = regexp.MustCompile(`(?i)(?:^|\s|,)(?:w/c|week(?: of| commencing| beginning)?|semaine(?: du)?|woche(?: vom)?|semana(?: del?)?|settimana(?: del?)?|(?:up )?until|till|before|by|jusqu'au|jusqu’au|avant le|bis(?: zum)?|hasta(?: el)?|fino al?|entro il|до|έως|μέχρι)[\s:]*$`)

// further are more days behind the ones that were read: no single range.
var further = regexp.MustCompile(`(?i)^\s*(?:,|;|&|\+|and|et|und|y|e|и|και)?\s*\d{1,2}(?:\D|$)`)

func bracketed(text string) (inner, rest string, ok bool) {
	text = strings.TrimLeft(text, " ,;:|-")
	if !strings.HasPrefix(text, "(") && !strings.HasPrefix(text, "[") {
		return "", "", false
	}
	end := strings.IndexAny(text, ")]")
	if end < 0 {
		return "", "", false
	}
	return strings.TrimSpace(text[1:end]), text[end+1:], true
}

// trimmed drops what separates, but not the bracket that belongs to the text.
func trimmed(text string) string {
	text = strings.Trim(text, " ,;:|-–—.")
	if strings.Count(text, "(") != strings.Count(text, ")") {
		text = strings.Trim(text, "()[] ,;:")
	}
	return text
}

// monthYear finds a month and a year in a heading such as "March 2017" or "Agenda - mars 2017".
// A heading of several months lends none of them, and says so.
func monthYear(heading string) (month time.Month, year int, several bool) {
	for _, t := range newPhrase(clean(heading)).tokens {
		if t.month != 0 {
			several = several || month != 0 && month != t.month
			month = t.month
		}
		if t.number >= 1900 && t.number <= 2200 {
			year = t.number
		}
	}
	if several {
		month = 0
	}
	return month, year, several
}
