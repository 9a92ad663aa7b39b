package newsletter

import (
	"maps"
	"slices"
	"strings"
)

// Takes reports whether a section is for items of a kind.
func (s Section) Takes(k Kind) bool { return s.Kind == k || slices.Contains(s.Kinds, k) }

// Lead reports whether a section is for the one piece of news that opens the issue.
func (s Section) Lead() bool { return s.Takes(News) && s.Max == 1 }

// Repeats reports whether an agenda lists what stood in an issue before.
func (s Section) Repeats() bool { return s.Repeat != nil && *s.Repeat }

// Arrange returns the sections of an issue in its own order, without those that
// are off for readers of language. Sections that the order does not name stand
// where the publication has them: after the one before them.
func (c Content) Arrange(sections []Section, language string) []Section {
	return slices.DeleteFunc(c.Ordered(sections), func(s Section) bool { return c.Hidden(s.ID, language) })
}

// Ordered is Arrange with the sections that are off.
func (c Content) Ordered(sections []Section) []Section {
	var out []Section
	for _, id := range c.Order {
		if at := slices.IndexFunc(sections, func(s Section) bool { return s.ID == id }); at >= 0 {
			out = append(out, sections[at])
		}
	}
	for i, s := range sections {
		if slices.Contains(c.Order, s.ID) {
			continue
		}
		at := 0
		if i > 0 {
			at = slices.IndexFunc(out, func(o Section) bool { return o.ID == sections[i-1].ID }) + 1
		}
		out = slices.Insert(out, at, s)
	}
	return out
}

// Hidden reports whether a section is off for readers of language.
func (c Content) Hidden(section, language string) bool {
	languages, off := c.Off[section]
	return off && (len(languages) == 0 || slices.Contains(languages, language))
}

// Read returns the entries that readers of a language see, in their order.
func (c Content) Read(pub Publication, language string) (out []Entry) {
	for _, s := range c.Arrange(pub.Sections, language) {
		out = append(out, c.In(s.ID, pub, language)...)
	}
	return out
}

// In returns the entries of a section for readers of a language: all, or where the
// publication drops what is untranslated, those that are in it.
func (c Content) In(section string, pub Publication, language string) (out []Entry) {
	for _, e := range c.Entries {
		if e.Section == section && (pub.Untranslated != "drop" || e.Speaks(language)) {
			out = append(out, e)
		}
	}
	return out
}

// Headlined returns the headline that readers of a language see, and its language.
func (e Entry) Headlined(language, fallback string) (words, in string) {
	item, _ := e.In(language)
	return e.worded(e.Headline, item.Title, language, fallback)
}

// Summarised returns the summary that readers of a language see, and its language.
func (e Entry) Summarised(language, fallback string) (words, in string) {
	item, _ := e.In(language)
	return e.worded(e.Summary, item.Summary, language, fallback)
}

// worded returns an editor's words, or the source's.
func (e Entry) worded(editor Text, source, language, fallback string) (words, in string) {
	if words, in = e.Own(editor, language, fallback); words != "" {
		return words, in
	}
	item, _ := e.In(language)
	return source, item.Language
}

// Languages are those in which the entry was collected, sorted.
func (e Entry) Languages() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(e.Others)), e.Item.Language)))
}

// Speaks reports whether an entry is in a language: by its source, or by an editor who wrote its headline.
func (e Entry) Speaks(language string) bool {
	_, own := e.In(language)
	primary, _, _ := strings.Cut(language, "-")
	return own || e.Headline[language] != "" || e.Headline[primary] != ""
}

// New counts the entries that stood in no issue before:
// a list of what is still ahead makes no issue by itself.
func (c Content) New() (n int) {
	for _, e := range c.Entries {
		if !e.Again {
			n++
		}
	}
	return n
}

// Own returns an editor's words for readers of language and the language these
// are in, "" where the source's own are to stand. Words in another language never
// replace those of a source that speaks the reader's; an item that is shown in
// another language takes what an editor wrote in that, else in fallback.
func (e Entry) Own(t Text, language, fallback string) (words, in string) {
	item, own := e.In(language)
	primary, _, _ := strings.Cut(language, "-")
	tags := []string{language, primary}
	if !own {
		tags = append(tags, item.Language, fallback)
	}
	for _, tag := range append(tags, "") {
		switch {
		case t[tag] == "":
		case tag == "" || SameLanguage(tag, language):
			return t[tag], language
		default:
			return t[tag], tag
		}
	}
	return "", ""
}
