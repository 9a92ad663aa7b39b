package compose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/rogpeppe/go-internal/diff"
)

// The file in which people edit an issue is Markdown with front matter:
//
//	---
//	issue: monthly/3
//	revision: 4
//	languages: en, fr
//	headline: Spring
//	headline.fr: Printemps
//	summary:
//	summary.fr:
//	---
//
//	=== editorial ===
//
//	The editorial in English, in Markdown. It may stand without the line above it too.
//
//	=== editorial.fr ===
//
//	=== entries ===
//
//	## news
//	note: What stands at the head of the section.
//	- [12] The source's own title
//	  headline: Ours
//	  headline.fr: Le nôtre
//
//	## media (off: fr)
//
// A field without a language is in the first of the file's. What File writes, Apply
// reads as no change, and writing it again gives the same bytes.
const entriesBlock = "entries"

const help = `# Order lines to order entries, and sections; delete a line to drop an entry. "- [12]" or
# "- https://..." places any item that was collected, of any age. Below an entry "headline:",
# "summary:" and "note:" stand for the source's own words, in another language "headline.fr:".
# "note:" below a section opens it; "## media (off)" or "(off: fr)" leaves a section out.
`

// File returns an issue as the file that Apply reads, with the words of the given
// languages; none: of all that the publication has.
func File(issue newsletter.Issue, pub newsletter.Publication, languages ...string) string {
	if len(languages) == 0 {
		languages = pub.Languages
	}
	w := fileWriter{languages: languages}
	c := issue.Content
	fmt.Fprintf(&w, "---\nissue: %s\nrevision: %d\nlanguages: %s\n", issue.Slug(), issue.Revision, strings.Join(languages, ", "))
	w.fields("", "headline", c.Headline, true)
	w.fields("", "summary", c.Summary, true)
	w.WriteString("---\n")
	for i, language := range languages {
		fmt.Fprintf(&w, "\n=== %s ===\n", strings.TrimSuffix("editorial."+language, map[bool]string{true: "." + language}[i == 0]))
		if text := markup.Lines(c.Editorial[language]); text != "" {
			fmt.Fprintf(&w, "\n%s\n", blockLine.ReplaceAllString(text, `\$0`))
		}
	}
	fmt.Fprintf(&w, "\n=== %s ===\n%s", entriesBlock, help)
	for _, s := range c.Ordered(pub.Sections) {
		w.section(s, c, pub)
	}
	return w.String()
}

// blockLine begins a block; a line of text that looks like one is written with a backslash before it.
var blockLine = regexp.MustCompile(`(?m)^\\*=== ([a-z0-9.-]+) ===$`)

type fileWriter struct {
	strings.Builder
	languages []string
}

func (w *fileWriter) section(s newsletter.Section, c newsletter.Content, pub newsletter.Publication) {
	fmt.Fprintf(w, "\n## %s%s\n", s.ID, offMark(c, s.ID, pub.Languages))
	w.fields("", "note", c.Notes[s.ID], false)
	for _, e := range c.Entries {
		if e.Section != s.ID {
			continue
		}
		fmt.Fprintf(w, "%s\n", strings.TrimRight(fmt.Sprintf("- [%d] %s", e.Item.ID, markup.Plain(e.Item.Title)), " "))
		w.fields("  ", "headline", e.Headline, false)
		w.fields("  ", "summary", e.Summary, false)
		w.fields("  ", "note", e.Note, false)
	}
}

// fields writes a text in the file's languages, a line each; with empty also where there is none.
func (w *fileWriter) fields(indent, name string, text newsletter.Text, empty bool) {
	for i, language := range w.languages {
		value := quoted(markup.Plain(text[language]))
		if value == "" && !empty {
			continue
		}
		key := name
		if i > 0 {
			key += "." + language
		}
		w.WriteString(strings.TrimRight(indent+key+": "+value, " ") + "\n")
	}
}

// offMark says in which languages a section is off.
func offMark(c newsletter.Content, section string, languages []string) string {
	if _, off := c.Off[section]; !off {
		return ""
	}
	hidden := slices.DeleteFunc(slices.Clone(languages), func(language string) bool { return !c.Hidden(section, language) })
	switch len(hidden) {
	case 0:
		return ""
	case len(languages):
		return " (off)"
	}
	return " (off: " + strings.Join(hidden, ", ") + ")"
}

// quoted keeps quotes that enclose a whole value, which a reader of front matter would take for the file's.
func quoted(value string) string {
	if unquoted(value) != value {
		return `"` + value + `"`
	}
	return value
}

func unquoted(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}

var revisionLine = regexp.MustCompile(`(?m)^revision: .*\n`)

// Diff returns what changed from one revision of an issue to another, as a unified
// diff of their files, "" if nothing that people can edit did.
func Diff(from, to newsletter.Issue, pub newsletter.Publication) string {
	text := func(issue newsletter.Issue) string {
		return revisionLine.ReplaceAllString(strings.Replace(File(issue, pub), help, "", 1), "")
	}
	name := func(issue newsletter.Issue) string {
		return fmt.Sprintf("%s revision %d", issue.Slug(), issue.Revision)
	}
	return Compare(name(from), text(from), name(to), text(to))
}

// Compare returns a unified diff of two texts under their names, "" if they are the same.
func Compare(was, before, is, now string) string {
	return string(diff.Diff(was, []byte(strings.TrimSpace(before)+"\n"), is, []byte(strings.TrimSpace(now)+"\n")))
}
