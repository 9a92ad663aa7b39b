package compose

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/newsletter"
)

// pair joins the language variants of one item into one entry, whose Item is the
// one in the fallback language where there is one. Two items of sources that are
// variants of each other are one when their addresses differ only in a language
// part, or when each is the only one of its day.
func pair(items []newsletter.Item, sources []newsletter.Source, fallback string) []newsletter.Entry {
	family := families(sources)
	byKey := map[string][]int{}
	perDay := map[string]int{}
	for _, item := range items {
		perDay[item.Source+"|"+day(item)]++
	}
	var groups [][]newsletter.Item
	for _, item := range items {
		root, isFamily := family[item.Source]
		if !isFamily {
			groups = append(groups, []newsletter.Item{item})
			continue
		}
		found := -1
		for _, key := range keys(root, item, perDay) {
			for _, g := range byKey[key] {
				if found < 0 && !speaks(groups[g], item.Language) {
					found = g
				}
			}
		}
		if found < 0 {
			groups, found = append(groups, nil), len(groups)
		}
		groups[found] = append(groups[found], item)
		for _, key := range keys(root, item, perDay) {
			byKey[key] = append(byKey[key], found)
		}
	}
	entries := make([]newsletter.Entry, len(groups))
	for i, g := range groups {
		entries[i] = entry(g, fallback)
	}
	return entries
}

// families maps every source that has or is a variant to the root of its family.
func families(sources []newsletter.Source) map[string]string {
	parent := map[string]string{}
	for _, s := range sources {
		if s.VariantOf != "" {
			parent[s.ID] = s.VariantOf
		}
	}
	family := map[string]string{}
	for id := range parent {
		root := id
		for range len(parent) { // a ring of variants ends here
			if parent[root] == "" {
				break
			}
			root = parent[root]
		}
		family[id], family[root] = root, root
	}
	return family
}

// day is an item's day on the clock it was written on.
func day(item newsletter.Item) string { return item.When().Format(time.DateOnly) }

func keys(root string, item newsletter.Item, perDay map[string]int) []string {
	var out []string
	if path := withoutLanguage(item.URL); path != "" {
		out = append(out, root+" "+path)
	}
	if perDay[item.Source+"|"+day(item)] == 1 && !item.When().IsZero() && item.Precision != newsletter.Undated {
		out = append(out, root+" "+day(item))
	}
	return out
}

// withoutLanguage returns an address with every path part that is a language code left out.
func withoutLanguage(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	parts := strings.Split(u.Path, "/")
	kept := slices.DeleteFunc(parts, func(part string) bool {
		return slices.Contains([]string{"en", "fr", "ar", "de", "es", "it", "ru", "el", "he", "ka", "pt", "uk", "en-gb", "fr-fr"}, strings.ToLower(part))
	})
	return u.Host + strings.Join(kept, "/") + "?" + u.RawQuery
}

func speaks(group []newsletter.Item, language string) bool {
	return slices.ContainsFunc(group, func(i newsletter.Item) bool { return i.Language == language })
}

func entry(group []newsletter.Item, fallback string) newsletter.Entry {
	main := 0
	for i, item := range group {
		if item.Language == fallback {
			main = i
			break
		}
	}
	e := newsletter.Entry{Item: group[main]}
	for i, item := range group {
		if i != main {
			if e.Others == nil {
				e.Others = map[string]newsletter.Item{}
			}
			e.Others[item.Language] = item
		}
	}
	return e
}
