package file

import (
	"fmt"
	"strings"

	"broadsheet/internal/newsletter"
)

// finer are what tells entries apart that would have one name.
var finer = []func(d draft) string{
	func(d draft) string { return d.Title },
	func(d draft) string { return d.Language },
	func(d draft) string {
		at := d.StartsAt
		if at.IsZero() {
			at = d.PublishedAt
		}
		return at.In(d.loc).Format("2006-01-02T15:04")
	},
	func(d draft) string { return d.Place },
}

// identified names every entry within its file by its id, else its address, else
// its title, so that an edited row is the same item. Where several would have one
// name, all of them are told apart by more of what they say; what says the same
// twice is left out once.
func (f *reading) identified() []newsletter.Item {
	names := make([]string, len(f.drafts))
	count := map[string]int{}
	for i, d := range f.drafts {
		switch {
		case d.id != "":
			names[i] = "id " + d.id
		case d.URL != "":
			names[i] = d.URL
		default:
			names[i] = strings.ToLower(d.Title)
		}
		count[names[i]]++
	}
	for _, more := range finer {
		next := map[string]int{}
		for i, d := range f.drafts {
			if count[names[i]] > 1 && d.id == "" {
				names[i] += "|" + strings.ToLower(more(d))
			}
			next[names[i]]++
		}
		count = next
	}
	seen := map[string]string{}
	var items []newsletter.Item
	for i, d := range f.drafts {
		if first, twice := seen[names[i]]; twice {
			f.refuse(d.where, fmt.Sprintf("it is the same as %s (%s)", first, quoted(d.Title)))
			continue
		}
		seen[names[i]] = d.where
		d.Identity = names[i]
		items = append(items, d.Item)
	}
	return items
}
