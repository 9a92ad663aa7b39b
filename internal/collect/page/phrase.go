package page

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"broadsheet/internal/locale"
)

// A phrase is an agenda line in its words, numbers and marks.
type phrase struct {
	tokens []lexeme
}

type lexeme struct {
	text     string // a word is folded
	number   int    // -1 if it is none
	digits   int
	month    time.Month
	from, to int // in the line
}

// A point is one day of an expression, as far as it is written.
type point struct {
	day    int
	month  time.Month
	year   int
	and    bool // joined to the one before by "and": both are days of it; else by "to"
	shared bool // its month is its neighbour's
	before bool // its month stands before it: "March 21"
}

var lexemes = regexp.MustCompile(`\d+|[\p{L}\p{M}]+|[º°ª]|[-/.,:;&+()]`)

// The words of our languages that stand in and between days.
var (
	weekdays = wordSet(`mon tue tues wed weds thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday
		lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
		lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom lunedì martedì mercoledì giovedì venerdì gio sab mer
		segunda terça quarta quinta sexta feira понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье пн вт ср чт пт сб вс
		понеділок вівторок середа четвер пятниця субота неділя Δευτέρα Τρίτη Τετάρτη Πέμπτη Παρασκευή Σάββατο Κυριακή`)
	leading  = wordSet(`from the between on du le la les de des entre vom von am der den dem zwischen del el los desde día días dal dall il lo i tra della do no dias с со в з із από τις την στις το`)
	inner    = wordSet(`of de di del dell der του den the`)
	ordinals = wordSet(`er re st nd rd th º ° ª o η ης го ого е`)
	toWords  = wordSet(`to till until through thru au aux bis al all a hasta até ao à по до έως ως μέχρι`)
	andWords = wordSet(`and et und e ed y и та і και`)
	included = wordSet(`einschließlich inkl zum zur including inclus incl`) // "bis zum 13."
	clocks   = wordSet(`h am pm a p uhr heures heure hrs ч часов`)
)

var dot = map[string]bool{".": true}

// endings are what ordinals end with where a mark joins it: "1-го", "1.º".
var endings = regexp.MustCompile(`(\d)(?:-(?:го|ого|е|ое|й|я)|\.[ºª°])([^\p{L}]|$)`)

func wordSet(words string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(words) {
		out[locale.Fold(word)] = true
	}
	return out
}

// clean makes every dash one, and every space.
func clean(line string) string {
	line = strings.Map(func(r rune) rune {
		switch r {
		case '‐', '‑', '‒', '–', '—', '―', '−', '﹣', '－':
			return '-'
		case '\u00ad', '\u200b', '\u2060', '\u200e', '\u200f', '\ufeff':
			return -1
		case '\u00a0', '\u202f', '\u2009', '\u2007', '\u2002', '\u2003', '\u200a', '\t', '\n', '\r':
			return ' '
		}
		return r
	}, locale.Digits(line))
	return endings.ReplaceAllString(strings.Join(strings.Fields(line), " "), "$1$2")
}

const maxLexemes = 120

func newPhrase(line string) phrase {
	var p phrase
	for _, at := range lexemes.FindAllStringIndex(line, maxLexemes) {
		t := lexeme{text: line[at[0]:at[1]], number: -1, from: at[0], to: at[1]}
		switch r, _ := utf8.DecodeRuneInString(t.text); {
		case r >= '0' && r <= '9':
			t.digits = at[1] - at[0]
			if n, err := strconv.Atoi(t.text); err == nil && t.digits <= 8 {
				t.number = n
			}
		case unicode.IsLetter(r):
			t.month, _ = locale.MonthNamed(t.text)
			t.text = locale.Fold(t.text)
		}
		p.tokens = append(p.tokens, t)
	}
	return p
}

func (p phrase) at(i int) lexeme {
	if i < 0 || i >= len(p.tokens) {
		return lexeme{number: -1}
	}
	return p.tokens[i]
}

// days finds the days of a line. The first expression that names a month counts,
// else the first of all.
func (p phrase) days() (points []point, from, to int, ok bool) {
	for i := range p.tokens {
		found, next, valid := p.expression(i)
		if len(found) == 0 {
			continue
		}
		named := false
		for _, f := range found {
			named = named || f.month != 0
		}
		if ok && !named {
			continue
		}
		if !valid {
			return nil, 0, 0, false
		}
		points, from, to, ok = found, p.tokens[i].from, p.tokens[next-1].to, true
		if named {
			break
		}
		if p.monthBehind(next) == 0 {
			break
		}
	}
	return points, from, to, ok
}

// monthBehind returns the first month that a later word names beside a number.
func (p phrase) monthBehind(i int) time.Month {
	for ; i < len(p.tokens); i++ {
		if t := p.tokens[i]; t.month != 0 && (p.at(i-1).number >= 0 || p.at(i+1).number >= 0) {
			return t.month
		}
	}
	return 0
}

// expression reads days from i on: "21-22 March 2017", "3, 4 and 5 May". It is not
// valid where something that looks like a further day is none.
func (p phrase) expression(i int) (points []point, next int, valid bool) {
	one, next, ok := p.point(i)
	if !ok {
		return nil, i, false
	}
	points = []point{one}
	for {
		and, at, joined := p.joiner(next)
		if !joined {
			return points, next, true
		}
		one, after, ok := p.point(at)
		if !ok {
			looksLike := p.at(at).number >= 0 && !p.clock(at) && p.at(at).digits <= 2
			return points, next, !looksLike || p.at(next).text == ","
		}
		if p.at(next).text == "," && !p.listed(after) { // a number of something else
			return points, next, true
		}
		if last := points[len(points)-1]; one.month == 0 && last.before && last.year == 0 { // "March 21-22, 2017"
			one.month, one.before = last.month, true
			one.year, after = p.year(after)
		}
		one.and = and
		points, next = append(points, one), after
	}
}

