// Package locale owns what differs by language: labels, dates as people write
// and read them, and the direction of writing. Labels are files, one a language:
// labels/en.json is the reference, a key missing elsewhere falls back to it.
// Month and weekday names come from CLDR through go-playground/locales. It knows
// no issue, no page and no clock.
package locale

import (
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/ar"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/el"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/he"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/ka"
	"github.com/go-playground/locales/pt"
	"github.com/go-playground/locales/ru"
	"github.com/go-playground/locales/uk"
)

//go:embed labels/*.json
var labelFiles embed.FS

// calendars give the names of months, by language.
var calendars = map[string]func() locales.Translator{
	"ar": ar.New, "de": de.New, "el": el.New, "en": en.New, "es": es.New, "fr": fr.New,
	"he": he.New, "it": it.New, "ka": ka.New, "pt": pt.New, "ru": ru.New, "uk": uk.New,
}

// names are languages as their own speakers write them: what a list of documents shows.
var names = map[string]string{
	"ar": "العربية", "de": "Deutsch", "el": "Ελληνικά", "en": "English", "es": "español", "fr": "français",
	"he": "עברית", "it": "italiano", "ka": "ქართული", "pt": "português", "ru": "русский", "uk": "українська",
	"zh": "中文", "tr": "Türkçe", "nl": "Nederlands", "pl": "polski",
}

// Locale is one language's words and habits.
type Locale struct {
	Tag    string // as asked for
	labels map[string]string
	months locales.Translator
}

var load = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	files, _ := fs.Glob(labelFiles, "labels/*.json") // the pattern is constant
	for _, file := range files {
		text, err := labelFiles.ReadFile(file)
		words := map[string]string{}
		if err == nil {
			err = json.Unmarshal(text, &words)
		}
		if err != nil {
			panic("embedded " + file + ": " + err.Error()) // a test reads them all
		}
		all[strings.TrimSuffix(path.Base(file), ".json")] = words
	}
	return all
})

// For returns the locale of a language tag; unknown languages read English labels.
func For(tag string) Locale {
	primary := Primary(tag)
	labels, ok := load()[primary]
	if !ok {
		labels = load()["en"]
	}
	calendar, ok := calendars[primary]
	if !ok {
		calendar = en.New
	}
	return Locale{Tag: tag, labels: labels, months: calendar()}
}

// Languages lists the languages that have labels of their own.
func Languages() []string {
	var tags []string
	for tag := range load() {
		tags = append(tags, tag)
	}
	sort.Strings(tags)
	return tags
}

// Primary returns the language part of a tag: fr for fr-CH.
func Primary(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return primary
}

// Name returns a language's own name, or its tag.
func Name(tag string) string {
	if name, ok := names[Primary(tag)]; ok {
		return name
	}
	return tag
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
		text = load()["en"][key]
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}

// Month returns a month's name as it stands in a date.
func (l Locale) Month(m time.Month) string { return l.months.MonthWide(m) }

// Decimal writes a number with one decimal: 2.3.
func (l Locale) Decimal(n float64) string { return l.months.FmtNumber(n, 1) }

// Date writes a day: 21 March 2017.
func (l Locale) Date(t time.Time) string {
	return l.Label("date", "day", l.day(t), "month", l.Month(t.Month()), "year", strconv.Itoa(t.Year()))
}

// MonthYear writes a month: March 2017, with a capital where it stands alone.
func (l Locale) MonthYear(t time.Time) string {
	text := l.Label("month_year", "month", l.Month(t.Month()), "year", strconv.Itoa(t.Year()))
	first := []rune(text)
	return strings.ToUpper(string(first[:1])) + string(first[1:])
}

// Range writes days of one event as people do: 8 March, 21–22 March, 30 March – 2 April.
func (l Locale) Range(from, to time.Time) string {
	same := from.Year() == to.Year() && from.YearDay() == to.YearDay()
	switch {
	case to.IsZero() || same:
		return l.Label("date_short", "day", l.day(from), "month", l.Month(from.Month()))
	case from.Year() == to.Year() && from.Month() == to.Month():
		return l.Label("range_in_month", "day", l.day(from), "day2", l.day(to), "month", l.Month(to.Month()))
	}
	return l.Label("range", "day", l.day(from), "month", l.Month(from.Month()), "day2", l.day(to), "month2", l.Month(to.Month()))
}

// day writes a day of the month; French writes the first as an ordinal.
func (l Locale) day(t time.Time) string {
	if t.Day() == 1 && Primary(l.Tag) == "fr" {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}
