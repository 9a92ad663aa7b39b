package compose

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"broadsheet/internal/fault"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// Find returns what a line of an edited file may place: the item with a number, or
// those with an address, each with its translations.
type Find func(name string) ([]newsletter.Entry, error)

// Apply returns an issue's content as an edited file asks for it, and whether
// anything changed. Every fault names its line.
func Apply(issue newsletter.Issue, pub newsletter.Publication, text string, find Find) (newsletter.Content, bool, error) {
	if !utf8.ValidString(text) {
		return newsletter.Content{}, false, fault.Invalidf("the file is not UTF-8 text")
	}
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\uFEFF")
	e := edit{issue: issue, pub: pub, find: find, content: issue.Content, lines: strings.Split(text, "\n")}
	e.content.Headline, e.content.Summary, e.content.Editorial = clone(e.content.Headline), clone(e.content.Summary), clone(e.content.Editorial)
	front, err := e.front()
	if err != nil {
		return newsletter.Content{}, false, err
	}
	e.fields(front)
	e.body(front.end + 1)
	if len(e.problems) > 0 {
		return newsletter.Content{}, false, fault.Invalidf("%s", strings.Join(e.problems, "\n"))
	}
	edited := issue
	edited.Content = e.content
	return e.content, File(edited, pub) != File(issue, pub), nil
}

type edit struct {
	issue     newsletter.Issue
	pub       newsletter.Publication
	find      Find
	lines     []string
	languages []string // the file's
	content   newsletter.Content
	problems  []string
}

// mostProblems are told at once; what follows them is often their consequence.
const mostProblems = 20

// bad notes a fault at a line, counted from 0.
func (e *edit) bad(line int, message string) {
	if len(e.problems) < mostProblems {
		e.problems = append(e.problems, "line "+strconv.Itoa(line+1)+": "+message)
	}
}

// A field is a "key: value" line.
type field struct {
	line       int
	key, value string
}

type frontMatter struct {
	fields []field
	end    int // the line that ends it
}

// front reads the front matter and sees to it that the file is of this issue and revision.
func (e *edit) front() (f frontMatter, err error) {
	if strings.TrimSpace(e.lines[0]) != "---" {
		return f, e.foreign()
	}
	for i := 1; i < len(e.lines); i++ {
		text := strings.TrimSpace(e.lines[i])
		key, value, isField := strings.Cut(text, ":")
		switch {
		case text == "---":
			f.end = i
			return f, e.check(f)
		case text == "" || strings.HasPrefix(text, "#"):
		case !isField:
			return f, fault.Invalidf("line %d: %q is not \"key: value\"", i+1, text)
		default:
			f.fields = append(f.fields, field{i, strings.TrimSpace(key), unquoted(strings.TrimSpace(value))})
		}
	}
	return f, fault.WithHint(fault.Invalidf("the front matter that begins on line 1 has no end"), "end it with a line ---")
}

func (e *edit) foreign() error {
	return fault.WithHint(fault.Invalidf("the file does not begin with the front matter of issue %s: issue and revision are missing", e.issue.Slug()), "begin from `broadsheet issue edit %s --print`", e.issue.Slug())
}

func (e *edit) check(f frontMatter) error {
	slug, revision := f.get("issue"), f.get("revision")
	switch {
	case slug == nil || revision == nil:
		return e.foreign()
	case slug.value != e.issue.Slug():
		return fault.Invalidf("line %d: this file is of issue %s, not %s", slug.line+1, slug.value, e.issue.Slug())
	case revision.value != strconv.Itoa(e.issue.Revision):
		return fault.WithHint(fault.Conflictf("line %d: the file is of revision %s, but the issue is at %d", revision.line+1, revision.value, e.issue.Revision),
			"see what changed with `broadsheet issue diff %s --from %s`, and repeat the edit on the issue as it is now", e.issue.Slug(), revision.value)
	}
	return nil
}

