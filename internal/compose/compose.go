// Package compose owns how an issue is picked from items: sections by the rules
// of the publication, in a fixed order, nothing twice within a kind and nothing
// that stood in another issue. It is pure: the same input gives the same issue.
//
// What stood in an issue comes again only when it has become news since: an event
// that was moved or cancelled, a report that is out in a further language. Explain
// says of every item why it is in or out.
package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"broadsheet/internal/newsletter"
)

// FirstPeriod is how far a publication's first issue looks back.
const FirstPeriod = 31 * 24 * time.Hour

// Late is how old an item may be that was first seen since the last issue: a
// source that was down, or a page that dates its news back.
const Late = 45 * 24 * time.Hour

// Input is all that decides an issue.
type Input struct {
	Publication newsletter.Publication
	Sources     []newsletter.Source
	Items       []newsletter.Item // of at least Since-Late, and all events ahead
	Placed      map[int64]bool    // items that stand in other issues
	Since       time.Time         // the last composition; zero for the first issue
	Now         time.Time
}

// Compose returns the content of an issue. No entry at all means nothing is new.
func Compose(in Input) newsletter.Content {
	return in.compose(func(newsletter.Section, newsletter.Entry, string) {})
}

// compose picks, and says of every entry and section why it was taken ("") or left.
func (in Input) compose(say func(newsletter.Section, newsletter.Entry, string)) newsletter.Content {
	since := in.Since
	if since.IsZero() {
		since = in.Now.Add(-FirstPeriod)
	}
	content := newsletter.Content{Date: in.Now, Since: since, Author: "schedule"}
	groups := pair(in.Items, in.Sources, in.Publication.Fallback())
	used := map[newsletter.Kind]map[string]string{} // what stands where
	for _, section := range in.Publication.Sections {
		if used[section.Kind] == nil {
			used[section.Kind] = map[string]string{}
		}
		var picked []newsletter.Entry
		for _, g := range groups {
			if why := in.against(section, g, since); why != "" {
				say(section, g, why)
				continue
			}
			g = in.marked(g)
			g.Section = section.ID
			picked = append(picked, g)
		}
		order(section.Kind, picked)
		for _, e := range picked {
			why := ""
			if full := section.Max > 0 && count(content.Entries, section.ID) >= section.Max; full {
				why = fmt.Sprintf("the section holds %d and is full of what comes before it", section.Max)
			} else if where := take(used[section.Kind], e); where != "" {
				why = "it, or the same from another source, stands in section " + where
			} else {
				content.Entries = append(content.Entries, e)
			}
			say(section, e, why)
		}
	}
	return content
}

func count(entries []newsletter.Entry, section string) (n int) {
	for _, e := range entries {
		if e.Section == section {
			n++
		}
	}
	return n
}

// order sorts events by their start and everything else newest first. Undated
// ones come last. Ties are settled by source and identity, so that no map and no
// database decides.
func order(kind newsletter.Kind, entries []newsletter.Entry) {
	slices.SortStableFunc(entries, func(a, b newsletter.Entry) int {
		if by := dated(b.Item) - dated(a.Item); by != 0 {
			return by
		}
		by := a.Item.When().Compare(b.Item.When())
		if kind != newsletter.Event {
			by = -by
		}
		return cmp.Or(by, cmp.Compare(a.Item.Source, b.Item.Source), cmp.Compare(a.Item.Identity, b.Item.Identity))
	})
}

// dated is 1 for an item whose source says when: what has no date never takes the lead from what has one.
func dated(item newsletter.Item) int {
	if item.Precision == newsletter.Undated {
		return 0
	}
	return 1
}

// take returns the section that has the item, or the same one from another source,
// and if none has, gives it to the entry's.
func take(used map[string]string, e newsletter.Entry) (section string) {
	keys := []string{"t " + fold(e.Item.Title) + " " + day(e.Item)}
	if e.Item.URL != "" && e.Item.Kind != newsletter.Event { // events of one agenda page may share its address
		keys = append(keys, "u "+e.Item.URL)
	}
	for _, key := range keys {
		if used[key] != "" {
			return used[key]
		}
	}
	for _, key := range keys {
		used[key] = e.Section
	}
	return ""
}

// fold keeps a title's letters and digits in lower case: quotes and spaces differ between sources.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
