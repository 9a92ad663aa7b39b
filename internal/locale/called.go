package locale

import (
	"regexp"
	"strings"
)

// Words by which a title says that what it announces does not take place, or not then.
const (
	cancelled = `cancell?ed|annul[ée]e?s?|abgesagt|entfällt|cancelad[oa]|annullat[oa]|отмен[её]н[оаы]?|отменяется|скасовано|ακυρώθηκε|ακυρώνεται|ملغى|ملغاة|בוטל|გაუქმებულია`
	postponed = `postponed|reporté(?:e|s|es)?|verschoben|aplazad[oa]|pospuest[oa]|postergad[oa]|rinviat[oa]|adiad[oa]|отложен[оаы]?|перенес[её]н[оаы]?|відкладено|перенесено|αναβλήθηκε|αναβάλλεται|مؤجل|مؤجلة|נדחה|გადაიდო`
)

var called = regexp.MustCompile(`(?i)^(?:(` + cancelled + `)|(` + postponed + `))$`)

// Called takes the word off a title that says whether an event is off, as in
// "CANCELLED: Board" and "Board (reporté)". status is cancelled, postponed or "".
// A title that is such a word and nothing else stays.
func Called(title string) (rest, status string) {
	for _, cut := range []struct{ before, after string }{{"[", "]"}, {"(", ")"}, {"", ":"}, {"", " -"}, {"", " –"}, {"", " —"}} {
		if inner, ok := strings.CutPrefix(title, cut.before); ok {
			if word, rest, ok := strings.Cut(inner, cut.after); ok && said(word) != "" && strings.Trim(rest, separators) != "" {
				return strings.TrimLeft(rest, separators), said(word)
			}
		}
	}
	for _, cut := range []struct{ before, after string }{{"[", "]"}, {"(", ")"}, {" - ", ""}, {" – ", ""}, {" — ", ""}, {": ", ""}} {
		if inner, ok := strings.CutSuffix(title, cut.after); ok {
			if at := strings.LastIndex(inner, cut.before); at > 0 && said(inner[at+len(cut.before):]) != "" {
				return strings.TrimRight(inner[:at], separators), said(inner[at+len(cut.before):])
			}
		}
	}
	return title, ""
}

const separators = " :-–—"

func said(word string) string {
	m := called.FindStringSubmatch(strings.TrimSpace(strings.Trim(strings.TrimSpace(word), "!*")))
	switch {
	case m == nil:
		return ""
	case m[1] != "":
		return "cancelled"
	}
	return "postponed"
}
