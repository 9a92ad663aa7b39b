package locale

import (
	"regexp"
	"strings"
	"time"
)

var token = regexp.MustCompile(`[\p{L}\p{M}]+|\d+`)

// Words that stand between the parts of a date and say nothing.
var (
	ordinal     = set("er re ère st nd rd th º ª o η ης ου го ого й е ე მე der ten")
	preposition = set("de of di del dell d του the do da dei den le el la")
	yearWord    = set("წლის წელს წ год года року г р roku έτους année anno año")
)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(words) {
		out[Fold(word)] = true
	}
	return out
}

// words is a text in its words and numbers.
type words struct {
	text  string
	spots [][]int
}

func (w words) at(i int) string {
	if i < 0 || i >= len(w.spots) {
		return ""
	}
	return w.text[w.spots[i][0]:w.spots[i][1]]
}

// skip returns the next place from i on, in steps, whose word is none of those.
func (w words) skip(i, step int, those ...map[string]bool) int {
	for ; i >= 0 && i < len(w.spots); i += step {
		word, any := Fold(w.at(i)), false
		for _, set := range those {
			any = any || set[word]
		}
		if !any {
			break
		}
	}
	return i
}

// parseNamed reads "16 March 2022", "1er janvier 2017", "March 16, 2022",
// "jeudi 23 mars 2017", "2017 წლის 23 მარტს".
func parseNamed(text string, loc *time.Location) (time.Time, bool, bool) {
	w := words{text, token.FindAllStringIndex(text, -1)}
	for i := range w.spots {
		month, ok := MonthNamed(w.at(i))
		if !ok || isNumber(w.at(i)) {
			continue
		}
		first, last := i, i
		if also, ok := MonthNamed(w.at(i + 1)); ok && also == month { // one month by two names
			last++
		}
		day, d := w.day(first, last)
		year, y := w.year(first, last, d)
		if day == 0 || year == 0 {
			continue
		}
		from, to := min(first, d, y), max(last, d, y)
		return composed(text[:w.spots[from][0]], text[w.spots[to][1]:], year, int(month), day, loc)
	}
	return time.Time{}, false, false
}

// day finds the day before or behind a month.
func (w words) day(first, last int) (day, at int) {
	if at = w.skip(first-1, -1, ordinal, preposition); isDay(w.at(at)) {
		return number(w.at(at)), at
	}
	if at = last + 1; isDay(w.at(at)) {
		return number(w.at(at)), at
	}
	return 0, at
}

// year finds the year behind day and month, or before them.
func (w words) year(first, last, day int) (year, at int) {
	at = w.skip(max(last, day)+1, 1, ordinal, preposition)
	if isYear(w.at(at)) {
		return number(w.at(at)), at
	}
	at = w.skip(min(first, day)-1, -1, yearWord)
	if isYear(w.at(at)) {
		return number(w.at(at)), at
	}
	return 0, at
}

func isDay(s string) bool {
	return isNumber(s) && len(s) <= 2 && number(s) >= 1 && number(s) <= 31
}

func isYear(s string) bool {
	return isNumber(s) && len(s) == 4 && number(s) >= 1900 && number(s) <= 2200
}
