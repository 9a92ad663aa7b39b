package locale

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// issueLabels are what an issue says, around it on the web, and in the mails that ask for a
// confirmation or a review; a language may have these and no more.
var issueLabels = strings.Fields(`name date date_short month_year range_in_month range range_years hello reader view_in_browser news report event media links editorial
	read_more rest_on_web contact colon comma press_release documents more picture_by follow cancelled postponed tentative moved_from also_in megabytes kilobytes report_year
	issue_number why_you_get_this unsubscribe preferences in_language
	web_bar web_forward web_agenda web_events
	confirm_subject confirm_title confirm_mail confirm_question confirm_button confirmed_title confirmed_text review_subject review_intro review_open review_until`)

func TestEveryLanguageHasItsLabels(t *testing.T) {
	placeholder := regexp.MustCompile(`\{\w+\}`)
	all := *labels.Load()
	for tag, words := range all {
		keys := issueLabels
		if slices.Contains([]string{"en", "fr", "ar"}, tag) {
			keys = slices.Collect(maps.Keys(all["en"]))
		}
		for _, key := range keys {
			text, ok := words[key]
			if !ok && !isForm(key) {
				t.Errorf("%s lacks %s", tag, key)
			}
			for _, p := range placeholder.FindAllString(all["en"][key], -1) {
				if !isForm(key) && !strings.Contains(text, p) {
					t.Errorf("%s: %s lacks %s", tag, key, p)
				}
			}
		}
		for _, rule := range calendars[tag]().PluralsCardinal() {
			for _, key := range []string{"pages_", "more_on_web_"} {
				if words[key+categories[rule]] == "" {
					t.Errorf("%s lacks %s%s", tag, key, categories[rule])
				}
			}
		}
		for key := range words {
			if _, known := all["en"][key]; !known && !isForm(key) && key != "months" && key != "months_alone" {
				t.Errorf("%s: %s is no label", tag, key)
			}
		}
	}
	if got := strings.Join(Languages(), " "); got != "ar en fr" {
		t.Errorf("whole: %s", got)
	}
}

// A language is a file, and so is a better word.
func TestLabelsOfTheUser(t *testing.T) {
	defer func() {
		if err := Load(nil); err != nil {
			t.Error(err)
		}
	}()
	own := fstest.MapFS{"labels/is.json": {Data: []byte(`{"name": "íslenska", "news": "Fréttir", "months": "janúar febrúar mars apríl maí júní júlí ágúst september október nóvember desember", "date": "{day}. {month} {year}"}`)},
		"labels/en.json": {Data: []byte(`{"news": "From our members"}`)}}
	if err := Load(own); err != nil {
		t.Fatal(err)
	}
	is := For("is")
	if got := is.Label("news") + "|" + is.Date(time.Date(2017, 5, 3, 0, 0, 0, 0, time.UTC)) + "|" + is.Label("more") + "|" + Name("is") + "|" + For("en").Label("news"); got != "Fréttir|3. maí 2017|More|íslenska|From our members" {
		t.Error(got)
	}
	err := Load(fstest.MapFS{"labels/is.json": {Data: []byte("{\n\"a\": 1}")}})
	if err == nil || !strings.Contains(err.Error(), "labels/is.json:2") {
		t.Errorf("%v", err)
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		tag  string
		n    int
		want string
	}{
		{"en", 1, "1 page"}, {"en", 1200, "1,200 pages"}, {"fr", 0, "0 page"}, {"fr", 2, "2 pages"}, {"ru", 21, "21 страница"}, {"ru", 3, "3 страницы"}, {"ru", 12, "12 страниц"},
		{"ar", 1, "صفحة واحدة"}, {"ar", 2, "صفحتان"}, {"ar", 7, "7 صفحات"}, {"ar", 120, "120 صفحة"}, {"he", 2, "שני עמודים"}, {"ka", 5, "5 გვერდი"}, {"xx", 2, "2 pages"},
	} {
		if got := For(c.tag).Count("pages", c.n); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.tag, c.n, got, c.want)
		}
	}
}

func TestParseDate(t *testing.T) {
	paris, _ := time.LoadLocation("Europe/Paris")
	for text, want := range map[string]string{
		"7 september 2021 strasbourg":    "2021-09-07",
		"28.07.2014 Title":               "2014-07-28",
		"VIENNA, 16 March 2022 -":        "2022-03-16",
		"jeudi 23 mars 2017":             "2017-03-23",
		"1er janvier 2017":               "2017-01-01",
		"March 2, 2017":                  "2017-03-02",
		"March 2nd, 2017":                "2017-03-02",
		"5 de marzo de 2020":             "2020-03-05",
		"23 марта 2017 г.":               "2017-03-23",
		"23 مارس 2017":                   "2017-03-23",
		"٢٣ مارس ٢٠١٧":                   "2017-03-23",
		"2017-03-02":                     "2017-03-02",
		"Thu, 02 Mar 2017 10:30:00 GMT":  "2017-03-02T11:30",
		"2017-03-02T10:30:00Z":           "2017-03-02T11:30",
		"2 March 2017, 14:05":            "2017-03-02T14:05",
		"02/03/2017 2:05 pm":             "2017-03-02T14:05",
		"Thu, 2 Mar 2017 10:30:00 +0200": "2017-03-02T09:30",
		"31 April 2017":                  "",
		"30.02.2017":                     "",
		"sometime in March":              "",
		"to be confirmed":                "",
		"Room 2017, May":                 "",
	} {
		at, minute, ok := ParseDate(text, paris)
		got := ""
		if ok {
			got = at.In(paris).Format(time.DateOnly)
			if minute {
				got = at.In(paris).Format("2006-01-02T15:04")
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestRanges(t *testing.T) {
	day := func(m time.Month, d int) time.Time { return time.Date(2017, m, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct{ tag, want string }{
		{"en", "21–22 March|30 March – 2 April|8 March|March 2017"},
		{"fr", "21–22 mars|30 mars – 2 avril|8 mars|Mars 2017"},
		{"ar", "21–22 مارس|30 مارس – 2 أبريل|8 مارس|مارس 2017"},
		{"de", "21.–22. März|30. März – 2. April|8. März|März 2017"},
		{"es", "21–22 de marzo|30 de marzo – 2 de abril|8 de marzo|Marzo de 2017"},
		{"ru", "21–22 марта|30 марта – 2 апреля|8 марта|Март 2017"},
		{"el", "21–22 Μαρτίου|30 Μαρτίου – 2 Απριλίου|8 Μαρτίου|Μάρτιος 2017"},
		{"ka", "21–22 მარტი|30 მარტი – 2 აპრილი|8 მარტი|მარტი 2017"},
		{"he", "21–22 במרץ|30 במרץ – 2 באפריל|8 במרץ|מרץ 2017"},
	} {
		l := For(c.tag)
		got := l.Range(day(3, 21), day(3, 22)) + "|" + l.Range(day(3, 30), day(4, 2)) + "|" + l.Range(day(3, 8), time.Time{}) + "|" + l.MonthYear(day(3, 1))
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.tag, got, c.want)
		}
	}
	if got := For("en").Range(day(12, 30), time.Date(2018, 1, 2, 0, 0, 0, 0, time.UTC)); got != "30 December 2017 – 2 January 2018" {
		t.Error(got)
	}
	if For("fr").Date(day(1, 1)) != "1er janvier 2017" {
		t.Error(For("fr").Date(day(1, 1)))
	}
}