func (f frontMatter) get(key string) *field {
	if at := slices.IndexFunc(f.fields, func(x field) bool { return x.key == key }); at >= 0 {
		return &f.fields[at]
	}
	return nil
}

func (e *edit) fields(front frontMatter) {
	e.languages = e.pub.Languages
	if f := front.get("languages"); f != nil && f.value != "" {
		e.languages = e.list(f.line, f.value)
	}
	seen := map[string]bool{}
	for _, f := range front.fields {
		if seen[f.key] {
			e.bad(f.line, f.key+" stands twice")
		}
		seen[f.key] = true
		name, language, ok := e.tagged(f.line, f.key)
		switch {
		case slices.Contains([]string{"issue", "revision", "languages"}, f.key), !ok:
		case name == "headline":
			set(e.content.Headline, language, markup.Plain(f.value))
		case name == "summary":
			set(e.content.Summary, language, markup.Plain(f.value))
		default:
			e.bad(f.line, "unknown field "+strconv.Quote(f.key)+" (headline, summary, languages, issue, revision)")
		}
	}
}

// list reads "en, fr": languages of the publication.
func (e *edit) list(line int, text string) (languages []string) {
	for _, language := range strings.Split(text, ",") {
		language = strings.ToLower(strings.TrimSpace(language))
		if !slices.Contains(e.pub.Languages, language) || slices.Contains(languages, language) {
			e.bad(line, "the publication has no language "+strconv.Quote(language)+", or it stands twice")
			continue
		}
		languages = append(languages, language)
	}
	if len(languages) == 0 {
		return e.pub.Languages
	}
	return languages
}

// tagged splits "headline.fr"; without a language the file's first is meant.
func (e *edit) tagged(line int, key string) (name, language string, ok bool) {
	name, language, found := strings.Cut(key, ".")
	if !found {
		return name, e.languages[0], true
	}
	if language = strings.ToLower(language); !slices.Contains(e.languages, language) {
		e.bad(line, "the file has no language "+strconv.Quote(language)+": add it to languages above")
		return name, language, false
	}
	return name, language, true
}

// body reads the blocks after the front matter: editorials, then entries. Text
// before the first block is the editorial of the first language.
func (e *edit) body(from int) {
	name, start := "editorial", from
	seen := map[string]bool{}
	for i := from; i <= len(e.lines); i++ {
		next := ""
		if i < len(e.lines) {
			m := blockLine.FindStringSubmatch(strings.TrimRight(e.lines[i], " \t"))
			if m == nil || strings.HasPrefix(e.lines[i], `\`) {
				continue
			}
			next = m[1]
		}
		blank := name == "editorial" && strings.TrimSpace(strings.Join(e.lines[start:i], "")) == ""
		switch {
		case blank:
		case seen[name]:
			e.bad(start-1, "=== "+name+" === stands twice")
		default:
			seen[name] = true
			e.block(name, start, i)
		}
		name, start = next, i+1
	}
	for i, language := range e.languages {
		if block := "editorial." + language; !seen[block] && (i > 0 || !seen["editorial"]) {
			delete(e.content.Editorial, language)
		}
	}
}

func (e *edit) block(name string, from, to int) {
	if name == entriesBlock {
		e.entries(from, to)
		return
	}
	kind, language, ok := e.tagged(from-1, name)
	switch {
	case kind != "editorial":
		e.bad(from-1, "there is no block "+strconv.Quote(name)+" (editorial.LANGUAGE, entries)")
	case ok:
		lines := slices.Clone(e.lines[from:to])
		for i, line := range lines {
			if strings.HasPrefix(line, `\`) && blockLine.MatchString(strings.TrimRight(line, " \t")) {
				lines[i] = line[1:]
			}
		}
		set(e.content.Editorial, language, markup.Lines(strings.Join(lines, "\n")))
	}
}

func clone(t newsletter.Text) newsletter.Text {
	out := newsletter.Text{}
	maps.Copy(out, t)
	return out
}

func set(t newsletter.Text, language, text string) {
	if text == "" {
		delete(t, language)
		return
	}
	t[language] = text
}
