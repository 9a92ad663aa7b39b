package compose

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/newsletter"
)

// pair joins the language variants of one item into one entry, whose Item is the
// one in the first of the languages that it speaks. Two items are one when
//
//   - one of them names the address of the other as the same in its language;
//   - they are files of a folder that differ in a language alone: x.md and x.fr.md;
//   - their sources are variants of each other, and their addresses differ only in a
//     language part, or each is the only one of its day.
func pair(items []newsletter.Item, sources []newsletter.Source, languages []string) []newsletter.Entry {
	p := pairing{family: families(sources), files: map[string]bool{}, perDay: map[string]int{}}
	for _, s := range sources {
		p.files[s.ID] = s.File != ""
	}
	for _, item := range items {
		p.perDay[item.Source+"|"+day(item)]++
	}
	byKey := map[string][]int{}
	var groups [][]newsletter.Item
	for _, item := range items {
		keys, found := p.keys(item), -1
		for _, key := range keys {
			for _, g := range byKey[key.sought] {
				if found < 0 && !speaks(groups[g], item.Language) {
					found = g
				}
			}
		}
		if found < 0 {
			groups, found = append(groups, nil), len(groups)
		}
		groups[found] = append(groups[found], item)
		for _, key := range keys {
			byKey[key.known] = append(byKey[key.known], found)
		}
	}
	entries := make([]newsletter.Entry, len(groups))
	for i, g := range groups {
		entries[i] = entry(g, languages)
	}
	return entries
}

type pairing struct {
	family map[string]string
	files  map[string]bool
	perDay map[string]int
}

// A key is what an item is known by, and what others of its kin would be known by.
type key struct{ known, sought string }

func (p pairing) keys(item newsletter.Item) []key {
	var out []key
	both := func(name string) { out = append(out, key{name, name}) }
	if item.URL != "" {
		out = append(out, key{"is " + item.URL, "names " + item.URL})
	}
	for _, address := range item.Alternates {
		out = append(out, key{"names " + address, "is " + address})
	}
	slices.SortFunc(out, func(a, b key) int { return strings.Compare(a.known, b.known) })
	root, kin := p.family[item.Source]
	if root == "" {
		root = item.Source
	}
	if p.files[item.Source] {
		both("file " + root + " " + withoutTag(item.Identity))
	}
	if !kin {
		return out
	}
	if path := withoutLanguage(item.URL); path != "" {
		both("path " + root + " " + path)
	}
	if p.perDay[item.Source+"|"+day(item)] == 1 && !item.When().IsZero() && item.Precision != newsletter.Undated {
		both("day " + root + " " + day(item))
	}
	return out
}

var tagged = regexp.MustCompile(`^(.+)\.[a-z]{2}(\.[a-z]+)$`)

// withoutTag returns a file's name without its language: x.md for x.fr.md.
func withoutTag(name string) string { return tagged.ReplaceAllString(name, "$1$2") }

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

func entry(group []newsletter.Item, languages []string) newsletter.Entry {
	rank := func(i newsletter.Item) int {
		if at := slices.IndexFunc(languages, func(tag string) bool { return newsletter.SameLanguage(tag, i.Language) }); at >= 0 {
			return at
		}
		return len(languages)
	}
	slices.SortFunc(group, func(a, b newsletter.Item) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(a.Language, b.Language), cmp.Compare(a.ID, b.ID))
	})
	e := newsletter.Entry{Item: group[0]}
	for _, item := range group[1:] {
		if e.Others == nil {
			e.Others = map[string]newsletter.Item{}
		}
		e.Others[item.Language] = item
	}
	return e
}

// Paired returns the entry of an item, with those of the others that are the same
// in another language.
func Paired(item newsletter.Item, others []newsletter.Item, sources []newsletter.Source, languages []string) newsletter.Entry {
	others = slices.DeleteFunc(slices.Clone(others), func(i newsletter.Item) bool { return i.ID == item.ID || i.Rejected })
	for _, e := range pair(append(others, item), sources, languages) {
		if e.Holds(item.ID) {
			return e
		}
	}
	return newsletter.Entry{Item: item}
}
