package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/compose"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/render"
	"broadsheet/templates"
)

// month is a publication in four languages and eighty stories, of which every other is in all of them.
func month() compose.Input {
	now := time.Date(2017, 3, 25, 6, 0, 0, 0, time.UTC)
	in := compose.Input{Now: now, Since: now.AddDate(0, -1, 0), Placed: map[int64]bool{}, Publication: newsletter.Publication{
		ID: "p", Title: newsletter.Text{"en": "Letter"}, Languages: []string{"en", "fr", "ar", "ka"}, Untranslated: "show", Timezone: "Europe/Paris", Site: "https://news.example.org",
		Theme: newsletter.Theme{Name: "institutional", Colour: "#00397a"}, Sections: []newsletter.Section{
			{ID: "news", Kind: newsletter.News, Show: "full", Sources: []string{"s"}}, {ID: "agenda", Kind: newsletter.Event, Show: "short", Ahead: newsletter.Duration(90 * 24 * time.Hour), Past: "drop"}, {ID: "reports", Kind: newsletter.Report, Show: "full"}}}}
	in.Sources = []newsletter.Source{{ID: "s", Kind: newsletter.News, Language: "en", Timezone: "UTC"}}
	for n := range 80 {
		item := newsletter.Item{ID: int64(n + 1), Source: "s", Identity: fmt.Sprint(n), Kind: newsletter.News, Language: "en", Title: fmt.Sprintf("Story %d of a full month", n), URL: fmt.Sprintf("https://example.org/%d", n),
			Summary: strings.Repeat("Officials and researchers compared what helps when someone breaks the law. ", 2+n%6), Precision: newsletter.Day, PublishedAt: now.AddDate(0, 0, -1-n%25), FirstSeenAt: now.AddDate(0, 0, -1),
			Image: &newsletter.Image{File: "photo.jpg", Width: 1200, Height: 800, Alt: "A hall"}}
		switch n % 5 {
		case 3:
			item.Kind, item.StartsAt, item.AllDay, item.Image = newsletter.Event, now.AddDate(0, 0, n), true, nil
		case 4:
			item.Kind, item.Documents = newsletter.Report, []newsletter.Document{{Language: "en", URL: "https://example.org/a.pdf", Bytes: 2_000_000, Pages: 80}}
		}
		in.Items = append(in.Items, item)
	}
	return in
}

// BenchmarkComposeAndProve is the way from eighty items to the proofs of an issue
// in four languages: composing, rendering, inlining, shortening.
func BenchmarkComposeAndProve(b *testing.B) {
	r, err := render.New(templates.Open(""))
	if err != nil {
		b.Fatal(err)
	}
	in := month()
	b.ReportAllocs()
	for b.Loop() {
		content := compose.Compose(in)
		if len(content.Entries) != 80 {
			b.Fatal(len(content.Entries))
		}
		proofs, err := r.Proofs(in.Publication, newsletter.Issue{ID: 1, Number: 1, Revision: 1, Publication: "p", Content: content})
		if err != nil || len(proofs) != 4 || len(proofs[0].HTML) > render.MaxHTML {
			b.Fatal(err)
		}
	}
}
