package render

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
	"broadsheet/templates"

	"github.com/mattn/go-runewidth"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() (newsletter.Publication, newsletter.Issue) {
	day := func(m time.Month, d int) time.Time { return time.Date(2017, m, d, 0, 0, 0, 0, time.UTC) }
	pub := newsletter.Publication{
		ID: "monthly", Title: newsletter.Text{"en": "Drug policy letter", "fr": "Lettre des politiques", "ar": "رسالة سياسات المخدرات"},
		Tagline: newsletter.Text{"en": "Policy and rights"}, Languages: []string{"en", "fr", "ar"}, Untranslated: "show", Timezone: "Europe/Paris",
		Theme: newsletter.Theme{Colour: "#00397a"}, Follow: []newsletter.NavLink{{Title: newsletter.Text{"": "YouTube"}, URL: "https://youtube.example/x"}},
		Sections: []newsletter.Section{
			{ID: "lead", Kind: newsletter.News, Max: 1, Show: "full"},
			{ID: "news", Kind: newsletter.News, Show: "short"},
			{ID: "reports", Kind: newsletter.Report, Show: "full"},
			{ID: "agenda", Kind: newsletter.Event, Show: "short", More: newsletter.NavLink{URL: "https://example.org/agenda"}},
			{ID: "media", Kind: newsletter.Media, Show: "list"},
			{ID: "links", Kind: newsletter.Links, Show: "list", Links: []newsletter.NavLink{{Title: newsletter.Text{"en": "Achievements", "fr": "Réalisations"}, URL: "https://example.org/a"}}},
		},
	}
	issue := newsletter.Issue{ID: 7, Publication: "monthly", Number: 3, Revision: 1, Content: newsletter.Content{
		Date: day(3, 25), Editorial: newsletter.Text{"en": "Spring, and *much* to report."},
		Entries: []newsletter.Entry{
			{Section: "lead", Item: newsletter.Item{ID: 1, Kind: newsletter.News, Title: `A "lead" & <b>more</b>`, URL: "https://example.org/en/1", Language: "en", Precision: newsletter.Day, PublishedAt: day(3, 22),
				Body: `<p>One <a href="https://example.org/x">link</a>.</p><ul><li>point</li></ul><script>alert(1)</script>`, Contacts: []newsletter.Contact{{Name: "Ana", Email: "ana@example.org"}}},
				Others: map[string]newsletter.Item{"fr": {ID: 2, Kind: newsletter.News, Title: "À la une", URL: "https://example.org/fr/1", Language: "fr", Summary: "Un résumé."}}},
			{Section: "news", Item: newsletter.Item{ID: 3, Kind: newsletter.News, Title: "Second", URL: "https://example.org/en/2", Language: "en", Summary: strings.Repeat("A sentence that is read. ", 20)}},
			{Section: "reports", Item: newsletter.Item{ID: 4, Kind: newsletter.Report, Title: "Annual report 2016", Language: "en", Precision: newsletter.Day, PublishedAt: day(3, 2),
				Documents: []newsletter.Document{{Language: "en", URL: "https://example.org/r_e.pdf"}, {Language: "ar", URL: "https://example.org/r_a.pdf"}},
				Links:     []newsletter.Link{{Role: "press_release", URL: "https://example.org/pr"}}}},
			{Section: "agenda", Item: newsletter.Item{ID: 5, Kind: newsletter.Event, Title: "Conference", Language: "en", StartsAt: day(3, 21), EndsAt: day(3, 22), AllDay: true, Place: "Tbilisi"}},
			{Section: "agenda", Item: newsletter.Item{ID: 6, Kind: newsletter.Event, Title: "Training", Language: "en", StartsAt: day(4, 26), EndsAt: day(4, 27), AllDay: true, Place: "Madrid", Status: "cancelled"}},
			{Section: "media", Item: newsletter.Item{ID: 7, Kind: newsletter.Media, Title: "A film", URL: "https://example.org/film", Language: "en"}},
		}}}
	return pub, issue
}

func proofs(t *testing.T) map[string]newsletter.Proof {
	t.Helper()
	r, err := New(templates.Open(""))
	if err != nil {
		t.Fatal(err)
	}
	pub, issue := sample()
	list, err := r.Proofs(pub, issue)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Proofs(pub, issue)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]newsletter.Proof{}
	for i, p := range list {
		if p != again[i] {
			t.Errorf("%s: the same issue gave another proof", p.Language)
		}
		out[p.Language] = p
	}
	return out
}

