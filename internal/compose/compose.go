// Package compose owns how an issue is picked from items: sections by the rules
// of the publication, in a fixed order, nothing twice within a kind and nothing
// that stood in another issue. It is pure: the same input gives the same issue.
//
// An agenda entry that stood in an issue comes again only when it has changed
// since: moved, or cancelled.
package compose

import (
	"cmp"
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
	since := in.Since
	if since.IsZero() {
		since = in.Now.Add(-FirstPeriod)
	}
	content := newsletter.Content{Date: in.Now, Since: since, Author: "schedule"}
	groups := pair(in.Items, in.Sources, in.Publication.Fallback())
	used := map[newsletter.Kind]map[string]bool{}
	for _, section := range in.Publication.Sections {
		if used[section.Kind] == nil {
			used[section.Kind] = map[string]bool{}
		}
		var picked []newsletter.Entry
		for _, g := range groups {
			if in.wanted(section, g, since) {
				picked = append(picked, newsletter.Entry{Section: section.ID, Item: g.Item, Others: g.Others})
			}
		}
		order(section.Kind, picked)
		for _, e := range picked {
			if full := section.Max > 0 && count(content.Entries, section.ID) >= section.Max; full {
				break
			}
			if taken(used[section.Kind], e.Item) {
				continue
			}
			content.Entries = append(content.Entries, e)
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

// wanted is the rule of a section for one item in all its languages.
func (in Input) wanted(s newsletter.Section, e newsletter.Entry, since time.Time) bool {
	item := e.Item
	if item.Kind != s.Kind || len(s.Sources) > 0 && !fromAny(s.Sources, e) {
		return false
	}
	if in.stood(e) {
		return false
	}
	if item.Kind == newsletter.Event {
		return in.ahead(s, item)
	}
	when := item.When()
	if item.Precision == newsletter.Day {
		// A day without a time counts until its end, so that news of the day of the last issue is not lost.
		when = when.Add(24*time.Hour - time.Millisecond)
	}
	late := !in.Since.IsZero() && !item.FirstSeenAt.Before(since) && !when.Before(since.Add(-Late))
	return !item.When().After(in.Now) && (!when.Before(since) || late)
}

func fromAny(sources []string, e newsletter.Entry) bool {
	if slices.Contains(sources, e.Item.Source) {
		return true
	}
	for _, other := range e.Others {
		if slices.Contains(sources, other.Source) {
			return true
		}
	}
	return false
}

// stood reports whether an item was in another issue, in any language.
func (in Input) stood(e newsletter.Entry) bool {
	changed := e.Item.Kind == newsletter.Event && e.Item.ChangedAt.After(e.Item.FirstSeenAt) && e.Item.ChangedAt.After(in.Since)
	if in.Placed[e.Item.ID] && !changed {
		return true
	}
	for _, other := range e.Others {
		if in.Placed[other.ID] && !changed {
			return true
		}
	}
	return false
}

func (in Input) ahead(s newsletter.Section, item newsletter.Item) bool {
	if item.StartsAt.IsZero() {
		return false
	}
	loc := in.Publication.Location()
	now := in.Now.In(loc)
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, loc)
	if s.Past == "keep_month" {
		from = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, loc)
	}
	end := item.EndsAt
	if end.Before(item.StartsAt) {
		end = item.StartsAt
	}
	if item.AllDay {
		end = end.Add(24*time.Hour - time.Millisecond)
	}
	return !end.Before(from) && !item.StartsAt.After(in.Now.Add(time.Duration(s.Ahead)))
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

// taken reports whether an item, or the same one from another source, is used, and marks it.
func taken(used map[string]bool, item newsletter.Item) bool {
	keys := []string{"t " + fold(item.Title) + " " + day(item)}
	if item.URL != "" && item.Kind != newsletter.Event { // events of one agenda page may share its address
		keys = append(keys, "u "+item.URL)
	}
	for _, key := range keys {
		if used[key] {
			return true
		}
	}
	for _, key := range keys {
		used[key] = true
	}
	return false
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
