// Package file reads what a team writes into files: a table (CSV) or a list
// (JSON) of items, or a text (Markdown) that is one. It is pure: the caller opens
// the file.
//
// The fields have the same names in all three, those of an item's JSON: kind,
// title, subtitle, url, summary, body, language, published_at, embargo_until,
// starts_at, ends_at, all_day, place, venue, status, year, authors, categories,
// contacts, links, documents. Besides: date (of an event without another it is
// the day it begins), when (an agenda line), id (names an entry), contact,
// contact_name and contact_email, document_fr, and the roles of links:
// press_release, registration, video.
//
// A file called spring.fr.md is in French, where it says nothing else.
//
// An entry that cannot be read rightly is left out and named; the others come.
package file

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

const (
	maxText      = 64 << 10 // bytes of one text
	maxParagraph = 16 << 10 // bytes without an empty line: the time that Markdown takes can grow with the square of it
)

// Result is what a file gives. An item's Identity is its name within the file, ""
// where the file is one item.
type Result struct {
	Items   []newsletter.Item
	Refused []string // why entries were left out
	Notes   []string // what else is to be known
}

// Parse reads one file, of which raw.URL is the path; its ending says what it is.
// At most src.Max entries are looked at. The error is for a file of which nothing
// can be read.
func Parse(src newsletter.Source, raw newsletter.Raw) (Result, error) {
	f := reading{src: src, name: filepath.Base(raw.URL)}
	text := strings.TrimPrefix(markup.Decode(raw.Body, codePage(src.Language)), "\uFEFF")
	var err error
	switch strings.ToLower(filepath.Ext(raw.URL)) {
	case ".csv":
		err = f.table(text)
	case ".json":
		err = f.list(text)
	default:
		f.text(text)
	}
	if err != nil {
		return Result{}, err
	}
	return f.result(), nil
}

// reading is a file while it is read.
type reading struct {
	src     newsletter.Source
	name    string
	one     bool // the file is one item
	drafts  []draft
	refused []string
	unknown []string // names that mean nothing here
	notes   []string
}

// field is what stands under one name: a text, []any or map[string]any of such.
type field struct {
	name  string // as canonical gives it
	value any
	line  int // 0 where the whole entry has one place
}

// entry takes one entry of the file; where says which.
func (f *reading) entry(where string, fields []field) {
	d := draft{where: where, Item: newsletter.Item{Kind: f.src.Kind, Source: f.src.ID, Language: f.src.Language}, loc: f.src.Location()}
	if m := tagged.FindStringSubmatch(f.name); m != nil {
		d.Language = m[1]
	}
	for _, in := range fields {
		if why := d.set(in.name, in.value); why != "" {
			if in.line > 0 {
				where = fmt.Sprintf("line %d", in.line)
			}
			f.refuse(where, in.name+": "+why)
			return
		}
	}
	if why := d.finish(); why != "" {
		f.refuse(where, why)
		return
	}
	f.drafts = append(f.drafts, d)
}

// tagged is a file that names its language: spring.fr.md.
var tagged = regexp.MustCompile(`\.([a-z]{2})\.[a-z]+$`)

func (f *reading) refuse(where, why string) {
	if where != "" {
		why = where + ": " + why
	}
	f.refused = append(f.refused, f.name+": "+why)
}

// full reports whether enough entries were looked at, and says so.
func (f *reading) full() bool {
	if len(f.drafts)+len(f.refused) < f.src.Max {
		return false
	}
	f.notes = append(f.notes, fmt.Sprintf("%s: only the first %d entries are read", f.name, f.src.Max))
	return true
}

// strange notes a name that means nothing here, once.
func (f *reading) strange(name string) {
	if name = markup.Shorten(markup.Plain(name), 40); name != "" && !slices.Contains(f.unknown, name) && len(f.unknown) < 10 {
		f.unknown = append(f.unknown, name)
	}
}

func (f *reading) result() Result {
	if len(f.unknown) > 0 {
		f.notes = append(f.notes, fmt.Sprintf("%s: these names mean nothing here, and what stands under them is not read: %s", f.name, strings.Join(f.unknown, ", ")))
	}
	items := f.identified()
	dated := 0
	for _, item := range items {
		if item.Kind != newsletter.Event && !item.StartsAt.IsZero() {
			dated++
		}
	}
	if dated > 0 {
		f.notes = append(f.notes, fmt.Sprintf("%s: %d of %d items say when they take place, but are no events: kind: event is missing, here or at the source", f.name, dated, len(items)))
	}
	if f.one && len(items) > 0 {
		items[0].Identity = ""
	}
	return Result{Items: items, Refused: f.refused, Notes: f.notes}
}

// text reads Markdown with front matter: one item. A name that means nothing is a
// fault there, since nobody should find a text printed whose embargo was misspelt.
func (f *reading) text(text string) {
	f.one = true
	if len(text) > maxText {
		f.refuse("", fmt.Sprintf("a text of more than %d KB is none that anybody reads", maxText>>10))
		return
	}
	for _, paragraph := range emptyLines.Split(text, -1) {
		if len(paragraph) > maxParagraph {
			f.refuse("", fmt.Sprintf("a paragraph of more than %d KB is none that anybody reads", maxParagraph>>10))
			return
		}
	}
	matter, body, err := markup.FrontMatter(text)
	if err != nil {
		f.refuse("", err.Error())
		return
	}
	var fields []field
	titled := false
	for _, m := range matter {
		name := canonical(m.Key)
		if name == "" || name == "body" {
			f.refuse(fmt.Sprintf("line %d", m.Line), "unknown field "+markup.Shorten(markup.Plain(m.Key), 40))
			return
		}
		value := matterValue(name, m)
		titled = titled || name == "title" && value != ""
		fields = append(fields, field{name, value, m.Line})
	}
	if !titled {
		title, rest := markup.Heading(body)
		if title == "" {
			f.refuse("", "it has no title: begin it with --- / title: ... / ---")
			return
		}
		body, fields = rest, append(fields, field{name: "title", value: escape(title)})
	}
	f.entry("", append(fields, field{name: "body", value: string(markup.Markdown(body))}))
}

// escape writes plain words so that they stay as they are where markup is taken out.
func escape(s string) string { return strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(s) }

// codePages are what spreadsheets on Windows save in, by the language they are set
// to. Short texts are too little for a detector.
var codePages = map[string]string{"ru": "1251", "uk": "1251", "bg": "1251", "sr": "1251", "mk": "1251", "el": "1253", "tr": "1254", "he": "1255", "ar": "1256",
	"pl": "1250", "cs": "1250", "sk": "1250", "sl": "1250", "hr": "1250", "hu": "1250", "ro": "1250", "lt": "1257", "lv": "1257", "et": "1257"}

func codePage(language string) string {
	page, ok := codePages[locale.Primary(language)]
	if !ok {
		page = "1252"
	}
	return "text/plain; charset=windows-" + page
}

func invalid(src newsletter.Source, name, format string, args ...any) error {
	return fault.Invalidf("source %s: %s: %w", src.ID, name, fmt.Errorf(format, args...))
}