// listed reports whether a list of days goes on, or its last one names a month.
func (p phrase) listed(i int) bool {
	_, _, joined := p.joiner(i)
	return joined || p.at(i-1).month != 0 || p.at(i-1).digits == 4
}

// joiner reads what joins two days: by "and" (or a comma), or by "to".
func (p phrase) joiner(i int) (and bool, next int, ok bool) {
	for p.at(i).text == "." {
		i++
	}
	switch t := p.at(i); {
	case t.text == "-" || toWords[t.text]:
		return false, p.skip(i+1, included), true
	case t.text == "&" || t.text == "+" || t.text == "/" || andWords[t.text]:
		return true, i + 1, true
	case t.text == ",":
		if andWords[p.at(i+1).text] || toWords[p.at(i+1).text] {
			return p.joiner(i + 1)
		}
		return true, i + 1, true
	}
	return false, i, false
}

// clock reports whether a number is the beginning of a time of day.
func (p phrase) clock(i int) bool {
	after := p.at(i + 1)
	minutes := p.at(i + 2)
	return after.text == ":" && minutes.digits == 2 && after.to == minutes.from || clocks[after.text] && after.from == p.at(i).to || clocks[after.text] && after.text != "a" && after.text != "p" ||
		after.text == "." && p.at(i+2).digits == 2 && p.at(i+3).text != "." && after.to == p.at(i+2).from && p.at(i+2).number < 60 && p.at(i+2).number > 12
}

// point reads one day from i on, with month and year where they are written.
func (p phrase) point(i int) (one point, next int, ok bool) {
	for weekdays[p.at(i).text] || leading[p.at(i).text] || p.behindWeekday(i) {
		if j := p.skip(i+1, dot); p.at(i).month != 0 && p.day(j) && !p.monthAfterDay(j) { // "mar" is Tuesday, and March
			break
		}
		i++
	}
	if full, next, ok := p.numeric(i); ok {
		return full, next, true
	}
	if t := p.at(i); t.month != 0 && p.day(p.skip(i+1, dot)) {
		return p.monthFirst(i)
	}
	if !p.day(i) || p.clock(i) {
		return one, i, false
	}
	one.day = p.at(i).number
	next = i + 1
	j := p.skip(next, ordinals)
	for p.at(j).text == "." || inner[p.at(j).text] {
		j++
	}
	if p.at(j).month == 0 {
		if ordinals[p.at(next).text] {
			next++
		}
		return one, next, true
	}
	one.month, next = p.at(j).month, j+1
	if p.at(next).month == one.month { // by two names
		next++
	}
	one.year, next = p.year(next)
	return one, next, true
}

// behindWeekday reports whether a mark belongs to a weekday: "Fr., 3."
func (p phrase) behindWeekday(i int) bool {
	if p.at(i).text == "," && p.at(i-1).text == "." {
		i--
	}
	return (p.at(i).text == "," || p.at(i).text == ".") && weekdays[p.at(i-1).text]
}

func (p phrase) monthAfterDay(i int) bool {
	j := p.skip(i+1, ordinals)
	for p.at(j).text == "." || inner[p.at(j).text] {
		j++
	}
	return p.at(j).month != 0 || p.at(j).text == "-"
}

func (p phrase) skip(i int, those map[string]bool) int {
	for those[p.at(i).text] {
		i++
	}
	return i
}

func (p phrase) day(i int) bool {
	t := p.at(i)
	return t.number >= 1 && t.number <= 31 && t.digits <= 2
}

// monthFirst reads "March 21, 2017".
func (p phrase) monthFirst(i int) (one point, next int, ok bool) {
	at := p.skip(i+1, dot) // "Dec. 30, 2026"
	one.month, one.day, one.before = p.at(i).month, p.at(at).number, true
	next = p.skip(at+1, ordinals)
	one.year, next = p.year(next)
	return one, next, true
}

// year reads a year behind a month or a day, and what may stand between.
func (p phrase) year(i int) (year, next int) {
	j := i
	for p.at(j).text == "," || p.at(j).text == "." || inner[p.at(j).text] {
		j++
	}
	if t := p.at(j); t.digits == 4 && t.number >= 1900 && t.number <= 2200 {
		return t.number, j + 1
	}
	return 0, i
}

// numeric reads 2017-03-21, 21.03.2017, 21/03/2017 and 21.03.
func (p phrase) numeric(i int) (one point, next int, ok bool) {
	a, b, c := p.at(i), p.at(i+2), p.at(i+4)
	one1, two := p.at(i+1).text, p.at(i+3).text
	switch {
	case a.digits == 4 && one1 == "-" && two == "-" && b.digits <= 2 && c.digits <= 2 && c.number > 0:
		one = point{day: c.number, month: time.Month(b.number), year: a.number}
		return one, i + 5, b.number >= 1 && b.number <= 12
	case (one1 == "." || one1 == "/") && two == one1 && a.digits <= 2 && a.number > 0 && b.digits <= 2 && b.number > 0 && c.digits == 4:
		one = point{day: a.number, month: time.Month(b.number), year: c.number}
		return one, i + 5, b.number <= 12 && a.number <= 31
	case one1 == "." && two == "." && a.digits <= 2 && a.number > 0 && b.digits <= 2 && b.number > 0 && c.number < 0:
		one = point{day: a.number, month: time.Month(b.number)}
		return one, i + 4, b.number <= 12 && a.number <= 31
	}
	return one, i, false
}
