package page

import "regexp"

// A heading lends month and year to what stands below it. Headings nest: a year,
// then its months.
type heading struct {
	year  string
	month string // the text that named it
	first bool   // nothing stood below it yet
}

var yearText = regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)(?:\D|$)`)

// yearIn returns the one year that the first of the texts with a year names.
func yearIn(texts ...string) string {
	for _, text := range texts {
		if m := yearText.FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return ""
}

func (h *heading) meet(text string) {
	month, year, several := monthYear(text)
	if several {
		h.month = ""
	}
	if year != 0 {
		h.year, h.month = yearIn(text), ""
	}
	if month != 0 {
		h.month = text
	}
	h.first = true
}

// String is what the headings say together.
func (h heading) String() string {
	if h.month == "" {
		return h.year
	}
	if yearIn(h.month) != "" {
		return h.month
	}
	return h.month + " " + h.year
}