func TestGoldenProofs(t *testing.T) {
	for language, p := range proofs(t) {
		for ext, got := range map[string]string{"html": p.HTML, "txt": "Subject: " + p.Subject + "\n\n" + p.Text} {
			path := filepath.Join("testdata", "sample-"+language+"."+ext)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; look at it and run: go test ./internal/render -update", path)
			}
		}
	}
}

func TestProofsCarryWhatReadersNeed(t *testing.T) {
	for language, p := range proofs(t) {
		for _, mark := range []string{newsletter.MarkName, newsletter.MarkUnsubscribe, newsletter.MarkPreferences, newsletter.MarkWebView} {
			if strings.Count(p.HTML, mark) != 1 || strings.Count(p.Text, mark) != 1 {
				t.Errorf("%s: mark %q stands %d times in the HTML and %d in the text", language, mark, strings.Count(p.HTML, mark), strings.Count(p.Text, mark))
			}
		}
		if n := strings.Count(p.HTML, "<h1"); n != 1 {
			t.Errorf("%s: %d h1", language, n)
		}
		for _, bad := range []string{"<script", "alert(1)", "data-premailer", "zqzq", "var(", "<svg", "!important\""} {
			if strings.Contains(p.HTML, bad) {
				t.Errorf("%s: HTML contains %q", language, bad)
			}
		}
		for _, need := range []string{"<!--[if mso]>", `role="presentation"`, "prefers-color-scheme: dark", `lang="` + language + `"`} {
			if !strings.Contains(p.HTML, need) {
				t.Errorf("%s: HTML lacks %q", language, need)
			}
		}
		for _, line := range strings.Split(p.Text, "\n") {
			if runewidth.StringWidth(line) > 78 && !strings.Contains(line, "http") {
				t.Errorf("%s: text line is too wide: %q", language, line)
			}
		}
	}
	if p := proofs(t)["ar"]; !strings.Contains(p.HTML, `<html lang="ar" dir="rtl"`) || !strings.Contains(p.HTML, `lang="en" dir="ltr"`) {
		t.Error("Arabic is not right-to-left with English entries marked")
	}
	if p := proofs(t)["fr"]; !strings.Contains(p.Text, "À la une") || strings.Contains(p.HTML, "lead&#34;") {
		t.Error("French shows the English variant of a translated item")
	}
}

// Every element that has a class keeps its look when a mail client removes <style>.
func TestStylesAreInlined(t *testing.T) {
	html := proofs(t)["en"].HTML
	body := html[strings.Index(html, "<body"):]
	for _, tag := range regexp.MustCompile(`<[a-z0-9]+[^>]*class="[^>]*>`).FindAllString(body, -1) {
		if !strings.Contains(tag, "style=") {
			t.Errorf("no inline style on %s", tag)
		}
	}
	if strings.Contains(html, "masthead {") {
		t.Error("the inlined sheet is still there")
	}
}

func TestDropUntranslated(t *testing.T) {
	r, _ := New(templates.Open(""))
	pub, issue := sample()
	pub.Untranslated = "drop"
	list, err := r.Proofs(pub, issue)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(list[1].HTML, "Second") || !strings.Contains(list[1].HTML, "À la une") {
		t.Error("French does not drop exactly what is untranslated")
	}
}

func TestEveryColourIsLegible(t *testing.T) {
	for _, hex := range []string{"#00397a", "#ffe600", "#ffffff", "#000000", "#d0021b", "#7ed321"} {
		c := parseColour(hex)
		shade := c.mix(white, 0.9)
		for name, pair := range map[string][2]rgb{
			"ink": {ink(c), c}, "link": {legible(c, white, black), white}, "shade": {legible(c, shade, black), shade},
			"dark link": {legible(c.mix(white, 0.45), parseColour("#1b2228"), white), parseColour("#1b2228")},
		} {
			if got := contrast(pair[0], pair[1]); got < 4.5 {
				t.Errorf("%s %s: contrast %.2f", hex, name, got)
			}
		}
	}
}
