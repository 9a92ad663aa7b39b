package render

import (
	"regexp"
	"strings"
	"testing"

	"broadsheet/internal/newsletter"
	"broadsheet/templates"
)

// What people did to an issue is what readers see, in HTML and in text: the order of
// sections, what is off and for whom, notes, and words for a section with nothing in it.
func TestArrangedIssue(t *testing.T) {
	pub, issue := with("en fr", news(1, "en", "One", "The source's summary."))
	pub.Sections[0].Title = newsletter.Text{"en": "What is new", "fr": "Du nouveau"}
	pub.Sections[1].Empty = newsletter.Text{"en": "No new reports."}
	pub.Sections = append(pub.Sections, newsletter.Section{ID: "links", Kind: newsletter.Links, Show: "list", Title: newsletter.Text{"": "Standing"}, Links: []newsletter.NavLink{{Title: newsletter.Text{"": "Us"}, URL: "https://example.org/us"}}})
	pub.Follow = []newsletter.NavLink{{Title: newsletter.Text{"": "Video channel"}, URL: "https://example.org/v"}}
	pub.Imprint = newsletter.Imprint{Address: newsletter.Text{"": "1 Square"}, Disclaimer: newsletter.Text{"": "No one's opinion"}}
	second := news(2, "fr", "Deux", "Résumé de la source.")
	second.Headline, second.Summary, second.Note = newsletter.Text{"en": "Two, ours"}, newsletter.Text{"fr": "Notre résumé"}, newsletter.Text{"en": "Mind <this>."}
	second.Item.Contacts = []newsletter.Contact{{Name: "Nino", Email: "nino@example.org"}}
	film := newsletter.Entry{Section: "media", Item: newsletter.Item{Kind: newsletter.Media, Language: "en", Title: "A film", URL: "https://example.org/film"}}
	issue.Content.Entries = append(issue.Content.Entries, second, film)
	issue.Content.Notes = map[string]newsletter.Text{"news": {"en": "A short month."}}
	for name, c := range map[string]struct {
		change   func(*newsletter.Content)
		language string
		order    []string // what stands in this order
		missing  string
	}{
		"as the publication has it": {func(*newsletter.Content) {}, "en", []string{"What is new", "A short month.", "One", "Two, ours", "Notre résumé", "Mind &lt;this&gt;.", "Nino", "No new reports.", "A film", "Standing", "Us", "Video channel", "1 Square", "No one"}, "Résumé de la source"},
		"in French":                 {func(*newsletter.Content) {}, "fr", []string{"Du nouveau", "One", "Deux", "Notre résumé", "Mind &lt;this&gt;.", "Nino", "No new reports.", "A film", "Us"}, "Two, ours"},
		"links first":               {func(c *newsletter.Content) { c.Order = []string{"links", "media"} }, "en", []string{"Us", "A film", "Video channel"}, "unknown"},
		"news off in French":        {func(c *newsletter.Content) { c.Off = map[string][]string{"news": {"fr"}} }, "fr", []string{"A film"}, "Deux"},
		"and on in English":         {func(c *newsletter.Content) { c.Off = map[string][]string{"news": {"fr"}, "reports": {}} }, "en", []string{"Two, ours"}, "No new reports"},
	} {
		changed := issue
		c.change(&changed.Content)
		proof := proofIn(t, pub, changed, c.language)
		for _, text := range []string{proof.HTML, strings.ReplaceAll(strings.ReplaceAll(proof.Text, "<", "&lt;"), ">", "&gt;")} {
			at := max(0, strings.Index(text, "<h1")) // the preheader says some of it before
			for _, want := range c.order {
				next := strings.Index(text[at:], want)
				if next < 0 {
					t.Errorf("%s: no %q after what comes before it in\n%s", name, want, text)
					break
				}
				at += next
			}
			if strings.Contains(text, c.missing) {
				t.Errorf("%s: there is %q", name, c.missing)
			}
		}
	}
	special := issue
	special.Kind = "special"
	if proof := proofIn(t, pub, special, "en"); strings.Contains(proof.HTML+proof.Text, "No new reports") {
		t.Error("a special issue misses what it is not about")
	}
	if html := proofIn(t, pub, issue, "fr").HTML; !strings.Contains(html, `lang="en" dir="ltr" style="padding:8px 0 0 0;text-align:left"><p style="margin:0;padding:0 0 10px 0"><i>Mind &lt;this&gt;.</i>`) {
		t.Errorf("an editor's note is not marked by its language\n%s", html)
	}
	if html := proofIn(t, pub, issue, "en").HTML; !strings.Contains(html, `lang="fr" dir="ltr" style="padding:8px 0 0 0;text-align:left"><p style="margin:0;padding:0 0 10px 0">Notre résumé`) || regexp.MustCompile(`lang="fr"[^>]*>(<a[^>]*>)?Two, ours`).MatchString(html) {
		t.Errorf("an editor's words are not marked by their own language\n%s", html)
	}
}

// A text that nobody gave a language reads as it is written: an address in Latin
// letters keeps its number in front for readers of Arabic.
func TestTextOfNoLanguage(t *testing.T) {
	pub, issue := with("ar en", news(1, "ar", "خبر", "نص."))
	pub.Imprint = newsletter.Imprint{Address: newsletter.Text{"": "1 Square"}, Disclaimer: newsletter.Text{"": "رأي 1"}}
	for language, want := range map[string][]string{"ar": {`<p dir="ltr" style=`, "1 Square"}, "en": {`<p dir="rtl" style=`, "رأي 1"}} {
		html := proofIn(t, pub, issue, language).HTML
		if !regexp.MustCompile(want[0]+`"[^"]*">`+want[1]).MatchString(html) || strings.Count(html, want[0]) != 1 {
			t.Errorf("%s: no %s before %s in\n%s", language, want[0], want[1], html)
		}
	}
}

func proofIn(t *testing.T, pub newsletter.Publication, issue newsletter.Issue, language string) newsletter.Proof {
	t.Helper()
	r, err := New(templates.Open(""))
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.Proofs(pub, issue)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Language == language {
			return p
		}
	}
	t.Fatalf("no proof in %s", language)
	return newsletter.Proof{}
}
