// Package compose owns how an issue is picked from items: sections by the rules
// of the publication, in a fixed order, nothing twice within a kind and nothing
// that stood in another issue. It is pure: the same input gives the same issue.
// It owns the file too, in which people edit an issue.
//
// Within a section what people pinned comes first, then what has the higher
// priority (its source's and its own), then the newer; the section that opens the
// issue prefers what has a picture before what is newer. What finds no room, as the
// section or its source's share is full, is left for the next issue, which considers
// it once more whatever its date. A pin is for the next issue: it lifts the rules of
// age and room, and no others.
//
// What stood in an issue comes again only when it has become news since: an event
// that was moved or called off, a report that is out in a further language. An
// agenda is the exception. Its readers want to see what is ahead, and who joined
// since the last issue, or did not decide then, would miss what is left out; so an
// upcoming event stands in every issue until it is over, unless the section says
// `repeat: false`. One that was called off is said once. Such repeats make no issue
// by themselves: see newsletter.Content.New.
//
// Whether an event is over is judged for the day on which the issue is to be sent:
// what is approved is sent byte for byte, so the proof must be right on that day
// and not on that of composing.
//
// Explain says of every item why it is in or out.
package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"broadsheet/internal/markup"
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
	Items       []newsletter.Item // of at least Since-Late, those pinned, those carried, and all events ahead
	Placed      map[int64]bool    // items that stand in other issues
	Carried     map[int64]bool    // items that the last issue had no room for
	Since       time.Time         // the last composition; zero for the first issue
	Now         time.Time
	SendAt      time.Time // when it is to be sent; zero: now

	twins   twins
	stoodIn map[int64]string // items whose twin stands in another issue, and its source
}

// Compose returns the content of an issue. No new entry means nothing is new.
func Compose(in Input) newsletter.Content {
	return in.compose(func(newsletter.Section, newsletter.Entry, string, bool) {})
}

// Empty returns the content of an issue that people fill by hand.
func Empty(pub newsletter.Publication, title, author string, now time.Time) newsletter.Content {
	c := newsletter.Content{Date: now, Since: now, Author: author, Entries: []newsletter.Entry{}}
	if title = markup.Plain(title); title != "" {
		c.Headline = newsletter.Text{pub.Fallback(): title}
	}
	return c
}

// say hears of every entry and section why it was taken ("") or left, and whether
// for want of room.
type say func(s newsletter.Section, e newsletter.Entry, why string, crowded bool)

// A composer holds what one composition has decided so far.
type composer struct {
	Input
	say      say
	since    time.Time
	groups   []newsletter.Entry
	family   map[string]string // the source that a variant's belongs to
	priority map[string]int    // of sources
	used     map[string]string // what stands in which section
	crowded  map[int64]bool    // items that some section had no room for, and none took
}

func (in Input) compose(hear say) newsletter.Content {
	in = in.twinned()
	c := composer{Input: in, say: hear, since: in.Since, family: families(in.Sources), priority: map[string]int{}, used: map[string]string{}, crowded: map[int64]bool{}}
	if c.since.IsZero() {
		c.since = in.Now.Add(-FirstPeriod)
	}
	for _, s := range in.Sources {
		c.priority[s.ID] = s.Priority
	}
	c.groups = in.groups()
	content := newsletter.Content{Date: in.Now, Since: c.since, Author: "schedule"}
	for i := range in.Publication.Sections {
		content.Entries = append(content.Entries, c.fill(i)...)
	}
	content.Left = c.left()
	return content
}

// groups pairs the items that may be seen; one that may not is alone, so that it
// comes in as nobody's translation.
func (in Input) groups() []newsletter.Entry {
	var seen []newsletter.Item
	var out []newsletter.Entry
	items := slices.Clone(in.Items)
	slices.SortStableFunc(items, func(a, b newsletter.Item) int { return cmp.Compare(a.ID, b.ID) })
	for _, item := range items {
		if item.Rejected || item.Embargo.After(in.Now) {
			out = append(out, newsletter.Entry{Item: item})
		} else {
			seen = append(seen, item)
		}
	}
	return append(out, pair(seen, in.Sources, in.Publication.Languages)...)
}

// fill returns the entries of the section at an index.
func (c *composer) fill(at int) []newsletter.Entry {
	section := c.Publication.Sections[at]
	var able, taken []newsletter.Entry
	for _, e := range c.groups {
		if why := c.against(section, e, c.since); why != "" {
			c.say(section, e, why, false)
			continue
		}
		e = c.marked(e)
		e.Section = section.ID
		able = append(able, e)
	}
	c.order(section, able)
	share := map[string]int{}
	for _, e := range able {
		why, crowded := c.stands(e), false
		if why == "" {
			why = c.full(at, e, len(taken), share)
			crowded = why != ""
		}
		switch {
		case crowded:
			c.crowded[e.Item.ID] = true
		case why == "":
			taken = append(taken, e)
			share[c.root(e)]++
			c.take(e)
		}
		c.say(section, e, why, crowded)
	}
	if section.Kind == newsletter.Event {
		byDate(section, taken) // what is pinned has its place, and an agenda its order
	}
	return taken
}

// full says that a section has no room for an entry, "" if it has.
func (c *composer) full(at int, e newsletter.Entry, taken int, share map[string]int) string {
	section := c.Publication.Sections[at]
	why := ""
	switch {
	case section.Max > 0 && taken >= section.Max:
		why = fmt.Sprintf("the section holds %d and is full of what comes before it", section.Max)
	case section.PerSource > 0 && share[c.root(e)] >= section.PerSource && !pinned(e):
		why = fmt.Sprintf("the section takes %d from source %s, and has them", section.PerSource, c.root(e))
	default:
		return ""
	}
	if pinned(e) && !slices.ContainsFunc(c.Publication.Sections[at+1:], func(s newsletter.Section) bool { return c.against(s, e, c.since) == "" }) {
		return "" // room is made where no other section would have it
	}
	return why
}

// left returns the items that found no room, for the next issue. Events need no
// help, as they are ahead, and what was carried over once is not again.
func (c *composer) left() (ids []int64) {
	for _, e := range c.groups {
		if !c.crowded[e.Item.ID] || e.Item.Kind == newsletter.Event || c.carried(e) || c.stands(e) != "" {
			continue
		}
		for _, item := range all(e) {
			ids = append(ids, item.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// root is the source whose share an entry takes: variants take from the same.
func (c *composer) root(e newsletter.Entry) string {
	return cmp.Or(c.family[e.Item.Source], e.Item.Source)
}

// stands says that the entry, or the same one from another source, is in the issue already.
func (c *composer) stands(e newsletter.Entry) string {
	for _, key := range names(e) {
		if where := c.used[key]; where != "" {
			return "it, or the same from another source, stands in section " + where
		}
	}
	return ""
}

func (c *composer) take(e newsletter.Entry) {
	for _, key := range names(e) {
		c.used[key] = e.Section
	}
}

// names are what an entry is known by within its kind.
func names(e newsletter.Entry) []string {
	kind := string(e.Item.Kind)
	keys := []string{kind + " t " + fold(e.Item.Title) + " " + day(e.Item)}
	if e.Item.URL != "" && e.Item.Kind != newsletter.Event { // events of one agenda page may share its address
		keys = append(keys, kind+" u "+e.Item.URL)
	}
	return keys
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
