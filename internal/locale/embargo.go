package locale

import (
	"regexp"
	"strings"
	"time"
)

// embargoLine is how an embargo is written at the head of a press release.
var embargoLine = regexp.MustCompile(`(?i)^\W*(?:(?:strictly |under |sous |bajo |sotto |unter )?(?:embargo(?:ed)?|sperrfrist|эмбарго|εμπάργκο|embargado)|not for (?:release|publication) before|nicht vor|ne pas (?:publier|diffuser) avant)\b\s*[:–—-]?\s*`)

// embargoEnd is where the line ends: at a sentence's end, a dash or a bracket behind the date.
var embargoEnd = regexp.MustCompile(`(?:[.!)\]]\s|\s[–—|-]\s|\n)`)

const longestEmbargo = 120 // characters of its line

// Embargo finds an embargo's line at the head of a text. It returns the instant
// until which nothing may be printed and the text behind the line. A day without
// a time is its beginning.
func Embargo(text string, loc *time.Location) (until time.Time, rest string, ok bool) {
	head := embargoLine.FindString(text)
	if head == "" {
		return time.Time{}, text, false
	}
	line, rest := text[len(head):], ""
	for _, at := range embargoEnd.FindAllStringIndex(line, -1) {
		if at[0] > longestEmbargo {
			break
		}
		if until, _, ok := ParseDate(line[:at[0]], loc); ok {
			return until, strings.TrimSpace(line[at[1]:]), true
		}
	}
	if len(line) > longestEmbargo {
		return time.Time{}, text, false
	}
	if until, _, ok := ParseDate(line, loc); ok {
		return until, "", true
	}
	return time.Time{}, text, false
}
