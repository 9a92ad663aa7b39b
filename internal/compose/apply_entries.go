package compose

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

var (
	entryLine   = regexp.MustCompile(`^[-*] (?:\[([^\]\s]+)\]|<?(https?://[^\s>]+)>?|(\d+)$)\s*(.*)$`)
	sectionLine = regexp.MustCompile(`^##\s+(\S+?)\s*(?:\(off(?::\s*([^)]*))?\))?$`)
	fieldLine   = regexp.MustCompile(`^(headline|summary|note)((?:\.[A-Za-z0-9-]+)?)\s*:(.*)$`)
)

// entries reads the block of sections and entries.
func (e *edit) entries(from, to int) {
	r := entryReader{edit: e, old: map[int64]newsletter.Entry{}, placed: map[int64]int{}}
	for _, entry := range e.content.Entries {
		for _, item := range all(entry) {
			r.old[item.ID] = entry
		}
		if _, ok := r.known(entry.Section); !ok {
			r.hidden = append(r.hidden, entry) // of a section that left the configuration
		}
	}
	e.content.Entries, e.content.Order = nil, nil
	e.content.Off, e.content.Notes = maps.Clone(e.content.Off), maps.Clone(e.content.Notes)
	for i := from; i < to; i++ {
		r.line(i, e.lines[i])
	}
	e.content.Entries = append(e.content.Entries, r.hidden...)
	if !slices.Equal(r.order, r.usual()) {
		e.content.Order = r.order
	}
}

type entryReader struct {
	*edit
	old     map[int64]newsletter.Entry
	hidden  []newsletter.Entry
	placed  map[int64]int // the line that placed an item
	section newsletter.Section
	order   []string
	target  *string // the field that an indented line goes on with
	done    func()  // writes it
	inEntry bool
	lost    bool // below a heading that is no section, whose fault is told once
}

