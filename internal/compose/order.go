package compose

import (
	"cmp"
	"maps"
	"slices"

	"broadsheet/internal/newsletter"
)

// order puts what is pinned first, then by priority, then by date; where one piece
// of news opens the issue, one with a picture before the newer.
func (c *composer) order(section newsletter.Section, entries []newsletter.Entry) {
	byDate(section, entries)
	slices.SortStableFunc(entries, func(a, b newsletter.Entry) int {
		by := cmp.Or(compare(pinned(b), pinned(a)), c.weight(b)-c.weight(a))
		if section.Lead() {
			by = cmp.Or(by, compare(pictured(b), pictured(a)))
		}
		return by
	})
}

func compare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// pictured reports whether there is a picture that may be shown.
func pictured(e newsletter.Entry) bool {
	return slices.ContainsFunc(all(e), func(i newsletter.Item) bool { return i.Image != nil && i.Image.File != "" })
}

// weight is an entry's priority: the highest of its languages.
func (c *composer) weight(e newsletter.Entry) int {
	weight := c.priority[e.Item.Source] + e.Item.Priority
	for _, other := range e.Others {
		weight = max(weight, c.priority[other.Source]+other.Priority)
	}
	return weight
}

// all returns an entry's item in every language, by id.
func all(e newsletter.Entry) []newsletter.Item {
	items := append([]newsletter.Item{e.Item}, slices.Collect(maps.Values(e.Others))...)
	slices.SortFunc(items, func(a, b newsletter.Item) int { return cmp.Compare(a.ID, b.ID) })
	return items
}

func pinned(e newsletter.Entry) bool {
	return slices.ContainsFunc(all(e), func(i newsletter.Item) bool { return i.Pinned })
}

// byDate sorts events by their start and everything else newest first. Undated
// ones come last. Ties are settled by source and identity, so that no map and no
// database decides.
func byDate(section newsletter.Section, entries []newsletter.Entry) {
	slices.SortStableFunc(entries, func(a, b newsletter.Entry) int {
		if by := dated(b.Item) - dated(a.Item); by != 0 {
			return by
		}
		by := a.Item.When().Compare(b.Item.When())
		if section.Kind != newsletter.Event {
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
