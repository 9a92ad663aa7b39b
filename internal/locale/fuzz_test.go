package locale

import (
	"testing"
	"time"
)

// A date that is read is one that exists, and reading never fails in another way.
func FuzzParseDate(f *testing.F) {
	for _, text := range []string{"7 september 2021 strasbourg", "28.07.2014 Title", "VIENNA, 16 March 2022 -", "jeudi 23 mars 2017", "1er janvier 2017", "2017-03-21T10:00:00+01:00", "Tue, 21 Mar 2017 09:00:00 CET",
		"٢١ مارس ٢٠١٧", "21 במרץ 2017", "2017 წლის 23 მარტს", "21 Μαρτίου 2017", "21 марта 2017 г. в 14:00", "3/21/2017 2:30 PM", "1490090400", "31 April 2017"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, minute, ok := ParseDate(text, time.UTC)
		if ok && (at.IsZero() || at.Year() < 1899 || at.Year() > 2201) {
			t.Errorf("%q: %s", text, at)
		}
		if ok && !minute && (at.Hour() != 0 || at.Minute() != 0) {
			t.Errorf("%q: a day at %s", text, at)
		}
		Tongue(text, "en")
		Embargo("Embargo: "+text, time.UTC)
	})
}
