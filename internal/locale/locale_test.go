package locale

import (
	"regexp"
	"testing"
	"time"
)

func TestEveryLanguageHasEveryLabel(t *testing.T) {
	placeholder := regexp.MustCompile(`\{\w+\}`)
	for tag, words := range load() {
		for key, english := range load()["en"] {
			text, ok := words[key]
			if !ok {
				t.Errorf("%s lacks %s", tag, key)
			}
			for _, p := range placeholder.FindAllString(english, -1) {
				if !regexp.MustCompile(regexp.QuoteMeta(p)).MatchString(text) {
					t.Errorf("%s: %s lacks %s", tag, key, p)
				}
			}
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
	} {
		l := For(c.tag)
		got := l.Range(day(3, 21), day(3, 22)) + "|" + l.Range(day(3, 30), day(4, 2)) + "|" + l.Range(day(3, 8), time.Time{}) + "|" + l.MonthYear(day(3, 1))
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.tag, got, c.want)
		}
	}
	if For("fr").Date(day(1, 1)) != "1er janvier 2017" {
		t.Error(For("fr").Date(day(1, 1)))
	}
}
