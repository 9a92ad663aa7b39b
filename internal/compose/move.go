package compose

import (
	"slices"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Move returns an issue's content with one entry moved within its section (up,
// down, top) or dropped, and whether that changed anything: the first goes no
// further up.
func Move(c newsletter.Content, item int64, how string) (newsletter.Content, bool, error) {
	at := slices.IndexFunc(c.Entries, func(e newsletter.Entry) bool { return e.Holds(item) })
	if at < 0 {
		return c, false, fault.NotFoundf("item %d does not stand in the issue", item)
	}
	c.Entries = slices.Clone(c.Entries)
	var peers []int // where the entries of the section are
	place := 0
	for i, e := range c.Entries {
		if i == at {
			place = len(peers)
		}
		if e.Section == c.Entries[at].Section {
			peers = append(peers, i)
		}
	}
	to := place
	switch how {
	case "drop":
		c.Entries = slices.Delete(c.Entries, at, at+1)
		return c, true, nil
	case "up":
		to = max(place-1, 0)
	case "down":
		to = min(place+1, len(peers)-1)
	case "top":
		to = 0
	default:
		return c, false, fault.Invalidf("an entry is moved up, down, to the top, or dropped, not %q", how)
	}
	for ; place > to; place-- {
		swap(c.Entries, peers[place], peers[place-1])
	}
	for ; place < to; place++ {
		swap(c.Entries, peers[place], peers[place+1])
	}
	return c, !c.Entries[at].Holds(item), nil
}

func swap(entries []newsletter.Entry, a, b int) { entries[a], entries[b] = entries[b], entries[a] }