// usual is the order in which the publication has the sections that the file names.
func (r *entryReader) usual() (ids []string) {
	for _, s := range r.pub.Sections {
		if slices.Contains(r.order, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func (r *entryReader) line(number int, line string) {
	text := strings.TrimSpace(line)
	if strings.HasPrefix(line, "    ") && text != "" && r.target != nil {
		*r.target += " " + text
		r.done()
		return
	}
	r.target = nil
	field := fieldLine.FindStringSubmatch(text)
	switch entry := entryLine.FindStringSubmatch(text); {
	case strings.HasPrefix(text, "## "):
		r.begin(number, text)
	case text == "" || strings.HasPrefix(text, "#") || r.lost:
	case entry != nil:
		r.inEntry = false
		if err := r.place(number, entry[1]+entry[2]+entry[3], markup.Plain(entry[4])); err != nil {
			r.bad(number, err.Error())
		}
	case field != nil:
		r.field(number, field[1], field[2], field[3])
	default:
		r.bad(number, fmt.Sprintf(`%q is neither a section, an entry nor a field: write "## section", "- [number] title", or "headline: ..." below an entry`, text))
	}
}

func (r *entryReader) known(id string) (newsletter.Section, bool) {
	at := slices.IndexFunc(r.pub.Sections, func(s newsletter.Section) bool { return s.ID == id })
	if at < 0 {
		return newsletter.Section{}, false
	}
	return r.pub.Sections[at], true
}

// begin opens a section: on, off, or off in some languages.
func (r *entryReader) begin(number int, text string) {
	r.section, r.inEntry, r.lost = newsletter.Section{}, false, true
	m := sectionLine.FindStringSubmatch(text)
	if m == nil {
		r.bad(number, fmt.Sprintf(`%q is no section: write "## news", "## news (off)" or "## news (off: fr)"`, text))
		return
	}
	s, ok := r.known(m[1])
	switch {
	case !ok:
		r.bad(number, fmt.Sprintf("the publication has no section %q", m[1]))
		return
	case slices.Contains(r.order, s.ID):
		r.bad(number, fmt.Sprintf("section %s stands twice", s.ID))
	}
	r.section, r.order, r.lost = s, append(r.order, s.ID), false
	delete(r.content.Off, s.ID)
	r.note(s.ID, func(t newsletter.Text) { r.clear(t) })
	if strings.Contains(text[len(m[1]):], "(off") {
		languages := []string{}
		if m[2] != "" {
			languages = r.list(number, m[2])
		}
		if len(languages) == len(r.pub.Languages) {
			languages = []string{}
		}
		if r.content.Off == nil {
			r.content.Off = map[string][]string{}
		}
		r.content.Off[s.ID] = languages
	}
}

// note changes a copy of what the editor says at the head of a section.
func (r *entryReader) note(section string, change func(newsletter.Text)) {
	text := clone(r.content.Notes[section])
	change(text)
	delete(r.content.Notes, section)
	if len(text) == 0 {
		return
	}
	if r.content.Notes == nil {
		r.content.Notes = map[string]newsletter.Text{}
	}
	r.content.Notes[section] = text
}

// clear takes out the words of the file's languages: those that are no longer in it are gone.
func (r *entryReader) clear(t newsletter.Text) {
	for _, language := range r.languages {
		delete(t, language)
	}
}

func (r *entryReader) field(number int, name, tag, value string) {
	_, language, ok := r.tagged(number, name+tag)
	switch {
	case !ok:
		return
	case !r.inEntry && (name != "note" || r.section.ID == ""):
		r.bad(number, name+": stands below no entry")
		return
	}
	value = strings.TrimSpace(value)
	write := func(t newsletter.Text) { set(t, language, markup.Plain(unquoted(value))) }
	r.target, r.done = &value, func() { r.note(r.section.ID, write) }
	if r.inEntry {
		last := &r.content.Entries[len(r.content.Entries)-1]
		text := map[string]newsletter.Text{"headline": last.Headline, "summary": last.Summary, "note": last.Note}[name]
		if text[language] != "" {
			r.bad(number, name+tag+" stands twice below the entry")
		}
		r.done = func() { write(text) }
	}
	r.done()
}

// place adds the entry of a line. What follows the number is the source's title, for reading only.
func (r *entryReader) place(number int, name, title string) error {
	if r.section.ID == "" {
		return fault.Invalidf("an entry before the first section")
	}
	if r.section.Kind == newsletter.Links {
		return fault.Invalidf("section %s holds the configuration's links and takes no items", r.section.ID)
	}
	entry, err := r.entry(name, title)
	if err != nil {
		return err
	}
	for _, item := range all(entry) {
		if line, twice := r.placed[item.ID]; twice {
			return fault.Invalidf("item %s stands in the issue already, on line %d", name, line+1)
		}
	}
	for _, item := range all(entry) {
		r.placed[item.ID] = number
	}
	entry.Section = r.section.ID
	entry.Headline, entry.Summary, entry.Note = clone(entry.Headline), clone(entry.Summary), clone(entry.Note)
	r.clear(entry.Headline)
	r.clear(entry.Summary)
	r.clear(entry.Note)
	r.content.Entries = append(r.content.Entries, entry)
	r.inEntry = true
	return nil
}

// entry returns what stood in the issue, or what was collected.
func (r *entryReader) entry(name, title string) (newsletter.Entry, error) {
	takes := func(e newsletter.Entry) error {
		if !r.section.Takes(e.Item.Kind) {
			return fault.Invalidf("item %d is %s and section %s takes %s", e.Item.ID, e.Item.Kind, r.section.ID, takes(r.section))
		}
		return nil
	}
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		if entry, stood := r.old[id]; stood {
			if title != "" && title != markup.Plain(entry.Item.Title) {
				return entry, fault.Invalidf(`the title of item %d is the source's: put yours on a line "  headline: ..." below it`, id)
			}
			return entry, takes(entry)
		}
	}
	found, err := r.find(name)
	if err != nil {
		return newsletter.Entry{}, err
	}
	for _, entry := range found {
		if takes(entry) == nil {
			if stood, ok := r.old[entry.Item.ID]; ok { // named by its address
				return stood, nil
			}
			return entry, nil
		}
	}
	if len(found) == 0 {
		return newsletter.Entry{}, fault.NotFoundf("nothing was collected from %s", name)
	}
	return found[0], takes(found[0])
}
