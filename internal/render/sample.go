package render

import (
	"time"

	"broadsheet/internal/newsletter"
)

// sample is an issue in which everything occurs that a theme must show: Check runs themes over it.
func sample() (newsletter.Publication, newsletter.Issue) {
	pub := newsletter.Publication{
		ID: "sample", Title: newsletter.Text{"en": "Drug policy letter", "fr": "Lettre des politiques", "ar": "رسالة سياسات المخدرات"},
		Tagline: newsletter.Text{"en": "Policy and rights across borders", "fr": "Politiques et droits par-delà les frontières", "ar": "السياسات والحقوق عبر الحدود"}, Languages: []string{"en", "fr", "ar"}, Untranslated: "show",
		Timezone: "Europe/Paris", Site: "https://news.example.org",
		Theme:   newsletter.Theme{Name: "institutional", Colour: "#00397a", LogoAlt: newsletter.Text{"en": "Sample Organisation"}, Picture: &newsletter.Image{File: "logo.png", Width: 720, Height: 200}},
		Imprint: newsletter.Imprint{Address: newsletter.Text{"en": "Sample secretariat, 1 Example Square, Strasbourg"}, Disclaimer: newsletter.Text{"en": "This sample speaks for no organisation."}, Logos: []newsletter.ImprintLogo{{Alt: newsletter.Text{"en": "Co-funded by the European Union", "fr": "Cofinancé par l’Union européenne"}, URL: "https://europa.eu/", Picture: &newsletter.Image{File: "eu.png", Width: 600, Height: 200}}}},
		Follow:  []newsletter.NavLink{{Title: newsletter.Text{"": "YouTube"}, URL: "https://youtube.example/x"}, {Title: newsletter.Text{"": "LinkedIn"}, URL: "https://linkedin.example/x"}},
		Sections: []newsletter.Section{
			{ID: "lead", Kind: newsletter.News, Max: 1, Show: "full"},
			{ID: "news", Kind: newsletter.News, Show: "full"},
			{ID: "short", Kind: newsletter.News, Show: "short", Title: newsletter.Text{"en": "In brief", "fr": "En bref", "ar": "باختصار"}},
			{ID: "reports", Kind: newsletter.Report, Show: "full"},
			{ID: "agenda", Kind: newsletter.Event, Show: "short", More: newsletter.NavLink{Title: newsletter.Text{"en": "Full agenda", "fr": "Tout l’agenda"}, URL: "https://example.org/agenda"}},
			{ID: "media", Kind: newsletter.Media, Show: "list"},
			{ID: "links", Kind: newsletter.Links, Show: "list", Links: []newsletter.NavLink{{Title: newsletter.Text{"en": "Achievements", "fr": "Réalisations"}, URL: "https://example.org/a"}}},
		},
	}
	return pub, newsletter.Issue{ID: 7, Publication: "sample", Number: 3, Revision: 1, Content: newsletter.Content{
		Date: sampleDay(3, 25), Editorial: newsletter.Text{"en": "Spring, and *much* to report.\n\n## In short\n\nRead on.", "fr": "Le printemps, et *beaucoup* à dire."}, Entries: sampleEntries()}}
}

func sampleDay(m time.Month, d int) time.Time { return time.Date(2017, m, d, 0, 0, 0, 0, time.UTC) }

func sampleEntries() []newsletter.Entry {
	photo := &newsletter.Image{File: "photo.jpg", Width: 1200, Height: 640, Alt: "Delegates around a table", Caption: "The meeting in Tbilisi", Credit: "A. Smith"}
	of := func(section string, item newsletter.Item) newsletter.Entry {
		item.Language = "en"
		if item.Precision == "" && item.Kind != newsletter.Event {
			item.Precision, item.PublishedAt = newsletter.Day, sampleDay(3, 8)
		}
		return newsletter.Entry{Section: section, Item: item}
	}
	event := func(id int64, title, place string, from, to time.Time) newsletter.Item {
		return newsletter.Item{ID: id, Kind: newsletter.Event, Title: title, Place: place, StartsAt: from, EndsAt: to, AllDay: true}
	}
	off, moved := event(12, "Training for prosecutors", "Madrid", sampleDay(4, 26), sampleDay(4, 27)), event(13, "Working group", "Venice", sampleDay(3, 30), sampleDay(4, 2))
	off.Status, moved.MovedFrom = "cancelled", sampleDay(3, 2)
	timed := newsletter.Item{ID: 14, Kind: newsletter.Event, Title: "Open seminar", Place: "Vienna", Venue: "Room M3", StartsAt: sampleDay(4, 6).Add(8 * time.Hour), EndsAt: sampleDay(4, 6).Add(10*time.Hour + 30*time.Minute),
		Contacts: []newsletter.Contact{{Name: "Conference desk", Email: "desk@example.org"}}}
	lead := of("lead", newsletter.Item{ID: 1, Kind: newsletter.News, Title: "Treatment weighed against prison terms", URL: "https://example.org/en/1", Image: photo,
		Body: `<p>One <a href="https://example.org/x">link</a> and some words.</p><ul><li>a point</li></ul><h3>A heading</h3><blockquote>A quotation.</blockquote>`, Contacts: []newsletter.Contact{{Name: "Ana", Email: "ana@example.org"}}})
	lead.Others = map[string]newsletter.Item{"fr": {ID: 2, Kind: newsletter.News, Title: "Soins et peines de prison", URL: "https://example.org/fr/1", Language: "fr", Summary: "Un résumé.", Precision: newsletter.Day, PublishedAt: sampleDay(3, 8)}}
	return []newsletter.Entry{
		lead,
		of("news", newsletter.Item{ID: 3, Kind: newsletter.News, Title: "A seminar puts women at the centre", URL: "https://example.org/en/2", Summary: "Eighty participants are expected from justice, health and prisons.", Image: photo}),
		of("news", newsletter.Item{ID: 4, Kind: newsletter.News, Title: "A network turns ten", URL: "https://example.org/en/3", Summary: "The twelve countries met with guests from six more."}),
		of("short", newsletter.Item{ID: 5, Kind: newsletter.News, Title: "A new member", URL: "https://example.org/en/4", Summary: "Its ambassador had met the Executive Secretary."}),
		of("reports", newsletter.Item{ID: 6, Kind: newsletter.Report, Title: "Annual report 2016", Summary: "Women and drugs are the subject of the first chapter.", NewLanguages: []string{"ka"},
			Documents: []newsletter.Document{{Language: "en", URL: "https://example.org/r_e.pdf", Bytes: 2_340_000, Pages: 120}, {Language: "ar", URL: "https://example.org/r_a.pdf", Bytes: 2_500_000}, {Language: "ka", URL: "https://example.org/r_k.pdf"}},
			Links:     []newsletter.Link{{Role: "press_release", URL: "https://example.org/pr"}}}),
		of("agenda", event(10, "Conference on alternatives to punishment", "Tbilisi", sampleDay(3, 21), sampleDay(3, 22))),
		of("agenda", moved), of("agenda", timed), of("agenda", off),
		of("media", newsletter.Item{ID: 20, Kind: newsletter.Media, Title: "A film on prevention", URL: "https://example.org/film"}),
	}
}
