package compose

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"broadsheet/internal/fault"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

const entriesLine = "=== entries ==="

// File returns an issue as one Markdown file for an editor of a language:
// headline, summary and editorial, then every entry on a line. Apply reads it back.
func File(issue newsletter.Issue, pub newsletter.Publication, language string) string {
	var b strings.Builder
	c := issue.Content
	fmt.Fprintf(&b, "---\nissue: %s\nrevision: %d\nlanguage: %s\n%s\n%s\n---\n", issue.Slug(), issue.Revision, language,
		strings.TrimSpace("headline: "+c.Headline[language]), strings.TrimSpace("summary: "+c.Summary[language]))
	if text := c.Editorial[language]; text != "" {
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	fmt.Fprintf(&b, "\n%s\n# Order lines to order entries, delete one to drop it, add \"- [number]\" to place an item.\n# Below an entry, \"headline:\" and \"summary:\" stand for the source's own.\n", entriesLine)
	for _, s := range pub.Sections {
		if s.Kind == newsletter.Links {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n", s.ID)
		for _, e := range c.Entries {
			if e.Section != s.ID {
				continue
			}
			fmt.Fprintf(&b, "- [%d] %s\n", e.Item.ID, e.Item.Title)
			if h := e.Headline[language]; h != "" {
				fmt.Fprintf(&b, "  headline: %s\n", h)
			}
			if s := e.Summary[language]; s != "" {
				fmt.Fprintf(&b, "  summary: %s\n", s)
			}
		}
	}
	return b.String()
}

var entryLine = regexp.MustCompile(`^- \[(\d+)\]`)

// Apply returns an issue's content as an edited file asks for it, and whether
// anything changed. Faults name the line. item finds items that were not in the issue.
func Apply(issue newsletter.Issue, pub newsletter.Publication, text string, item func(id int64) (newsletter.Item, error)) (newsletter.Content, bool, error) {
	if !utf8.ValidString(text) {
		return newsletter.Content{}, false, fault.Invalidf("the file is not UTF-8 text")
	}
	fields, body, err := markup.FrontMatter(text)
	if err != nil {
		return newsletter.Content{}, false, err
	}
	if !hasField(fields, "issue") || !hasField(fields, "revision") {
		return newsletter.Content{}, false, fault.WithHint(fault.Invalidf("the file does not begin with the front matter of issue %s: issue and revision are missing", issue.Slug()), "begin from `broadsheet issue edit %s --print`", issue.Slug())
	}
	e := edit{issue: issue, pub: pub, item: item, language: pub.Fallback(), content: issue.Content}
	e.content.Headline, e.content.Summary, e.content.Editorial = clone(e.content.Headline), clone(e.content.Summary), clone(e.content.Editorial)
	if err := e.fields(fields); err != nil {
		return newsletter.Content{}, false, err
	}
	editorial, entries, found := strings.Cut(body, entriesLine)
	set(e.content.Editorial, e.language, markup.Lines(editorial))
	if found {
		offset := strings.Count(text[:strings.Index(text, entriesLine)], "\n") + 1
		if err := e.entries(entries, offset); err != nil {
			return newsletter.Content{}, false, err
		}
	}
	return e.content, !same(e.content, issue.Content), nil
}

func hasField(fields []markup.Field, key string) bool {
	return slices.ContainsFunc(fields, func(f markup.Field) bool { return f.Key == key })
}

func same(a, b newsletter.Content) bool {
	for _, c := range []*newsletter.Content{&a, &b} {
		c.Headline, c.Summary, c.Editorial = clone(c.Headline), clone(c.Summary), clone(c.Editorial)
		c.Entries = append([]newsletter.Entry{}, c.Entries...)
		for i := range c.Entries {
			e := &c.Entries[i]
			e.Headline, e.Summary = clone(e.Headline), clone(e.Summary)
		}
	}
	return reflect.DeepEqual(a, b)
}

func clone(t newsletter.Text) newsletter.Text {
	out := newsletter.Text{}
	for k, v := range t {
		out[k] = v
	}
	return out
}

func set(t newsletter.Text, language, text string) {
	if text == "" {
		delete(t, language)
		return
	}
	t[language] = text
}

type edit struct {
	issue    newsletter.Issue
	pub      newsletter.Publication
	item     func(id int64) (newsletter.Item, error)
	language string
	content  newsletter.Content
}

func (e *edit) fields(fields []markup.Field) error {
	for _, f := range fields { // the language first: the others are in it
		if f.Key == "language" && f.Value != "" {
			if !slices.Contains(e.pub.Languages, f.Value) {
				return fault.Invalidf("line %d: the publication has no language %q", f.Line, f.Value)
			}
			e.language = f.Value
		}
	}
	for _, f := range fields {
		if len(f.Below) > 0 {
			return fault.Invalidf("line %d: %s is one line, and what stands below it belongs to nothing", f.Line, f.Key)
		}
		switch f.Key {
		case "language":
		case "issue":
			if f.Value != e.issue.Slug() {
				return fault.Invalidf("line %d: this file is of issue %s, not %s", f.Line, f.Value, e.issue.Slug())
			}
		case "revision":
			if f.Value != strconv.Itoa(e.issue.Revision) {
				return fault.WithHint(fault.Conflictf("line %d: the file is of revision %s, but the issue is at %d", f.Line, f.Value, e.issue.Revision), "open it again with `broadsheet issue edit %s` and repeat the edit", e.issue.Slug())
			}
		case "headline":
			set(e.content.Headline, e.language, markup.Plain(f.Value))
		case "summary":
			set(e.content.Summary, e.language, markup.Plain(f.Value))
		default:
			return fault.Invalidf("line %d: unknown field %q (headline, summary, language, issue, revision)", f.Line, f.Key)
		}
	}
	return nil
}

func (e *edit) entries(text string, offset int) error {
	old := map[int64]newsletter.Entry{}
	for _, entry := range e.content.Entries {
		old[entry.Item.ID] = entry
	}
	e.content.Entries = nil
	section := ""
	placed := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		number := offset + i
		trimmed := strings.TrimSpace(line)
		key, value, isField := strings.Cut(trimmed, ":")
		switch m := entryLine.FindStringSubmatch(trimmed); {
		case strings.HasPrefix(trimmed, "## "):
			section = strings.TrimSpace(trimmed[3:])
			if _, ok := e.section(section); !ok {
				return fault.Invalidf("line %d: the publication has no section %q", number, section)
			}
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case m != nil:
			if placed[section+m[1]] {
				return fault.Invalidf("line %d: item %s stands twice in section %s", number, m[1], section)
			}
			placed[section+m[1]] = true
			if err := e.place(m[1], section, old); err != nil {
				return fault.Invalidf("line %d: %w", number, err)
			}
		case isField && (key == "headline" || key == "summary") && len(e.content.Entries) > 0:
			last := &e.content.Entries[len(e.content.Entries)-1]
			if key == "headline" {
				set(last.Headline, e.language, markup.Plain(value))
			} else {
				set(last.Summary, e.language, markup.Plain(value))
			}
		default:
			return fault.WithHint(fault.Invalidf("line %d: %q is neither a section, an entry nor a field", number, trimmed), `write "## section", "- [number] title", or "headline: ..." below an entry`)
		}
	}
	return nil
}

func (e *edit) section(id string) (newsletter.Section, bool) {
	for _, s := range e.pub.Sections {
		if s.ID == id && s.Kind != newsletter.Links {
			return s, true
		}
	}
	return newsletter.Section{}, false
}

func (e *edit) place(number, section string, old map[int64]newsletter.Entry) error {
	s, ok := e.section(section)
	if !ok {
		return fault.Invalidf("an entry before the first section")
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	entry, known := old[id]
	if !known {
		item, err := e.item(id)
		if err != nil {
			return err
		}
		entry = newsletter.Entry{Item: item}
	}
	if entry.Item.Kind != s.Kind {
		return fault.Invalidf("item %d is %s and section %s takes %s", id, entry.Item.Kind, section, s.Kind)
	}
	entry.Section = section
	// Words that are no longer in the file are gone; those in other languages stay.
	entry.Headline, entry.Summary = clone(entry.Headline), clone(entry.Summary)
	delete(entry.Headline, e.language)
	delete(entry.Summary, e.language)
	e.content.Entries = append(e.content.Entries, entry)
	return nil
}
