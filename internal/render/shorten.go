package render

import (
	"slices"
	"unicode/utf8"

	"broadsheet/internal/markup"
)

// MaxHTML is how many bytes a message's HTML may have: above some 102 kB Gmail
// hides the rest, the way to unsubscribe with it. reserve is for what the values
// of a recipient add.
const (
	MaxHTML = 90_000
	reserve = 2_000
	longest = 12_000 // characters of one text, on the page too: an issue is no book
)

// A cut says how much a message leaves to the web. 0 is no limit.
type cut struct {
	summary int // characters of a text
	texts   int // entries of a section that have a text; the others keep headline and link
	bare    bool
	entries int // entries of a section
}

// harder are the cuts for what the shortening of texts alone does not make fit, in
// the order in which they are tried.
var harder = []cut{{summary: 160}, {summary: 160, texts: 6}, {summary: 140, texts: 3, entries: 40}, {summary: 120, texts: 2, entries: 20}, {summary: 100, texts: 1, entries: 10}, {bare: true, entries: 5}, {bare: true, entries: 2}}

func (c cut) hides(before int) bool { return c.bare || c.texts > 0 && before >= c.texts }

func (c cut) cuts(text string, before int) bool {
	return text != "" && (c.hides(before) || c.summary > 0 && utf8.RuneCountInString(text) > c.summary)
}

func (c cut) shorten(text string, before int) string {
	switch {
	case c.hides(before):
		return ""
	case c.summary > 0:
		return markup.Shorten(text, c.summary)
	}
	return text
}

// cuts are those worth trying for a view that has over bytes too many.
func cuts(v View, over int) (out []cut) {
	if c, ok := gentle(v, over); ok {
		out = append(out, c)
	}
	for _, c := range harder {
		if c.saves(v) >= over {
			out = append(out, c)
		}
	}
	return append(out, harder[len(harder)-1])
}

// perEntry is about how many bytes an entry has beside its text.
const perEntry = 900

// saves is about how many bytes a view loses by a cut.
func (c cut) saves(v View) (saved int) {
	for _, s := range v.Sections {
		for i, e := range s.Entries {
			runes := utf8.RuneCountInString(e.Text)
			switch {
			case c.entries > 0 && i >= c.entries:
				saved += len(e.Body) + perEntry
			case c.hides(i):
				saved += len(e.Body)
			case c.summary > 0 && runes > c.summary:
				saved += len(e.Body) - len(e.Text)*c.summary/runes
			}
		}
	}
	return saved
}

// gentle is the cut that shortens only the longest texts of a view, all to one
// length, until it has over bytes less. ok is false where that would leave too little of them.
func gentle(v View, over int) (c cut, ok bool) {
	var lengths []int // bytes
	bytes, runes := 0, 0
	for _, s := range v.Sections {
		for _, e := range s.Entries {
			lengths = append(lengths, len(e.Body))
			bytes, runes = bytes+len(e.Body), runes+utf8.RuneCountInString(e.Text)
		}
	}
	slices.Sort(lengths)
	slices.Reverse(lengths)
	over += over / 10 // the words that say so need some
	for n := 1; n <= len(lengths); n++ {
		next := 0
		if n < len(lengths) {
			next = lengths[n]
		}
		saved := 0
		for _, length := range lengths[:n] {
			saved += length - next
		}
		if saved < over {
			continue
		}
		limit := next + (saved-over)/n
		c.summary = limit * runes / bytes
		return c, c.summary > harder[0].summary
	}
	return c, false
}
