// Package locale owns what differs by language: labels, dates as people write
// and read them, and the direction of writing. Labels are files, one a language:
// labels/en.json is the reference, a key missing elsewhere falls back to it.
// Month names, numbers and plurals come from CLDR through go-playground/locales. It knows
// no issue, no page and no clock.
package locale

import (
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"broadsheet/internal/fault"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/en"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/bidi"
)

//go:embed labels/*.json
var embedded embed.FS

// names are languages as their own speakers write them, beside those that have labels: what a list of documents shows.
var names = map[string]string{"it": "italiano", "pt": "português", "uk": "українська", "zh": "中文", "tr": "Türkçe", "nl": "Nederlands", "pl": "polski"}

// Locale is one language's words and habits.
type Locale struct {
	Tag     string // as asked for
	labels  map[string]string
	english map[string]string
	months  locales.Translator
}

// labels are the words of all languages, by language and key.
var labels atomic.Pointer[map[string]map[string]string]

func init() {
	if err := Load(nil); err != nil {
		panic(err.Error()) // a test reads them all
	}
}

// Load reads the label files, and above them those in labels/ of a folder of the
// user's: a file replaces single labels or brings a language. It holds for the
// whole process. nil means the built-in ones alone.
func Load(own fs.FS) error {
	all := map[string]map[string]string{}
	if err := read(all, embedded); err != nil {
		return err
	}
	if own != nil {
		if err := read(all, own); err != nil {
			return err
		}
	}
	labels.Store(&all)
	return nil
}

func read(all map[string]map[string]string, from fs.FS) error {
	files, err := fs.Glob(from, "labels/*.json")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := fs.ReadFile(from, file)
		if err != nil {
			return err
		}
		words := map[string]string{}
		if err := json.Unmarshal(text, &words); err != nil {
			return fault.WithHint(fault.Invalidf("%s%s: %w", file, lineOf(text, err), err), "a label file is one JSON object of names and texts")
		}
		tag := Primary(strings.TrimSuffix(path.Base(file), ".json"))
		if all[tag] == nil {
			all[tag] = map[string]string{}
		}
		maps.Copy(all[tag], words)
	}
	return nil
}

func lineOf(text []byte, err error) string {
	var at int64
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	return ":" + strconv.Itoa(1+strings.Count(string(text[:min(at, int64(len(text)))]), "\n"))
}

// Files are the built-in label files, in labels/.
func Files() fs.FS { return embedded }

// For returns the locale of a language tag; unknown languages read English labels.
func For(tag string) Locale {
	primary, all := Primary(tag), *labels.Load()
	words, ok := all[primary]
	if !ok {
		words = all["en"]
	}
	calendar, ok := calendars[primary]
	if !ok {
		calendar = en.New
	}
	return Locale{Tag: tag, labels: words, english: all["en"], months: calendar()}
}

// Languages lists the languages in which pages and service mails can be read
// whole. Others may have the labels of an issue alone.
func Languages() []string {
	all := *labels.Load()
	var tags []string
	for tag, words := range all {
		whole := true
		for key := range all["en"] {
			_, there := words[key]
			whole = whole && (there || isForm(key))
		}
		if whole {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// isForm reports whether a key is one of a plural's forms, which differ by language.
func isForm(key string) bool {
	at := strings.LastIndexByte(key, '_')
	return at > 0 && slices.Contains(slices.Collect(maps.Values(categories)), key[at+1:])
}

// Primary returns the language part of a tag: fr for fr-CH.
func Primary(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return primary
}

// Name returns a language's own name, or its tag.
func Name(tag string) string {
	if name := (*labels.Load())[Primary(tag)]["name"]; name != "" {
		return name
	}
	if name, ok := names[Primary(tag)]; ok {
		return name
	}
	return tag
}

// Language returns what this language calls another one: anglais.
func (l Locale) Language(tag string) string {
	own, err := language.Parse(l.Tag)
	if err != nil {
		own = language.English
	}
	other, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	if names := display.Languages(own); names != nil {
		if name := names.Name(other); name != "" {
			return name
		}
	}
	return Name(tag)
}

// Direction is that of a text by its first letter (Unicode Bidirectional Algorithm,
// rule P2): ltr or rtl, "" for one without letters.
func Direction(text string) string {
	for text != "" {
		p, size := bidi.LookupString(text)
		switch p.Class() {
		case bidi.L:
			return "ltr"
		case bidi.R, bidi.AL:
			return "rtl"
		}
		text = text[max(size, 1):]
	}
	return ""
}

// Dir returns the direction of writing: rtl or ltr.
func Dir(tag string) string {
	switch Primary(tag) {
	case "ar", "he", "fa", "ur", "yi", "dv", "ps":
		return "rtl"
	}
	return "ltr"
}

// Dir returns the locale's direction of writing.
func (l Locale) Dir() string { return Dir(l.Tag) }

// Label returns a label with {name} replaced: pairs are name, value, name, value.
func (l Locale) Label(key string, pairs ...string) string {
	text, ok := l.labels[key]
	if !ok {
		text = l.english[key]
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}

// Count returns the form of a label that n asks for by the language's rules, with {n} written as the language writes numbers.
func (l Locale) Count(key string, n int) string {
	form := key + "_" + categories[l.months.CardinalPluralRule(float64(n), 0)]
	if _, ok := l.labels[form]; !ok {
		form = key + "_other"
	}
	return l.Label(form, "n", l.months.FmtNumber(float64(n), 0))
}

// Month returns a month's name as it stands in a date.
func (l Locale) Month(m time.Month) string {
	if names := strings.Fields(l.labels["months"]); len(names) == 12 {
		return names[m-1]
	}
	return l.months.MonthWide(m)
}

// Decimal writes a number with one decimal: 2.3.
func (l Locale) Decimal(n float64) string { return l.months.FmtNumber(n, 1) }

// Date writes a day: 21 March 2017.
func (l Locale) Date(t time.Time) string { return l.Label("date", l.parts(t, "")...) }

// parts are what the patterns of dates are filled with.
func (l Locale) parts(t time.Time, which string) []string {
	return []string{"day" + which, l.day(t), "month" + which, l.Month(t.Month()), "year" + which, strconv.Itoa(t.Year())}
}

// MonthYear writes a month as a heading: March 2017, with a capital.
func (l Locale) MonthYear(t time.Time) string {
	first := []rune(l.InMonth(t))
	return string(unicode.ToTitle(first[0])) + string(first[1:]) // Georgian has no capital here
}

// InMonth writes a month within a line, in the form in which it stands without a day: mars 2017.
func (l Locale) InMonth(t time.Time) string {
	month := l.Month(t.Month())
	if names := strings.Fields(l.labels["months_alone"]); len(names) == 12 {
		month = names[t.Month()-1]
	}
	return l.Label("month_year", "month", month, "year", strconv.Itoa(t.Year()))
}

// Range writes days of one event as people do: 8 March, 21–22 March, 30 March – 2 April.
func (l Locale) Range(from, to time.Time) string {
	pairs := append(l.parts(from, ""), l.parts(to, "2")...)
	switch {
	case to.IsZero() || from.Year() == to.Year() && from.YearDay() == to.YearDay():
		return l.Label("date_short", pairs...)
	case from.Year() != to.Year():
		return l.Label("range_years", pairs...)
	case from.Month() == to.Month():
		return l.Label("range_in_month", pairs...)
	}
	return l.Label("range", pairs...)
}

// day writes a day of the month; French writes the first as an ordinal.
func (l Locale) day(t time.Time) string {
	if t.Day() == 1 && Primary(l.Tag) == "fr" {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}
