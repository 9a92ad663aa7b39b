package render

import (
	"testing"
	"time"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// What a reader must know of an event or a document stands beside it, in the reader's language.
func TestFacts(t *testing.T) {
	en, fr := viewer{words: locale.For("en")}, viewer{words: locale.For("fr")}
	moved := newsletter.Item{Kind: newsletter.Event, AllDay: true, MovedFrom: time.Date(2017, 3, 21, 0, 0, 0, 0, time.UTC)}
	off := moved
	off.Status = "postponed"
	for got, want := range map[string]string{
		en.status(moved): "Moved from 21 March 2017", fr.status(moved): "Initialement prévu : 21 mars 2017", en.status(off): "Postponed", fr.status(newsletter.Item{Status: "cancelled"}): "Annulé",
		en.extent(newsletter.Document{Bytes: 2_340_000, Pages: 120}): "(2.3 MB, 120 pages)", fr.extent(newsletter.Document{Bytes: 2_340_000}): "(2,3 Mo)", en.extent(newsletter.Document{Bytes: 12_400}): "(12 kB)", en.extent(newsletter.Document{Pages: 3}): "(3 pages)",
		en.meta(newsletter.Item{Kind: newsletter.Report, Title: "Annual report", Year: 2016, NewLanguages: []string{"ru", "ka"}}, true): "Reports on 2016 · Now also in Russian, Georgian",
		en.meta(newsletter.Item{Kind: newsletter.Report, Title: "Annual report 2016", Year: 2016}, true):                                "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
